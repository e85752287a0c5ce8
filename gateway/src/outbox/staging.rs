//! The staging folder: attachments while they are being sealed, and until their report comes (DESIGN section 3).
//!
//! What lies here is sealed from its first byte. A file is deleted when whoever holds it is dropped; its name ends in
//! `.part`, so that the sweep at the next start finds what a crash left. One that [waits](StagedFile::wait) for a form
//! to be sent has a name of its own, belongs to nobody, and stays until it is claimed or too old.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nightsafe_runtime::durable_file::{self, DurableError, Step};
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::item::ItemId;
use nightsafe_schema::time::Hour;

use crate::limits;

/// Where attachments are sealed into.
#[derive(Debug, Clone)]
pub(crate) struct Staging {
    folder: PathBuf,
}

/// An item's file while it is written.
#[derive(Debug)]
pub(crate) struct StagingFile {
    file: File,
    part: Part,
}

/// An item's file whose bytes are on the disk; it still has no name that anybody inside looks for.
#[derive(Debug)]
pub(crate) struct StagedFile {
    part: Part,
}

/// Sets the disk to work on what has been written, while writing goes on, so that [`StagingFile::close`] has little left to
/// wait for.
#[derive(Debug)]
pub(crate) struct Writeback {
    file: File,
    /// Bytes that it has been asked for already.
    asked: u64,
}

/// Why a gateway cannot use its two folders together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StagingError {
    #[error(
        "folders.staging and folders.outbox must be on one file system: a file cannot be moved from {staging} to {outbox}"
    )]
    OtherFileSystem { staging: PathBuf, outbox: PathBuf },
    #[error("folders.staging cannot be used")]
    Probe(#[source] DurableError),
}

impl HasExitCode for StagingError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::OtherFileSystem { .. } => ExitCode::Usage,
            Self::Probe(error) => error.exit_code(),
        }
    }
}

