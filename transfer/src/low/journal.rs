//! Reads a gateway's journal entry by entry, verified; it belongs to the gateway and is never changed here.

use std::ops::Range;
use std::path::{Path, PathBuf};

use nightsafe_runtime::line_file::{LineError, LineReader};
use nightsafe_runtime::{ExitCode, HasExitCode, bounded_file};
use nightsafe_schema::journal::{ChainEnd, EntryFields, HeadFields, Seq, StreamId, VerifiedEntry, VerifiedHead};
use nightsafe_schema::signed::{LONGEST_LINE, SignedLineError};
use serde::Deserialize;

use crate::limits;
use crate::low::flaw::{Flaw, FlawKind};
use crate::regular_file::{self, OpenError};
use crate::seq_set::SeqSet;
use crate::trust::Gateways;

/// A journal from some place on.
#[derive(Debug)]
pub(crate) struct JournalWalk<'a> {
    gateways: &'a Gateways,
    stream: StreamId,
    reader: LineReader,
    /// Unknown at the first line, and after a line that was no entry.
    chain: Option<ChainEnd>,
}

/// One line of the journal.
#[derive(Debug)]
pub(crate) struct Walked {
    /// The entry, if it is one that a gateway signed.
    pub(crate) entry: Option<VerifiedEntry>,
    /// What is wrong with the line, if anything.
    pub(crate) flaw: Option<Flaw>,
    /// The byte at which the line begins.
    pub(crate) start: u64,
    /// The byte after the line.
    pub(crate) position: u64,
}

/// Why a journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    /// It cannot be opened.
    #[error("cannot open the journal {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: OpenError,
    },
    /// A line cannot be read.
    #[error("cannot read the journal")]
    Line(#[source] LineError),
    /// The file ends before the place where reading stopped last time.
    #[error("{path} is shorter than it was")]
    Shortened {
        /// The file.
        path: PathBuf,
    },
}

impl HasExitCode for JournalError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Open { .. } => ExitCode::Disk,
            Self::Line(source) => source.exit_code(),
            Self::Shortened { .. } => ExitCode::Integrity,
        }
    }
}

impl<'a> JournalWalk<'a> {
    /// Starts at byte `position`, where the chain's end was `chain`; at the start of the file there is none yet.
    pub(crate) fn start(
        path: &Path,
        stream: StreamId,
        gateways: &'a Gateways,
        position: u64,
        chain: Option<ChainEnd>,
    ) -> Result<Self, JournalError> {
        let reader = open_at(path, position)?;
        Ok(Self { gateways, stream, reader, chain })
    }

    /// The next whole line; `None` at the end.
    pub(crate) fn next_line(&mut self) -> Result<Option<Walked>, JournalError> {
        let start = self.reader.position();
        let Some(line) = self.reader.next_line().map_err(JournalError::Line)? else { return Ok(None) };
        let (entry, kind) = self.judge(&line);
        let flaw = kind.map(|kind| Flaw { stream: self.stream, position: start, kind });
        Ok(Some(Walked { entry, flaw, start, position: self.reader.position() }))
    }

    fn judge(&mut self, line: &[u8]) -> (Option<VerifiedEntry>, Option<FlawKind>) {
        let before = self.chain.take();
        let entry = match self.gateways.verify::<EntryFields>(line) {
            Ok((entry, _)) => entry,
            Err(SignedLineError::Signature) => return (None, Some(FlawKind::BadSignature)),
            Err(_) => return (None, Some(FlawKind::NoEntry)),
        };
        let fields = entry.fields();
        if fields.stream != self.stream {
            return (None, Some(FlawKind::OtherStream));
        }
        self.chain = Some(ChainEnd { last: Some(fields.seq), digest: entry.digest() });
        let follows = before.is_none_or(|end| end.follow(&entry).is_ok());
        let flaw = (!follows).then_some(FlawKind::BrokenChain);
        (Some(entry), flaw)
    }
}

/// The entries at some places between two bytes, both of which are the start of a line. Signatures are checked of these
/// alone: the journal may be long.
pub(crate) fn find(
    path: &Path,
    stream: StreamId,
    gateways: &Gateways,
    places: &SeqSet,
    bytes: Range<u64>,
) -> Result<Vec<VerifiedEntry>, JournalError> {
    let mut reader = open_at(path, bytes.start)?;
    let mut left = places.clone();
    let mut found = Vec::new();
    while reader.position() < bytes.end && found.len() < limits::MOST_ENTRIES && !left.is_empty() {
        let Some(line) = reader.next_line().map_err(JournalError::Line)? else { break };
        let Ok(claim) = serde_json::from_slice::<Claim>(&line) else { continue };
        if claim.stream != stream || !left.contains(claim.seq) {
            continue;
        }
        if let Ok((entry, _)) = gateways.verify::<EntryFields>(&line) {
            left.remove(entry.fields().seq);
            found.push(entry);
        }
    }
    Ok(found)
}

/// How many whole lines follow a byte, and the bytes of the items that they claim: for people, unchecked.
pub(crate) fn beyond(path: &Path, position: u64) -> Result<(u64, u64), JournalError> {
    let (mut items, mut bytes) = (0_u64, 0_u64);
    let mut reader = match open_at(path, position) {
        Err(JournalError::Shortened { .. }) => return Ok((0, 0)),
        reader => reader?,
    };
    while let Some(line) = reader.next_line().map_err(JournalError::Line)? {
        if let Ok(claim) = serde_json::from_slice::<Claim>(&line) {
            items += 1;
            bytes = bytes.saturating_add(claim.size);
        }
    }
    Ok((items, bytes))
}

/// What a line says of itself, before anything is checked.
#[derive(Deserialize)]
struct Claim {
    stream: StreamId,
    seq: Seq,
    size: u64,
}

fn open_at(path: &Path, position: u64) -> Result<LineReader, JournalError> {
    let file = regular_file::open(path).map_err(|source| JournalError::Open { path: path.to_owned(), source })?;
    if file.metadata().map_or(0, |metadata| metadata.len()) < position {
        return Err(JournalError::Shortened { path: path.to_owned() });
    }
    LineReader::open_at(path, LONGEST_LINE, position).map_err(JournalError::Line)
}

/// The gateway's newest head of a stream: `None` if there is none yet, a flaw if it is not to be believed.
pub(crate) fn head(path: &Path, stream: StreamId, gateways: &Gateways) -> Result<Option<VerifiedHead>, FlawKind> {
    let mut file = match regular_file::open(path) {
        Ok(file) => file,
        Err(OpenError::Absent) => return Ok(None),
        Err(_) => return Err(FlawKind::BadHead),
    };
    let bytes = bounded_file::read_open(path, &mut file, limits::HEADS_BYTES).map_err(|_| FlawKind::BadHead)?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    match gateways.verify::<HeadFields>(line) {
        Ok((head, _)) if head.fields().stream == stream => Ok(Some(head)),
        _ => Err(FlawKind::BadHead),
    }
}
