//! Holes: places that exist and have not come, since when, and why.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::seq_set::SeqSet;

/// Consecutive missing places with one history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hole {
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// When it was first noticed.
    pub(crate) since: Timestamp,
    /// Why, as far as is known.
    pub(crate) why: HoleReason,
}

/// Why a place is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reason", deny_unknown_fields)]
pub(crate) enum HoleReason {
    /// No volume that came here held it.
    #[default]
    NotArrived,
    /// A volume holds its entry without its item.
    WithoutItem { volume: String },
    /// A volume holds a link, a folder, a pipe or a device in the place of its item.
    NoFile { volume: String },
    /// A volume holds part of its item.
    HalfCopied { volume: String },
    /// The medium did not give its item.
    Unreadable { volume: String },
    /// A volume holds its item with other bytes, which are in quarantine.
    Differs { volume: String },
    /// The one-way link brought only some of its blocks.
    LostOnLine { came: u64, of: u64 },
    /// An entry for this place was refused and is in quarantine.
    Refused { quarantine: String },
}

impl HoleReason {
    /// The word for programs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::NotArrived => "missing",
            Self::WithoutItem { .. } => "without-item",
            Self::NoFile { .. } => "no-file",
            Self::HalfCopied { .. } => "half-copied-item",
            Self::Unreadable { .. } => "unreadable",
            Self::Differs { .. } => "missing-differs",
            Self::LostOnLine { .. } => "lost-on-line",
            Self::Refused { .. } => "missing-refused",
        }
    }

    /// Why, for people: Chinese and English.
    pub(crate) fn words(&self) -> (String, String) {
        match self {
            Self::NotArrived => ("没有一个卷带来过".to_owned(), "no volume that came here held it".to_owned()),
            Self::WithoutItem { volume } => {
                (format!("{volume} 有条目而没有件"), format!("{volume} holds the entry without the item"))
            }
            Self::NoFile { volume } => (
                format!("{volume} 里它不是普通文件，而是链接、文件夹或设备"),
                format!("{volume} holds a link, a folder or a device in its place"),
            ),
            Self::HalfCopied { volume } => (format!("{volume} 没有拷完"), format!("{volume} was copied only in part")),
            Self::Unreadable { volume } => (format!("{volume} 读不出"), format!("{volume} cannot be read there")),
            Self::Differs { volume } => {
                (format!("{volume} 的内容不符，已隔离"), format!("{volume} holds other bytes (quarantined)"))
            }
            Self::LostOnLine { came: 0, .. } => {
                ("光闸线路上丢失：一块也没收到".to_owned(), "lost on the line: nothing of it arrived".to_owned())
            }
            Self::LostOnLine { came, of } => (
                format!("光闸线路上丢失：收到 {came}/{of} 块"),
                format!("lost on the line: {came} of {of} blocks arrived"),
            ),
            Self::Refused { quarantine } => {
                (format!("条目被拒，隔离号 {quarantine}"), format!("an entry was refused: quarantine {quarantine}"))
            }
        }
    }
}

/// Brings the list of holes up to date: what is missing of the places up to `known_last`, each with the time at which it
/// was first noticed.
pub(crate) fn refresh(
    before: &[Hole],
    there: &SeqSet,
    known_last: u64,
    reasons: &BTreeMap<u64, HoleReason>,
    now: Timestamp,
) -> Vec<Hole> {
    let mut holes = Vec::new();
    for missing in there.missing_up_to(known_last) {
        split(&missing, before, reasons, now, &mut holes);
    }
    holes
}

/// Cuts a missing range where its history or its reason changes.
fn split(
    missing: &RangeInclusive<u64>,
    before: &[Hole],
    reasons: &BTreeMap<u64, HoleReason>,
    now: Timestamp,
    holes: &mut Vec<Hole>,
) {
    let mut first = *missing.start();
    while first <= *missing.end() {
        let old = before.iter().find(|hole| hole.last >= first).filter(|hole| hole.first <= *missing.end());
        let (since, mut last) = match old {
            Some(hole) if hole.first <= first => (hole.since, hole.last.min(*missing.end())),
            Some(hole) => (now, hole.first - 1),
            None => (now, *missing.end()),
        };
        let why = if let Some(reason) = reasons.get(&first) {
            last = first;
            reason.clone()
        } else {
            if let Some((named, _)) = reasons.range(first..=last).next() {
                last = *named - 1;
            }
            HoleReason::NotArrived
        };
        match holes.last_mut() {
            Some(hole) if hole.last + 1 == first && hole.since == since && hole.why == why => hole.last = last,
            _ => holes.push(Hole { first, last, since, why }),
        }
        first = last + 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    proptest! {
        #[test]
        fn every_missing_place_is_in_one_hole_and_keeps_its_age(
            first in prop::collection::btree_set(1_u64..40, 0..30),
            second in prop::collection::btree_set(1_u64..40, 0..30),
            named in prop::collection::btree_set(1_u64..40, 0..6),
        ) {
            let set = |places: &std::collections::BTreeSet<u64>| {
                let mut set = SeqSet::default();
                for place in places {
                    set.insert((*place).try_into().unwrap());
                }
                set
            };
            let reasons: BTreeMap<u64, HoleReason> =
                named.iter().map(|place| (*place, HoleReason::WithoutItem { volume: "volume-000001".to_owned() })).collect();
            let before = refresh(&[], &set(&first), 30, &BTreeMap::new(), at(1));
            let both: std::collections::BTreeSet<u64> = first.union(&second).copied().collect();
            let after = refresh(&before, &set(&both), 40, &reasons, at(2));
            let mut next = 1;
            for hole in &after {
                prop_assert!(hole.first >= next && hole.last >= hole.first);
                next = hole.last + 1;
            }
            for place in 1..=40 {
                let holes: Vec<_> = after.iter().filter(|hole| (hole.first..=hole.last).contains(&place)).collect();
                prop_assert_eq!(holes.len(), usize::from(!both.contains(&place)));
                for hole in holes {
                    prop_assert_eq!(hole.since, at(if place <= 30 { 1 } else { 2 }));
                    prop_assert_eq!(hole.why != HoleReason::NotArrived, named.contains(&place));
                }
            }
        }
    }
}
