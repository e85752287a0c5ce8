//! The gateways' journal keys as one pass knows them.

use nightsafe_ledger::Vault;
use nightsafe_schema::journal::{Entry, JournalKeys, VerifiedEntry};

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
    pub(crate) fn verify(&mut self, waiting: Waiting, trust: &mut Trust, vault: &Vault) -> Result<Verified, Fault> {
        let Waiting { item: _, path, lines } = waiting;
        let entry = self.signed(&lines).or_else(|| {
            self.refresh(trust);
            self.signed(&lines)
        });
        let verified = entry.ok_or(VerifyError::NobodySigned).and_then(|entry| Verified::of(entry, &path, vault));
        verified.map_err(|error| {
            let reason = match error {
                VerifyError::NobodySigned => Reason::EntryUntrusted,
                VerifyError::BytesDiffer => Reason::BytesDiffer,
                VerifyError::TooLarge { .. } => Reason::TooLarge,
                VerifyError::Gone => return Fault::Gone,
                error @ (VerifyError::Read(_) | VerifyError::Stage(_)) => return Fault::passing(error),
            };
            Fault::item(reason, &error)
        })
    }

    /// The first of these lines that a gateway signed.
    fn signed(&self, lines: &[Entry]) -> Option<VerifiedEntry> {
        lines.iter().find_map(|line| line.clone().verify(&self.keys).ok())
    }

    fn refresh(&mut self, trust: &mut Trust) {
        if !self.refreshed {
            trust.reload_ring();
            self.keys = trust.journal_keys();
            self.refreshed = true;
        }
    }
}
