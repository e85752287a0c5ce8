//! The folder that tantivy writes to and reads from: ordinary reads, and every byte under a keyed tag.
//!
//! It never maps a file into memory: a file that is cut short while it is open is an error here and not a signal. What
//! does not match its tag is never handed to tantivy, whose decoders trust what they read; it is reported as
//! [`FolderDamage`] instead, also when a merge in the background met it.

mod blocks;
mod locks;
mod small_file;

use std::{
    fmt, fs,
    io::{self, BufWriter},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, WatchCallback, WatchHandle, WritePtr,
    error::{DeleteError, LockError, OpenReadError, OpenWriteError},
};

use self::{
    blocks::{BlockCache, BlockFile, BlockWriter},
    locks::Locks,
};
use crate::key::Tagger;

/// A folder of tagged files. Cloning it gives the same folder.
#[derive(Clone)]
pub(crate) struct CheckedFolder {
    inner: Arc<Inner>,
}

/// The first thing found wrong with a file, if any was.
#[derive(Clone, Default)]
pub(crate) struct FolderDamage {
    first: Arc<OnceLock<String>>,
}

struct Inner {
    path: PathBuf,
    tagger: Tagger,
    damage: FolderDamage,
    cache: BlockCache,
    locks: Locks,
}

impl CheckedFolder {
    /// The folder at `path`, which must exist. Files left half written by an earlier run are swept.
    pub(crate) fn open(path: &Path, tagger: Tagger) -> io::Result<Self> {
        for entry in fs::read_dir(path)? {
            let left_over = entry?.path();
            if left_over.extension().is_some_and(|extension| extension == PART) {
                fs::remove_file(left_over)?;
            }
        }
        Ok(Self {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                tagger,
                damage: FolderDamage::default(),
                cache: BlockCache::default(),
                locks: Locks::default(),
            }),
        })
    }

    /// What was found wrong so far, by whichever thread.
    pub(crate) fn damage(&self) -> &FolderDamage {
        &self.inner.damage
    }

    /// Reads these files whole and compares every tag.
    pub(crate) fn scan(&self, files: impl IntoIterator<Item = PathBuf>) -> io::Result<()> {
        for name in files {
            BlockFile::open(self, &name)?.scan()?;
        }
        Ok(())
    }

    fn at(&self, name: &Path) -> PathBuf {
        self.inner.path.join(name)
    }

    fn part(&self, name: &Path) -> PathBuf {
        let mut part = self.at(name).into_os_string();
        part.push(".");
        part.push(PART);
        part.into()
    }
}

impl FolderDamage {
    pub(crate) fn found(&self) -> Option<&str> {
        self.first.get().map(String::as_str)
    }

    /// Remembers what is wrong and gives the error that tantivy passes on.
    fn report(&self, name: &Path, what: &str) -> io::Error {
        let text = format!("{}: {what}", name.display());
        let error = io::Error::new(io::ErrorKind::InvalidData, text.clone());
        // Only the first is kept: the others follow from it.
        drop(self.first.set(text));
        error
    }
}

impl fmt::Debug for CheckedFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckedFolder({})", self.inner.path.display())
    }
}

impl Directory for CheckedFolder {
    fn get_file_handle(&self, name: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        match BlockFile::open(self, name) {
            Ok(file) => Ok(Arc::new(file)),
            Err(error) => Err(not_read(error, name)),
        }
    }

    fn delete(&self, name: &Path) -> Result<(), DeleteError> {
        fs::remove_file(self.at(name)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DeleteError::FileDoesNotExist(name.to_owned()),
            _ => DeleteError::IoError { io_error: Arc::new(error), filepath: name.to_owned() },
        })
    }

    fn exists(&self, name: &Path) -> Result<bool, OpenReadError> {
        self.at(name).try_exists().map_err(|error| not_read(error, name))
    }

    fn open_write(&self, name: &Path) -> Result<WritePtr, OpenWriteError> {
        match BlockWriter::create(self, name) {
            Ok(writer) => Ok(BufWriter::new(Box::new(writer))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(OpenWriteError::FileAlreadyExists(name.to_owned()))
            }
            Err(error) => Err(OpenWriteError::wrap_io_error(error, name.to_owned())),
        }
    }

    fn atomic_read(&self, name: &Path) -> Result<Vec<u8>, OpenReadError> {
        small_file::read(self, name).map_err(|error| not_read(error, name))
    }

    fn atomic_write(&self, name: &Path, content: &[u8]) -> io::Result<()> {
        small_file::replace(self, name, content)
    }

    fn sync_directory(&self) -> io::Result<()> {
        fs::File::open(&self.inner.path)?.sync_all()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        // Another process is kept out by the lock of the projections beside this folder.
        self.inner.locks.acquire(&lock.filepath, lock.is_blocking)
    }

    fn watch(&self, _on_commit: WatchCallback) -> tantivy::Result<WatchHandle> {
        // The one writer reloads its own reader.
        Ok(WatchHandle::empty())
    }
}

fn not_read(error: io::Error, name: &Path) -> OpenReadError {
    match error.kind() {
        io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(name.to_owned()),
        _ => OpenReadError::wrap_io_error(error, name.to_owned()),
    }
}

/// The extension of a file that is still being written.
const PART: &str = "part";
