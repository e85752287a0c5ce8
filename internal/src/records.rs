//! The one door to the ledger: what is written is typed, what was written is in the [`Register`] before anyone can act
//! on it.
//!
//! Every decision that depends on what is already recorded (is this item new? is this name taken?) is taken and recorded
//! under one lock. Nothing is authorised here.

use std::{
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use nightsafe_casework::{
    account::Viewer,
    case::FoldError,
    event::{Body, BodyError, IdentityPart, Kind},
};
use nightsafe_ledger::{AppendError, Body as StoredBody, Draft, Event, EventLog as _, Json, Ledger, ReadError};
use nightsafe_runtime::{ExitCode, exit::HasExitCode};
use nightsafe_schema::{case::CaseId, time::Clock};
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::{
    limits,
    register::{Place, Register},
};

/// Ledger and register.
pub(crate) struct Records {
    ledger: Ledger,
    register: RwLock<Register>,
    writing: Mutex<()>,
    /// The number of the last event, for whoever follows the ledger.
    grown: watch::Sender<u64>,
    /// The same for threads that wait.
    last: Mutex<u64>,
    grew: Condvar,
    /// The last event in the register as it was kept last.
    kept_at: AtomicU64,
    /// The last event since the start by which somebody may have lost sight of a case.
    narrowed_at: AtomicU64,
}

/// An event that is to be recorded.
#[derive(Debug)]
pub(crate) struct NewEvent {
    case: Option<CaseId>,
    expected_version: Option<u64>,
    body: Body,
    identity: Option<IdentityPart>,
}

/// Who does something, as the ledger names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor {
    name: String,
    role: &'static str,
}

impl Actor {
    /// The daemon itself. No account can have this name.
    pub(crate) fn daemon() -> Self {
        Self { name: "@daemon".to_owned(), role: SYSTEM }
    }

    /// Whoever set the site up at the machine.
    pub(crate) fn init() -> Self {
        Self { name: "@init".to_owned(), role: SYSTEM }
    }

    /// Whoever repairs at the machine while no daemon runs.
    pub(crate) fn repair() -> Self {
        Self { name: "@repair".to_owned(), role: SYSTEM }
    }

    /// Somebody without an account, at the login.
    pub(crate) fn stranger() -> Self {
        Self { name: "@stranger".to_owned(), role: SYSTEM }
    }
}

impl From<&Viewer> for Actor {
    fn from(viewer: &Viewer) -> Self {
        Self { name: viewer.account().to_string(), role: viewer.role().code() }
    }
}

impl NewEvent {
    /// An event of no case.
    pub(crate) fn of_site(body: impl Into<Body>) -> Self {
        Self { case: None, expected_version: None, body: body.into(), identity: None }
    }

    /// An event of a case, whatever its version.
    pub(crate) fn of_case(case: CaseId, body: impl Into<Body>) -> Self {
        Self { case: Some(case), ..Self::of_site(body) }
    }

    /// The first event of a case, with the reporter's identity apart.
    pub(crate) fn opening(case: CaseId, body: impl Into<Body>, identity: IdentityPart) -> Self {
        Self { expected_version: Some(0), identity: Some(identity), ..Self::of_case(case, body) }
    }

    /// Its case.
    pub(crate) const fn case(&self) -> Option<CaseId> {
        self.case
    }

    /// What it says.
    pub(crate) const fn body(&self) -> &Body {
        &self.body
    }

    /// The same with an identity part of its own.
    #[must_use]
    pub(crate) fn with_identity(self, identity: IdentityPart) -> Self {
        Self { identity: Some(identity), ..self }
    }
}

