//! The cases by the order in which they came, what was said later, and what they were found to be to each other.

use std::collections::{BTreeMap, HashMap};

use nightsafe_casework::linking::LinkKind;
use nightsafe_schema::case::CaseId;

use super::Arrival;

/// A case's place in the order in which cases came: what the other tables name it by.
pub(super) type Number = u32;

/// The cases.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Cases {
    /// Each with the event that opened it.
    pub(super) by_number: Vec<(CaseId, u64)>,
    numbers: HashMap<CaseId, Number>,
    /// Events of supplements.
    pub(super) later: BTreeMap<Number, Vec<u64>>,
    /// What two cases were found to be to each other; the smaller number first.
    pub(super) links: BTreeMap<(Number, Number), LinkKind>,
    /// Reports and supplements by their event, not compared yet.
    pub(super) waiting: BTreeMap<u64, CaseId>,
}

impl Cases {
    /// A case with this first event; one that is known already stays as it is.
    pub(super) fn opened(&mut self, case: CaseId, seq: u64) {
        let Ok(number) = Number::try_from(self.by_number.len()) else { return };
        if self.numbers.contains_key(&case) {
            return;
        }
        self.numbers.insert(case, number);
        self.by_number.push((case, seq));
        self.waiting.insert(seq, case);
    }

    /// More was said; false if there is no such case, or so much was said that no more is compared.
    pub(super) fn said_more(&mut self, case: CaseId, seq: u64) -> bool {
        let Some(number) = self.number(case) else { return false };
        let later = self.later.entry(number).or_default();
        if later.len() >= nightsafe_casework::linking::SUPPLEMENTS_COMPARED {
            return false;
        }
        later.push(seq);
        self.waiting.insert(seq, case);
        true
    }

    pub(super) fn linked(&mut self, one: CaseId, other: CaseId, kind: LinkKind) {
        if let Some(pair) = self.pair(one, other) {
            self.links.insert(pair, kind);
        }
    }

    /// Everything up to this event was compared.
    pub(super) fn compared(&mut self, through: u64) {
        self.waiting = self.waiting.split_off(&through.saturating_add(1));
    }

    pub(super) fn waiting(&self, most: usize) -> Vec<Arrival> {
        self.waiting.iter().take(most).map(|(&seq, &case)| Arrival { seq, case }).collect()
    }

    pub(super) fn link(&self, one: CaseId, other: CaseId) -> Option<LinkKind> {
        self.links.get(&self.pair(one, other)?).copied()
    }

    pub(super) fn number(&self, case: CaseId) -> Option<Number> {
        self.numbers.get(&case).copied()
    }

    /// The case of a number and the event that opened it.
    pub(super) fn case(&self, number: Number) -> Option<(CaseId, u64)> {
        self.by_number.get(usize::try_from(number).ok()?).copied()
    }

    /// The events that say what a case is about.
    pub(super) fn events(&self, number: Number) -> Vec<u64> {
        let opened = self.case(number).map(|(_case, seq)| seq);
        opened.into_iter().chain(self.later.get(&number).into_iter().flatten().copied()).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(super) fn memory(&self) -> usize {
        // A hash table keeps an eighth free and a byte of control a place; a tree about a third.
        self.by_number.capacity() * size_of::<(CaseId, u64)>()
            + self.numbers.capacity() * (size_of::<(CaseId, Number)>() + 1)
            + (self.links.len() * size_of::<((Number, Number), LinkKind)>() + self.waiting.len() * 16) * 3 / 2
            + self.later.len() * 64
    }

    fn pair(&self, one: CaseId, other: CaseId) -> Option<(Number, Number)> {
        let (one, other) = (self.number(one)?, self.number(other)?);
        Some((one.min(other), one.max(other)))
    }
}
