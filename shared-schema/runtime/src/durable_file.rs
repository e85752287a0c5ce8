//! Files that are either absent or whole, and stay after a power cut.
//!
//! A new file is written under a name that ends in `.part`, flushed to the disk, renamed without replacing anything,
//! and the folder is flushed: only then does it exist (promise 5). What a crash leaves behind still ends in `.part` and
//! is swept at start. Nothing here appends; see [`crate::line_file`] for that.

mod flush_group;
mod new_file;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use nightsafe_schema::time::Hour;
use rustix::fs::{CWD, RenameFlags};

use crate::exit::{ExitCode, HasExitCode, exit_code_of_io};

pub use flush_group::{FlushGroup, FlushedFile};
pub use new_file::NewFile;

/// A step towards a durable file that failed; nothing is left under the final name because of it.
#[derive(Debug, thiserror::Error)]
pub enum DurableError {
    /// There already is a file of this name.
    #[error("{path} already exists")]
    Exists {
        /// The final name.
        path: PathBuf,
    },
    /// The path has no name or no folder to put the file in.
    #[error("{path} names no file in a folder")]
    NoName {
        /// The path.
        path: PathBuf,
    },
    /// The operating system refused a step.
    #[error("cannot {step} {path}")]
    Step {
        /// What was being done.
        step: Step,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

/// The steps that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Making a file or folder.
    Create,
    /// Writing bytes.
    Write,
    /// Flushing to the disk.
    Flush,
    /// Giving the final name.
    Rename,
    /// Deleting.
    Remove,
    /// Listing a folder.
    List,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Write => "write",
            Self::Flush => "flush",
            Self::Rename => "rename",
            Self::Remove => "remove",
            Self::List => "list",
        })
    }
}

impl DurableError {
    pub(crate) fn step(step: Step, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Step { step, path, source }
    }
}

impl HasExitCode for DurableError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Exists { .. } | Self::NoName { .. } => ExitCode::Unexpected,
            Self::Step { source, .. } => exit_code_of_io(source),
        }
    }
}

/// Writes a file that must not exist yet; once this returns, it survives a power cut.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), DurableError> {
    let mut file = NewFile::create(path)?;
    file.write_all(bytes).map_err(DurableError::step(Step::Write, path))?;
    file.commit_new()?;
    sync_folder(parent(path)?)
}

/// Writes a file in place of the one of this name, if any; a reader sees the old bytes or the new ones.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), DurableError> {
    let mut file = NewFile::create(path)?;
    file.write_all(bytes).map_err(DurableError::step(Step::Write, path))?;
    file.commit_over()?;
    sync_folder(parent(path)?)
}

/// Makes a folder and those above it where they are missing, durably.
pub fn create_folder(path: &Path) -> Result<(), DurableError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        create_folder(above)?;
    }
    match fs::create_dir(path) {
        Ok(()) => sync_folder(parent(path)?),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(DurableError::step(Step::Create, path)(error)),
    }
}

/// Gives a file or folder its final name, unless that name is taken. The caller flushes the folder.
pub fn rename_new(from: &Path, to: &Path) -> Result<(), DurableError> {
    use rustix::io::Errno;
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(Errno::EXIST) => Err(DurableError::Exists { path: to.to_owned() }),
        // Some file systems of removable media cannot promise this themselves; the folder's lock makes up for it.
        Err(Errno::INVAL | Errno::NOSYS) if fs::symlink_metadata(to).is_ok() => {
            Err(DurableError::Exists { path: to.to_owned() })
        }
        Err(Errno::INVAL | Errno::NOSYS) => fs::rename(from, to).map_err(DurableError::step(Step::Rename, to)),
        Err(error) => Err(DurableError::step(Step::Rename, to)(error.into())),
    }
}

/// Flushes the names in a folder to the disk.
pub fn sync_folder(folder: &Path) -> Result<(), DurableError> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(DurableError::step(Step::Flush, folder))
}

