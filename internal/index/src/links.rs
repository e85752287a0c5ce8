//! By what cases resemble each other, arranged for one question: which earlier cases does this one resemble?
//!
//! All of it is in memory and follows the ledger: keyed hashes of what reports name, and of each text the 66 bytes that stand
//! for it. What it says is believed of nothing: every candidate is read from the ledger again and judged in full
//! (`nightsafe_casework::linking`). Kept beside the ledger as a sealed note; whatever is wrong with that, the ledger is
//! replayed (docs/spec/linking.md). It holds no name, no number and no text.

mod bytes;
mod cases;
mod keys;
mod marker;
mod resembling;
mod texts;

use nightsafe_casework::{
    event::{Body, Kind},
    linking::{Key, LinkKind, Mark, Matter},
};
use nightsafe_ledger::Event;
use nightsafe_schema::case::CaseId;
use serde_json::Value;

use self::{cases::Cases, keys::Keys, texts::Texts};
pub use self::{
    marker::LinkMarker,
    resembling::{Found, LinkError},
};
use crate::{
    key::{IndexKey, Tagger},
    position::Position,
};

/// The store of keys and sketches.
#[derive(Debug)]
pub struct Links {
    tagger: Tagger,
    sketch_key: u64,
    at: Position,
    cases: Cases,
    keys: Keys,
    texts: Texts,
}

/// A report or supplement that was not compared with the others yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The event that it came with.
    pub seq: u64,
    /// Its case.
    pub case: CaseId,
}

impl Links {
    /// One that has seen nothing.
    pub fn new(key: &IndexKey) -> Self {
        let tagger = key.purpose("links");
        let seed = tagger.tag(&[b"sketch"]);
        Self {
            sketch_key: seed.first_chunk().copied().map_or(0, u64::from_be_bytes),
            tagger,
            at: Position::START,
            cases: Cases::default(),
            keys: Keys::default(),
            texts: Texts::default(),
        }
    }

    /// How far it has come.
    pub const fn position(&self) -> Position {
        self.at
    }

    /// How many cases it knows.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory that its tables take.
    pub fn memory(&self) -> usize {
        self.cases.memory() + self.keys.memory() + self.texts.memory()
    }

    /// Takes in the next event; one that it has already, or that does not come next, changes nothing.
    pub fn follow(&mut self, event: &Event) {
        if event.seq != self.at.seq.saturating_add(1) {
            return;
        }
        self.at = Position { seq: event.seq, digest: event.digest };
        let followed = |kind: &Kind| {
            matches!(kind, Kind::ReportReceived | Kind::SupplementReceived | Kind::CaseLinked | Kind::LinksFollowed)
        };
        let kind = event.kind.parse::<Kind>().ok().filter(followed);
        let body = kind.zip(event.body.open()).and_then(|(kind, body)| Body::read(kind, body.as_bytes()).ok());
        match (event.case, body) {
            (Some(case), Some(Body::ReportReceived(received))) => {
                self.cases.opened(case, event.seq);
                self.add(case, &received.report, &received.marks);
            }
            (Some(case), Some(Body::SupplementReceived(received))) if self.cases.said_more(case, event.seq) => {
                self.add(case, &received.report, &received.marks);
            }
            (Some(case), Some(Body::CaseLinked(linked))) => self.cases.linked(case, linked.other, linked.kind),
            (None, Some(Body::LinksFollowed(followed))) => self.cases.compared(followed.through),
            _ => {}
        }
    }

    /// Reports and supplements that were not compared with the others yet, oldest first, so many at most.
    pub fn waiting(&self, most: usize) -> Vec<Arrival> {
        self.cases.waiting(most)
    }

    /// What two cases were found to be to each other.
    pub fn link(&self, one: CaseId, other: CaseId) -> Option<LinkKind> {
        self.cases.link(one, other)
    }

    fn add(&mut self, case: CaseId, report: &Value, marks: &[Mark]) {
        let Some(number) = self.cases.number(case) else { return };
        let matter = Matter::of([(report, marks)]);
        for key in matter.keys() {
            self.keys.add(self.hash(&key), number);
        }
        for text in matter.texts() {
            self.texts.add(matter.area(), number, text.sketch(self.sketch_key));
        }
    }

    fn hash(&self, key: &Key) -> u64 {
        let tag = self.tagger.tag(&[keys::label(key.kind).as_bytes(), key.plain.as_bytes()]);
        tag.first_chunk().copied().map_or(0, u64::from_be_bytes)
    }
}
