//! First stage: the inbox as the transfer leaves it, `items/<item-id>.age` and `journal/<stream>.jsonl`.
//!
//! The transfer puts the item there first and its line after it, in order of hand-over; an item without a line is
//! therefore still on its way and is left alone. Nothing here is trusted and nothing is opened: a [`Waiting`] item is a
//! name and the lines that mention it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use nightsafe_runtime::{
    ExitCode, HasExitCode,
    durable_file::{self, DurableError},
    exit::exit_code_of_io,
    line_file::{LineError, LineReader},
};
use nightsafe_schema::{
    item::ItemId,
    journal::{Entry, StreamId},
    volume::ITEMS,
};

use crate::limits;

/// The inbox folder, and how far its journals have been read.
#[derive(Debug)]
pub(crate) struct Inbox {
    items: PathBuf,
    journal: PathBuf,
    read_to: BTreeMap<StreamId, u64>,
    /// Lines of items that are still in the folder, in order of hand-over.
    announced: HashMap<ItemId, Vec<Entry>>,
    order: Vec<ItemId>,
}

/// An item with at least one line; neither has been checked.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The item's name.
    pub(crate) item: ItemId,
    /// Where its file is.
    pub(crate) path: PathBuf,
    /// The lines that name it: one, unless someone plays tricks.
    pub(crate) lines: Vec<Entry>,
}

impl Inbox {
    /// The inbox in `folder`; both subfolders are made if the transfer has not been there yet.
    pub(crate) fn open(folder: &Path) -> Result<Self, InboxError> {
        let (items, journal) = (folder.join(ITEMS), folder.join(JOURNAL));
        durable_file::create_folder(&items)?;
        durable_file::create_folder(&journal)?;
        Ok(Self { items, journal, read_to: BTreeMap::new(), announced: HashMap::new(), order: Vec::new() })
    }

    /// The folders whose changes mean work.
    pub(crate) fn watched(&self) -> [&Path; 2] {
        [&self.items, &self.journal]
    }

    /// Where an item's file is, or would be.
    pub(crate) fn path_of(&self, item: ItemId) -> PathBuf {
        self.items.join(item.file_name())
    }

    /// The next items that have a line, in order of hand-over; at most a pass's worth.
    pub(crate) fn waiting(&mut self) -> Result<Vec<Waiting>, InboxError> {
        self.read_lines()?;
        let present = self.present()?;
        self.order.retain(|item| present.contains(item));
        self.announced.retain(|item, _lines| present.contains(item));
        let waiting = self.order.iter().take(limits::ITEMS_A_PASS).filter_map(|item| {
            let lines = self.announced.get(item)?.clone();
            Some(Waiting { item: *item, path: self.path_of(*item), lines })
        });
        Ok(waiting.collect())
    }

    /// The item failed for a passing reason, such as a key that is not there yet: others go first from now on.
    pub(crate) fn postpone(&mut self, item: ItemId) {
        if let Some(place) = self.order.iter().position(|waiting| *waiting == item) {
            let item = self.order.remove(place);
            self.order.push(item);
        }
    }

    /// Removes an item that the ledger has recorded; one that is gone already is fine.
    pub(crate) fn remove(&mut self, item: ItemId) -> Result<(), InboxError> {
        durable_file::remove(&self.path_of(item))?;
        self.forget(item);
        Ok(())
    }

    /// The item has left the folder.
    pub(crate) fn forget(&mut self, item: ItemId) {
        self.announced.remove(&item);
        self.order.retain(|waiting| *waiting != item);
    }

