//! The quarantine: what was refused, with the reason, until a person has looked at it.
//!
//! ```text
//! quarantine/open/<id>/{reason.json, entry.json, item.age}
//! quarantine/settled/<id>/{…, settlement.json}
//! ```
//!
//! The id follows from what was refused, so that the same material found again makes no second record, and none at all
//! once it is settled.

pub(crate) mod record;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nightsafe_runtime::durable_file::{self, DurableError, NewFile, Step};
use nightsafe_runtime::exit::exit_code_of_io;
use nightsafe_runtime::{ExitCode, HasExitCode, bounded_file, failpoint};
use nightsafe_schema::journal::VerifiedEntry;

use crate::failpoints;
use crate::regular_file::{self, Contents, CopyError};
use record::{Finding, QuarantineId, Record, Settlement};

/// The quarantine folder and the records in it that are open.
#[derive(Debug)]
pub(crate) struct Quarantine {
    folder: PathBuf,
    open: BTreeMap<QuarantineId, Record>,
}

/// Why the quarantine cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QuarantineError {
    /// A step in its folder failed.
    #[error("cannot use the quarantine")]
    Folder(#[source] DurableError),
    /// It cannot be listed or written.
    #[error("cannot use {path}")]
    Use {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A record cannot be spelled.
    #[error("the record cannot be written as JSON")]
    Spell(#[source] serde_json::Error),
    /// There is no open record of this id.
    #[error("the quarantine has no open record {id}")]
    Unknown {
        /// The id that was asked for.
        id: String,
    },
}

impl HasExitCode for QuarantineError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Folder(source) => source.exit_code(),
            Self::Use { source, .. } => exit_code_of_io(source),
            Self::Spell(_) => ExitCode::Unexpected,
            Self::Unknown { .. } => ExitCode::Usage,
        }
    }
}

impl Quarantine {
    /// Opens the quarantine, makes its folders and sweeps what a crash left.
    pub(crate) fn open(folder: &Path) -> Result<Self, QuarantineError> {
        for part in [OPEN, SETTLED] {
            let part = folder.join(part);
            durable_file::create_folder(&part).map_err(QuarantineError::Folder)?;
            durable_file::sweep(&part).map_err(QuarantineError::Folder)?;
        }
        Self::look(folder)
    }

