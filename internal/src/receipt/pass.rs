//! What passes over the inbox did, in numbers: the answer of `ingest`.

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
    /// Why items were postponed that should not be: the last reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trouble: Option<String>,
}

impl Pass {
    /// Whether the pass moved anything.
    pub(crate) fn is_idle(&self) -> bool {
        let Self { postponed, without_identity, trouble, .. } = self.clone();
        *self == Self { postponed, without_identity, trouble, ..Self::default() }
    }

    /// Adds what another pass of the same round did, which dealt with other items.
    pub(crate) fn join(&mut self, other: &Self) {
        let (postponed, without_identity) = (self.postponed, self.without_identity);
        let trouble = self.trouble.take();
        self.add(other);
        self.postponed += postponed;
        self.without_identity += without_identity;
        self.trouble = self.trouble.take().or(trouble);
    }

    /// Adds what a later round did; what is still postponed is what that round postponed.
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
        self.trouble.clone_from(&later.trouble);
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
