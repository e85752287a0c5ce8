//! From ledger events to changes of the index: reads, computes, and changes nothing itself.
//!
//! A case is always projected from its whole state, folded from its events; so the rows after an event do not depend on
//! what the index held before, only which of them must be replaced does. An event that cannot be read stops nothing: it
//! is recorded as unreadable and counted.

mod receipts;
mod states;

use std::collections::BTreeMap;

use nightsafe_casework::event::{Body, Kind};
use nightsafe_ledger::{Event, EventLog};
use nightsafe_schema::case::CaseId;

pub(crate) use self::{
    receipts::{entry_key, submission_prefix},
    states::{States, event},
};
use crate::{
    case::{self, CaseRecord},
    damage::Damage,
    error::IndexError,
    fulltext::CaseDocument,
    key::Tagger,
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
    pub(crate) identifiers: Tagger,
    pub(crate) submissions: Tagger,
}

/// What a chunk of events comes to.
#[derive(Default)]
pub(crate) struct Chunk {
    pub(crate) changes: Changes,
    pub(crate) documents: Vec<CaseDocument>,
}

/// What an event comes to.
enum Outcome {
    /// It stands in this case.
    Touched(CaseId, Touch),
    /// It stands in no case.
    NoCase,
    /// It could not be read.
    Unreadable(&'static str),
}

/// How an event touches its case.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// Its version only: someone looked.
    Version(u64),
    /// What it is.
    State,
}

impl Folding<'_> {
    /// The changes that these events make, in order. On an error the states must be forgotten.
    pub(crate) fn chunk(self, events: &[Event], states: &mut States) -> Result<Chunk, IndexError> {
        let mut chunk = Chunk::default();
        let mut touched: BTreeMap<CaseId, Touch> = BTreeMap::new();
        for event in events {
            match self.event(event, states, &mut chunk.changes)? {
                Outcome::Touched(case, touch) => {
                    let known = touched.entry(case).or_insert(touch);
                    if *known != Touch::State {
                        *known = touch;
                    }
                }
                Outcome::NoCase => {}
                Outcome::Unreadable(why) => {
                    tracing::error!(seq = event.seq, kind = event.kind, why, "an event is not in the index");
                    chunk.changes.put(Tree::Unreadable, event.seq.to_be_bytes(), why.as_bytes());
                }
            }
        }
        for (case, touch) in touched {
            self.project(case, touch, states, &mut chunk)?;
        }
        Ok(chunk)
    }

    /// The documents of the cases that these events touch, as the rows have them already.
    pub(crate) fn documents(self, events: &[Event], states: &mut States) -> Result<Vec<CaseDocument>, IndexError> {
        let mut documents = Vec::new();
        let mut cases: Vec<CaseId> = events.iter().filter_map(|event| event.case).collect();
        cases.sort_unstable();
        cases.dedup();
        for case in cases {
            if let Some(state) = states.of(case, self)? {
                documents.push(case::project(case, state, self.rules, &self.hashes.identifiers).1);
            }
        }
        Ok(documents)
    }

    /// The record of a case, if it has one.
    pub(crate) fn record(self, case: CaseId) -> Result<Option<CaseRecord>, Damage> {
        record(self.projections, case)
    }

    fn event(self, event: &Event, states: &mut States, changes: &mut Changes) -> Result<Outcome, IndexError> {
        let Ok(kind) = event.kind.parse::<Kind>() else { return Ok(Outcome::Unreadable("unknown kind")) };
        let Some(body) = event.body.open() else { return Ok(Outcome::Unreadable("erased")) };
        let Ok(body) = Body::read(kind, body.clone()) else {
            return Ok(Outcome::Unreadable("not of its kind's shape"));
        };
        if let Some(case) = event.case
            && changes_state(kind)
        {
            let Some(version) = event.version else { return Ok(Outcome::Unreadable("a case without a version")) };
            if !states.apply(case, event.seq, version, event.at, &body, self)? {
                return Ok(Outcome::Unreadable("does not follow from the case's events"));
            }
            changes.put(Tree::Events, [case.to_bytes(), event.seq.to_be_bytes()].concat(), b"");
        }
        receipts::rows(event.seq, event.case, &body, self.hashes, changes);
        Ok(match (event.case, event.version) {
            (Some(case), Some(version)) if !changes_state(kind) => Outcome::Touched(case, Touch::Version(version)),
            (Some(case), _) => Outcome::Touched(case, Touch::State),
            (None, _) => Outcome::NoCase,
        })
    }

    fn project(self, case: CaseId, touch: Touch, states: &mut States, chunk: &mut Chunk) -> Result<(), IndexError> {
        let before = self.record(case)?;
        let after = match touch {
            Touch::Version(version) => before.clone().map(|mut record| {
                record.summary.version = version;
                record
            }),
            Touch::State => match states.of(case, self)? {
                Some(state) => {
                    let (record, document) = case::project(case, state, self.rules, &self.hashes.identifiers);
                    chunk.documents.push(document);
                    Some(record)
                }
                None => None,
            },
        };
        let Some(after) = after else { return Ok(()) };
        let rows = case::rows(case, &after);
        if let Some(before) = before {
            for (tree, key, _) in case::rows(case, &before).difference(&rows) {
                chunk.changes.remove(*tree, key.as_slice());
            }
        }
        for (tree, key, value) in rows {
            chunk.changes.put(tree, key, value);
        }
        let value = serde_json::to_vec(&after).map_err(Damage::projections)?;
        chunk.changes.put(Tree::Cases, case.to_bytes(), value);
        Ok(())
    }
}

/// The record of a case, if it has one.
pub(crate) fn record(projections: &Projections, case: CaseId) -> Result<Option<CaseRecord>, Damage> {
    let value = projections.row(Tree::Cases, &case.to_bytes())?;
    value.map(|value| serde_json::from_slice(&value).map_err(Damage::projections)).transpose()
}

/// Whether events of this kind change what a case is. The others are looks, or stand in no case.
const fn changes_state(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ReportReceived
            | Kind::RetryRecorded
            | Kind::SupplementReceived
            | Kind::AttachmentClaimed
            | Kind::CaseTriaged
            | Kind::CaseRouted
            | Kind::ForbiddenWidened
    )
}
