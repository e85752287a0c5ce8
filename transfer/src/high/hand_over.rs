//! From a fitting entry to an item in the inbox: copy, compare, flush, rename, flush the folder, append the line, flush.
//! Only then is the item handed over.
//!
//! Each stage takes the one before it by value: [`FittingEntry`] → [`NewFile`] → [`FlushedFile`] → [`CopiedItem`] → handed
//! over. A batch shares every flush: a disk takes a few hundred flushes a second, and thousands of files.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread::ScopedJoinHandle;

use nightsafe_runtime::durable_file::{DurableError, FlushGroup, FlushedFile, NewFile};
use nightsafe_runtime::exit::exit_code_of_io;
use nightsafe_runtime::{ExitCode, HasExitCode, failpoint};
use nightsafe_schema::journal::VerifiedEntry;
use nightsafe_schema::time::Hour;

use crate::failpoints;
use crate::high::inbox::Inbox;
use crate::high::judge::FittingEntry;
use crate::high::stream::StreamError;
use crate::limits;
use crate::progress::Progress;
use crate::regular_file::{self, Contents, CopyError, OpenError};

/// An item that lies in the inbox with the bytes of its entry; its line is still to be written.
#[derive(Debug)]
pub(crate) struct CopiedItem(VerifiedEntry);

/// What copying came to.
#[derive(Debug)]
pub(crate) enum Copied {
    /// It is in the inbox.
    Item(CopiedItem),
    /// It is not, and why.
    Not(VerifiedEntry, NotCopied),
}

/// Why an item was not copied from this volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotCopied {
    /// The volume does not have it.
    Absent,
    /// The volume has a link, a folder, a pipe or a device in its place.
    NoFile,
    /// The volume has the beginning of it.
    HalfCopied,
    /// The medium did not give it.
    Unreadable,
    /// Its bytes are not those of its entry.
    Differs,
    /// The inbox has another item of this name.
    NameTaken,
}

/// Why handing over stopped: our own disk.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandOverError {
    /// A step in the inbox failed.
    #[error("cannot hand over")]
    Inbox(#[source] DurableError),
    /// Bytes could not be written or compared.
    #[error("cannot hand over {path}")]
    Write {
        /// The item in the inbox.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A line could not be appended.
    #[error("cannot record what was handed over")]
    Stream(#[source] StreamError),
    /// A copying thread ended by itself.
    #[error("a copying thread crashed")]
    Crashed,
}

impl HasExitCode for HandOverError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Inbox(source) => source.exit_code(),
            Self::Write { source, .. } => exit_code_of_io(source),
            Self::Stream(source) => source.exit_code(),
            Self::Crashed => ExitCode::Unexpected,
        }
    }
}

/// Copies the items of some entries into the inbox, several side by side, flushes all of them with one call, gives them
/// their names, and flushes the folder once.
///
/// The outcomes stand in the order of the entries.
pub(crate) fn copy_all(
    items: &Path,
    entries: Vec<(FittingEntry, PathBuf)>,
    hour: Hour,
    progress: &Progress,
) -> Result<Vec<Copied>, HandOverError> {
    let group = FlushGroup::open(items).map_err(HandOverError::Inbox)?;
    let copied = copy_side_by_side(items, entries, hour, progress)?;
    let mut batch = Batch::default();
    for (entry, bytes) in copied {
        let entry = entry.into_entry();
        match bytes {
            Ok(Bytes::Written(file)) => batch.written(entry, file),
            Ok(Bytes::There) => batch.settled(Copied::Item(CopiedItem(entry))),
            Err(not) => batch.settled(Copied::Not(entry, not)),
        }
    }
    batch.name_all(&group, items)
}

