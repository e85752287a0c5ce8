//! What the high side remembers of one stream: `state/streams/<stream>.json`.
//!
//! All of it but the times follows from the inbox journal and the volumes; losing it costs work and the age of holes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nightsafe_runtime::bounded_file::{self, ReadError};
use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::ring::KeyName;
use nightsafe_schema::time::Hour;
use serde::{Deserialize, Serialize};

use crate::high::holes::{Hole, HoleReason};
use crate::limits;
use crate::seq_set::SeqSet;

/// The memory of one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamRecord {
    schema: Schema,
    /// Whose memory this is.
    pub(crate) stream: StreamId,
    /// The gateway that signs it, under its name in the key ring.
    pub(crate) gateway: Option<KeyName>,
    /// The bytes of the inbox journal that this memory covers.
    pub(crate) journal_length: u64,
    /// The places that were handed over.
    pub(crate) received: SeqSet,
    /// The last place that a fitting entry has named, whether its item came or not.
    pub(crate) announced: u64,
    /// How the stream begins.
    pub(crate) origin: Origin,
    /// The newest head.
    pub(crate) head: Option<HeadMark>,
    /// What is missing, and since when.
    pub(crate) holes: Vec<Hole>,
    /// What is known of why, by place.
    pub(crate) reasons: BTreeMap<u64, HoleReason>,
    /// When the stream was first seen here.
    #[serde(default)]
    pub(crate) seen_first: Option<Timestamp>,
    /// The last place that the other end of the one-way link says it has sent.
    #[serde(default)]
    pub(crate) claimed: u64,
    /// What is still on its way over the one-way link; `None` while that is silent or there is none.
    #[serde(default)]
    pub(crate) crossing: Option<Crossing>,
}

/// Places that exist and may still come by themselves: they are no holes yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crossing {
    /// Up to this place everything but `unsent` was sent long enough ago to be here.
    pub(crate) settled: u64,
    /// Places before it that were not sent yet.
    pub(crate) unsent: SeqSet,
}

/// How a stream begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Origin {
    /// Its first entry has not come yet.
    #[default]
    Unknown,
    /// At zeros: the first stream of its gateway.
    Zeros,
    /// At a line of an earlier stream that is known here.
    Cites(Digest),
    /// At a line that is not known here: the end of an earlier stream is missing.
    CitesUnknown(Digest),
}

/// A signed head, as far as it is needed to judge by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeadMark {
    /// The last place at that hour; 0 for an empty stream.
    pub(crate) seq: u64,
    /// The digest of that place's line.
    pub(crate) sha256: Digest,
    /// The hour.
    pub(crate) hour: Hour,
}

impl Crossing {
    /// Whatever comes after what is missing already.
    pub(crate) fn after(holes: &[Hole]) -> Self {
        Self { settled: holes.last().map_or(0, |hole| hole.last), unsent: SeqSet::default() }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[default]
    #[serde(rename = "transfer-stream/1")]
    Stream1,
}

/// Why a memory cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// It cannot be read.
    #[error("cannot read what was received")]
    Read(#[source] ReadError),
    /// It is damaged.
    #[error("{path} is damaged; remove it to derive it from the inbox journal again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        #[source]
        source: serde_json::Error,
    },
    /// It cannot be spelled.
    #[error("what was received cannot be written as JSON")]
    Spell(#[source] serde_json::Error),
    /// It cannot be written.
    #[error("cannot remember what was received")]
    Write(#[source] DurableError),
}

impl nightsafe_runtime::HasExitCode for RecordError {
    fn exit_code(&self) -> nightsafe_runtime::ExitCode {
        match self {
            Self::Read(source) => source.exit_code(),
            Self::Write(source) => source.exit_code(),
            Self::Damaged { .. } | Self::Spell(_) => nightsafe_runtime::ExitCode::Unexpected,
        }
    }
}

impl StreamRecord {
    /// The memory of a stream that nothing is known of.
    pub(crate) fn new(stream: StreamId) -> Self {
        Self {
            schema: Schema::Stream1,
            stream,
            gateway: None,
            journal_length: 0,
            received: SeqSet::default(),
            announced: 0,
            origin: Origin::Unknown,
            head: None,
            holes: Vec::new(),
            reasons: BTreeMap::new(),
            seen_first: None,
            claimed: 0,
            crossing: None,
        }
    }

    /// What stays when everything is derived from the journal again: the head and the age of what was missing.
    pub(crate) fn emptied(&self) -> Self {
        Self {
            announced: self.announced,
            head: self.head,
            holes: self.holes.clone(),
            seen_first: self.seen_first,
            claimed: self.claimed,
            ..Self::new(self.stream)
        }
    }

    /// Reads a memory; a missing one is new.
    pub(crate) fn load(path: &Path, stream: StreamId) -> Result<Self, RecordError> {
        if !path.exists() {
            return Ok(Self::new(stream));
        }
        let bytes = bounded_file::read(path, limits::STATE_BYTES).map_err(RecordError::Read)?;
        serde_json::from_slice(&bytes).map_err(|source| RecordError::Damaged { path: path.to_owned(), source })
    }

    /// Replaces the memory on disk durably.
    pub(crate) fn save(&self, path: &Path) -> Result<(), RecordError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(RecordError::Spell)?;
        bytes.push(b'\n');
        durable_file::replace(path, &bytes).map_err(RecordError::Write)
    }

    /// The last place that is known to exist: received, or named by a signed entry or head.
    pub(crate) fn known_last(&self) -> u64 {
        self.received.last().max(self.announced).max(self.head.map_or(0, |head| head.seq)).max(self.claimed)
    }

    /// The places of which none is a hole: received, given up, or still crossing.
    pub(crate) fn not_missing(&self, received: &SeqSet, given_up: Option<&SeqSet>, last: u64) -> SeqSet {
        let mut there = received.clone();
        if let Some(given_up) = given_up {
            there.extend(given_up);
        }
        if let Some(crossing) = &self.crossing {
            there.extend(&crossing.unsent);
            if crossing.settled < last {
                there.insert_range(crossing.settled + 1, last);
            }
        }
        there
    }
}
