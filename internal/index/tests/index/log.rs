//! A ledger in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use jiff::Timestamp;
use nightsafe_casework::event;
use nightsafe_ledger::{AppendError, Body, Draft, Event, EventLog, Json, ReadError, Tail, event::EventStream};
use nightsafe_schema::{case::CaseId, digest::Digest};
use serde_json::Value;

/// Events, and the version of each case.
#[derive(Default)]
pub(crate) struct MemoryLog {
    events: Arc<Mutex<Vec<Event>>>,
    versions: Mutex<BTreeMap<CaseId, u64>>,
}

impl MemoryLog {
    /// Appends the body of an event of a case, or of none.
    pub(crate) fn record(&self, case: Option<CaseId>, body: impl Into<event::Body>) -> u64 {
        let body = body.into();
        self.record_raw(case, body.kind().name(), Body::Open(Json::of(&body).unwrap()))
    }

    /// Appends anything at all.
    pub(crate) fn record_raw(&self, case: Option<CaseId>, kind: &str, body: Body) -> u64 {
        let mut events = self.events();
        let seq = events.len() as u64 + 1;
        let version = case.map(|case| {
            let mut versions = self.versions.lock().unwrap();
            let version = versions.entry(case).or_default();
            *version += 1;
            *version
        });
        let previous = events.last().map_or(Digest::ZERO, |event| event.digest);
        events.push(Event {
            seq,
            at: Timestamp::from_second(1_795_000_000 + i64::try_from(seq).unwrap() * 60).unwrap(),
            actor: "daemon".to_owned(),
            role: "system".to_owned(),
            case,
            version,
            kind: kind.to_owned(),
            digest: Digest::of(format!("{previous} {seq} {kind} {body:?}").as_bytes()),
            body,
            has_identity: false,
        });
        seq
    }

    /// Makes the bodies of a case unreadable, as erasing its key does.
    pub(crate) fn erase(&self, case: CaseId) {
        for event in self.events().iter_mut().filter(|event| event.case == Some(case)) {
            event.body = Body::Erased;
        }
    }

    /// The events after this one.
    pub(crate) fn after(&self, seq: u64) -> Vec<Event> {
        self.events().iter().filter(|event| event.seq > seq).cloned().collect()
    }

    fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap()
    }
}

impl EventLog for MemoryLog {
    fn append(&self, drafts: Vec<Draft>) -> Result<Vec<u64>, AppendError> {
        Ok(drafts.into_iter().map(|draft| self.record_raw(draft.case, &draft.kind, Body::Open(draft.body))).collect())
    }

    fn read(&self, from: u64) -> Result<EventStream, ReadError> {
        let (events, mut next) = (Arc::clone(&self.events), usize::try_from(from.max(1) - 1).unwrap());
        Ok(Box::new(std::iter::from_fn(move || {
            let event = events.lock().unwrap().get(next).cloned();
            next += 1;
            event.map(Ok)
        })))
    }

    fn tail(&self) -> Tail {
        self.events()
            .last()
            .map_or(Tail { seq: 0, digest: Digest::ZERO }, |event| Tail { seq: event.seq, digest: event.digest })
    }
}

/// A body that no kind has.
pub(crate) fn nonsense() -> Body {
    Body::Open(Value::from("nonsense").into())
}
