//! What can go wrong with a key table.

use std::{io, path::PathBuf};

use nightsafe_schema::randomness::NoRandomness;

use crate::key_table::KeySlot;

/// An operation on the key table failed.
#[derive(Debug, thiserror::Error)]
pub enum KeyTableError {
    /// The file cannot be opened or made.
    #[error("the key table {path} cannot be opened")]
    Open {
        /// The table's file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The file is no key table of this format.
    #[error("{path} is no key table")]
    NotATable {
        /// The file.
        path: PathBuf,
    },
    /// Another process, or another part of this one, has it open.
    #[error("the key table {path} is open elsewhere")]
    InUse {
        /// The table's file.
        path: PathBuf,
    },
    /// The store key is not the one that this table was made with.
    #[error("the store key does not fit the key table")]
    WrongStoreKey,
    /// The table has no such slot: it is older than the event that names it.
    #[error("the key table has no slot {}", slot.number())]
    NoSuchSlot {
        /// The slot.
        slot: KeySlot,
    },
    /// The slot's bytes are damaged.
    #[error("slot {} of the key table is damaged", slot.number())]
    Damaged {
        /// The slot.
        slot: KeySlot,
    },
    /// The slot holds a key of another purpose or owner, or one wrapped under something else.
    #[error("slot {} of the key table belongs to something else", slot.number())]
    NotTheirs {
        /// The slot.
        slot: KeySlot,
    },
    /// What the key should be wrapped under is erased.
    #[error("the case key in slot {} is erased", slot.number())]
    CaseErased {
        /// The case key's slot.
        slot: KeySlot,
    },
    /// Every slot number has been used.
    #[error("the key table is full")]
    Full,
    /// No key or nonce could be drawn.
    #[error("no random bytes for a key")]
    Randomness(#[source] NoRandomness),
    /// The disk refused.
    #[error("the key table could not be {operation}")]
    Disk {
        /// `read`, `written` or `synced`.
        operation: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}