impl Records {
    /// Opens the register as it was kept, if it was, and replays what the ledger says beyond that.
    pub(crate) fn open(ledger: Ledger) -> Result<Self, RecordError> {
        let kept = ledger.note(REGISTER).and_then(|note| Some((note.at.seq, Register::from_bytes(&note.content)?)));
        let (at, mut register) = kept.unwrap_or_default();
        for event in ledger.read(at.saturating_add(1)).map_err(RecordError::Read)? {
            let event = event.map_err(RecordError::Read)?;
            if let Some(body) = typed(&event)? {
                register.follow(Place { seq: event.seq, at: event.at, case: event.case, actor: &event.actor }, &body);
            }
        }
        let grown = watch::Sender::new(ledger.tail().seq);
        let (register, writing, kept_at) = (RwLock::new(register), Mutex::new(()), AtomicU64::new(at));
        let (last, grew) = (Mutex::new(ledger.tail().seq), Condvar::new());
        let records = Self { ledger, register, writing, grown, last, grew, kept_at, narrowed_at: AtomicU64::new(0) };
        records.keep_if_due();
        Ok(records)
    }

    /// Keeps the register, so that the next start need not replay the ledger. What fails is logged: it is only a cache.
    pub(crate) fn keep(&self) {
        let (at, bytes) = {
            // Nobody writes meanwhile: the register says what the ledger says up to its end.
            let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            (self.ledger.tail(), self.register().to_bytes())
        };
        if at.seq == self.kept_at.load(Ordering::Relaxed) {
            return;
        }
        let kept = bytes.map_err(std::io::Error::other).map(Zeroizing::new);
        match kept.and_then(|bytes| self.ledger.keep_note(REGISTER, at, &bytes)) {
            Ok(()) => self.kept_at.store(at.seq, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "the register was not kept: the next start takes longer"),
        }
    }

    /// Keeps it if a start would have to replay more than a little.
    pub(crate) fn keep_if_due(&self) {
        let kept_at = self.kept_at.load(Ordering::Relaxed);
        // The larger it is, the less often: keeping it writes all of it.
        let worth_it = limits::EVENTS_TO_REPLAY.max(kept_at / 8);
        if self.ledger.tail().seq.saturating_sub(kept_at) > worth_it {
            self.keep();
        }
    }

    /// Records these events as one batch; their numbers.
    pub(crate) fn append(
        &self,
        actor: &Actor,
        clock: &dyn Clock,
        events: Vec<NewEvent>,
    ) -> Result<Vec<u64>, RecordError> {
        self.decide(actor, clock, |_register| Ok::<_, RecordError>(events))
    }

    /// Records what `decide` makes of the register, with nothing recorded in between.
    pub(crate) fn decide<E: From<RecordError>>(
        &self,
        actor: &Actor,
        clock: &dyn Clock,
        decide: impl FnOnce(&Register) -> Result<Vec<NewEvent>, E>,
    ) -> Result<Vec<u64>, E> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let events = {
            let register = self.register();
            let mut events = decide(&register)?;
            // Whoever forbids a unit one case forbids it the whole series, and none of it is seen in between.
            events.extend(register.inheritance(&events));
            events
        };
        Ok(self.write(actor, clock.now(), &events)?)
    }

    /// What is recorded so far.
    pub(crate) fn register(&self) -> RwLockReadGuard<'_, Register> {
        self.register.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn register_mut(&self) -> std::sync::RwLockWriteGuard<'_, Register> {
        self.register.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ledger, for whoever reads it.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The event of this number.
    pub(crate) fn event(&self, seq: u64) -> Result<Event, RecordError> {
        self.ledger.event(seq).map_err(RecordError::Read)?.ok_or(RecordError::NoSuchEvent { seq })
    }

    /// The events of these numbers, in this order; neighbours are read in one go.
    pub(crate) fn events(&self, numbers: &[u64]) -> Result<Vec<Event>, RecordError> {
        let mut events = Vec::with_capacity(numbers.len());
        let mut stream = None;
        let mut next = 0;
        for &seq in numbers {
            if stream.is_none() || seq != next {
                stream = Some(self.ledger.read(seq).map_err(RecordError::Read)?);
            }
            let event = stream.as_mut().and_then(Iterator::next).ok_or(RecordError::NoSuchEvent { seq })?;
            events.push(event.map_err(RecordError::Read)?);
            next = seq.saturating_add(1);
        }
        Ok(events)
    }

    /// The last event since the start by which somebody may have lost sight of a case: a list from an index that is behind it
    /// could still name that case.
    pub(crate) fn narrowed_at(&self) -> u64 {
        self.narrowed_at.load(Ordering::Acquire)
    }

    /// Waits until there is an event after this one, for so long at most. For a thread that may block.
    pub(crate) fn wait_beyond(&self, seq: u64, most: Duration) {
        let grown = self.grown_guard();
        let waited = self.grew.wait_timeout_while(grown, most, |last| *last <= seq);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Wakes whoever follows the ledger each time it has grown.
    pub(crate) fn growth(&self) -> watch::Receiver<u64> {
        self.grown.subscribe()
    }

    fn grown_guard(&self) -> MutexGuard<'_, u64> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, actor: &Actor, at: Timestamp, events: &[NewEvent]) -> Result<Vec<u64>, RecordError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let mut drafts = Vec::with_capacity(events.len());
        for event in events {
            let identity = event.identity.as_ref().map(Json::of).transpose().map_err(RecordError::Written)?;
            drafts.push(Draft {
                case: event.case,
                expected_version: event.expected_version,
                actor: actor.name.clone(),
                role: actor.role.to_owned(),
                kind: event.body.kind().name().to_owned(),
                body: Json::of(&event.body).map_err(RecordError::Written)?,
                identity,
                at,
            });
        }
        let numbers = self.ledger.append(drafts).map_err(RecordError::Append)?;
        let mut register = self.register.write().unwrap_or_else(PoisonError::into_inner);
        for (event, seq) in events.iter().zip(&numbers) {
            register.follow(Place { seq: *seq, at, case: event.case, actor: &actor.name }, &event.body);
            if narrows(event, events) {
                self.narrowed_at.fetch_max(*seq, Ordering::AcqRel);
            }
        }
        if let Some(last) = numbers.last() {
            self.grown.send_replace(*last);
            *self.grown_guard() = *last;
            self.grew.notify_all();
        }
        Ok(numbers)
    }
}

