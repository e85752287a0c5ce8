//! From ledger events to changes of the index: reads, computes, and changes nothing itself.
//!
//! A case is always projected from its whole state, folded from its events; so the rows after an event do not depend on
//! what the index held before, only which of them must be replaced does. An event that cannot be read stops nothing: it
//! is recorded as unreadable and counted.

mod states;

use std::collections::BTreeMap;

use nightsafe_casework::event::{Body, Kind};
use nightsafe_ledger::{Event, EventLog};
use nightsafe_schema::case::CaseId;

pub(crate) use self::states::{States, event, seqs};
use crate::{
    case::{self, CaseRecord},
    damage::Damage,
    error::IndexError,
    fulltext::CaseDocument,
    key::{TAG, Tagger},
    projections::{Changes, Projections, Tree},
    rules::Rules,
};

/// What is folded with: everything that is only read.
#[derive(Clone, Copy)]
pub(crate) struct Folding<'a> {
    pub(crate) projections: &'a Projections,
    pub(crate) log: &'a dyn EventLog,
    pub(crate) rules: &'a Rules,
    pub(crate) hashes: &'a Hashes,
}

/// Keyed hashes for rows.
#[derive(Clone, Debug)]
pub(crate) struct Hashes {
    pub(crate) records: Tagger,
    pub(crate) identifiers: Tagger,
}

/// What a chunk of events comes to.
#[derive(Default)]
pub(crate) struct Chunk {
    pub(crate) changes: Changes,
    pub(crate) documents: Vec<CaseDocument>,
}

/// How the events of a chunk touch a case.
#[derive(Default)]
struct Touched {
    /// Its version after them. Looks count too, and so do events that cannot be read.
    version: u64,
    /// Those that have changed what it is.
    changes: Vec<u64>,
}

impl Folding<'_> {
    /// The changes that these events make, in order. On an error the states must be forgotten.
    pub(crate) fn chunk(self, events: &[Event], states: &mut States) -> Result<Chunk, IndexError> {
        let mut chunk = Chunk::default();
        let mut touched: BTreeMap<CaseId, Touched> = BTreeMap::new();
        for event in events {
            let changed = match self.event(event, states)? {
                Ok(changed) => changed,
                Err(why) => {
                    tracing::error!(seq = event.seq, kind = event.kind, why, "an event is not in the index");
                    chunk.changes.put(Tree::Unreadable, event.seq.to_be_bytes(), why.as_bytes());
                    false
                }
            };
            if let Some((case, version)) = event.case.zip(event.version) {
                let touched = touched.entry(case).or_default();
                touched.version = version;
                touched.changes.extend(changed.then_some(event.seq));
            }
        }
        for (case, touched) in &touched {
            self.project(*case, touched, states, &mut chunk)?;
        }
        Ok(chunk)
    }

    /// The documents of the cases that these events change, as the rows have them already.
    pub(crate) fn documents(self, events: &[Event], states: &mut States) -> Result<Vec<CaseDocument>, IndexError> {
        let mut documents = Vec::new();
        let changed = events.iter().filter(|event| event.kind.parse().is_ok_and(Kind::changes_case));
        let mut cases: Vec<CaseId> = changed.filter_map(|event| event.case).collect();
        cases.sort_unstable();
        cases.dedup();
        for case in cases {
            let Some(record) = self.record(case)? else { continue };
            if let Some(state) = states.of(case, self)? {
                documents.push(case::project(case, state, record.events, self.rules, &self.hashes.identifiers).1);
            }
        }
        Ok(documents)
    }

    /// The record of a case, if it has one.
    pub(crate) fn record(self, case: CaseId) -> Result<Option<CaseRecord>, Damage> {
        record(self.projections, self.hashes, case)
    }

    /// Folds an event in; says whether it changed what its case is, or why it could not be read.
    fn event(self, event: &Event, states: &mut States) -> Result<Result<bool, &'static str>, IndexError> {
        let Ok(kind) = event.kind.parse::<Kind>() else { return Ok(Err("unknown kind")) };
        let Some(body) = event.body.open() else { return Ok(Err("erased")) };
        let Ok(body) = Body::read(kind, body.as_bytes()) else { return Ok(Err("not of its kind's shape")) };
        let Some((case, version)) = event.case.zip(event.version).filter(|_| kind.changes_case()) else {
            return Ok(Ok(false));
        };
        if states.apply(case, event.seq, version, event.at, &body, self)? {
            Ok(Ok(true))
        } else {
            Ok(Err("does not follow from the case's events"))
        }
    }

    fn project(
        self,
        case: CaseId,
        touched: &Touched,
        states: &mut States,
        chunk: &mut Chunk,
    ) -> Result<(), IndexError> {
        let before = self.record(case)?;
        let mut events = before.as_ref().map(|before| before.events.clone()).unwrap_or_default();
        for &seq in &touched.changes {
            if events.add(seq) {
                chunk.changes.put(Tree::Events, [case.to_bytes(), seq.to_be_bytes()].concat(), b"");
            }
        }
        let after = if touched.changes.is_empty() {
            before
        } else {
            states.of(case, self)?.map(|state| {
                let (record, document) = case::project(case, state, events, self.rules, &self.hashes.identifiers);
                chunk.documents.push(document);
                record
            })
        };
        let Some(mut after) = after else { return Ok(()) };
        after.summary.version = touched.version;
        let content = serde_json::to_vec(&after).map_err(Damage::projections)?;
        let mut value = self.hashes.records.tag(&[&case.to_bytes(), &content]).to_vec();
        value.extend(content);
        chunk.changes.put(Tree::Cases, case.to_bytes(), value);
        Ok(())
    }
}

/// The record of a case, if it has one; it carries a tag of its own, so that it is believed before all rows were checked.
pub(crate) fn record(projections: &Projections, hashes: &Hashes, case: CaseId) -> Result<Option<CaseRecord>, Damage> {
    let Some(value) = projections.row(Tree::Cases, &case.to_bytes())? else { return Ok(None) };
    let tagged = value.split_first_chunk::<TAG>();
    let content = tagged.filter(|(tag, content)| hashes.records.tag(&[&case.to_bytes(), content]) == **tag);
    let (_tag, content) = content.ok_or_else(|| Damage::projections("a case's row is not what was written"))?;
    serde_json::from_slice(content).map(Some).map_err(Damage::projections)
}
