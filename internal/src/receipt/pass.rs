//! What a pass over the inbox did, in numbers: the answer of `ingest`.

use serde::Serialize;

use super::recorded::Outcome;

/// What one pass did.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Pass {
    /// Reports that opened a case.
    pub(crate) opened: u64,
    /// Reports that added to a case.
    pub(crate) supplemented: u64,
    /// Submissions that came again.
    pub(crate) retried: u64,
    /// Attachments that went to their case.
    pub(crate) attachments: u64,
    /// Attachments ahead of their report.
    pub(crate) attachments_ahead: u64,
    /// Items that were recorded before and only had to leave the inbox.
    pub(crate) cleared: u64,
    /// Items set aside for a person.
    pub(crate) quarantined: u64,
    /// Items that stay for a later pass: something here failed, or is still under way.
    pub(crate) postponed: u64,
    /// Of these, items that no live identity opens.
    pub(crate) without_identity: u64,
    /// Quarantined for a reason that means tampering.
    #[serde(skip)]
    pub(crate) integrity_failures: u64,
}

impl Pass {
    /// Whether the pass moved anything.
    pub(crate) fn is_idle(&self) -> bool {
        *self == Self { postponed: self.postponed, without_identity: self.without_identity, ..Self::default() }
    }

    /// Adds what a later pass did; what is still postponed is what that pass postponed.
    pub(crate) fn add(&mut self, later: &Self) {
        self.opened += later.opened;
        self.supplemented += later.supplemented;
        self.retried += later.retried;
        self.attachments += later.attachments;
        self.attachments_ahead += later.attachments_ahead;
        self.cleared += later.cleared;
        self.quarantined += later.quarantined;
        self.integrity_failures += later.integrity_failures;
        self.postponed = later.postponed;
        self.without_identity = later.without_identity;
    }

    pub(crate) fn count(&mut self, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Opened(_) => &mut self.opened,
            Outcome::Supplemented(_) => &mut self.supplemented,
            Outcome::Retried(_) => &mut self.retried,
            Outcome::Claimed(_) => &mut self.attachments,
            Outcome::Waiting => &mut self.attachments_ahead,
            Outcome::Before => &mut self.cleared,
        };
        *counter += 1;
    }
}
