//! The journal's file of one stream: opened and repaired at start, then only appended to.
//!
//! A last line without `\n` was never acknowledged and is cut. Every other line must follow on the one before it; the
//! signature of the last line covers all of them through the hashes, so it is the only one that is verified here.

use std::path::{Path, PathBuf};

use nightsafe_runtime::bounded_file::{self, ReadError};
use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_runtime::line_file::{LineError, LineReader, LineWriter};
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::{ChainEnd, ChainError, Entry, Head, JournalKey, Seq, StreamId};
use nightsafe_schema::signed::{LONGEST_LINE, SignedLineError};

/// Where a stream's journal ends: what the next line follows on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JournalEnd {
    pub(crate) stream: StreamId,
    pub(crate) chain: ChainEnd,
}

/// The open file and its end.
#[derive(Debug)]
pub(crate) struct StreamFile {
    pub(super) lines: LineWriter,
    pub(super) end: JournalEnd,
    pub(super) head_path: PathBuf,
}

/// Why a journal cannot be continued. None of these is repaired silently: a gap or fork would be found inside.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RepairError {
    #[error("the journal cannot be opened")]
    Open(#[source] DurableError),
    #[error("the journal cannot be read")]
    Read(#[source] LineError),
    #[error("line {line} of the journal is damaged")]
    Line {
        line: u64,
        #[source]
        source: SignedLineError,
    },
    #[error("line {line} of the journal does not follow on the one before it")]
    Chain {
        line: u64,
        #[source]
        source: ChainError,
    },
    #[error("line {line} of the journal belongs to another stream")]
    Stream { line: u64 },
    #[error("the journal's head cannot be read")]
    ReadHead(#[source] ReadError),
    #[error("the journal's head is damaged")]
    Head(#[source] SignedLineError),
    #[error(
        "the journal is older than its own head (a restored snapshot?): start a new stream with `new-stream --after` and \
         the newest head from the inside"
    )]
    BehindHead,
}

impl HasExitCode for RepairError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Open(error) => error.exit_code(),
            Self::Read(error) => error.exit_code(),
            Self::ReadHead(error) => error.exit_code(),
            Self::Line { .. } | Self::Chain { .. } | Self::Stream { .. } | Self::Head(_) | Self::BehindHead => {
                ExitCode::Integrity
            }
        }
    }
}

impl StreamFile {
    /// Opens the stream's file at its end, cutting a torn last line. `first_prev` is what the first line cites.
    pub(crate) fn open(
        folder: &Path,
        stream: StreamId,
        first_prev: Digest,
        key: &JournalKey,
    ) -> Result<Self, RepairError> {
        let lines = LineWriter::open(&lines_path(folder, stream)).map_err(RepairError::Open)?;
        let (end, at_head) = follow(folder, stream, first_prev, key)?;
        if let Some(head) = read_head(folder, stream, key)? {
            // The head names a line; that very line must be in the file.
            if at_head != Some(head.digest) {
                return Err(RepairError::BehindHead);
            }
        }
        Ok(Self { lines, end, head_path: head_path(folder, stream) })
    }

    /// Where the file ends.
    #[cfg(test)]
    pub(crate) fn end(&self) -> JournalEnd {
        self.end
    }

    /// Reads how far the journal has got without opening it for writing; for `status`.
    pub(crate) fn peek(
        folder: &Path,
        stream: StreamId,
        first_prev: Digest,
        key: &JournalKey,
    ) -> Result<JournalEnd, RepairError> {
        if !lines_path(folder, stream).exists() {
            return Ok(JournalEnd { stream, chain: ChainEnd::start(first_prev) });
        }
        follow(folder, stream, first_prev, key).map(|(end, _)| end)
    }
}

/// The head file's claim, verified.
#[derive(Debug, Clone, Copy)]
struct HeadClaim {
    seq: u64,
    digest: Digest,
}

/// Follows the chain to its end; also answers the digest at the place that the head file names.
fn follow(
    folder: &Path,
    stream: StreamId,
    first_prev: Digest,
    key: &JournalKey,
) -> Result<(JournalEnd, Option<Digest>), RepairError> {
    let wanted = read_head(folder, stream, key)?.map(|head| head.seq);
    let mut chain = ChainEnd::start(first_prev);
    let mut at_head = (wanted == Some(0)).then_some(first_prev);
    let mut last = None;
    let reader = LineReader::open(&lines_path(folder, stream), LONGEST_LINE).map_err(RepairError::Read)?;
    for (line, bytes) in (1_u64..).zip(reader) {
        let entry =
            Entry::parse(&bytes.map_err(RepairError::Read)?).map_err(|source| RepairError::Line { line, source })?;
        if entry.fields().stream != stream {
            return Err(RepairError::Stream { line });
        }
        chain = link(chain, &entry).map_err(|source| RepairError::Chain { line, source })?;
        if wanted == Some(line) {
            at_head = Some(chain.digest);
        }
        last = Some((line, entry));
    }
    if let Some((line, entry)) = last {
        entry.verify(&vec![key.clone()]).map_err(|source| RepairError::Line { line, source })?;
    }
    Ok((JournalEnd { stream, chain }, at_head))
}

/// As `ChainEnd::follow`, for a line whose signature a later one covers.
fn link(chain: ChainEnd, entry: &Entry) -> Result<ChainEnd, ChainError> {
    let fields = entry.fields();
    let expected: Seq = chain.next_seq()?;
    if fields.seq != expected {
        return Err(ChainError::Place { expected, found: fields.seq });
    }
    if fields.prev != chain.digest {
        return Err(ChainError::Previous { seq: fields.seq });
    }
    Ok(ChainEnd { last: Some(fields.seq), digest: entry.digest() })
}

fn read_head(folder: &Path, stream: StreamId, key: &JournalKey) -> Result<Option<HeadClaim>, RepairError> {
    let path = head_path(folder, stream);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = bounded_file::read(&path, LONGEST_LINE as u64).map_err(RepairError::ReadHead)?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let head = Head::parse(line).and_then(|head| head.verify(&vec![key.clone()])).map_err(RepairError::Head)?;
    Ok(Some(HeadClaim { seq: head.fields().seq, digest: head.fields().sha256 }))
}

/// Writes a head file in place of the one before.
pub(super) fn replace_head(path: &Path, head: &Head) -> Result<(), DurableError> {
    let mut line = head.line().to_vec();
    line.push(b'\n');
    durable_file::replace(path, &line)
}

fn lines_path(folder: &Path, stream: StreamId) -> PathBuf {
    folder.join(format!("{stream}.jsonl"))
}

fn head_path(folder: &Path, stream: StreamId) -> PathBuf {
    folder.join(format!("{stream}.head.json"))
}
