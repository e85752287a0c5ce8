//! The question: which cases does this one resemble?
//!
//! Keys and sketches say which might; these are read from the ledger and judged by the rules. The work is bounded whatever
//! the reports say: cases that are looked at by a key, sketches of an area, cases that are read.

use std::{cmp::Reverse, collections::HashMap};

use nightsafe_casework::{
    event::{Body, Kind},
    linking::{IdentifierKind, KeyKind, Mark, Matter, Verdict, judge},
};
use nightsafe_ledger::{EventLog, ReadError};
use nightsafe_schema::case::CaseId;
use serde_json::Value;

use super::{Arrival, Links, cases::Number};

/// A case that another one resembles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The other case.
    pub other: CaseId,
    /// What the two are to each other, and why.
    pub verdict: Verdict,
}

/// A case could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The ledger could not be read.
    #[error("the ledger could not be read")]
    Ledger(#[source] ReadError),
}

impl Links {
    /// The cases that an arrival resembles, the surest first. A report is compared with all cases before it, what is said
    /// later with all cases: so each pair comes up once.
    pub fn resembling(&self, log: &dyn EventLog, arrival: Arrival) -> Result<Vec<Found>, LinkError> {
        let Some(own) = self.cases.number(arrival.case) else { return Ok(Vec::new()) };
        let Some(matter) = self.matter(log, own)? else { return Ok(Vec::new()) };
        let opens = self.cases.case(own).is_some_and(|(_case, seq)| seq == arrival.seq);
        let mut candidates: Vec<(Number, Shared)> = self.candidates(&matter).into_iter().collect();
        candidates
            .retain(|(other, shared)| (if opens { *other < own } else { *other != own }) && shared.is_worth_reading());
        candidates.sort_by_key(|&(other, shared)| (Reverse(shared.weight()), other));
        let mut found = Vec::new();
        for (number, _) in candidates.into_iter().take(CASES_JUDGED) {
            let Some((other, _)) = self.cases.case(number) else { continue };
            let Some(earlier) = self.matter(log, number)? else { continue };
            found.extend(judge(&matter, &earlier).map(|verdict| Found { other, verdict }));
        }
        found.sort_by_key(|found| (found.verdict.kind, Reverse(found.verdict.weight), found.other));
        found.truncate(LINKS_OF_AN_ARRIVAL);
        Ok(found)
    }

    /// Cases that share a key or may share a text, each with how much of it.
    fn candidates(&self, matter: &Matter) -> HashMap<Number, Shared> {
        let mut candidates: HashMap<Number, Shared> = HashMap::new();
        for key in matter.keys() {
            let sharing = self.keys.with(self.hash(&key), CASES_BY_A_KEY + 1);
            // A number in very many reports is a large series, whose first reports are enough; a name is nobody's.
            let says_nothing = sharing.len() > CASES_BY_A_KEY && is_common(key.kind);
            for case in sharing.into_iter().take(CASES_BY_A_KEY).filter(|_| !says_nothing) {
                candidates.entry(case).or_default().keys += worth(key.kind);
            }
        }
        for text in matter.texts() {
            let sketch = text.sketch(self.sketch_key);
            for alike in self.texts.like(matter.area(), &sketch, LEAST_TEXT, TEXTS_OF_AN_AREA) {
                let alone = if alike.in_one_county { TEXT_OF_A_COUNTY } else { TEXT_OF_A_PREFECTURE };
                let known = candidates.get_mut(&alike.case);
                match known {
                    Some(shared) => shared.text = shared.text.max(alike.hundredths),
                    None if alike.hundredths >= alone => {
                        candidates.insert(alike.case, Shared { keys: 0, text: alike.hundredths });
                    }
                    None => {}
                }
            }
        }
        candidates
    }

    /// What a case is about, as the ledger says; `None` if its key is erased.
    fn matter(&self, log: &dyn EventLog, number: Number) -> Result<Option<Matter>, LinkError> {
        let Some((case, _)) = self.cases.case(number) else { return Ok(None) };
        let mut parts: Vec<(Value, Vec<Mark>)> = Vec::new();
        for seq in self.cases.events(number) {
            let event = log.read(seq).map_err(LinkError::Ledger)?.next().transpose().map_err(LinkError::Ledger)?;
            let Some(event) = event.filter(|event| event.case == Some(case)) else { return Ok(None) };
            let body = event.kind.parse::<Kind>().ok().zip(event.body.open());
            match body.and_then(|(kind, body)| Body::read(kind, body.as_bytes()).ok()) {
                Some(Body::ReportReceived(received)) => parts.push((received.report, received.marks)),
                Some(Body::SupplementReceived(received)) => parts.push((received.report, received.marks)),
                _ => return Ok(None),
            }
        }
        Ok(Some(Matter::of(parts.iter().map(|(report, marks)| (report, marks.as_slice())))))
    }
}

/// What a case seems to have in common with another.
#[derive(Clone, Copy, Debug, Default)]
struct Shared {
    /// What the keys say.
    keys: u32,
    /// Hundredths of the text.
    text: u8,
}

impl Shared {
    const fn weight(self) -> u32 {
        self.keys + 3 * self.text as u32
    }

    /// Whether it may be enough for the rules: a name or a number is, a text alone was asked for enough; a nickname or a
    /// firm needs some of the text, or each other.
    const fn is_worth_reading(self) -> bool {
        self.keys == 0 || self.keys > WEAK || self.text >= TEXT_BESIDE
    }
}

/// Whether many may have it by chance.
const fn is_common(kind: KeyKind) -> bool {
    matches!(kind, KeyKind::Sound | KeyKind::Alias | KeyKind::Named(IdentifierKind::Organisation))
}

/// How much a shared key says, beside three times the hundredths of a text.
const fn worth(kind: KeyKind) -> u32 {
    match kind {
        KeyKind::Mark => 400,
        KeyKind::Named(IdentifierKind::Organisation) | KeyKind::Alias => WEAK,
        KeyKind::Sound => 200,
        KeyKind::Named(_) => 300,
    }
}

/// Cases looked at by one key. What stands in more reports says nothing, or is a series of which the first reports are
/// enough.
const CASES_BY_A_KEY: usize = 64;
/// Texts of one area that are compared, the newest: a hundred thousand take a millisecond.
const TEXTS_OF_AN_AREA: usize = 100_000;
/// Cases that are read from the ledger and judged for one arrival.
const CASES_JUDGED: usize = 12;
/// Candidates recorded for one arrival; the analyst is shown the surest.
const LINKS_OF_AN_ARRIVAL: usize = 10;
/// What a nickname or a firm says alone.
const WEAK: u32 = 50;
/// Hundredths below which a sketch says nothing.
const LEAST_TEXT: u8 = 12;
/// Hundredths beside a nickname or a firm: below what the rules ask for by what a sketch may err.
const TEXT_BESIDE: u8 = 26;
/// Hundredths from which a text alone makes a case of the same county worth reading.
const TEXT_OF_A_COUNTY: u8 = 42;
/// The same in the same prefecture, where the rules ask for more.
const TEXT_OF_A_PREFECTURE: u8 = 62;
