//! First stage: the inbox as the transfer leaves it, `items/<item-id>.age` and `journal/<stream>.jsonl`.
//!
//! The transfer puts the item there first and its line after it, in order of hand-over; an item without a line is
//! therefore still on its way and is left alone. Nothing here is trusted and nothing is opened: a [`Waiting`] item is a
//! name and the lines that mention it.
//!
//! The folder may hold hundreds of thousands of items and the journals name every one that ever came: neither is ever
//! read whole. A line is looked at once, and kept if its item is there.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry as Place},
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
use serde::Deserialize;

use crate::limits;

/// The inbox folder, and how far its journals have been read.
#[derive(Debug)]
pub(crate) struct Inbox {
    items: PathBuf,
    journal: PathBuf,
    read_to: BTreeMap<StreamId, u64>,
    announced: HashMap<ItemId, Announced>,
    /// The items by their turn, in order of hand-over.
    turns: BTreeMap<u64, ItemId>,
    next_turn: u64,
    /// Whoever's turn comes later is not looked at in this round.
    round_ends: u64,
}

/// An item that is in the folder.
#[derive(Debug)]
struct Announced {
    turn: u64,
    lines: Vec<Entry>,
}

/// As much of a line as says whose it is.
#[derive(Deserialize)]
struct Naming {
    item: ItemId,
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
        Ok(Self {
            items,
            journal,
            read_to: BTreeMap::new(),
            announced: HashMap::new(),
            turns: BTreeMap::new(),
            next_turn: 0,
            round_ends: 0,
        })
    }

    /// The folders whose changes mean work.
    pub(crate) fn watched(&self) -> [&Path; 2] {
        [&self.items, &self.journal]
    }

    /// Where an item's file is, or would be.
    pub(crate) fn path_of(&self, item: ItemId) -> PathBuf {
        self.items.join(item.file_name())
    }

    /// Begins a round: each item that is there now gets one turn in it, also those that were postponed.
    pub(crate) fn begin_round(&mut self) -> Result<(), InboxError> {
        // Lines of items that have left long ago tell nothing: on to the next ones.
        while self.read_lines()? && self.turns.is_empty() {}
        self.round_ends = self.next_turn;
        Ok(())
    }

    /// Reads the journals from their start once more: items may have been put back.
    pub(crate) fn read_again(&mut self) {
        self.read_to.clear();
    }

    /// The lines that name an item in the folder.
    pub(crate) fn lines(&self, item: ItemId) -> &[Entry] {
        self.announced.get(&item).map_or(&[], |announced| announced.lines.as_slice())
    }

    /// The next items of the round, in order of hand-over; at most a pass's worth.
    pub(crate) fn waiting(&self) -> Vec<Waiting> {
        let turns = self.turns.range(..self.round_ends).take(limits::ITEMS_A_PASS);
        let mut bytes = 0_u64;
        let mut waiting = Vec::new();
        for (_turn, item) in turns {
            let lines = self.lines(*item).to_vec();
            bytes = bytes.saturating_add(lines.iter().map(|line| line.fields().size).max().unwrap_or(0));
            if bytes > limits::BYTES_A_PASS && !waiting.is_empty() {
                break;
            }
            waiting.push(Waiting { item: *item, path: self.path_of(*item), lines });
        }
        waiting
    }

    /// The item failed for a passing reason, such as a key that is not there yet: its next turn is in the next round.
    pub(crate) fn postpone(&mut self, item: ItemId) {
        let turn = self.take_turn();
        if let Some(announced) = self.announced.get_mut(&item) {
            self.turns.remove(&announced.turn);
            announced.turn = turn;
            self.turns.insert(turn, item);
        }
    }

    /// Removes items that the ledger has recorded; one that is gone already is fine.
    pub(crate) fn remove(&mut self, items: &[ItemId]) -> Result<(), InboxError> {
        let mut changed = false;
        for item in items {
            let path = self.path_of(*item);
            match fs::remove_file(&path) {
                Ok(()) => changed = true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(InboxError::Remove { path, source }),
            }
            self.forget(*item);
        }
        if changed {
            durable_file::sync_folder(&self.items)?;
        }
        Ok(())
    }

    /// The item has left the folder.
    pub(crate) fn forget(&mut self, item: ItemId) {
        if let Some(announced) = self.announced.remove(&item) {
            self.turns.remove(&announced.turn);
        }
    }

    fn take_turn(&mut self) -> u64 {
        self.next_turn += 1;
        self.next_turn - 1
    }

    /// Reads what the journals have grown by, up to a bound; whether there was anything.
    fn read_lines(&mut self) -> Result<bool, InboxError> {
        let mut room = limits::JOURNAL_BYTES_A_PASS;
        let mut grown = false;
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
            grown |= to > from;
            room = room.saturating_sub(to.saturating_sub(from));
            self.read_to.insert(stream, to);
        }
        Ok(grown)
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
        match serde_json::from_slice(line) {
            Ok(Naming { item }) if !self.is_here(item) => return,
            // What is wrong with the line is said below.
            Ok(_) | Err(_) => {}
        }
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
        let turn = self.next_turn;
        let announced = match self.announced.entry(item) {
            Place::Occupied(known) => known.into_mut(),
            Place::Vacant(new) => {
                self.next_turn += 1;
                self.turns.insert(turn, item);
                new.insert(Announced { turn, lines: Vec::new() })
            }
        };
        if announced.lines.len() < LINES_AN_ITEM && !announced.lines.contains(&entry) {
            announced.lines.push(entry);
        }
    }

    /// The transfer puts the item there before its line: one that is not there has left. What cannot be told is looked
    /// at when its turn comes.
    fn is_here(&self, item: ItemId) -> bool {
        let found = fs::symlink_metadata(self.path_of(item));
        !found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    }

    fn streams(&self) -> Result<Vec<StreamId>, InboxError> {
        let names = names_in(&self.journal)?;
        let mut streams: Vec<_> =
            names.iter().filter_map(|name| name.strip_suffix(JOURNAL_EXTENSION)?.parse().ok()).collect();
        streams.sort_unstable();
        Ok(streams)
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
    /// An item that was recorded could not be removed.
    #[error("已记录的密封件无法移出收件箱 (cannot remove {path}, which is recorded)")]
    Remove {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A folder could not be made or synced.
    #[error("收件箱不可写 (cannot change the inbox)")]
    Change(#[from] DurableError),
}

impl HasExitCode for InboxError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read { source, .. } | Self::Remove { source, .. } => exit_code_of_io(source),
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

    fn waiting(inbox: &mut Inbox) -> Vec<Waiting> {
        inbox.begin_round().unwrap();
        inbox.waiting()
    }

    #[test]
    fn an_item_waits_once_it_has_its_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut inbox = Inbox::open(folder.path()).unwrap();
        let item = ItemId::from_bytes([7; 16]);
        fs::write(inbox.path_of(item), "x").unwrap();
        assert!(waiting(&mut inbox).is_empty());
        append(folder.path(), &entry(1, item), "");
        assert!(waiting(&mut inbox).is_empty());
        append(folder.path(), &entry(2, ItemId::from_bytes([8; 16])), "\n");
        // The torn line and what follows it are one line that is no entry.
        assert!(waiting(&mut inbox).is_empty());
        append(folder.path(), &entry(3, item), "\n");
        let waiting = waiting(&mut inbox);
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
        let order = |waiting: Vec<Waiting>| waiting.into_iter().map(|waiting| waiting.item).collect::<Vec<_>>();
        assert_eq!(order(waiting(&mut inbox)), items);
        inbox.postpone(items[0]);
        inbox.remove(&items[1..2]).unwrap();
        inbox.remove(&items[1..2]).unwrap();
        assert_eq!(order(inbox.waiting()), [items[2]], "one turn a round");
        assert_eq!(order(waiting(&mut inbox)), [items[2], items[0]]);
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
        assert_eq!(waiting(&mut inbox).len(), 1);
    }
}
