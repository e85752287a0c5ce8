//! Slots that were written and are not known to be on the disk.
//!
//! Their bytes are kept until a sync succeeds: what was written before a refused sync may be gone although a later one
//! succeeds, so it has to be written again.

use std::collections::BTreeMap;

use super::{KeySlot, slot::SLOT_BYTES};

/// Slots and what they hold; wrapped keys, no secrets.
pub(super) type Slots = BTreeMap<KeySlot, [u8; SLOT_BYTES]>;

#[derive(Default)]
pub(super) struct Pending {
    slots: Slots,
    refused: bool,
}

impl Pending {
    /// The slot was written.
    pub(super) fn note(&mut self, slot: KeySlot, bytes: [u8; SLOT_BYTES]) {
        self.slots.insert(slot, bytes);
    }

    /// Whether it was written since the last [`Self::take`].
    pub(super) fn has(&self, slot: KeySlot) -> bool {
        self.slots.contains_key(&slot)
    }

    /// What is to be synced now, and whether a sync of some of it was refused before.
    pub(super) fn take(&mut self) -> (Slots, bool) {
        (std::mem::take(&mut self.slots), std::mem::take(&mut self.refused))
    }

    /// The sync was refused; what was written meanwhile is newer.
    pub(super) fn give_back(&mut self, taken: Slots) {
        self.refused = true;
        for (slot, bytes) in taken {
            self.slots.entry(slot).or_insert(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_refused_sync_left_is_written_again_and_newer_bytes_win() {
        let mut pending = Pending::default();
        let slot = |number| KeySlot::from_number(number);
        pending.note(slot(2), [2; SLOT_BYTES]);
        pending.note(slot(3), [3; SLOT_BYTES]);
        let (taken, refused) = pending.take();
        assert!(!refused && taken.len() == 2 && !pending.has(slot(2)));
        pending.note(slot(3), [4; SLOT_BYTES]);
        pending.give_back(taken);
        let (taken, refused) = pending.take();
        assert!(refused);
        assert_eq!((taken[&slot(2)], taken[&slot(3)]), ([2; SLOT_BYTES], [4; SLOT_BYTES]));
        assert_eq!(pending.take(), (Slots::new(), false));
    }
}
