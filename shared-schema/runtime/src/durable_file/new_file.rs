//! A file on its way to its final name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use nightsafe_schema::time::Hour;

use super::{DurableError, Step, parent, rename_new};

/// An unfinished file: written under a `.part` name beside its final one, deleted when dropped without a commit.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    part: PathBuf,
    path: PathBuf,
    committed: bool,
}

impl NewFile {
    /// Starts the file that will be called `path`, readable and writable by its owner alone.
    pub fn create(path: &Path) -> Result<Self, DurableError> {
        let part = part_name(path)?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part)
            .map_err(DurableError::step(Step::Create, &part))?;
        Ok(Self { file, part, path: path.to_owned(), committed: false })
    }

    /// Takes over a file that was written elsewhere on the same file system, under a name that ends in `.part`.
    pub fn adopt(file: File, part: &Path, path: &Path) -> Self {
        Self { file, part: part.to_owned(), path: path.to_owned(), committed: false }
    }

    /// Lets the file's group read it too, for a program of another user that takes the file over.
    pub fn share_with_group(&self) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        self.file.set_permissions(fs::Permissions::from_mode(0o640))
    }

    /// Cuts the file's times to the hour; call it after the last write.
    pub fn truncate_times(&self, hour: Hour) -> io::Result<()> {
        super::truncate_times(&self.file, hour)
    }

    /// Flushes the bytes and gives the file its name, unless that is taken. The name is durable once the folder has
    /// been flushed with [`super::sync_folder`], which several files may share.
    pub fn commit_new(self) -> Result<(), DurableError> {
        self.flush_to_disk()?;
        self.name_new()
    }

    /// Flushes the bytes and gives the file its name, replacing what had it.
    pub fn commit_over(mut self) -> Result<(), DurableError> {
        self.flush_to_disk()?;
        fs::rename(&self.part, &self.path).map_err(DurableError::step(Step::Rename, &self.path))?;
        self.committed = true;
        Ok(())
    }

    pub(super) fn name_new(mut self) -> Result<(), DurableError> {
        rename_new(&self.part, &self.path)?;
        self.committed = true;
        Ok(())
    }

    pub(super) fn flush_to_disk(&self) -> Result<(), DurableError> {
        self.file.sync_all().map_err(DurableError::step(Step::Flush, &self.part))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.committed {
            // What stays behind ends in `.part` and is swept at the next start.
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// `.<name>.<process>-<count>.part` in the same folder: never taken by another writer, always recognised by the sweep.
fn part_name(path: &Path) -> Result<PathBuf, DurableError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or_else(|| DurableError::NoName { path: path.to_owned() })?;
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let part = format!(".{}.{}-{count}.part", name.to_string_lossy(), std::process::id());
    Ok(parent(path)?.join(part))
}
