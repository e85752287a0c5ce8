//! Events: what is asked to be written, and what is read back.

use jiff::Timestamp;
use nightsafe_schema::{case::CaseId, digest::Digest};

use crate::{
    json::Json,
    ledger::{AppendError, ReadError, Tail},
};

/// What a store of events must do; the ledger on local disk is the default one (DESIGN section 11).
pub trait EventLog: Send + Sync {
    /// Appends a batch, all of it or nothing, and returns the events' numbers; durable when this returns.
    fn append(&self, drafts: Vec<Draft>) -> Result<Vec<u64>, AppendError>;

    /// The events with number `from` and above that are durable now, in order. Numbers begin at 1.
    fn read(&self, from: u64) -> Result<EventStream, ReadError>;

    /// The last durable event.
    fn tail(&self) -> Tail;
}

/// Events in order. After an error it ends.
pub type EventStream = Box<dyn Iterator<Item = Result<Event, ReadError>> + Send>;

/// An event to be appended. Its number, and its version of the case, are given by the ledger.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The case that it belongs to, if any. A case begins with its first event.
    pub case: Option<CaseId>,
    /// The version that the case must have before this event (0: no event yet). `None` appends whatever its version is.
    pub expected_version: Option<u64>,
    /// Who does it: an account's name, or the program's part.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// What happens: upper-case words joined by `_`.
    pub kind: String,
    /// What exactly; sealed under the case key, or under the site key without a case.
    pub body: Json,
    /// Who the reporter is, if this event learns it; sealed under a key of its own. Only with a case.
    pub identity: Option<Json>,
    /// When.
    pub at: Timestamp,
}

/// An event of the ledger.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its number, from 1 without a gap.
    pub seq: u64,
    /// When, by the clock of whoever appended it.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// The case that it belongs to.
    pub case: Option<CaseId>,
    /// The case's version with this event in it, from 1.
    pub version: Option<u64>,
    /// What happened.
    pub kind: String,
    /// What exactly, if its key still lives.
    pub body: Body,
    /// Whether it has an identity part, which `Ledger::identity` opens.
    pub has_identity: bool,
    /// The digest of its line: the next event's `prev`.
    pub digest: Digest,
}

/// A sealed part, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// What was sealed.
    Open(Json),
    /// Its key is erased: nobody will read it again.
    Erased,
}

impl Body {
    /// What was sealed, if its key still lives.
    pub const fn open(&self) -> Option<&Json> {
        match self {
            Self::Open(value) => Some(value),
            Self::Erased => None,
        }
    }
}
