//! Which cases share a key: sorted columns, with what came lately in a small tree beside them.
//!
//! Two columns take 12 bytes an entry, where a tree of pages takes three times that and a hash table twice. What came
//! lately is merged in once it is a sixteenth of the rest, so each entry is moved some sixteen times in all.

use std::collections::BTreeSet;

use nightsafe_casework::linking::KeyKind;

use super::cases::Number;

/// Hashes of keys and the cases that have them, in order.
#[derive(Debug, Default)]
pub(super) struct Keys {
    hashes: Vec<u64>,
    cases: Vec<Number>,
    lately: BTreeSet<(u64, Number)>,
}

impl Keys {
    /// A case has this key.
    pub(super) fn add(&mut self, hash: u64, case: Number) {
        let place = self.hashes.partition_point(|other| *other < hash);
        let settled = self.hashes.iter().zip(&self.cases).skip(place).take_while(|(other, _)| **other == hash);
        // What is said later names most of it again.
        if settled.into_iter().any(|(_, other)| *other == case) {
            return;
        }
        self.lately.insert((hash, case));
        if self.lately.len() > LATELY.max(self.hashes.len() / 16) {
            self.merge();
        }
    }

    /// The cases that have this key, the earliest first; so many at most.
    pub(super) fn with(&self, hash: u64, most: usize) -> Vec<Number> {
        let from = self.hashes.partition_point(|other| *other < hash);
        let column = self.hashes.iter().zip(&self.cases).skip(from);
        let settled = column.take_while(|(other, _)| **other == hash).map(|(_, case)| *case);
        let lately = self.lately.range((hash, 0)..=(hash, Number::MAX)).map(|(_, case)| *case);
        settled.chain(lately).take(most).collect()
    }

    /// All entries in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = (u64, Number)> {
        let mut settled = self.hashes.iter().copied().zip(self.cases.iter().copied()).peekable();
        let mut lately = self.lately.iter().copied().peekable();
        std::iter::from_fn(move || match (settled.peek(), lately.peek()) {
            (Some(one), Some(other)) if one < other => settled.next(),
            (_, Some(_)) => lately.next(),
            (_, None) => settled.next(),
        })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.hashes.len() + self.lately.len()
    }

    /// Entries in order; none twice.
    pub(super) fn of_entries(entries: impl ExactSizeIterator<Item = (u64, Number)>) -> Self {
        let mut keys = Self {
            hashes: Vec::with_capacity(entries.len()),
            cases: Vec::with_capacity(entries.len()),
            lately: BTreeSet::new(),
        };
        for (hash, case) in entries {
            keys.hashes.push(hash);
            keys.cases.push(case);
        }
        keys
    }

    pub(super) fn memory(&self) -> usize {
        self.hashes.capacity() * 8 + self.cases.capacity() * 4 + self.lately.len() * 24
    }

    fn merge(&mut self) {
        let (mut hashes, mut cases) = (Vec::with_capacity(self.len()), Vec::with_capacity(self.len()));
        for (hash, case) in self.entries() {
            hashes.push(hash);
            cases.push(case);
        }
        *self = Self { hashes, cases, lately: BTreeSet::new() };
    }
}

/// By what keys of different kinds are told apart before they are hashed.
pub(super) const fn label(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Named(kind) => kind.code(),
        KeyKind::Sound => "sound",
        KeyKind::Alias => "alias",
        KeyKind::Mark => "mark",
    }
}

/// How many entries the small tree holds at least before it is merged in.
const LATELY: usize = 4_096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_entry_is_found_merged_or_not(
            entries in prop::collection::vec((0_u64..40, 0_u32..1000), 0..300),
            merges in prop::collection::vec(any::<bool>(), 300),
        ) {
            let mut keys = Keys::default();
            let mut all = BTreeSet::new();
            for (&(hash, case), &merge) in entries.iter().zip(&merges) {
                all.insert((hash, case));
                keys.add(hash, case);
                if merge {
                    keys.merge();
                }
            }
            prop_assert_eq!(keys.entries().collect::<Vec<_>>(), all.iter().copied().collect::<Vec<_>>());
            for hash in 0..40 {
                let mut found = keys.with(hash, usize::MAX);
                found.sort_unstable();
                let expected: Vec<u32> = all.range((hash, 0)..=(hash, u32::MAX)).map(|(_, case)| *case).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
