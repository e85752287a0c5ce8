//! What people keep at hand while they work on a case: notes for everybody who sees it, stars for themselves; and that something
//! was done with several cases at once.

use serde::{Deserialize, Serialize};

use super::link::OnceKey;
use crate::{account::AccountName, event::Via};

/// 备注: somebody wrote something down about the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteAdded {
    /// From where.
    pub via: Via,
    /// Who.
    pub by: AccountName,
    /// As typed.
    pub text: String,
}

/// 标记: somebody wants to find the case again, or does not any more. Nobody else is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StarChanged {
    /// From where.
    pub via: Via,
    /// Who.
    pub by: AccountName,
    /// Whether it is marked from now on.
    pub starred: bool,
}

/// The events beside this one were made by an action on several cases at once. Stands in each of them, in the same batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoneAmongMany {
    /// From where.
    pub via: Via,
    /// Who.
    pub by: AccountName,
    /// The name of the act.
    pub act: String,
    /// With how many cases it was asked for.
    pub of: u32,
    /// The key of the form: sent again, it does nothing anew.
    pub key: OnceKey,
}