    /// Reads what the journals have grown by. Lines come before the listing of items, so that none is missed.
    fn read_lines(&mut self) -> Result<(), InboxError> {
        let mut room = limits::JOURNAL_BYTES_A_PASS;
        for stream in self.streams()? {
            let path = self.journal.join(format!("{stream}{JOURNAL_EXTENSION}"));
            let mut from = self.read_to.get(&stream).copied().unwrap_or(0);
            let length = fs::metadata(&path).map_err(|source| InboxError::Read { path: path.clone(), source })?.len();
            if length < from {
                tracing::error!(stream = %stream.short(), "an inbox journal has shrunk: reading it from its start");
                from = 0;
            }
            if length == from {
                continue;
            }
            let to = self.read_stream(stream, &path, from, room)?;
            room = room.saturating_sub(to.saturating_sub(from));
            self.read_to.insert(stream, to);
        }
        Ok(())
    }

    /// Reads one journal's lines from byte `from`; the byte after the last one.
    fn read_stream(&mut self, stream: StreamId, path: &Path, from: u64, room: u64) -> Result<u64, InboxError> {
        let mut reader = LineReader::open_at(path, limits::JOURNAL_LINE_BYTES, from)?;
        loop {
            if reader.position().saturating_sub(from) > room {
                return Ok(reader.position());
            }
            match reader.next_line() {
                Ok(Some(line)) => self.announce(stream, &line),
                Ok(None) => return Ok(reader.position()),
                Err(LineError::TooLong { .. }) => {
                    tracing::error!(stream = %stream.short(), "an endless line in an inbox journal: skipped");
                    let Some(next) = end_of_line(path, reader.position())? else { return Ok(reader.position()) };
                    reader = LineReader::open_at(path, limits::JOURNAL_LINE_BYTES, next)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn announce(&mut self, stream: StreamId, line: &[u8]) {
        let entry = match Entry::parse(line) {
            Ok(entry) if entry.fields().stream == stream => entry,
            Ok(_elsewhere) => {
                tracing::error!(stream = %stream.short(), "a line of another stream in an inbox journal: ignored");
                return;
            }
            Err(error) => {
                tracing::error!(stream = %stream.short(), %error, "a line that is no entry in an inbox journal: ignored");
                return;
            }
        };
        let item = entry.fields().item;
        let lines = self.announced.entry(item).or_default();
        if lines.is_empty() {
            self.order.push(item);
        }
        if lines.len() < LINES_AN_ITEM && !lines.contains(&entry) {
            lines.push(entry);
        }
    }

    fn streams(&self) -> Result<Vec<StreamId>, InboxError> {
        let names = names_in(&self.journal)?;
        let mut streams: Vec<_> =
            names.iter().filter_map(|name| name.strip_suffix(JOURNAL_EXTENSION)?.parse().ok()).collect();
        streams.sort_unstable();
        Ok(streams)
    }

    fn present(&self) -> Result<HashSet<ItemId>, InboxError> {
        Ok(names_in(&self.items)?.iter().filter_map(|name| ItemId::from_file_name(name).ok()).collect())
    }
}

/// The byte after the line end that follows byte `from`, found in constant memory.
fn end_of_line(path: &Path, from: u64) -> Result<Option<u64>, InboxError> {
    let failed = |source| InboxError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    file.seek(SeekFrom::Start(from)).map_err(failed)?;
    let mut reader = BufReader::new(file);
    let skipped = reader.skip_until(b'\n').map_err(failed)?;
    let end = from.saturating_add(u64::try_from(skipped).unwrap_or(u64::MAX));
    let length = reader.get_ref().metadata().map_err(failed)?.len();
    // At the very end the line may still be growing.
    Ok(Some(end).filter(|end| *end < length))
}

fn names_in(folder: &Path) -> Result<Vec<String>, InboxError> {
    let failed = |source| InboxError::Read { path: folder.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        if let Ok(name) = entry.map_err(failed)?.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}

/// Why the inbox cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InboxError {
    /// A folder or file cannot be read.
    #[error("收件箱不可读 (cannot read {path})")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A journal cannot be read line by line.
    #[error("收件箱日志不可读 (cannot read an inbox journal)")]
    Line(#[from] LineError),
    /// An item could not be removed, or a folder not made.
    #[error("收件箱不可写 (cannot change the inbox)")]
    Change(#[from] DurableError),
}

impl HasExitCode for InboxError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read { source, .. } => exit_code_of_io(source),
            Self::Line(error) => error.exit_code(),
            Self::Change(error) => error.exit_code(),
        }
    }
}

/// The folder of journals.
const JOURNAL: &str = "journal";
/// Behind the stream's name.
const JOURNAL_EXTENSION: &str = ".jsonl";
/// More different lines about one item than this are not kept: one is right, two are a quarrel.
const LINES_AN_ITEM: usize = 4;

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};
    use nightsafe_schema::{digest::Digest, item::ItemClass, journal::EntryFields, signed::signing_bytes};

    use super::*;

    fn entry(seq: u64, item: ItemId) -> Entry {
        let fields = EntryFields {
            stream: StreamId::from_bytes([1; 16]),
            seq: seq.try_into().unwrap(),
            item,
            size: 1,
            sha256: Digest::of(b"x"),
            class: ItemClass::Text,
            prev: Digest::ZERO,
        };
        let key = SigningKey::from_bytes(&[1; 32]);
        let signature = key.sign(&signing_bytes(&fields).unwrap()).to_bytes();
        Entry::new(fields, signature).unwrap()
    }

    fn append(folder: &Path, entry: &Entry, end: &str) {
        let path = folder.join(JOURNAL).join(format!("{}.jsonl", entry.fields().stream));
        let mut text = fs::read(&path).unwrap_or_default();
        text.extend_from_slice(entry.line());
        text.extend_from_slice(end.as_bytes());
        fs::write(path, text).unwrap();
    }

    #[test]
    fn an_item_waits_once_it_has_its_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut inbox = Inbox::open(folder.path()).unwrap();
        let item = ItemId::from_bytes([7; 16]);
        fs::write(inbox.path_of(item), "x").unwrap();
        assert!(inbox.waiting().unwrap().is_empty());
        append(folder.path(), &entry(1, item), "");
        assert!(inbox.waiting().unwrap().is_empty());
        append(folder.path(), &entry(2, ItemId::from_bytes([8; 16])), "\n");
        // The torn line and what follows it are one line that is no entry.
        assert!(inbox.waiting().unwrap().is_empty());
        append(folder.path(), &entry(3, item), "\n");
        let waiting = inbox.waiting().unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].lines.len(), 1);
    }

    #[test]
    fn a_removed_item_is_forgotten_and_a_postponed_one_goes_last() {
        let folder = tempfile::tempdir().unwrap();
        let mut inbox = Inbox::open(folder.path()).unwrap();
        let items: Vec<_> = (1..=3).map(|byte| ItemId::from_bytes([byte; 16])).collect();
        for (seq, item) in (1..).zip(&items) {
            fs::write(inbox.path_of(*item), "x").unwrap();
            append(folder.path(), &entry(seq, *item), "\n");
        }
        inbox.waiting().unwrap();
        inbox.postpone(items[0]);
        inbox.remove(items[1]).unwrap();
        inbox.remove(items[1]).unwrap();
        let order: Vec<_> = inbox.waiting().unwrap().into_iter().map(|waiting| waiting.item).collect();
        assert_eq!(order, [items[2], items[0]]);
    }

    #[test]
    fn garbage_in_a_journal_hides_nothing_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut inbox = Inbox::open(folder.path()).unwrap();
        let item = ItemId::from_bytes([7; 16]);
        fs::write(inbox.path_of(item), "x").unwrap();
        let path = folder.path().join(JOURNAL).join(format!("{}.jsonl", StreamId::from_bytes([1; 16])));
        fs::write(&path, format!("{{}}\n\u{0}\n\n{}\n", "x".repeat(20_000))).unwrap();
        append(folder.path(), &entry(1, item), "\n");
        assert_eq!(inbox.waiting().unwrap().len(), 1);
    }
}
