//! The folder `index/`: generations of the whole index, of which the newest is the one in use.
//!
//! ```text
//! index/generation-000007/projections/   sled
//! index/generation-000007/text/          tantivy
//! index/.generation-000008.part/         being built; swept at start
//! ```
//!
//! There is no pointer to the newest one that could be wrong: it is the one with the largest number.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::error::IndexError;

/// The place of all generations.
#[derive(Clone, Debug)]
pub(crate) struct IndexFolder {
    path: PathBuf,
}

/// The number of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Generation(u32);

impl IndexFolder {
    /// The folder, made if missing, without what an earlier run left half built.
    pub(crate) fn open(path: &Path) -> Result<Self, IndexError> {
        let folder = Self { path: path.to_owned() };
        folder.ready().map_err(|source| folder.failed(source))?;
        for name in folder.names()? {
            if name.starts_with('.') && name.ends_with(PART) {
                folder.remove(&name)?;
            }
        }
        Ok(folder)
    }

    /// The newest generation, if there is any.
    pub(crate) fn newest(&self) -> Result<Option<Generation>, IndexError> {
        Ok(self.names()?.iter().filter_map(|name| Generation::of_name(name)).max())
    }

    /// An empty folder in which the generation after all others can be built.
    pub(crate) fn begin(&self) -> Result<(Generation, PathBuf), IndexError> {
        // The folder itself may have been deleted while it was in use.
        self.ready().map_err(|source| self.failed(source))?;
        let next = Generation(self.newest()?.map_or(1, |newest| newest.0.saturating_add(1)));
        self.remove(&next.part())?;
        let path = self.path.join(next.part());
        fs::create_dir(&path).map_err(|source| self.failed(source))?;
        Ok((next, path))
    }

    /// Makes a built generation the newest one. It must be closed.
    pub(crate) fn finish(&self, generation: Generation) -> Result<PathBuf, IndexError> {
        let path = self.at(generation);
        let swapped = fs::rename(self.path.join(generation.part()), &path)
            .and_then(|()| fs::File::open(&self.path))
            .and_then(|folder| folder.sync_all());
        swapped.map_err(|source| self.failed(source))?;
        Ok(path)
    }

    /// Removes every generation but this one.
    pub(crate) fn keep_only(&self, generation: Generation) -> Result<(), IndexError> {
        for name in self.names()? {
            if Generation::of_name(&name).is_some_and(|found| found != generation) {
                self.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Where a generation lies.
    pub(crate) fn at(&self, generation: Generation) -> PathBuf {
        self.path.join(generation.name())
    }

    fn ready(&self) -> io::Result<()> {
        fs::create_dir_all(&self.path)
    }

    fn names(&self) -> Result<Vec<String>, IndexError> {
        let entries = fs::read_dir(&self.path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let names = entries.map_err(|source| self.failed(source))?.into_iter().map(|entry| entry.file_name());
        Ok(names.filter_map(|name| name.into_string().ok()).collect())
    }

    fn remove(&self, name: &str) -> Result<(), IndexError> {
        let path = self.path.join(name);
        let removed = match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(error)),
            _ => Ok(()),
        }
    }

    fn failed(&self, source: io::Error) -> IndexError {
        IndexError::Folder { path: self.path.clone(), source }
    }
}

impl Generation {
    fn name(self) -> String {
        format!("{PREFIX}{:06}", self.0)
    }

    fn part(self) -> String {
        format!(".{}{PART}", self.name())
    }

    fn of_name(name: &str) -> Option<Self> {
        let number = name.strip_prefix(PREFIX)?.parse().ok().map(Self)?;
        (number.name() == name).then_some(number)
    }
}

const PREFIX: &str = "generation-";
const PART: &str = ".part";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_generation_counts_and_the_others_go() {
        let place = tempfile::tempdir().unwrap();
        let folder = IndexFolder::open(&place.path().join("index")).unwrap();
        assert_eq!(folder.newest().unwrap(), None);
        for _ in 0..3 {
            let (generation, _) = folder.begin().unwrap();
            folder.finish(generation).unwrap();
        }
        assert_eq!(folder.newest().unwrap(), Some(Generation(3)));
        folder.keep_only(Generation(3)).unwrap();
        assert_eq!(folder.names().unwrap(), ["generation-000003"]);
    }

    #[test]
    fn what_was_half_built_is_swept_and_foreign_names_are_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let folder = IndexFolder::open(place.path()).unwrap();
        folder.begin().unwrap();
        for name in ["generation-1", "generation-x", "lost+found"] {
            fs::create_dir(place.path().join(name)).unwrap();
        }
        let folder = IndexFolder::open(place.path()).unwrap();
        assert_eq!(folder.newest().unwrap(), None);
        assert_eq!(folder.names().unwrap().len(), 3);
    }
}
