//! A folder of small text files, such as a catalog, read whole into memory.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::bounded_file::{self, ReadError};
use crate::exit::{ExitCode, HasExitCode, exit_code_of_io};

/// Why a folder of texts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TextFolderError {
    /// The folder cannot be listed.
    #[error("cannot list {folder}")]
    List {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// One of the files cannot be read.
    #[error("cannot use {folder}")]
    File {
        /// The folder.
        folder: PathBuf,
        /// Which file, and why.
        #[source]
        source: ReadError,
    },
    /// There are more files than any such folder has.
    #[error("{folder} holds more than {MOST_FILES} files")]
    TooMany {
        /// The folder.
        folder: PathBuf,
    },
}

impl HasExitCode for TextFolderError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::List { source, .. } => exit_code_of_io(source),
            Self::File { source, .. } => source.exit_code(),
            Self::TooMany { .. } => ExitCode::Usage,
        }
    }
}

/// The files directly in `folder` whose names end in `.<extension>`, by name. Hidden files are left out.
pub fn read(folder: &Path, extension: &str) -> Result<BTreeMap<String, String>, TextFolderError> {
    let refused = |source| TextFolderError::List { folder: folder.to_owned(), source };
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.starts_with('.') || path.extension().is_none_or(|found| found != extension) {
            continue;
        }
        if texts.len() >= MOST_FILES {
            return Err(TextFolderError::TooMany { folder: folder.to_owned() });
        }
        let text = bounded_file::read_text(&path, LONGEST_FILE)
            .map_err(|source| TextFolderError::File { folder: folder.to_owned(), source })?;
        texts.insert(name.to_owned(), text);
    }
    Ok(texts)
}

/// A catalog has about ten files.
const MOST_FILES: usize = 256;
/// The largest list of a catalog is some hundred KiB.
const LONGEST_FILE: u64 = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_texts_of_one_kind_are_read() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("flows.toml", "a"), ("lists.toml", "b"), (".swp.toml", "c"), ("notes.txt", "d")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let texts = read(folder.path(), "toml").unwrap();
        let texts: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(texts, [("flows.toml", "a"), ("lists.toml", "b")]);
    }
}
