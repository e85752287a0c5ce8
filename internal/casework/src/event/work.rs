//! What is recorded when people work on a case: alarms, transfers, assignments.

use std::fmt;

use nightsafe_schema::{case::CaseId, digest::Digest, unit::UnitId};
use serde::{Deserialize, Serialize};

use crate::{
    account::AccountName,
    event::Via,
    routing::Part,
    workflow::{Step, Undertaking},
};

/// The site's command was told of an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmSignalled {
    /// What became of it.
    pub signal: Signal,
}

/// What became of telling a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// It ended well.
    Done,
    /// It ended with this code.
    Failed {
        /// Its exit code; none if a signal ended it.
        code: Option<i32>,
    },
    /// It took too long and was ended.
    TimedOut,
    /// It could not be started.
    NotStarted,
}

/// A person takes an alarm up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmAcknowledged {
    /// From where.
    pub via: Via,
    /// Who.
    pub by: AccountName,
    /// What they did or will do, as typed.
    pub note: String,
}

/// A part of a case was given to another unit by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskMoved {
    /// From where it was done.
    pub via: Via,
    /// Which part.
    pub part: Part,
    /// Who had it.
    pub from: UnitId,
    /// Who has it now.
    pub to: UnitId,
    /// Who did it.
    pub by: AccountName,
    /// Why, as typed.
    pub reason: String,
    /// The version of the unit registry at that time.
    pub units: String,
}

/// A verifier was given the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierAssigned {
    /// From where it was done.
    pub via: Via,
    /// Which part; without it, every part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// Who verifies.
    pub verifier: AccountName,
    /// Who assigned.
    pub by: AccountName,
}

/// 回避: somebody has a personal conflict with the case, and has no access to it from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierRecused {
    /// From where it was recorded.
    pub via: Via,
    /// Who has the conflict.
    pub account: AccountName,
    /// Who recorded it: the person or whoever assigns.
    pub by: AccountName,
    /// Which conflict, as typed.
    pub reason: String,
}

/// One move of one part of a case, see [`crate::workflow`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskStepped {
    /// From where it was done.
    pub via: Via,
    /// Which part.
    pub part: Part,
    /// Who did it; none if it followed from something else.
    pub by: Option<AccountName>,
    /// Of which unit that person was.
    pub unit: Option<UnitId>,
    /// What was done.
    pub step: Step,
}

/// A person's undertaking was put on file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndertakingFiled {
    /// From where it was done.
    pub via: Via,
    /// Whose.
    pub account: AccountName,
    /// From when to when, and the paper.
    pub undertaking: Undertaking,
    /// Who filed it.
    pub by: AccountName,
}

/// The list of sealed cases was looked at by one of the two who may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedListed {
    /// From where.
    pub via: Via,
    /// How many cases were on it.
    pub cases: u64,
}

/// A supplement cites a number that leads to no case yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplementUnlinked {
    /// The key derived from the cited number.
    pub lookup: Digest,
}

/// A supplement that stood alone found its case; what it says stands there from now on, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplementJoined {
    /// The case.
    pub to: CaseId,
    /// The person who joined it; none if the cited number did.
    pub by: Option<AccountName>,
}

impl Signal {
    /// Whether the command was told.
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Failed { code: Some(code) } => write!(f, "failed {code}"),
            Self::Failed { code: None } => f.write_str("failed"),
            Self::TimedOut => f.write_str("timed_out"),
            Self::NotStarted => f.write_str("not_started"),
        }
    }
}

impl fmt::Debug for SupplementUnlinked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SupplementUnlinked(..)")
    }
}