/// A file that came over the one-way link: whole, with the digest of its entry, on the inbox's file system.
#[derive(Debug)]
pub(crate) struct ReceivedFile {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

/// Takes received files over as the items of their entries, without a second copy; flushed and named as copies are.
///
/// `group` was opened before the first of them was written. The outcomes stand in the order of the entries.
pub(crate) fn adopt_all(
    group: &FlushGroup,
    items: &Path,
    received: Vec<(FittingEntry, ReceivedFile)>,
    hour: Hour,
) -> Result<Vec<Copied>, HandOverError> {
    let mut batch = Batch::default();
    for (entry, ReceivedFile { file, path }) in received {
        let entry = entry.into_entry();
        let fields = entry.fields();
        let target = items.join(fields.item.file_name());
        let file = NewFile::adopt(file, &path, &target);
        // What is not taken over is deleted when it goes out of scope.
        match existing(&target, Contents { size: fields.size, sha256: fields.sha256 })? {
            Some(Ok(())) => batch.settled(Copied::Item(CopiedItem(entry))),
            Some(Err(not)) => batch.settled(Copied::Not(entry, not)),
            None => {
                let written = |source| HandOverError::Write { path: target.clone(), source };
                file.truncate_times(hour).and_then(|()| file.share_with_group()).map_err(written)?;
                batch.written(entry, file);
            }
        }
    }
    batch.name_all(group, items)
}

/// Items of one batch: what came of some is known, the others are written and wait for the flush that they share.
#[derive(Default)]
struct Batch {
    /// In the order of the entries; `None` for those that wait.
    outcomes: Vec<Option<Copied>>,
    files: Vec<NewFile>,
    /// Their places among the outcomes, and their entries.
    waiting: Vec<(usize, VerifiedEntry)>,
}

impl Batch {
    fn settled(&mut self, outcome: Copied) {
        self.outcomes.push(Some(outcome));
    }

    fn written(&mut self, entry: VerifiedEntry, file: NewFile) {
        self.files.push(file);
        self.waiting.push((self.outcomes.len(), entry));
        self.outcomes.push(None);
    }

