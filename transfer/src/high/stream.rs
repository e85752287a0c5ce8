//! One stream on the high side: its journal in the inbox, its places, its memory.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_runtime::line_file::{LineError, LineReader, LineWriter};
use nightsafe_runtime::{ExitCode, HasExitCode, failpoint};
use nightsafe_schema::journal::{Entry, EntryFields, Seq, StreamId, VerifiedEntry, VerifiedHead};
use nightsafe_schema::signed::{LONGEST_LINE, SignedLineError};

use crate::failpoints;
use crate::high::holes::{self, HoleReason};
use crate::high::places::{Place, Places};
use crate::high::stream_record::{Crossing, HeadMark, Origin, RecordError, StreamRecord};
use crate::seq_set::SeqSet;
use crate::trust::Gateways;

/// A stream, opened by the one process that works on the side.
#[derive(Debug)]
pub(crate) struct Stream {
    journal: LineWriter,
    head_file: PathBuf,
    record_file: PathBuf,
    pub(crate) places: Places,
    pub(crate) record: StreamRecord,
    /// The memory as it is on disk.
    saved: Option<StreamRecord>,
    /// Lines that are appended and not yet flushed.
    unflushed: Vec<Seq>,
}

/// Whether the memory agreed with the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// It did, or the inbox had more.
    Agreed,
    /// The inbox journal or the file of places was shorter than remembered; all was derived from the journal again.
    Rebuilt,
}

/// Why a stream cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    /// Its journal in the inbox cannot be opened or written.
    #[error("cannot write the inbox journal")]
    Journal(#[source] DurableError),
    /// Its journal in the inbox cannot be read.
    #[error("cannot read the inbox journal")]
    Line(#[source] LineError),
    /// A line of its journal in the inbox is not what was written.
    #[error("line {line} of {path} is not an entry of this stream; `nightsafe-transfer verify` tells more")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1 where reading began.
        line: u64,
        /// What is wrong with it.
        #[source]
        source: SignedLineError,
    },
    /// Its places cannot be read or written.
    #[error("cannot use {path}")]
    Places {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Its memory cannot be used.
    #[error("cannot use the memory of stream {stream}")]
    Record {
        /// The stream.
        stream: StreamId,
        /// Why.
        #[source]
        source: RecordError,
    },
}

impl HasExitCode for StreamError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Journal(source) => source.exit_code(),
            Self::Line(source) => source.exit_code(),
            Self::Damaged { .. } => ExitCode::Integrity,
            Self::Places { source, .. } => nightsafe_runtime::exit::exit_code_of_io(source),
            Self::Record { source, .. } => source.exit_code(),
        }
    }
}

impl Stream {
    /// Opens a stream, and brings its memory up to its journal.
    pub(crate) fn open(
        stream: StreamId,
        journals: &Path,
        memories: &Path,
        gateways: &Gateways,
    ) -> Result<(Self, Opened), StreamError> {
        let record_file = memories.join(format!("{stream}.json"));
        let places_file = memories.join(format!("{stream}.places"));
        let record =
            StreamRecord::load(&record_file, stream).map_err(|source| StreamError::Record { stream, source })?;
        let journal = LineWriter::open(&journals.join(format!("{stream}.jsonl"))).map_err(StreamError::Journal)?;
        let places =
            Places::open(&places_file).map_err(|source| StreamError::Places { path: places_file.clone(), source })?;
        let head_file = journals.join(format!("{stream}.head.json"));
        let saved = record_file.exists().then(|| record.clone());
        let mut opened = Self { journal, head_file, record_file, places, record, saved, unflushed: Vec::new() };
        let agreed = opened.catch_up(gateways)?;
        Ok((opened, agreed))
    }

    /// Whether a place has been handed over.
    pub(crate) fn has(&self, seq: Seq) -> bool {
        self.record.received.contains(seq)
    }

    /// What is known of a place.
    pub(crate) fn place(&self, seq: Seq) -> Result<Option<Place>, StreamError> {
        self.places.read(seq).map_err(|source| self.places_error(source))
    }

    /// Remembers what a verified entry says of its place. It is not handed over by that.
    pub(crate) fn announce(&mut self, entry: &VerifiedEntry, origin: Option<Origin>) -> Result<(), StreamError> {
        self.places.write(entry.fields().seq, Place::of(entry)).map_err(|source| self.places_error(source))?;
        self.record.announced = self.record.announced.max(entry.fields().seq.value());
        if let Some(origin) = origin {
            self.record.origin = origin;
        }
        Ok(())
    }

    /// Appends the line of an entry whose item is in the inbox for good.
    pub(crate) fn append(&mut self, entry: &VerifiedEntry) -> Result<(), StreamError> {
        self.journal.append(entry.line()).map_err(StreamError::Journal)?;
        self.unflushed.push(entry.fields().seq);
        failpoint::hit(failpoints::IMPORT_LINE_APPENDED);
        Ok(())
    }

    /// Flushes the appended lines: their entries are handed over now.
    pub(crate) fn flush(&mut self) -> Result<(), StreamError> {
        if self.unflushed.is_empty() {
            return Ok(());
        }
        self.journal.sync().map_err(StreamError::Journal)?;
        failpoint::hit(failpoints::IMPORT_LINES_FLUSHED);
        for seq in self.unflushed.drain(..) {
            self.record.received.insert(seq);
            self.record.reasons.remove(&seq.value());
        }
        Ok(())
    }