impl Staging {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Tries the one thing that needs both folders on one file system: a rename. Mount points lie to anything less.
    pub(crate) fn check_moves_to(&self, items: &Path) -> Result<(), StagingError> {
        let (here, there) = (self.folder.join(PROBE), items.join(PROBE));
        let made = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&here);
        made.map_err(step(Step::Create, &here)).map_err(StagingError::Probe)?;
        let moved = fs::rename(&here, &there);
        let _ = fs::remove_file(if moved.is_ok() { &there } else { &here });
        moved.map_err(|error| match error.kind() {
            io::ErrorKind::CrossesDevices => {
                StagingError::OtherFileSystem { staging: self.folder.clone(), outbox: items.to_owned() }
            }
            _ => StagingError::Probe(step(Step::Rename, &there)(error)),
        })
    }

    /// Cuts the folder's times to the hour, so that it does not tell in which minute the last upload came.
    pub(crate) fn hide_minutes(&self, hour: Hour) {
        // Best effort: a time that stays costs privacy of a minute, not a report.
        let _ = File::open(&self.folder).and_then(|folder| durable_file::truncate_times(&folder, hour));
    }

    /// Begins an item's file, readable by its owner alone.
    pub(crate) fn begin(&self, item: ItemId) -> Result<StagingFile, DurableError> {
        let path = self.folder.join(format!(".{}.part", item.file_name()));
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = made.map_err(step(Step::Create, &path))?;
        Ok(StagingFile { file, part: Part { path, fate: Fate::Deleted } })
    }

    /// The file of an item that waits; `None` if it does not, or no longer.
    pub(crate) fn claim(&self, item: ItemId) -> Option<StagedFile> {
        let path = self.waiting(item);
        path.is_file().then_some(StagedFile { part: Part { path, fate: Fate::Left } })
    }

    /// Deletes the file of an item that waits: its reporter took it back.
    pub(crate) fn discard(&self, item: ItemId) -> Result<(), DurableError> {
        let path = self.waiting(item);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(step(Step::Remove, &path)(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn waiting(&self, item: ItemId) -> PathBuf {
        self.folder.join(item.file_name())
    }
}

impl StagingFile {
    pub(crate) fn writeback(&self) -> Result<Writeback, DurableError> {
        let file = self.file.try_clone().map_err(step(Step::Create, &self.part.path))?;
        Ok(Writeback { file, asked: 0 })
    }

    /// Flushes the bytes to the disk. Blocks until they are there.
    pub(crate) fn close(self, hour: Hour) -> Result<StagedFile, DurableError> {
        let Self { file, part } = self;
        let ready = durable_file::truncate_times(&file, hour)
            .and_then(|()| file.set_permissions(fs::Permissions::from_mode(0o640)));
        ready.map_err(step(Step::Write, &part.path))?;
        file.sync_all().map_err(step(Step::Flush, &part.path))?;
        Ok(StagedFile { part })
    }
}

impl Write for StagingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl StagedFile {
    /// Leaves the file in the folder until its report claims it, or nobody does for too long.
    pub(crate) fn wait(mut self, staging: &Staging, item: ItemId) -> Result<(), DurableError> {
        durable_file::rename_new(&self.part.path, &staging.waiting(item))?;
        self.part.fate = Fate::Left;
        Ok(())
    }

    /// Gives the file its final name, unless that is taken. The caller flushes the folder.
    pub(super) fn move_to(self, path: &Path) -> Result<(), DurableError> {
        durable_file::rename_new(&self.part.path, path)
        // The part is dropped and finds nothing to delete: item ids are random and never used again.
    }
}

impl Writeback {
    /// Begins to write to the disk what the file has, once another [`limits::WRITE_BACK`] bytes have come up to `length`.
    ///
    /// Linux begins it when told that the pages are not needed soon, and keeps those that are dirty. It waits for nothing
    /// and reports nothing: what fails is reported when the file is closed.
    pub(crate) fn begin(&mut self, length: u64) {
        if length.saturating_sub(self.asked) >= limits::WRITE_BACK {
            let _ = rustix::fs::fadvise(&self.file, self.asked, None, rustix::fs::Advice::DontNeed);
            self.asked = length;
        }
    }
}

/// A file, and what becomes of it with its owner.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It goes away with its owner.
    Deleted,
    /// It waits for another try, or for the sweep.
    Left,
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.fate == Fate::Deleted {
            // Gone already if it was moved; what cannot be deleted is swept at the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn step(step: Step, path: &Path) -> impl FnOnce(io::Error) -> DurableError {
    let path = path.to_owned();
    move |source| DurableError::Step { step, path, source }
}

const PROBE: &str = ".probe.part";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn item() -> ItemId {
        ItemId::from_bytes([7; 16])
    }

    fn hour() -> Hour {
        "2026-11-22T05:00:00Z".parse().unwrap()
    }

    fn count(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_file_goes_away_with_whoever_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let staging = Staging::new(folder.path());
        let mut file = staging.begin(item()).unwrap();
        file.write_all(b"sealed").unwrap();
        assert_eq!(count(folder.path()), 1);
        drop(file);
        assert_eq!(count(folder.path()), 0);

        let staged = staging.begin(item()).unwrap().close(hour()).unwrap();
        assert_eq!(count(folder.path()), 1);
        drop(staged);
        assert_eq!(count(folder.path()), 0);
    }

    #[test]
    fn a_moved_file_has_its_name_its_hour_and_its_readers() {
        let folder = tempfile::tempdir().unwrap();
        let (staging, items) = (folder.path().join("staging"), folder.path().join("items"));
        fs::create_dir(&staging).unwrap();
        fs::create_dir(&items).unwrap();
        let path = items.join(item().file_name());
        let mut file = Staging::new(&staging).begin(item()).unwrap();
        let mut writeback = file.writeback().unwrap();
        file.write_all(b"sealed").unwrap();
        writeback.begin(limits::WRITE_BACK);
        file.close(hour()).unwrap().move_to(&path).unwrap();
        let facts = fs::metadata(&path).unwrap();
        assert_eq!((facts.mtime(), facts.mode() & 0o777), (hour().as_timestamp().as_second(), 0o640));
        assert_eq!((count(&staging), fs::read(&path).unwrap().as_slice()), (0, b"sealed".as_slice()));
        Staging::new(&staging).hide_minutes(hour());
        assert_eq!(fs::metadata(&staging).unwrap().mtime(), hour().as_timestamp().as_second());

        let second = Staging::new(&staging).begin(item()).unwrap().close(hour()).unwrap();
        assert!(matches!(second.move_to(&path), Err(DurableError::Exists { .. })), "never replaced");
        assert_eq!((count(&staging), fs::read(&path).unwrap().as_slice()), (0, b"sealed".as_slice()));
    }

    #[test]
    fn a_waiting_file_stays_until_it_is_claimed_or_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let staging = Staging::new(folder.path());
        staging.begin(item()).unwrap().close(hour()).unwrap().wait(&staging, item()).unwrap();
        assert!(staging.claim(item()).is_some());
        // A claim that comes to nothing leaves it for the next.
        drop(staging.claim(item()).unwrap());
        assert!(staging.claim(item()).is_some());
        staging.claim(item()).unwrap().move_to(&folder.path().join("elsewhere")).unwrap();
        assert!(staging.claim(item()).is_none());
        staging.discard(item()).unwrap();
        staging.begin(item()).unwrap().close(hour()).unwrap().wait(&staging, item()).unwrap();
        staging.discard(item()).unwrap();
        assert!(staging.claim(item()).is_none());
    }

    #[test]
    fn folders_on_two_file_systems_are_told_at_start() {
        let (here, memory) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
        let device = |path: &Path| fs::metadata(path).unwrap().dev();
        let two = device(here.path()) != device(memory.path());
        let checked = Staging::new(here.path()).check_moves_to(memory.path());
        assert_eq!(matches!(checked, Err(StagingError::OtherFileSystem { .. })), two, "{checked:?}");
        assert!(Staging::new(here.path()).check_moves_to(here.path()).is_ok());
        assert_eq!((count(here.path()), count(memory.path())), (0, 0));
    }
}