    /// Flushes all files with one call, gives them their names, and flushes the folder once.
    fn name_all(mut self, group: &FlushGroup, items: &Path) -> Result<Vec<Copied>, HandOverError> {
        let flushed = group.flush(self.files).map_err(HandOverError::Inbox)?;
        for (file, (place, entry)) in flushed.into_iter().zip(self.waiting) {
            let named = name(file, items, entry)?;
            if let Some(outcome) = self.outcomes.get_mut(place) {
                *outcome = Some(named);
            }
        }
        group.flush_names().map_err(HandOverError::Inbox)?;
        failpoint::hit(failpoints::IMPORT_FOLDER_FLUSHED);
        Ok(self.outcomes.into_iter().flatten().collect())
    }
}

impl Inbox {
    /// Appends the lines of copied items to their journals and flushes those: now they are handed over.
    pub(crate) fn hand_over(&mut self, copied: Vec<CopiedItem>) -> Result<Vec<VerifiedEntry>, HandOverError> {
        let mut handed_over = Vec::with_capacity(copied.len());
        for CopiedItem(entry) in copied {
            // The stream was opened when the entry was judged.
            if let Some(stream) = self.streams.get_mut(&entry.fields().stream) {
                stream.append(&entry).map_err(HandOverError::Stream)?;
                handed_over.push(entry);
            }
        }
        for stream in self.streams.values_mut() {
            stream.flush().map_err(HandOverError::Stream)?;
        }
        Ok(handed_over)
    }
}

/// Where the bytes of an item are.
enum Bytes {
    /// Written and compared, but not flushed, and without a name.
    Written(NewFile),
    /// In the inbox: a crash came between its name and its line.
    There,
}

type CopiedBytes = (FittingEntry, Result<Bytes, NotCopied>);

/// Every copier takes the next entry that nobody has; the outcomes are put back in order.
fn copy_side_by_side(
    items: &Path,
    entries: Vec<(FittingEntry, PathBuf)>,
    hour: Hour,
    progress: &Progress,
) -> Result<Vec<CopiedBytes>, HandOverError> {
    let copiers = limits::COPIERS.min(entries.len());
    let queue = Mutex::new(entries.into_iter().enumerate());
    let copier = || -> Result<Vec<(usize, CopiedBytes)>, HandOverError> {
        let mut done = Vec::new();
        loop {
            let next = queue.lock().map_err(|_| HandOverError::Crashed)?.next();
            let Some((place, (entry, source))) = next else { return Ok(done) };
            let bytes = copy_bytes(items, entry.entry(), &source, hour, progress)?;
            progress.one();
            done.push((place, (entry, bytes)));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let running: Vec<_> = (0..copiers).map(|_| scope.spawn(copier)).collect();
        // Every thread is waited for, whatever the others came to.
        let ended: Vec<_> = running.into_iter().map(ScopedJoinHandle::join).collect();
        ended.into_iter().map(|outcome| outcome.map_err(|_| HandOverError::Crashed)?).collect::<Result<Vec<_>, _>>()
    })?
    .into_iter()
    .flatten()
    .collect::<Vec<_>>();
    all.sort_unstable_by_key(|(place, _)| *place);
    Ok(all.into_iter().map(|(_, copied)| copied).collect())
}

/// Gives a flushed item its name.
fn name(file: FlushedFile, items: &Path, entry: VerifiedEntry) -> Result<Copied, HandOverError> {
    let outcome = match file.commit_new() {
        Ok(()) => Ok(()),
        // Another entry of the same batch names the same item.
        Err(DurableError::Exists { .. }) => {
            let fields = entry.fields();
            let expected = Contents { size: fields.size, sha256: fields.sha256 };
            existing(&items.join(fields.item.file_name()), expected)?.unwrap_or(Err(NotCopied::NameTaken))
        }
        Err(source) => return Err(HandOverError::Inbox(source)),
    };
    failpoint::hit(failpoints::IMPORT_ITEM_RENAMED);
    Ok(match outcome {
        Ok(()) => Copied::Item(CopiedItem(entry)),
        Err(not) => Copied::Not(entry, not),
    })
}

/// Whether the inbox has the item already, and with these bytes.
fn existing(target: &Path, expected: Contents) -> Result<Option<Result<(), NotCopied>>, HandOverError> {
    let mut file = match regular_file::open(target) {
        Ok(file) => file,
        Err(OpenError::Absent) => return Ok(None),
        Err(_) => return Ok(Some(Err(NotCopied::NameTaken))),
    };
    let found = regular_file::contents(&mut file, limits::LARGEST_ITEM)
        .map_err(|source| HandOverError::Write { path: target.to_owned(), source })?;
    Ok(Some(if found == expected { Ok(()) } else { Err(NotCopied::NameTaken) }))
}

fn copy_bytes(
    items: &Path,
    entry: &VerifiedEntry,
    source: &Path,
    hour: Hour,
    progress: &Progress,
) -> Result<Result<Bytes, NotCopied>, HandOverError> {
    let fields = entry.fields();
    let target = items.join(fields.item.file_name());
    let expected = Contents { size: fields.size, sha256: fields.sha256 };
    if let Some(there) = existing(&target, expected)? {
        return Ok(there.map(|()| Bytes::There));
    }
    let mut from = match regular_file::open(source) {
        Ok(file) => file,
        Err(OpenError::Absent) => return Ok(Err(NotCopied::Absent)),
        Err(OpenError::NotRegular) => return Ok(Err(NotCopied::NoFile)),
        Err(OpenError::Refused(_)) => return Ok(Err(NotCopied::Unreadable)),
    };
    let Ok(metadata) = from.metadata() else { return Ok(Err(NotCopied::Unreadable)) };
    if expected.size > limits::LARGEST_ITEM || metadata.len() > expected.size {
        return Ok(Err(NotCopied::Differs));
    }
    if metadata.len() < expected.size {
        return Ok(Err(NotCopied::HalfCopied));
    }
    let mut to = NewFile::create(&target).map_err(HandOverError::Inbox)?;
    let written = |source| HandOverError::Write { path: target.clone(), source };
    match regular_file::copy(&mut from, &mut progress.counting(&mut to), expected.size.saturating_add(1)) {
        Ok(found) if found == expected => {}
        Ok(_) => return Ok(Err(NotCopied::Differs)),
        Err(CopyError::Read(_)) => return Ok(Err(NotCopied::Unreadable)),
        Err(CopyError::Write(source)) => return Err(written(source)),
    }
    to.flush().and_then(|()| to.truncate_times(hour)).and_then(|()| to.share_with_group()).map_err(written)?;
    failpoint::hit(failpoints::IMPORT_ITEM_COPIED);
    Ok(Ok(Bytes::Written(to)))
}
