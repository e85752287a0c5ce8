//! Why the index did not answer.

use nightsafe_ledger::ReadError;

use crate::damage::Damage;

/// An operation on the index failed.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// What lies under `index/` cannot be trusted any more: call [`crate::Index::rebuild`].
    #[error("the index is damaged and must be rebuilt")]
    Damaged(#[source] Damage),
    /// The ledger could not be read; nothing is wrong with the index.
    #[error("the ledger could not be read")]
    Ledger(#[source] ReadError),
    /// The events handed in do not follow what the index has.
    #[error("the index is at event {at} and was handed event {found}")]
    Gap {
        /// The last event in the index.
        at: u64,
        /// The event that should have been the next.
        found: u64,
    },
    /// The ledger ends before an event that is in the index.
    #[error("the ledger ends at event {tail}, before event {at} of the index")]
    LedgerBehind {
        /// The last event of the ledger.
        tail: u64,
        /// The last event in the index.
        at: u64,
    },
    /// The folder of the index could not be used.
    #[error("the folder {path} of the index could not be used")]
    Folder {
        /// The folder.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A dump could not be written.
    #[error("the dump could not be written")]
    Dump(#[source] std::io::Error),
}

impl From<Damage> for IndexError {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}