    /// Reads the records beside whoever works on them.
    pub(crate) fn look(folder: &Path) -> Result<Self, QuarantineError> {
        let mut open = BTreeMap::new();
        let path = folder.join(OPEN);
        let listing = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { folder: folder.to_owned(), open });
            }
            listing => listing.map_err(|source| QuarantineError::Use { path: path.clone(), source })?,
        };
        for entry in listing {
            let entry = entry.map_err(|source| QuarantineError::Use { path: path.clone(), source })?;
            let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<QuarantineId>().ok()) else {
                continue;
            };
            let record = bounded_file::read(&entry.path().join(REASON), LONGEST_RECORD).ok();
            if let Some(record) = record.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
                open.insert(id, record);
            }
        }
        Ok(Self { folder: folder.to_owned(), open })
    }

    /// The open records.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.open.values()
    }

    /// The worst of the open records.
    pub(crate) fn exit_code(&self) -> ExitCode {
        self.records().map(|record| record.finding.why.exit_code()).collect()
    }

    /// Keeps a finding, with the line and the item it is about. `None` if the very same is on record already: then it
    /// is open still, or a person has settled it.
    pub(crate) fn keep(
        &mut self,
        finding: Finding,
        line: Option<&[u8]>,
        item: Option<&Path>,
        now: Timestamp,
        room: u64,
    ) -> Result<Option<Record>, QuarantineError> {
        let part = self.folder.join(OPEN).join(UNFINISHED);
        if part.exists() {
            fs::remove_dir_all(&part).map_err(|source| QuarantineError::Use { path: part.clone(), source })?;
        }
        fs::create_dir(&part).map_err(|source| QuarantineError::Use { path: part.clone(), source })?;
        let found = match item {
            Some(item) => copy_item(item, &part.join(ITEM), room)?,
            None => None,
        };
        let record = Record::new(finding, line, found, now);
        if self.path_of(OPEN, &record.id).exists() || self.path_of(SETTLED, &record.id).exists() {
            fs::remove_dir_all(&part).map_err(|source| QuarantineError::Use { path: part.clone(), source })?;
            return Ok(None);
        }
        if let Some(line) = line {
            durable_file::write_new(&part.join(ENTRY), line).map_err(QuarantineError::Folder)?;
        }
        let text = serde_json::to_vec_pretty(&record).map_err(QuarantineError::Spell)?;
        durable_file::write_new(&part.join(REASON), &text).map_err(QuarantineError::Folder)?;
        self.move_into(&part, OPEN, &record.id)?;
        failpoint::hit(failpoints::IMPORT_QUARANTINE_WRITTEN);
        self.open.insert(record.id.clone(), record.clone());
        Ok(Some(record))
    }

    /// Settles every open record that a handed-over entry answers: its bytes have come after all, or a newer key ring
    /// knows who signed it. Returns how many there were.
    pub(crate) fn heal(&mut self, entry: &VerifiedEntry, now: Timestamp) -> Result<u64, QuarantineError> {
        let healed: Vec<_> =
            self.open.iter().filter(|(_, record)| record.is_answered_by(entry)).map(|(id, _)| id.clone()).collect();
        let count = healed.len() as u64;
        for id in healed {
            self.settle(&id, &Settlement::healed(now))?;
        }
        Ok(count)
    }

    /// Records a person's decision about an open record and puts it aside.
    pub(crate) fn release(&mut self, id: &str, reason: &str, now: Timestamp) -> Result<Record, QuarantineError> {
        let unknown = || QuarantineError::Unknown { id: id.to_owned() };
        let id: QuarantineId = id.parse().map_err(|_| unknown())?;
        let record = self.open.get(&id).cloned().ok_or_else(unknown)?;
        self.settle(&id, &Settlement::released(reason, now))?;
        Ok(record)
    }

    /// An open record and the folder that holds its material.
    pub(crate) fn find(&self, id: &str) -> Result<(&Record, PathBuf), QuarantineError> {
        let unknown = || QuarantineError::Unknown { id: id.to_owned() };
        let id: QuarantineId = id.parse().map_err(|_| unknown())?;
        let record = self.open.get(&id).ok_or_else(unknown)?;
        Ok((record, self.path_of(OPEN, &id)))
    }

    fn settle(&mut self, id: &QuarantineId, settlement: &Settlement) -> Result<(), QuarantineError> {
        let folder = self.path_of(OPEN, id);
        let text = serde_json::to_vec_pretty(settlement).map_err(QuarantineError::Spell)?;
        durable_file::replace(&folder.join(SETTLEMENT), &text).map_err(QuarantineError::Folder)?;
        self.move_into(&folder, SETTLED, id)?;
        durable_file::sync_folder(&self.folder.join(OPEN)).map_err(QuarantineError::Folder)?;
        self.open.remove(id);
        Ok(())
    }

    fn move_into(&self, from: &Path, part: &str, id: &QuarantineId) -> Result<(), QuarantineError> {
        durable_file::sync_folder(from).map_err(QuarantineError::Folder)?;
        durable_file::rename_new(from, &self.path_of(part, id)).map_err(QuarantineError::Folder)?;
        durable_file::sync_folder(&self.folder.join(part)).map_err(QuarantineError::Folder)
    }

    fn path_of(&self, part: &str, id: &QuarantineId) -> PathBuf {
        self.folder.join(part).join(id.as_str())
    }
}

/// Copies refused bytes as far as there is room; `None` if the medium does not give them.
fn copy_item(item: &Path, target: &Path, room: u64) -> Result<Option<Contents>, QuarantineError> {
    let Ok(mut from) = regular_file::open(item) else { return Ok(None) };
    let mut to = NewFile::create(target).map_err(QuarantineError::Folder)?;
    let contents = match regular_file::copy(&mut from, &mut to, room) {
        Ok(contents) => contents,
        Err(CopyError::Read(_)) => return Ok(None),
        Err(CopyError::Write(source)) => {
            return Err(QuarantineError::Folder(DurableError::Step {
                step: Step::Write,
                path: target.to_owned(),
                source,
            }));
        }
    };
    to.commit_new().map_err(QuarantineError::Folder)?;
    Ok(Some(contents))
}

/// The folder of open records.
pub(crate) const OPEN: &str = "open";
/// The folder of settled records.
pub(crate) const SETTLED: &str = "settled";
const UNFINISHED: &str = ".record.part";
const REASON: &str = "reason.json";
const ENTRY: &str = "entry.json";
const ITEM: &str = "item.age";
const SETTLEMENT: &str = "settlement.json";
/// A record is some hundred bytes.
const LONGEST_RECORD: u64 = 64 * 1024;
