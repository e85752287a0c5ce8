//! How far an index has come in the ledger, and by which rules it was made.

use nightsafe_schema::digest::Digest;
use serde::{Deserialize, Serialize};

/// The last event that is in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Its sequence number; 0 if there is none yet.
    pub seq: u64,
    /// Its digest in the ledger's chain.
    pub digest: Digest,
}

impl Position {
    /// Before the first event.
    pub const START: Self = Self { seq: 0, digest: Digest::ZERO };
}

/// What each half of the index says of itself, kept in the same transaction as its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Standing {
    /// [`FORMAT`] of the program that made it.
    pub(crate) format: u32,
    /// Digest over what visibility was computed from besides the ledger: units and divisions.
    pub(crate) rules: Digest,
    /// How far it has come.
    pub(crate) position: Position,
}

/// Counts up with every change of a tree, a field, a tokenizer or its dictionary: an index of another number is rebuilt.
pub(crate) const FORMAT: u32 = 10;
