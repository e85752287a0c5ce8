//! What belongs together with a case, as far as a viewer may see it.

use nightsafe_casework::linking::{LinkKind, Reason};
use nightsafe_schema::{case::CaseId, time::Hour};

/// Another case that a case resembles or is merged with. Only cases that the viewer may see are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// The other case.
    pub to: CaseId,
    /// What the two are to each other, as this viewer is told.
    pub kind: LinkKind,
    /// Why; none if a person merged them without a candidate.
    pub reasons: Vec<Reason>,
    /// Whether they are merged.
    pub merged: bool,
    /// The other one's reporter is protected, or somebody is to decide whether.
    pub protected: bool,
    /// The other one's title.
    pub title: String,
    /// When the other one was accepted.
    pub received_hour: Hour,
}
