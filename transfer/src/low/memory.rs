//! What the low side remembers: how far it has exported, what it could not, what was asked for again.
//!
//! Losing it costs only work: everything is exported once more, and the high side ignores what it has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nightsafe_runtime::bounded_file::{self, ReadError};
use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::{ChainEnd, Seq, StreamId};
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::low::flaw::{Flaw, NotedFlaw, SettledFlaw};
use crate::low::send::SendMemory;
use crate::low::strays::Strays;
use crate::seq_set::SeqSet;

/// `state/export.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Memory {
    schema: Schema,
    /// The number of the last volume that was written.
    pub(crate) last_volume: u64,
    /// By stream.
    pub(crate) streams: BTreeMap<StreamId, StreamMemory>,
    /// Items in the outbox that no entry names.
    pub(crate) strays: Strays,
}

/// How far one stream is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StreamMemory {
    /// The byte of the journal up to which it has been exported.
    pub(crate) position: u64,
    /// The last exported entry.
    pub(crate) last: Option<LastEntry>,
    /// The digest of the last exported head.
    pub(crate) head: Option<Digest>,
    /// Entries that crossed without their item, and why.
    pub(crate) held: BTreeMap<u64, HeldBack>,
    /// Places that were asked for again.
    pub(crate) resend: SeqSet,
    /// The place up to which the high side has acknowledged.
    pub(crate) acknowledged: u64,
    /// The last entry whose item was deleted because the high side has it; all before it are deleted too.
    pub(crate) forgotten: Option<Forgotten>,
    /// Where some places stand in the journal: place and byte, one in [`limits::MARK_EVERY`].
    pub(crate) marks: BTreeMap<u64, u64>,
    /// What is wrong with the journal so far.
    pub(crate) flaws: Vec<NotedFlaw>,
    /// What is wrong with it and shows at every export, since when.
    pub(crate) standing: Vec<NotedFlaw>,
    /// What was wrong with it and a person has settled.
    pub(crate) settled: Vec<SettledFlaw>,
}

/// An exported entry: where the chain goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LastEntry {
    /// Its place.
    pub(crate) seq: Seq,
    /// The digest of its line.
    pub(crate) sha256: Digest,
}

/// How far the outbox has been forgotten, so that the next acknowledgement is followed from there and not from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forgotten {
    /// The place.
    pub(crate) seq: Seq,
    /// The digest of its line.
    pub(crate) sha256: Digest,
    /// The byte after its line.
    pub(crate) position: u64,
}

/// An item that did not cross with its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeldBack {
    pub(crate) why: Held,
    /// When that was first noticed.
    pub(crate) since: Timestamp,
}

/// Why an item did not cross with its entry. It is tried again at every export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Held {
    /// The outbox does not have it.
    Absent,
    /// The disk did not give it.
    Unreadable,
    /// Its bytes are not those of its entry.
    Differs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[default]
    #[serde(rename = "transfer-export/1")]
    Export1,
}

/// Why the memory cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MemoryError {
    /// It cannot be read.
    #[error("cannot read what was exported")]
    Read(#[source] ReadError),
    /// It is damaged.
    #[error("{path} is damaged; remove it to export everything once more")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        #[source]
        source: serde_json::Error,
    },
    /// It cannot be spelled.
    #[error("what was exported cannot be written as JSON")]
    Spell(#[source] serde_json::Error),
    /// It cannot be written.
    #[error("cannot remember what was exported")]
    Write(#[source] DurableError),
}

impl HasExitCode for MemoryError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read(source) => source.exit_code(),
            Self::Write(source) => source.exit_code(),
            Self::Damaged { .. } | Self::Spell(_) => ExitCode::Unexpected,
        }
    }
}

impl Held {
    /// The exit code that this calls for.
    pub(crate) fn exit_code(self) -> ExitCode {
        match self {
            Self::Absent | Self::Unreadable => ExitCode::Gap,
            Self::Differs => ExitCode::BytesDiffer,
        }
    }

    /// The word for programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Absent => "held-absent",
            Self::Unreadable => "held-unreadable",
            Self::Differs => "held-differs",
        }
    }

    /// What it is, for people: Chinese and English.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Absent => ("发件箱里没有此件", "the outbox does not have the item"),
            Self::Unreadable => ("磁盘读不出此件", "the disk does not give the item"),
            Self::Differs => ("此件内容与条目不符", "the item's bytes differ from its entry"),
        }
    }
}

impl StreamMemory {
    /// Where the chain goes on.
    pub(crate) fn chain(&self) -> Option<ChainEnd> {
        self.last.map(|last| ChainEnd { last: Some(last.seq), digest: last.sha256 })
    }

    /// Whether a flaw is remembered, be it open or settled.
    pub(crate) fn knows(&self, flaw: &Flaw) -> bool {
        self.flaws.iter().any(|noted| noted.flaw == *flaw) || self.settled.iter().any(|settled| settled.flaw == *flaw)
    }

    /// Remembers a flaw.
    pub(crate) fn note(&mut self, flaw: Flaw, now: Timestamp) {
        if self.flaws.len() < limits::MOST_RECORDS {
            self.flaws.push(NotedFlaw { flaw, since: now });
        }
    }

    /// Since when a flaw that shows at every export is known.
    pub(crate) fn stands_since(&self, flaw: &Flaw) -> Option<Timestamp> {
        self.standing.iter().find(|noted| noted.flaw == *flaw).map(|noted| noted.since)
    }

    /// Remembers where an entry begins, if it is far enough from the last place that is remembered.
    pub(crate) fn mark(&mut self, seq: Seq, position: u64) {
        let last = self.marks.last_key_value().map_or(0, |(seq, _)| *seq);
        if seq.value() >= last.saturating_add(limits::MARK_EVERY) {
            self.marks.insert(seq.value(), position);
        }
    }

    /// A byte at which a line begins that is not after this place's.
    pub(crate) fn byte_before(&self, place: u64) -> u64 {
        self.marks.range(..=place).next_back().map_or(0, |(_, position)| *position)
    }
}

impl Memory {
    /// Reads `state/export.json`; a missing one is a fresh start.
    pub(crate) fn load(state: &Path) -> Result<Self, MemoryError> {
        let path = state.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let bytes = bounded_file::read(&path, limits::STATE_BYTES).map_err(MemoryError::Read)?;
        serde_json::from_slice(&bytes).map_err(|source| MemoryError::Damaged { path, source })
    }

    /// Adds what has left over the one-way link.
    pub(crate) fn add(&mut self, sent: &SendMemory) {
        for (stream, sent) in &sent.streams {
            let memory = self.streams.entry(*stream).or_default();
            if memory.position < sent.position {
                memory.position = sent.position;
                memory.last = sent.last;
            }
            memory.held.extend(sent.held.iter().map(|(place, held)| (*place, *held)));
        }
    }

    /// Replaces `state/export.json` durably.
    pub(crate) fn save(&self, state: &Path) -> Result<(), MemoryError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(MemoryError::Spell)?;
        bytes.push(b'\n');
        durable_file::replace(&state.join(FILE), &bytes).map_err(MemoryError::Write)
    }
}

const FILE: &str = "export.json";
