//! A volume while it is being written: `.volume-000123.part`, then its own name, then never touched again.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use nightsafe_runtime::durable_file::{self, DurableError, FlushGroup, FlushedFile, NewFile, Step};
use nightsafe_runtime::failpoint;
use nightsafe_schema::item::ItemId;
use nightsafe_schema::journal::{VerifiedEntry, VerifiedHead};
use nightsafe_schema::time::Hour;
use nightsafe_schema::volume::{ENTRIES, HEAD, ITEMS, VolumeNumber};

use crate::failpoints;
use crate::limits;
use crate::low::memory::Held;
use crate::progress::Progress;
use crate::regular_file::{self, Contents, CopyError, OpenError};

/// A volume that has no name of its own yet; dropped unfinished, it is removed.
#[derive(Debug)]
pub(crate) struct VolumeDraft {
    number: VolumeNumber,
    medium: PathBuf,
    part: PathBuf,
    entries: Vec<u8>,
    hour: Hour,
    /// Items that are copied, and flushed together before they get their names.
    group: FlushGroup,
    pending: Vec<NewFile>,
    pending_bytes: u64,
    copied: BTreeSet<ItemId>,
    finished: bool,
}

/// Why a volume was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DraftError {
    /// A step on the medium failed.
    #[error("cannot write {volume}")]
    Medium {
        /// The volume.
        volume: VolumeNumber,
        /// What failed.
        #[source]
        source: DurableError,
    },
    /// The bytes of an item or of the entries could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

impl VolumeDraft {
    /// Makes the unfinished folder. All times in it are cut to `hour`.
    pub(crate) fn begin(medium: &Path, number: VolumeNumber, hour: Hour) -> Result<Self, DraftError> {
        let part = medium.join(format!("{BEFORE}{number}{AFTER}"));
        let items = part.join(ITEMS);
        make_folder(number, &part)?;
        let made = make_folder(number, &items)
            .and_then(|()| FlushGroup::open(&items).map_err(|source| DraftError::Medium { volume: number, source }));
        if made.is_err() {
            // What stays behind ends in `.part` and is swept at the next start.
            let _ = fs::remove_dir_all(&part);
        }
        failpoint::hit(failpoints::EXPORT_FOLDER_MADE);
        Ok(Self {
            number,
            medium: medium.to_owned(),
            part,
            entries: Vec::new(),
            hour,
            group: made?,
            pending: Vec::new(),
            pending_bytes: 0,
            copied: BTreeSet::new(),
            finished: false,
        })
    }

    /// Whether a name on the medium is that of an unfinished volume.
    pub(crate) fn is_name(name: &str) -> bool {
        let number = name.strip_prefix(BEFORE).and_then(|name| name.strip_suffix(AFTER));
        number.is_some_and(|number| number.parse::<VolumeNumber>().is_ok())
    }

    /// Writes down an entry and copies its item from `source`, if it is there and as the entry says.
    pub(crate) fn add(
        &mut self,
        entry: &VerifiedEntry,
        source: &Path,
        progress: &Progress,
    ) -> Result<Result<u64, Held>, DraftError> {
        let copied = self.copy_item(entry, source, progress)?;
        progress.one();
        self.entries.extend_from_slice(entry.line());
        self.entries.push(b'\n');
        failpoint::hit(failpoints::EXPORT_ITEM_COPIED);
        Ok(copied)
    }

