//! The counter's journal: one signed, chained line an item, as a gateway's (docs/spec/journal.md).
//!
//! One stream, drawn at the first start and named by its file. What no line names was never acknowledged and is swept; a
//! journal that does not hold together is not continued.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use nightsafe_runtime::{
    ExitCode, HasExitCode,
    durable_file::DurableError,
    exit::exit_code_of_io,
    failpoint,
    line_file::{LineError, LineReader, LineWriter},
};
use nightsafe_schema::{
    digest::Digest,
    item::ItemId,
    journal::{ChainEnd, ChainError, Entry, EntryFields, JournalKey, JournalKeyError, StreamId},
    randomness::{NoRandomness, Randomness},
    signed::SignedLineError,
};

use super::{
    CounterFolder,
    keys::{CounterKeys, StreamSigner},
    placing::PlacedItem,
};
use crate::limits;

/// The journal, held by its one writer.
pub(super) struct Journal {
    stream: StreamId,
    lines: LineWriter,
    signer: StreamSigner,
    public: JournalKey,
    end: ChainEnd,
    /// The disk did not say whether it has the last lines: nothing is appended any more until the next start.
    doubtful: bool,
}

impl Journal {
    /// Opens the one stream of the folder at its end, or begins it.
    pub(super) fn open(
        folder: &CounterFolder,
        keys: &CounterKeys,
        randomness: &dyn Randomness,
    ) -> Result<Self, JournalError> {
        let stream = match streams(folder)?.as_slice() {
            [] => StreamId::random(randomness)?,
            [one] => *one,
            _several => return Err(JournalError::Several { folder: folder.journal() }),
        };
        let signer = keys.signer(stream);
        let public = signer.public()?;
        let path = folder.journal().join(format!("{stream}{EXTENSION}"));
        let lines = LineWriter::open(&path)?;
        let (end, named) = follow(&path, stream, &public)?;
        sweep_unnamed(folder, &named)?;
        Ok(Self { stream, lines, signer, public, end, doubtful: false })
    }

    /// Its stream.
    pub(super) const fn stream(&self) -> StreamId {
        self.stream
    }

    /// The key that its lines are signed with.
    pub(super) fn public_key(&self) -> JournalKey {
        self.public.clone()
    }

    /// Writes a line for each of these items, durably, and keeps them. If it fails they are taken away again.
    pub(super) fn append(&mut self, items: &mut [PlacedItem]) -> Result<(), JournalError> {
        if self.doubtful {
            return Err(JournalError::Doubtful);
        }
        let from = self.lines.length();
        match self.write(items) {
            Ok(end) => {
                self.end = end;
                items.iter_mut().for_each(PlacedItem::keep);
                Ok(())
            }
            Err(error) => {
                // A reader may have taken the items already; the same registration sent again is the same report.
                self.doubtful = self.lines.truncate_to(from).is_err();
                Err(error)
            }
        }
    }

    fn write(&mut self, items: &[PlacedItem]) -> Result<ChainEnd, JournalError> {
        let mut end = self.end;
        let mut entries = Vec::with_capacity(items.len());
        for placed in items {
            let seq = end.next_seq()?;
            let PlacedItem { item, size, sha256, class, .. } = *placed;
            let fields = EntryFields { stream: self.stream, seq, item, size, sha256, class, prev: end.digest };
            let entry = self.signer.sign(fields)?;
            end = ChainEnd { last: Some(seq), digest: entry.digest() };
            entries.push(entry);
        }
        // In one write: a registration is acknowledged whole or not at all.
        self.lines.append_all(entries.iter().map(Entry::line))?;
        failpoint::hit("counter.after-lines");
        self.lines.sync()?;
        Ok(end)
    }
}

