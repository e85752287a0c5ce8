//! What can be wrong with a catalog itself, in words for the operator who edits it.

use std::fmt;

/// Why a catalog cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A file of the catalog is missing.
    #[error("the catalog has no file {file}")]
    MissingFile {
        /// Its name.
        file: &'static str,
    },
    /// A file that is no part of a catalog: probably a misspelt name.
    #[error("the catalog has a file {file}, which is none of its files")]
    StrangeFile {
        /// Its name.
        file: String,
    },
    /// A file is not TOML, or lacks an entry's label or another key.
    #[error("{file} cannot be read")]
    Malformed {
        /// Its name.
        file: &'static str,
        /// Line, column and what is wrong.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Entries contradict each other; all of them are listed.
    #[error("the catalog contradicts itself:{}", Lines(.faults))]
    Contradiction {
        /// Every fault found.
        faults: Vec<Fault>,
    },
}

/// One fault of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file it stands in.
    pub file: &'static str,
    /// The entry.
    pub entry: String,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file, self.entry, self.what)
    }
}

struct Lines<'a>(&'a [Fault]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}