/// Removes a file durably; one that is already gone is fine.
pub fn remove(path: &Path) -> Result<(), DurableError> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder(parent(path)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(DurableError::step(Step::Remove, path)(error)),
    }
}

/// Cuts a file's times to the hour, so that a seized folder tells no minute (DESIGN section 3).
pub fn truncate_times(file: &File, hour: Hour) -> io::Result<()> {
    let time = std::time::SystemTime::from(hour.as_timestamp());
    file.set_times(fs::FileTimes::new().set_accessed(time).set_modified(time))
}

/// Deletes what a crash left behind: every file and folder directly in `folder` whose name ends in `.part`.
/// Returns how many there were. The caller holds the folder's lock, so nobody is still writing them.
pub fn sweep(folder: &Path) -> Result<usize, DurableError> {
    let listing = fs::read_dir(folder).map_err(DurableError::step(Step::List, folder))?;
    let mut swept = 0;
    for entry in listing {
        let entry = entry.map_err(DurableError::step(Step::List, folder))?;
        if !is_leftover(&entry.path()) {
            continue;
        }
        let path = entry.path();
        let kind = entry.file_type().map_err(DurableError::step(Step::List, &path))?;
        let removal = if kind.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removal.map_err(DurableError::step(Step::Remove, &path))?;
        swept += 1;
    }
    if swept > 0 {
        sync_folder(folder)?;
    }
    Ok(swept)
}

/// Whether a name belongs to something unfinished.
pub fn is_leftover(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "part")
}

pub(crate) fn parent(path: &Path) -> Result<&Path, DurableError> {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Ok(Path::new(".")),
        Some(folder) => Ok(folder),
        None => Err(DurableError::NoName { path: path.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_is_whole_and_never_replaces_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("item.age");
        write_new(&path, b"one").unwrap();
        assert!(matches!(write_new(&path, b"two"), Err(DurableError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(names(folder.path()), ["item.age"]);
    }

    #[test]
    fn replacing_leaves_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head.json");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["head.json"]);
    }

    #[test]
    fn an_abandoned_file_never_gets_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = NewFile::create(&folder.path().join("item.age")).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn files_flushed_together_have_no_name_until_each_is_committed() {
        for count in [1, 9] {
            let folder = tempfile::tempdir().unwrap();
            let group = FlushGroup::open(folder.path()).unwrap();
            let file = |number: usize| {
                let mut file = NewFile::create(&folder.path().join(format!("item-{number}"))).unwrap();
                file.write_all(b"one").unwrap();
                file
            };
            let mut flushed = group.flush((0..count).map(file).collect()).unwrap();
            assert!(names(folder.path()).iter().all(|name| is_leftover(Path::new(name))));
            flushed.pop().unwrap().commit_new().unwrap();
            group.flush_names().unwrap();
            drop(flushed);
            assert_eq!(names(folder.path()), [format!("item-{}", count - 1)]);
        }
    }

    #[test]
    fn leftovers_are_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".item.age.1-1.part"), "half").unwrap();
        fs::create_dir(folder.path().join(".volume-000001.part")).unwrap();
        fs::write(folder.path().join(".volume-000001.part/entries.jsonl"), "half").unwrap();
        fs::write(folder.path().join("item.age"), "whole").unwrap();
        assert_eq!(sweep(folder.path()).unwrap(), 2);
        assert_eq!(names(folder.path()), ["item.age"]);
        assert_eq!(sweep(folder.path()).unwrap(), 0);
    }

    #[test]
    fn times_are_cut_to_the_hour() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("item.age");
        let hour: Hour = "2026-11-22T05:00:00Z".parse().unwrap();
        let mut file = NewFile::create(&path).unwrap();
        file.write_all(b"one").unwrap();
        file.truncate_times(hour).unwrap();
        file.commit_new().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mtime(), hour.as_timestamp().as_second());
    }

    #[test]
    fn folders_are_made_as_deep_as_needed() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("outbox/items");
        create_folder(&deep).unwrap();
        create_folder(&deep).unwrap();
        assert!(deep.is_dir());
    }
}