fn streams(folder: &CounterFolder) -> Result<Vec<StreamId>, JournalError> {
    let path = folder.journal();
    let failed = |source| JournalError::Read { path: path.clone(), source };
    let mut streams: Vec<StreamId> = Vec::new();
    for entry in fs::read_dir(&path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        streams.extend(
            name.to_str().and_then(|name| name.strip_suffix(EXTENSION)).and_then(|name| name.parse::<StreamId>().ok()),
        );
    }
    Ok(streams)
}

/// Follows the chain to its end; the items that it names. Only the last signature is checked: it covers all lines before.
fn follow(path: &Path, stream: StreamId, key: &JournalKey) -> Result<(ChainEnd, HashSet<ItemId>), JournalError> {
    let mut end = ChainEnd::start(Digest::ZERO);
    let mut named = HashSet::new();
    let mut last = None;
    for line in LineReader::open(path, limits::JOURNAL_LINE_BYTES)? {
        let entry = Entry::parse(&line?)?;
        let fields = entry.fields();
        let expected = end.next_seq()?;
        if fields.stream != stream || fields.seq != expected || fields.prev != end.digest {
            return Err(JournalError::Broken { path: path.to_owned(), seq: expected.value() });
        }
        end = ChainEnd { last: Some(fields.seq), digest: entry.digest() };
        named.insert(fields.item);
        last = Some(entry);
    }
    if let Some(entry) = last {
        entry.verify(&vec![key.clone()])?;
    }
    Ok((end, named))
}

