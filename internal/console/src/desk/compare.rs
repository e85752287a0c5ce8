//! Two cases side by side, and how a merge of them is asked for once.

use super::{CaseDetail, LinkRow};

/// Two cases that a viewer may both see.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The first.
    pub left: CaseDetail,
    /// The second.
    pub right: CaseDetail,
    /// What the second is to the first, if anything was found or a person merged them.
    pub link: Option<LinkRow>,
}
