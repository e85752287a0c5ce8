//! Copies that stand before somebody: named by an event that was recorded a moment ago, so that fetching them, or a further
//! piece of a recording, is the same look and no new one.
//!
//! Held in memory alone. Whatever is not in here any more is simply recorded again: a look is never lost, only written twice.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use nightsafe_casework::{account::AccountName, event::CopyPart};
use nightsafe_schema::case::CaseId;

use crate::limits;

/// What stands before whom, and until when.
#[derive(Debug, Default)]
pub(super) struct Looks(Mutex<BTreeMap<Look, Duration>>);

/// A part of a copy before a person.
type Look = (AccountName, CaseId, CopyPart);

impl Looks {
    /// These were recorded as shown.
    pub(super) fn recorded(&self, viewer: &AccountName, case: CaseId, copies: &[CopyPart], now: Duration) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_look, until| *until > now);
        for copy in copies {
            if open.len() >= limits::LOOKS_OPEN {
                break;
            }
            open.insert((viewer.clone(), case, *copy), now.saturating_add(limits::LOOK_LASTS));
        }
    }

    /// Whether fetching this belongs to a look that was recorded.
    pub(super) fn covers(&self, viewer: &AccountName, case: CaseId, copy: CopyPart, now: Duration) -> bool {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&(viewer.clone(), case, copy)).is_some_and(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use nightsafe_schema::item::ItemId;

    use super::*;

    #[test]
    fn a_look_covers_its_own_parts_for_its_own_viewer_and_time() {
        let looks = Looks::default();
        let [own, other]: [AccountName; 2] = ["analyst", "verifier"].map(|name| name.parse().unwrap());
        let case: CaseId = "7K2M-9QXW-3T5A".parse().unwrap();
        let part = |part| CopyPart { item: ItemId::from_bytes([1; 16]), part };
        let start = Duration::from_secs(5);
        looks.recorded(&own, case, &[part(1)], start);
        assert!(looks.covers(&own, case, part(1), start));
        assert!(!looks.covers(&own, case, part(2), start));
        assert!(!looks.covers(&other, case, part(1), start));
        assert!(!looks.covers(&own, "0000-0000-0001".parse().unwrap(), part(1), start));
        assert!(!looks.covers(&own, case, part(1), start + limits::LOOK_LASTS));
    }

    #[test]
    fn a_flood_of_looks_is_bounded_and_old_ones_give_way() {
        let looks = Looks::default();
        let own: AccountName = "analyst".parse().unwrap();
        let case: CaseId = "7K2M-9QXW-3T5A".parse().unwrap();
        let parts: Vec<CopyPart> = (0..2 * u32::try_from(limits::LOOKS_OPEN).unwrap())
            .map(|part| CopyPart { item: ItemId::from_bytes([1; 16]), part })
            .collect();
        looks.recorded(&own, case, &parts, Duration::ZERO);
        assert_eq!(looks.0.lock().unwrap().len(), limits::LOOKS_OPEN);
        looks.recorded(&own, case, &parts[..1], limits::LOOK_LASTS);
        assert_eq!(looks.0.lock().unwrap().len(), 1);
    }
}