/// What no line names was never acknowledged.
fn sweep_unnamed(folder: &CounterFolder, named: &HashSet<ItemId>) -> Result<(), JournalError> {
    let items = folder.items();
    let failed = |source| JournalError::Read { path: items.clone(), source };
    for entry in fs::read_dir(&items).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let item = entry.file_name().to_str().and_then(|name| ItemId::from_file_name(name).ok());
        if item.is_some_and(|item| !named.contains(&item)) {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Why the journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    /// A folder cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// There is one stream, or none yet.
    #[error("{folder} holds more than one stream")]
    Several {
        /// Where.
        folder: PathBuf,
    },
    /// A line does not follow on the one before it.
    #[error("line {seq} of {path} does not follow on the one before it")]
    Broken {
        /// The journal.
        path: PathBuf,
        /// The place that comes next.
        seq: u64,
    },
    /// The disk did not say whether it has the last lines.
    #[error("nobody knows whether the last lines were written: start anew")]
    Doubtful,
    /// A line cannot be read.
    #[error("a line cannot be read")]
    Line(#[from] LineError),
    /// A line is no signed entry, or cannot be signed.
    #[error("a line is no entry of the counter's")]
    Entry(#[from] SignedLineError),
    /// The stream is full.
    #[error("the stream has no place left")]
    Full(#[from] ChainError),
    /// The key cannot be used.
    #[error("the journal key cannot be used")]
    Key(#[from] JournalKeyError),
    /// No random bytes.
    #[error("no stream can be drawn")]
    Randomness(#[from] NoRandomness),
    /// The disk refused.
    #[error("the journal cannot be written")]
    Disk(#[from] DurableError),
}

impl HasExitCode for JournalError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read { source, .. } => exit_code_of_io(source),
            Self::Line(error) => error.exit_code(),
            Self::Disk(error) => error.exit_code(),
            Self::Key(_) => ExitCode::Key,
            Self::Several { .. } | Self::Broken { .. } | Self::Entry(_) => ExitCode::Integrity,
            Self::Doubtful | Self::Full(_) | Self::Randomness(_) => ExitCode::Unexpected,
        }
    }
}

/// Behind the stream's name.
const EXTENSION: &str = ".jsonl";

#[cfg(test)]
mod tests {
    use nightsafe_runtime::SystemRandomness;
    use nightsafe_schema::item::ItemClass;
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    use super::*;

    fn folder() -> (tempfile::TempDir, CounterFolder) {
        let folder = tempfile::tempdir().unwrap();
        let counter = CounterFolder(folder.path().to_owned());
        fs::create_dir_all(counter.items()).unwrap();
        fs::create_dir_all(counter.journal()).unwrap();
        (folder, counter)
    }

    fn open(counter: &CounterFolder, key: u8) -> Result<Journal, JournalError> {
        Journal::open(counter, &CounterKeys::of(&Zeroizing::new([key; 32])), &SystemRandomness)
    }

    /// A file in the folder, as if it had just got its name.
    fn placed(counter: &CounterFolder, byte: u8) -> PlacedItem {
        let item = ItemId::from_bytes([byte; 16]);
        let path = counter.items().join(item.file_name());
        fs::write(&path, [byte]).unwrap();
        PlacedItem::at(path, item, 1, Digest::of(&[byte]), ItemClass::Text)
    }

    fn there(counter: &CounterFolder) -> usize {
        fs::read_dir(counter.items()).unwrap().count()
    }

    fn only_file(counter: &CounterFolder) -> PathBuf {
        fs::read_dir(counter.journal()).unwrap().next().unwrap().unwrap().path()
    }

    #[test]
    fn a_journal_goes_on_where_it_ended_and_what_no_line_names_is_swept() {
        let (_kept, counter) = folder();
        let mut journal = open(&counter, 1).unwrap();
        journal.append(&mut [placed(&counter, 1), placed(&counter, 2)]).unwrap();
        let stream = journal.stream();
        drop(journal);
        fs::write(counter.items().join(ItemId::from_bytes([7; 16]).file_name()), "unnamed").unwrap();
        let mut journal = open(&counter, 1).unwrap();
        assert_eq!((there(&counter), journal.stream()), (2, stream));
        journal.append(&mut [placed(&counter, 3)]).unwrap();
        assert_eq!(open(&counter, 1).unwrap().end.next_seq().unwrap().value(), 4);
    }

    #[test]
    fn another_key_or_a_changed_line_is_not_continued() {
        let (_kept, counter) = folder();
        open(&counter, 1).unwrap().append(&mut [placed(&counter, 1), placed(&counter, 2)]).unwrap();
        assert!(matches!(open(&counter, 2), Err(JournalError::Entry(_))));
        let path = only_file(&counter);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("\"size\":1", "\"size\":2", 1)).unwrap();
        assert!(matches!(open(&counter, 1), Err(JournalError::Broken { .. })));
        fs::write(&path, text.lines().last().unwrap().to_owned() + "\n").unwrap();
        assert!(matches!(open(&counter, 1), Err(JournalError::Broken { .. })));
    }

    #[test]
    fn a_torn_line_was_never_acknowledged_and_its_item_goes() {
        let (_kept, counter) = folder();
        open(&counter, 1).unwrap().append(&mut [placed(&counter, 1), placed(&counter, 2)]).unwrap();
        let path = only_file(&counter);
        let text = fs::read(&path).unwrap();
        fs::write(&path, &text[..text.len() - 1]).unwrap();
        let mut journal = open(&counter, 1).unwrap();
        assert_eq!(there(&counter), 1);
        journal.append(&mut [placed(&counter, 3)]).unwrap();
        assert_eq!(there(&counter), 2);
    }

    #[test]
    fn an_item_that_is_not_journalled_is_taken_away_again() {
        let (_kept, counter) = folder();
        let mut journal = open(&counter, 1).unwrap();
        journal.doubtful = true;
        let mut items = [placed(&counter, 1)];
        assert!(matches!(journal.append(&mut items), Err(JournalError::Doubtful)));
        drop(items);
        assert_eq!(there(&counter), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_bytes_in_its_place_are_followed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let (_kept, counter) = folder();
            fs::write(counter.journal().join(format!("{}.jsonl", StreamId::from_bytes([1; 16]))), &bytes).unwrap();
            if let Ok(journal) = open(&counter, 1) {
                prop_assert_eq!(journal.end.last, None);
            }
        }
    }
}
