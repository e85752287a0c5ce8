//! The outbox: where sealed items wait for the gap, and what makes an acknowledgement true (promise 3).
//!
//! ```text
//! staging/.<item-id>.age.part          attachments that are being sealed, or wait for a report on the same request
//! staging/<item-id>.age                attachments of a form that has not been sent yet
//! outbox/items/<item-id>.age           sealed items, times cut to the hour
//! outbox/journal/<stream>.jsonl        one signed line an item (docs/spec/journal.md)
//! outbox/journal/<stream>.head.json    how far it had got at the hour
//! ```
//!
//! A report goes through three types, each made only from the one before: [`SealedItem`] in memory, [`PlacedItem`] on
//! the disk under its final name, [`Acknowledged`] in the journal. Only the last one lets a clue number be shown. An
//! attachment comes to its [`PlacedItem`] by way of a [`StagedItem`]. Each type takes its file away when it is dropped
//! instead of going on, so that whatever fails leaves nothing behind.
//!
//! Nothing here may look into an item: the outbox holds no key that opens one.

mod acknowledged;
mod journal;
mod space;
mod staging;
mod stream_file;
mod sweep;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nightsafe_runtime::durable_file::{self, DurableError, NewFile};
use nightsafe_runtime::failpoint;
use nightsafe_schema::digest::Digest;
use nightsafe_schema::item::{ItemClass, ItemId};
use nightsafe_schema::time::Hour;
use nightsafe_schema::volume::ITEMS;
use nightsafe_seal::{SealedAttachment, SealedItem};

pub(crate) use self::journal::{Journal, JournalError, JournalWriter};
pub(crate) use self::space::Space;
pub(crate) use self::staging::{StagedFile, Staging, StagingFile, Writeback};
pub(crate) use self::stream_file::StreamFile;
pub(crate) use self::sweep::{sweep_items, sweep_staging, sweep_unclaimed};

/// The folders of one outbox.
#[derive(Debug, Clone)]
pub(crate) struct OutboxFolders {
    items: PathBuf,
    journal: PathBuf,
}

impl OutboxFolders {
    pub(crate) fn of(outbox: &Path) -> Self {
        Self { items: outbox.join(ITEMS), journal: outbox.join("journal") }
    }

    pub(crate) fn create(&self) -> Result<(), DurableError> {
        durable_file::create_folder(&self.items)?;
        durable_file::create_folder(&self.journal)
    }

    pub(crate) fn items(&self) -> &Path {
        &self.items
    }

    pub(crate) fn journal(&self) -> &Path {
        &self.journal
    }
}

/// Takes sealed items in.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    folders: Arc<OutboxFolders>,
    journal: Journal,
}

/// A sealed attachment on the disk that waits for its report.
#[derive(Debug)]
pub(crate) struct StagedItem {
    file: StagedFile,
    item: ItemId,
    size: u64,
    sha256: Digest,
}

/// An item under its final name whose bytes are on the disk; the journal does not know it yet.
///
/// Dropped, it is deleted again: no line names it. The journal [keeps](Self::keep) those that one does, or may.
#[derive(Debug)]
pub(crate) struct PlacedItem {
    item: ItemId,
    size: u64,
    sha256: Digest,
    class: ItemClass,
    path: Option<PathBuf>,
}

impl StagedItem {
    pub(crate) fn new(file: StagedFile, facts: &SealedAttachment) -> Self {
        Self { file, item: facts.item, size: facts.size, sha256: facts.item_sha256 }
    }

    /// One that has waited in the staging folder, claimed by what a form page of ours says of it.
    pub(crate) fn claimed(file: StagedFile, item: ItemId, size: u64, sha256: Digest) -> Self {
        Self { file, item, size, sha256 }
    }

    /// Bytes of the sealed file.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Leaves it in the staging folder until its form is sent.
    pub(crate) fn wait(self, staging: &Staging) -> Result<(), DurableError> {
        self.file.wait(staging, self.item)
    }
}

