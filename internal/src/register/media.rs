//! Attachments of which a safe copy is wanted, those that cannot have one, and requests for originals.
//!
//! What copies exist is not here: that is what lies in their folder ([`crate::copies`]).

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use nightsafe_casework::{
    event::Body,
    safe_copy::{CopyKind, Granted, NoCopy, OriginalRequest},
};
use nightsafe_schema::item::ItemId;
use serde::{Deserialize, Serialize};

use super::Place;

/// See the module.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Media {
    /// By the event since which a copy is wanted.
    pub(super) wanted: BTreeMap<u64, (ItemId, CopyKind)>,
    since: HashMap<ItemId, u64>,
    pub(super) few: Few,
}

/// What is little and kept as JSON.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Few {
    /// Attachments that cannot be shown.
    refused: BTreeMap<ItemId, NoCopy>,
    /// Originals that somebody asked for.
    originals: BTreeMap<ItemId, OriginalRequest>,
}

impl Media {
    /// Takes in the next event.
    pub(super) fn follow(&mut self, place: Place<'_>, body: &Body) {
        let originals = &mut self.few.originals;
        match body {
            Body::CopyRefused(refused) => {
                self.few.refused.insert(refused.item, refused.why);
            }
            Body::CopyAsked(asked) => self.again(place.seq, asked.item),
            Body::OriginalAsked(asked) => {
                let (by, reason) = (asked.by.clone(), asked.reason.clone());
                originals.insert(asked.item, OriginalRequest { by, at: place.at, reason, granted: None });
            }
            Body::OriginalGranted(granted) => {
                if let Some(request) = originals.get_mut(&granted.item) {
                    request.granted = Some(Granted { by: granted.by.clone(), at: place.at });
                }
            }
            Body::OriginalDenied(denied) => {
                originals.remove(&denied.item);
            }
            Body::OriginalTaken(taken) => {
                originals.remove(&taken.item);
            }
            _ => {}
        }
    }

    /// An attachment of this kind has come to its case.
    pub(super) fn want(&mut self, seq: u64, item: ItemId, kind: CopyKind) {
        if let Entry::Vacant(vacant) = self.since.entry(item) {
            vacant.insert(seq);
            self.wanted.insert(seq, (item, kind));
        }
    }

    /// Why there is no copy of it.
    pub(super) fn refused(&self, item: ItemId) -> Option<NoCopy> {
        self.few.refused.get(&item).copied()
    }

    /// Who asked for its original.
    pub(super) fn original(&self, item: ItemId) -> Option<&OriginalRequest> {
        self.few.originals.get(&item)
    }

    /// The kind of copy that it has or should have.
    pub(super) fn kind(&self, item: ItemId) -> Option<CopyKind> {
        self.since.get(&item).and_then(|seq| self.wanted.get(seq)).map(|(_item, kind)| *kind)
    }

    fn again(&mut self, seq: u64, item: ItemId) {
        self.few.refused.remove(&item);
        let Some(kind) = self.since.remove(&item).and_then(|since| self.wanted.remove(&since)) else { return };
        self.since.insert(item, seq);
        self.wanted.insert(seq, kind);
    }
}
