//! The journal keys of one door as one pass knows them.

use std::collections::HashMap;

use nightsafe_ledger::Vault;
use nightsafe_schema::{
    item::ItemId,
    journal::{Entry, JournalKeys, VerifiedEntry},
};

use super::{
    door::Door,
    fault::{Fault, Reason},
    inbox::Waiting,
    trust::Trust,
    verified::{Verified, VerifyError},
};

/// A door's keys during one pass; the ring is looked at again once if an entry does not verify, since the item may come
/// from a gateway that a ring just named.
pub(crate) struct Keys {
    door: Door,
    trusted: JournalKeys,
    refreshed: bool,
    /// Entries of items of this pass that one behind them vouches for.
    vouched: HashMap<ItemId, VerifiedEntry>,
}

impl Keys {
    /// The keys at the start of a pass over these items.
    pub(crate) fn of(door: Door, trust: &Trust, waiting: &[Waiting]) -> Self {
        let trusted = door.keys(trust);
        // Two lines about one item are a quarrel, which is decided line by line.
        let alone = waiting.iter().filter_map(|waiting| only(&waiting.lines));
        let vouched = vouched(alone.filter(|entry| door.has_stream(entry, trust)).collect(), &trusted);
        Self { door, trusted, refreshed: false, vouched }
    }

    /// A waiting item, verified against the keys as they are now.
    pub(crate) fn verify(&mut self, waiting: Waiting, trust: &mut Trust, vault: &Vault) -> Result<Verified, Fault> {
        let Waiting { item, path, lines } = waiting;
        let lines: Vec<Entry> = lines.into_iter().filter(|line| self.door.has_stream(line, trust)).collect();
        let entry = self.vouched.remove(&item).or_else(|| self.signed(&lines)).or_else(|| {
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

    /// The first of these lines that a trusted key signed.
    fn signed(&self, lines: &[Entry]) -> Option<VerifiedEntry> {
        lines.iter().find_map(|line| line.clone().verify(&self.trusted).ok())
    }

    fn refresh(&mut self, trust: &mut Trust) {
        if !self.refreshed {
            trust.reload_ring();
            self.trusted = self.door.keys(trust);
            self.refreshed = true;
        }
    }
}

/// Entries that stand one behind the other in a journal need one signature checked, the last one's: it covers the digest of
/// the line before, and so on to the first. What no other line vouches for has its own signature checked; what nothing
/// speaks for is left out and tried again alone.
fn vouched(mut entries: Vec<&Entry>, keys: &JournalKeys) -> HashMap<ItemId, VerifiedEntry> {
    entries.sort_unstable_by_key(|entry| std::cmp::Reverse((entry.fields().stream, entry.fields().seq)));
    let mut vouched = HashMap::new();
    let mut behind: Option<VerifiedEntry> = None;
    for entry in entries {
        let by_chain = behind.as_ref().and_then(|behind| behind.vouch(entry));
        behind = by_chain.or_else(|| entry.clone().verify(keys).ok());
        vouched.extend(behind.iter().map(|verified| (verified.fields().item, verified.clone())));
    }
    vouched
}

fn only(lines: &[Entry]) -> Option<&Entry> {
    match lines {
        [only] => Some(only),
        _ => None,
    }
}
