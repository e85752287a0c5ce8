//! `verify` on the high side: the inbox journals from their first line, the memory against them, the items that wait,
//! and every volume on the medium.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use nightsafe_runtime::ExitCode;
use nightsafe_runtime::line_file::{LineError, LineReader};
use nightsafe_schema::item::ItemId;
use nightsafe_schema::journal::{EntryFields, StreamId, VerifiedEntry};
use nightsafe_schema::signed::LONGEST_LINE;
use nightsafe_schema::volume::VolumeNumber;
use serde::Serialize;

use crate::high::places::Place;
use crate::high::side::HighSide;
use crate::high::stream::{Stream, StreamError};
use crate::high::volume::{self, Volume};
use crate::layout::JOURNAL;
use crate::limits;
use crate::regular_file::{self, Contents};
use crate::seq_set::SeqSet;

/// What a full look at the high side found.
#[derive(Debug, Default, Serialize)]
pub(crate) struct HighVerification {
    /// Lines of the inbox journals that are what a gateway signed.
    pub(crate) entries: u64,
    /// Lines that are not, contradict the line beside them, or repeat a place.
    pub(crate) wrong_lines: Vec<WrongLine>,
    /// Streams whose memory disagrees with their journal.
    pub(crate) wrong_memories: Vec<StreamId>,
    /// Items waiting in the inbox with the bytes of their line.
    pub(crate) waiting: u64,
    /// Items there with other bytes.
    pub(crate) altered: Vec<ItemId>,
    /// Items there without a line: the next import completes or ignores them.
    pub(crate) unannounced: u64,
    /// Items on the medium with the bytes of their entry.
    pub(crate) volume_items: u64,
    /// Items on the medium that are absent or have other bytes.
    pub(crate) wrong_volume_items: Vec<WrongVolumeItem>,
}

/// A line that is wrong.
#[derive(Debug, Serialize)]
pub(crate) struct WrongLine {
    pub(crate) stream: StreamId,
    /// Its number, from 1.
    pub(crate) line: u64,
}

/// An item on the medium that is not what its entry says.
#[derive(Debug, Serialize)]
pub(crate) struct WrongVolumeItem {
    pub(crate) volume: String,
    pub(crate) item: ItemId,
}

/// Why the look could not be finished.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    /// A journal cannot be read.
    #[error("cannot read an inbox journal")]
    Line(#[source] LineError),
    /// A memory cannot be read.
    #[error("cannot read what was received")]
    Stream(#[source] StreamError),
    /// A folder cannot be listed.
    #[error("cannot list {folder}")]
    List {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
}

impl nightsafe_runtime::HasExitCode for VerifyError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Line(source) => source.exit_code(),
            Self::Stream(source) => source.exit_code(),
            Self::List { source, .. } => nightsafe_runtime::exit::exit_code_of_io(source),
        }
    }
}

impl HighVerification {
    /// The worst of what it found.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let code = |found: bool, code| if found { code } else { ExitCode::Ok };
        [
            code(!self.wrong_lines.is_empty() || !self.wrong_memories.is_empty(), ExitCode::Integrity),
            code(!self.altered.is_empty() || !self.wrong_volume_items.is_empty(), ExitCode::BytesDiffer),
        ]
        .into_iter()
        .collect()
    }
}

impl HighSide {
    /// Reads everything again.
    pub(crate) fn verify(&self, inbox: &std::path::Path) -> Result<HighVerification, VerifyError> {
        let mut found = HighVerification::default();
        let mut expected = BTreeMap::new();
        for (stream, known) in &self.inbox.streams {
            let path = inbox.join(JOURNAL).join(format!("{stream}.jsonl"));
            self.verify_journal(*stream, known, &path, &mut found, &mut expected)?;
        }
        self.verify_items(&expected, &mut found)?;
        let numbers =
            volume::list(&self.medium).map_err(|source| VerifyError::List { folder: self.medium.clone(), source })?;
        for number in numbers {
            self.verify_volume(number, &mut found);
        }
        Ok(found)
    }

    fn verify_journal(
        &self,
        stream: StreamId,
        known: &Stream,
        path: &std::path::Path,
        found: &mut HighVerification,
        expected: &mut BTreeMap<ItemId, Contents>,
    ) -> Result<(), VerifyError> {
        let mut there = SeqSet::default();
        let reader = LineReader::open(path, LONGEST_LINE).map_err(VerifyError::Line)?;
        for (line, number) in reader.zip(1_u64..) {
            let line = line.map_err(VerifyError::Line)?;
            let entry = self.gateways.verify::<EntryFields>(&line).ok().map(|(entry, _)| entry);
            let right = match &entry {
                Some(entry) => there.insert(entry.fields().seq) && is_in_place(known, stream, entry)?,
                None => false,
            };
            let Some(entry) = entry.filter(|_| right) else {
                found.wrong_lines.push(WrongLine { stream, line: number });
                continue;
            };
            found.entries += 1;
            let fields = entry.fields();
            expected.insert(fields.item, Contents { size: fields.size, sha256: fields.sha256 });
        }
        if there != known.record.received {
            found.wrong_memories.push(stream);
        }
        Ok(())
    }

    fn verify_items(
        &self,
        expected: &BTreeMap<ItemId, Contents>,
        found: &mut HighVerification,
    ) -> Result<(), VerifyError> {
        let folder = self.inbox.items();
        let refused = |source| VerifyError::List { folder: folder.to_owned(), source };
        for entry in fs::read_dir(folder).map_err(refused)? {
            let entry = entry.map_err(refused)?;
            let Some(item) = entry.file_name().to_str().and_then(|name| ItemId::from_file_name(name).ok()) else {
                continue;
            };
            match expected.get(&item) {
                None => found.unannounced += 1,
                Some(contents) if holds(&entry.path(), *contents) => found.waiting += 1,
                Some(_) => found.altered.push(item),
            }
        }
        Ok(())
    }

    fn verify_volume(&self, number: VolumeNumber, found: &mut HighVerification) {
        let volume = Volume::read(&self.medium, number);
        for line in &volume.lines {
            let Ok((entry, _)) = self.gateways.verify::<EntryFields>(line) else { continue };
            let fields = entry.fields();
            let contents = Contents { size: fields.size, sha256: fields.sha256 };
            if holds(&volume.item_path(&fields.item.file_name()), contents) {
                found.volume_items += 1;
            } else {
                found.wrong_volume_items.push(WrongVolumeItem { volume: number.to_string(), item: fields.item });
            }
        }
    }
}

/// Whether the entry is of this stream, and at the place that is remembered, beside the neighbours that are.
fn is_in_place(known: &Stream, stream: StreamId, entry: &VerifiedEntry) -> Result<bool, VerifyError> {
    let fields = entry.fields();
    let place = known.place(fields.seq).map_err(VerifyError::Stream)?;
    let before = fields.seq.previous().map_or(Ok(None), |seq| known.place(seq)).map_err(VerifyError::Stream)?;
    let follows = before.is_none_or(|before| before.digest == fields.prev);
    Ok(fields.stream == stream && place == Some(Place::of(entry)) && follows)
}

fn holds(path: &std::path::Path, expected: Contents) -> bool {
    let contents =
        regular_file::open(path).ok().map(|mut file| regular_file::contents(&mut file, limits::LARGEST_ITEM));
    matches!(contents, Some(Ok(found)) if found == expected)
}