    /// Takes a newer head over, into the inbox too; false if the one known is as new.
    pub(crate) fn take_head(&mut self, head: &VerifiedHead) -> Result<bool, StreamError> {
        let fields = head.fields();
        let mark = HeadMark { seq: fields.seq, sha256: fields.sha256, hour: fields.hour };
        let is_newer = self.record.head.is_none_or(|known| (mark.seq, mark.hour) > (known.seq, known.hour));
        if !is_newer {
            return Ok(false);
        }
        let mut line = head.line().to_vec();
        line.push(b'\n');
        durable_file::replace(&self.head_file, &line).map_err(StreamError::Journal)?;
        failpoint::hit(failpoints::IMPORT_HEAD_WRITTEN);
        self.record.head = Some(mark);
        Ok(true)
    }

    /// Remembers why a place that should have come has not.
    pub(crate) fn explain(&mut self, seq: Seq, reason: HoleReason) {
        if !self.has(seq) && self.record.reasons.len() < crate::limits::MOST_FILES {
            self.record.reasons.insert(seq.value(), reason);
        }
    }

    /// Takes over what the other end of the one-way link says of the stream: how far it is, and what is still to come.
    pub(crate) fn note_crossing(&mut self, claimed: u64, crossing: Crossing) {
        self.record.claimed = claimed.min(crate::limits::FURTHEST_PLACE);
        self.record.crossing = Some(crossing);
    }

    /// There is such a place: part of its item came over the one-way link, with its signed entry.
    pub(crate) fn note_begun(&mut self, seq: Seq) {
        self.record.claimed = self.record.claimed.max(seq.value()).min(crate::limits::FURTHEST_PLACE);
    }

    /// Brings holes up to date and writes the memory, if it changed. `lost` are losses that a person accepted.
    pub(crate) fn save(&mut self, lost: Option<&SeqSet>, now: Timestamp) -> Result<(), StreamError> {
        self.record.journal_length = self.journal.length();
        self.record.seen_first.get_or_insert(now);
        let known_last = self.record.known_last();
        let there = self.record.not_missing(&self.record.received, lost, known_last);
        self.record.holes = holes::refresh(&self.record.holes, &there, known_last, &self.record.reasons, now);
        if self.saved.as_ref() == Some(&self.record) {
            return Ok(());
        }
        self.places.sync().map_err(|source| self.places_error(source))?;
        failpoint::hit(failpoints::IMPORT_PLACES_FLUSHED);
        let stream = self.record.stream;
        self.record.save(&self.record_file).map_err(|source| StreamError::Record { stream, source })?;
        failpoint::hit(failpoints::IMPORT_STATE_WRITTEN);
        self.saved = Some(self.record.clone());
        Ok(())
    }

    /// Reads what the journal has beyond the memory; all of it, if the journal is not the one that is remembered.
    fn catch_up(&mut self, gateways: &Gateways) -> Result<Opened, StreamError> {
        let mut opened = Opened::Agreed;
        let places = self.places.covered().map_err(|source| self.places_error(source))?;
        if self.record.journal_length > self.journal.length() || self.record.received.last() > places {
            opened = Opened::Rebuilt;
            self.record = self.record.emptied();
        }
        if self.record.journal_length == 0 {
            self.places.clear().map_err(|source| self.places_error(source))?;
        }
        let path = self.journal.path().to_owned();
        let from = self.record.journal_length;
        let mut reader = LineReader::open_at(&path, LONGEST_LINE, from).map_err(StreamError::Line)?;
        let mut line_number = 0;
        while let Some(line) = reader.next_line().map_err(StreamError::Line)? {
            line_number += 1;
            let damaged = |source| StreamError::Damaged { path: path.clone(), line: line_number, source };
            let (entry, gateway) = gateways.verify::<EntryFields>(&line).map_err(damaged)?;
            if entry.fields().stream != self.record.stream {
                return Err(damaged(SignedLineError::Signature));
            }
            let origin = (entry.fields().seq == Seq::FIRST).then(|| Origin::at(entry.fields().prev));
            self.announce(&entry, origin)?;
            self.record.gateway.get_or_insert(gateway);
            self.record.received.insert(entry.fields().seq);
        }
        Ok(opened)
    }

    pub(crate) fn places_error(&self, source: io::Error) -> StreamError {
        StreamError::Places { path: self.places.path().to_owned(), source }
    }
}

impl Origin {
    /// How a stream begins whose first entry cites `prev`; whether that line is known is found out later.
    pub(crate) fn at(prev: nightsafe_schema::digest::Digest) -> Self {
        if prev == nightsafe_schema::digest::Digest::ZERO { Self::Zeros } else { Self::CitesUnknown(prev) }
    }
}

/// The places that a journal has beyond what a memory covers, for a look that changes nothing.
pub(crate) fn places_beyond(record: &StreamRecord, journals: &Path) -> Result<SeqSet, StreamError> {
    let path = journals.join(format!("{}.jsonl", record.stream));
    let mut there = record.received.clone();
    if !path.exists() {
        return Ok(there);
    }
    let length = path.metadata().map_or(0, |metadata| metadata.len());
    let from = if record.journal_length > length { 0 } else { record.journal_length };
    let mut reader = LineReader::open_at(&path, LONGEST_LINE, from).map_err(StreamError::Line)?;
    while let Some(line) = reader.next_line().map_err(StreamError::Line)? {
        if let Ok(entry) = Entry::parse(&line) {
            there.insert(entry.fields().seq);
        }
    }
    Ok(there)
}