/// Whether somebody may have lost sight of a case that was there before this batch.
fn narrows(event: &NewEvent, batch: &[NewEvent]) -> bool {
    match event.body() {
        Body::ForbiddenWidened(_) | Body::VerifierRecused(_) | Body::TaskMoved(_) | Body::SupplementJoined(_) => true,
        Body::CaseRouted(_) => {
            let opens = |other: &NewEvent| other.case == event.case && matches!(other.body(), Body::ReportReceived(_));
            !batch.iter().any(opens)
        }
        _ => false,
    }
}

/// The typed body of an event; `None` if its key is erased, or its kind is of a newer program.
pub(crate) fn typed(event: &Event) -> Result<Option<Body>, RecordError> {
    let StoredBody::Open(body) = &event.body else { return Ok(None) };
    let Ok(kind) = event.kind.parse::<Kind>() else {
        tracing::warn!(seq = event.seq, kind = event.kind, "an event of a kind this program does not know");
        return Ok(None);
    };
    Ok(Some(Body::read(kind, body.as_bytes())?))
}

/// Why something is not recorded, or not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// The ledger refused the batch.
    #[error("账本没有记下 (the ledger did not take it)")]
    Append(#[source] AppendError),
    /// The ledger cannot be read.
    #[error("账本不可读 (the ledger cannot be read)")]
    Read(#[source] ReadError),
    /// A body does not hold to its kind.
    #[error("事件内容与种类不符 (an event's body does not hold to its kind)")]
    Body(#[from] BodyError),
    /// The events do not make a case.
    #[error("案件事件不成序列 (the events do not make a case)")]
    Fold(#[source] FoldError),
    /// A body or an identity part cannot be written.
    #[error("事件内容无法写出 (an event's content cannot be written)")]
    Written(#[source] serde_json::Error),
    /// There is no such event.
    #[error("没有第 {seq} 号事件 (there is no such event)")]
    NoSuchEvent {
        /// Its number.
        seq: u64,
    },
}

impl HasExitCode for RecordError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Append(_) | Self::Written(_) => ExitCode::Unexpected,
            Self::Read(_) | Self::Body(_) | Self::Fold(_) | Self::NoSuchEvent { .. } => ExitCode::Integrity,
        }
    }
}

/// The name under which the ledger keeps the register.
const REGISTER: &str = "register";

/// The role of those who are no account.
const SYSTEM: &str = "system";
