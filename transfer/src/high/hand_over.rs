//! From a fitting entry to an item in the inbox: copy, compare, flush, rename, flush the folder, append the line, flush.
//! Only then is the item handed over.
//!
//! Each stage takes the one before it by value: [`FittingEntry`] → [`CopiedItem`] → handed over.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::ScopedJoinHandle;

use nightsafe_runtime::durable_file::{self, DurableError, NewFile};
use nightsafe_runtime::exit::exit_code_of_io;
use nightsafe_runtime::{ExitCode, HasExitCode, failpoint};
use nightsafe_schema::journal::VerifiedEntry;
use nightsafe_schema::time::Hour;

use crate::failpoints;
use crate::high::inbox::Inbox;
use crate::high::judge::FittingEntry;
use crate::high::stream::StreamError;
use crate::limits;
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

/// Copies the items of some entries into the inbox, several side by side, and flushes the folder once.
///
/// The outcomes stand in the order of the entries.
pub(crate) fn copy_all(
    items: &Path,
    entries: Vec<(FittingEntry, PathBuf)>,
    hour: Hour,
) -> Result<Vec<Copied>, HandOverError> {
    let share = entries.len().div_ceil(limits::COPIERS).max(1);
    let mut rest = entries;
    let mut shares = Vec::new();
    while !rest.is_empty() {
        let after = rest.split_off(share.min(rest.len()));
        shares.push(std::mem::replace(&mut rest, after));
    }
    let copy_share = |share: Vec<(FittingEntry, PathBuf)>| -> Result<Vec<Copied>, HandOverError> {
        share.into_iter().map(|(entry, source)| copy(items, entry, &source, hour)).collect()
    };
    let outcomes = std::thread::scope(|scope| {
        let running: Vec<_> = shares.into_iter().map(|share| scope.spawn(|| copy_share(share))).collect();
        // Every thread is waited for, whatever the others came to.
        let ended: Vec<_> = running.into_iter().map(ScopedJoinHandle::join).collect();
        ended.into_iter().map(|outcome| outcome.map_err(|_| HandOverError::Crashed)?).collect::<Result<Vec<_>, _>>()
    })?;
    durable_file::sync_folder(items).map_err(HandOverError::Inbox)?;
    failpoint::hit(failpoints::IMPORT_FOLDER_FLUSHED);
    Ok(outcomes.into_iter().flatten().collect())
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

fn copy(items: &Path, entry: FittingEntry, source: &Path, hour: Hour) -> Result<Copied, HandOverError> {
    let fields = entry.entry().fields();
    let target = items.join(fields.item.file_name());
    let expected = Contents { size: fields.size, sha256: fields.sha256 };
    let outcome = match existing(&target, expected)? {
        // A crash came between its rename and its line.
        Some(Ok(())) => Ok(()),
        Some(Err(not)) => Err(not),
        None => copy_bytes(source, &target, expected, hour)?,
    };
    let entry = entry.into_entry();
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
    source: &Path,
    target: &Path,
    expected: Contents,
    hour: Hour,
) -> Result<Result<(), NotCopied>, HandOverError> {
    let mut from = match regular_file::open(source) {
        Ok(file) => file,
        Err(OpenError::Absent | OpenError::NotRegular) => return Ok(Err(NotCopied::Absent)),
        Err(OpenError::Refused(_)) => return Ok(Err(NotCopied::Unreadable)),
    };
    let Ok(metadata) = from.metadata() else { return Ok(Err(NotCopied::Unreadable)) };
    if expected.size > limits::LARGEST_ITEM || metadata.len() > expected.size {
        return Ok(Err(NotCopied::Differs));
    }
    if metadata.len() < expected.size {
        return Ok(Err(NotCopied::HalfCopied));
    }
    let mut to = NewFile::create(target).map_err(HandOverError::Inbox)?;
    let written = |source| HandOverError::Write { path: target.to_owned(), source };
    match regular_file::copy(&mut from, &mut to, expected.size.saturating_add(1)) {
        Ok(found) if found == expected => {}
        Ok(_) => return Ok(Err(NotCopied::Differs)),
        Err(CopyError::Read(_)) => return Ok(Err(NotCopied::Unreadable)),
        Err(CopyError::Write(source)) => return Err(written(source)),
    }
    to.flush().and_then(|()| to.truncate_times(hour)).and_then(|()| to.share_with_group()).map_err(written)?;
    failpoint::hit(failpoints::IMPORT_ITEM_COPIED);
    match to.commit_new() {
        Ok(()) => {}
        // Another entry of the same batch names the same item.
        Err(DurableError::Exists { .. }) => return Ok(existing(target, expected)?.unwrap_or(Err(NotCopied::NameTaken))),
        Err(source) => return Err(HandOverError::Inbox(source)),
    }
    failpoint::hit(failpoints::IMPORT_ITEM_RENAMED);
    Ok(Ok(()))
}