    /// Writes entries and heads, flushes everything, and gives the volume its name.
    pub(crate) fn finish<'a>(
        mut self,
        heads: impl Iterator<Item = &'a VerifiedHead>,
    ) -> Result<VolumeNumber, DraftError> {
        self.name_pending()?;
        let refused = |volume| move |source| DraftError::Medium { volume, source };
        let mut lines = Vec::new();
        for head in heads {
            lines.extend_from_slice(head.line());
            lines.push(b'\n');
        }
        self.write_list(ENTRIES, &self.entries)?;
        self.write_list(HEAD, &lines)?;
        failpoint::hit(failpoints::EXPORT_ENTRIES_WRITTEN);
        self.cut_times(&self.part.join(ITEMS))?;
        self.group.flush_names().map_err(refused(self.number))?;
        self.cut_times(&self.part)?;
        durable_file::sync_folder(&self.part).map_err(refused(self.number))?;
        failpoint::hit(failpoints::EXPORT_FLUSHED);
        durable_file::rename_new(&self.part, &self.medium.join(self.number.to_string()))
            .map_err(refused(self.number))?;
        self.finished = true;
        durable_file::sync_folder(&self.medium).map_err(refused(self.number))?;
        failpoint::hit(failpoints::EXPORT_RENAMED);
        Ok(self.number)
    }

    fn write_list(&self, name: &str, bytes: &[u8]) -> Result<(), DraftError> {
        let path = self.part.join(name);
        let mut file = NewFile::create(&path).map_err(|source| DraftError::Medium { volume: self.number, source })?;
        let written = file.write_all(bytes).and_then(|()| file.truncate_times(self.hour));
        written.map_err(|source| DraftError::Write { path, source })?;
        file.commit_new().map_err(|source| DraftError::Medium { volume: self.number, source })
    }

    /// A volume is written as soon as something has come: its folders would tell the minute.
    fn cut_times(&self, folder: &Path) -> Result<(), DraftError> {
        let cut = fs::File::open(folder).and_then(|file| durable_file::truncate_times(&file, self.hour));
        cut.map_err(|source| DraftError::Write { path: folder.to_owned(), source })
    }

    fn copy_item(
        &mut self,
        entry: &VerifiedEntry,
        source: &Path,
        progress: &Progress,
    ) -> Result<Result<u64, Held>, DraftError> {
        let fields = entry.fields();
        let expected = Contents { size: fields.size, sha256: fields.sha256 };
        let target = self.part.join(ITEMS).join(fields.item.file_name());
        if self.copied.contains(&fields.item) {
            // The item of an entry that stands in this volume twice.
            return Ok(Ok(0));
        }
        let mut from = match regular_file::open(source) {
            Ok(file) => file,
            Err(OpenError::Absent | OpenError::NotRegular) => return Ok(Err(Held::Absent)),
            Err(OpenError::Refused(_)) => return Ok(Err(Held::Unreadable)),
        };
        if expected.size > limits::LARGEST_ITEM || from.metadata().is_ok_and(|found| found.len() != expected.size) {
            return Ok(Err(Held::Differs));
        }
        let mut to = NewFile::create(&target).map_err(|source| DraftError::Medium { volume: self.number, source })?;
        let written = |source| DraftError::Write { path: target.clone(), source };
        match regular_file::copy(&mut from, &mut progress.counting(&mut to), expected.size.saturating_add(1)) {
            Ok(found) if found == expected => {}
            Ok(_) => return Ok(Err(Held::Differs)),
            Err(CopyError::Read(_)) => return Ok(Err(Held::Unreadable)),
            Err(CopyError::Write(source)) => return Err(written(source)),
        }
        to.flush().and_then(|()| to.truncate_times(self.hour)).map_err(written)?;
        self.copied.insert(fields.item);
        self.pending.push(to);
        self.pending_bytes = self.pending_bytes.saturating_add(expected.size);
        if self.pending.len() >= limits::BATCH || self.pending_bytes >= limits::BATCH_BYTES {
            self.name_pending()?;
        }
        Ok(Ok(expected.size))
    }

    /// Flushes the copied items and gives them their names.
    fn name_pending(&mut self) -> Result<(), DraftError> {
        let refused = |volume| move |source| DraftError::Medium { volume, source };
        let flushed = self.group.flush(std::mem::take(&mut self.pending)).map_err(refused(self.number))?;
        self.pending_bytes = 0;
        flushed.into_iter().try_for_each(FlushedFile::commit_new).map_err(refused(self.number))
    }
}

fn make_folder(volume: VolumeNumber, path: &Path) -> Result<(), DraftError> {
    fs::create_dir(path).map_err(|source| DraftError::Medium {
        volume,
        source: DurableError::Step { step: Step::Create, path: path.to_owned(), source },
    })
}

impl Drop for VolumeDraft {
    fn drop(&mut self) {
        if !self.finished {
            // What stays behind ends in `.part` and is swept at the next start.
            let _ = fs::remove_dir_all(&self.part);
        }
    }
}

/// What stands around the name of a volume that is not finished.
const BEFORE: &str = ".";
const AFTER: &str = ".part";
