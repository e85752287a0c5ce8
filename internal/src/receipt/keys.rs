//! The gateways' journal keys as one pass knows them.

use nightsafe_schema::journal::JournalKeys;

use super::{
    fault::{Fault, Reason},
    inbox::Waiting,
    trust::Trust,
    verified::{Verified, VerifyError},
};

/// The gateways' keys during one pass; the ring is looked at again once if an entry does not verify, since the item may
/// come from a gateway that a ring just named.
pub(crate) struct Keys {
    keys: JournalKeys,
    refreshed: bool,
}

impl Keys {
    /// The keys at the start of a pass.
    pub(crate) fn of(trust: &Trust) -> Self {
        Self { keys: trust.journal_keys(), refreshed: false }
    }

    /// A waiting item, verified against the keys as they are now.
    pub(crate) fn verify(&mut self, waiting: Waiting, trust: &mut Trust) -> Result<Verified, Fault> {
        if !self.refreshed && !waiting.lines.iter().any(|line| line.clone().verify(&self.keys).is_ok()) {
            trust.reload_ring();
            self.keys = trust.journal_keys();
            self.refreshed = true;
        }
        Verified::of(waiting, &self.keys).map_err(|unverified| {
            let reason = match unverified.blame {
                VerifyError::NobodySigned => Reason::EntryUntrusted,
                VerifyError::BytesDiffer => Reason::BytesDiffer,
                VerifyError::TooLarge { .. } => Reason::TooLarge,
                VerifyError::Read(source) => return Fault::passing(source),
            };
            Fault::item(reason, &unverified.blame)
        })
    }
}