impl PlacedItem {
    /// The item stays, whatever becomes of this value.
    fn keep(&mut self) {
        self.path = None;
    }
}

impl Drop for PlacedItem {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // If this fails, the sweep at the next start removes it.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Proof that every item of a submission is durable and journalled.
#[derive(Debug)]
pub(crate) struct Acknowledged(());

impl Outbox {
    pub(crate) fn new(folders: OutboxFolders, journal: Journal) -> Self {
        Self { folders: Arc::new(folders), journal }
    }

    /// Writes a sealed report to the disk and gives it its name. Blocks on the disk.
    pub(crate) fn place(&self, sealed: &SealedItem, hour: Hour) -> Result<PlacedItem, DurableError> {
        let path = self.folders.items.join(sealed.id().file_name());
        let mut file = NewFile::create(&path)?;
        failpoint::hit(failpoints::CREATED);
        let written = file.write_all(sealed.bytes()).and_then(|()| file.truncate_times(hour));
        written.map_err(|source| DurableError::Step { step: durable_file::Step::Write, path: path.clone(), source })?;
        failpoint::hit(failpoints::WRITTEN);
        file.share_with_group().map_err(|source| DurableError::Step {
            step: durable_file::Step::Write,
            path: path.clone(),
            source,
        })?;
        file.commit_new()?;
        failpoint::hit(failpoints::PLACED);
        Ok(PlacedItem {
            item: *sealed.id(),
            size: sealed.size(),
            sha256: *sealed.digest(),
            class: sealed.class(),
            path: Some(path),
        })
    }

    /// Gives a staged attachment its final name, just before its report gets its own. Blocks on the disk.
    pub(crate) fn move_in(&self, staged: StagedItem) -> Result<PlacedItem, DurableError> {
        let StagedItem { file, item, size, sha256 } = staged;
        let path = self.folders.items.join(item.file_name());
        file.move_to(&path)?;
        failpoint::hit(failpoints::MOVED);
        Ok(PlacedItem { item, size, sha256, class: ItemClass::Media, path: Some(path) })
    }

    /// Whether the journal names this item: it belongs to a report that was acknowledged not long ago. Blocks on the disk.
    pub(crate) fn has_acknowledged(&self, item: ItemId) -> bool {
        acknowledged::names(self.folders.journal(), item)
    }

    /// Makes the placed items of one submission part of the journal: attachments first, the report last, in one piece.
    pub(crate) async fn acknowledge(&self, items: Vec<PlacedItem>) -> Result<Acknowledged, JournalError> {
        self.journal.record(items).await.map(|()| Acknowledged(()))
    }
}

/// Every durable step of an acceptance, in order; a test kills the process at each.
pub(crate) mod failpoints {
    pub(crate) const STAGING: &str = "gateway.attachment-begun";
    pub(crate) const STAGED: &str = "gateway.attachment-staged";
    pub(crate) const MOVED: &str = "gateway.attachment-moved";
    pub(crate) const CREATED: &str = "gateway.item-created";
    pub(crate) const WRITTEN: &str = "gateway.item-written";
    pub(crate) const PLACED: &str = "gateway.item-placed";
    pub(crate) const ITEMS_SYNCED: &str = "gateway.items-synced";
    pub(crate) const LINE_APPENDED: &str = "gateway.line-appended";
    pub(crate) const JOURNAL_SYNCED: &str = "gateway.journal-synced";
    pub(crate) const ANSWERING: &str = "gateway.answering";

    /// All of them, for the hidden verb `failpoints`.
    #[cfg(feature = "failpoints")]
    pub(crate) const ALL: [&str; 10] =
        [STAGING, STAGED, MOVED, CREATED, WRITTEN, PLACED, ITEMS_SYNCED, LINE_APPENDED, JOURNAL_SYNCED, ANSWERING];
}
