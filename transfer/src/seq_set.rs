//! Sets of places in a stream, kept as ranges: almost always one, and one more for each hole.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use nightsafe_schema::journal::Seq;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A set of places. Written as `[[1,1040],[1044,1044]]`: ascending, and never two ranges that touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SeqSet(BTreeMap<u64, u64>);

impl SeqSet {
    /// Adds a place; false if it was there.
    pub(crate) fn insert(&mut self, seq: Seq) -> bool {
        let place = seq.value();
        if self.contains(seq) {
            return false;
        }
        let mut start = place;
        let mut end = place;
        if let Some((&before, &before_end)) = self.0.range(..place).next_back()
            && before_end + 1 == place
        {
            start = before;
        }
        if let Some(after_end) = self.0.remove(&(place + 1)) {
            end = after_end;
        }
        self.0.insert(start, end);
        true
    }

    /// Takes a place out.
    pub(crate) fn remove(&mut self, seq: Seq) {
        let place = seq.value();
        let Some((&start, &end)) = self.0.range(..=place).next_back() else { return };
        if end < place {
            return;
        }
        self.0.remove(&start);
        if start < place {
            self.0.insert(start, place - 1);
        }
        if place < end {
            self.0.insert(place + 1, end);
        }
    }

    /// Whether a place is in the set.
    pub(crate) fn contains(&self, seq: Seq) -> bool {
        self.0.range(..=seq.value()).next_back().is_some_and(|(_, end)| *end >= seq.value())
    }

    /// The ranges, ascending.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = RangeInclusive<u64>> {
        self.0.iter().map(|(start, end)| *start..=*end)
    }

    /// Every place, ascending.
    pub(crate) fn places(&self) -> impl Iterator<Item = u64> {
        self.ranges().flatten()
    }

    /// How many places there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|(start, end)| end - start + 1).sum()
    }

    /// The last place; 0 if there is none.
    pub(crate) fn last(&self) -> u64 {
        self.0.last_key_value().map_or(0, |(_, end)| *end)
    }

    /// The last place up to which all are there; 0 if the first is not.
    pub(crate) fn leading(&self) -> u64 {
        self.0.get(&1).copied().unwrap_or(0)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges that are not in the set, from 1 up to `end`.
    pub(crate) fn missing_up_to(&self, end: u64) -> Vec<RangeInclusive<u64>> {
        let mut missing = Vec::new();
        let mut next = 1;
        for range in self.ranges() {
            if *range.start() > end {
                break;
            }
            if next < *range.start() {
                missing.push(next..=*range.start() - 1);
            }
            next = range.end() + 1;
        }
        if next <= end {
            missing.push(next..=end);
        }
        missing
    }

    /// Adds every place of another set.
    pub(crate) fn extend(&mut self, other: &Self) {
        for (&start, &end) in &other.0 {
            self.insert_range(start, end);
        }
    }

    /// Adds every place from `start` to `end`.
    pub(crate) fn insert_range(&mut self, start: u64, end: u64) {
        let (mut start, mut end) = (start, end);
        while let Some((&found, &found_end)) = self.0.range(..=end + 1).next_back() {
            if found_end + 1 < start {
                break;
            }
            start = start.min(found);
            end = end.max(found_end);
            self.0.remove(&found);
        }
        self.0.insert(start, end);
    }
}

impl Serialize for SeqSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl<'de> Deserialize<'de> for SeqSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut set = Self::default();
        let mut free_from = 1;
        for (start, end) in Vec::<(u64, u64)>::deserialize(deserializer)? {
            if start < free_from || end < start || Seq::try_from(end).is_err() {
                return Err(de::Error::custom("ranges must ascend and not touch"));
            }
            free_from = end + 2;
            set.0.insert(start, end);
        }
        Ok(set)
    }
}

/// Ranges as people write them: `1041-1043,1050`.
pub(crate) fn written(ranges: &[RangeInclusive<u64>]) -> String {
    let one = |range: &RangeInclusive<u64>| {
        if range.start() == range.end() {
            range.start().to_string()
        } else {
            format!("{}-{}", range.start(), range.end())
        }
    };
    ranges.iter().map(one).collect::<Vec<_>>().join(",")
}

/// As [`written`], but no longer than a line of a screen.
pub(crate) fn abridged(ranges: &[RangeInclusive<u64>]) -> String {
    let shown = ranges.get(..RANGES_A_LINE).unwrap_or(ranges);
    if shown.len() < ranges.len() { format!("{},…", written(shown)) } else { written(ranges) }
}

/// As many ranges as fit beside a verdict.
const RANGES_A_LINE: usize = 4;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn seq(place: u64) -> Seq {
        place.try_into().unwrap()
    }

    proptest! {
        #[test]
        fn it_behaves_like_a_set_of_numbers(
            steps in prop::collection::vec((any::<bool>(), 1_u64..40), 0..60),
            more in prop::collection::btree_set(1_u64..60, 0..30),
        ) {
            let mut set = SeqSet::default();
            let mut model = BTreeSet::new();
            for (add, place) in steps {
                if add {
                    prop_assert_eq!(set.insert(seq(place)), model.insert(place));
                } else {
                    set.remove(seq(place));
                    model.remove(&place);
                }
            }
            let mut other = SeqSet::default();
            for place in &more {
                other.insert(seq(*place));
            }
            set.extend(&other);
            model.extend(more);
            prop_assert_eq!(set.places().collect::<BTreeSet<_>>(), model.clone());
            prop_assert_eq!(set.count(), model.len() as u64);
            prop_assert_eq!(set.last(), model.last().copied().unwrap_or(0));
            let missing: BTreeSet<u64> = set.missing_up_to(50).into_iter().flatten().collect();
            prop_assert_eq!(missing, (1..=50).filter(|place| !model.contains(place)).collect::<BTreeSet<_>>());
            let text = serde_json::to_string(&set).unwrap();
            prop_assert_eq!(serde_json::from_str::<SeqSet>(&text).unwrap(), set);
        }

        #[test]
        fn any_text_is_a_set_or_refused(text in ".{0,40}", pairs in prop::collection::vec(any::<(u64, u64)>(), 0..5)) {
            let _ = serde_json::from_str::<SeqSet>(&text);
            let _ = serde_json::from_str::<SeqSet>(&serde_json::to_string(&pairs).unwrap());
        }
    }

    #[test]
    fn ranges_are_written_as_people_write_them() {
        assert_eq!(written(&[1041..=1043, 1050..=1050]), "1041-1043,1050");
        assert_eq!(abridged(&[1..=1, 3..=3, 5..=5, 7..=7]), "1,3,5,7");
        assert_eq!(abridged(&[1..=1, 3..=3, 5..=5, 7..=7, 9..=9]), "1,3,5,7,…");
    }
}
