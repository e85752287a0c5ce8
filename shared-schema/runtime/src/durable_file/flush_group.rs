//! Several new files whose bytes are flushed with one call: a disk takes thousands of small files a second that way, and
//! a few hundred when each is flushed by itself.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{DurableError, NewFile, Step};

/// Flushes new files of one folder together.
#[derive(Debug)]
pub struct FlushGroup {
    folder: File,
    path: PathBuf,
}

/// A file whose bytes are on the disk and that still has no name; deleted when dropped without a commit.
#[derive(Debug)]
pub struct FlushedFile(NewFile);

impl FlushGroup {
    /// Opens the group for files of `folder`. Open it before the first of them is written: the kernel reports a failed
    /// write only to descriptors that were open when it failed (Linux 5.8).
    pub fn open(folder: &Path) -> Result<Self, DurableError> {
        let path = folder.to_owned();
        let folder = File::open(folder).map_err(DurableError::step(Step::Flush, &path))?;
        Ok(Self { folder, path })
    }

    /// Flushes the bytes of all files; none of them has its name yet.
    pub fn flush(&self, files: Vec<NewFile>) -> Result<Vec<FlushedFile>, DurableError> {
        if files.len() < WORTH_A_WHOLE_FLUSH {
            files.iter().try_for_each(NewFile::flush_to_disk)?;
        } else {
            rustix::fs::syncfs(&self.folder)
                .map_err(|error| DurableError::step(Step::Flush, &self.path)(error.into()))?;
        }
        Ok(files.into_iter().map(FlushedFile).collect())
    }

    /// Flushes the names in the folder.
    pub fn flush_names(&self) -> Result<(), DurableError> {
        self.folder.sync_all().map_err(DurableError::step(Step::Flush, &self.path))
    }
}

impl FlushedFile {
    /// Gives the file its name, unless that is taken. The name is durable after [`FlushGroup::flush_names`].
    pub fn commit_new(self) -> Result<(), DurableError> {
        self.0.name_new()
    }
}

/// From this many files on, flushing the whole file system is cheaper than flushing each; below it, bytes that others
/// have written there would cost more.
const WORTH_A_WHOLE_FLUSH: usize = 4;
