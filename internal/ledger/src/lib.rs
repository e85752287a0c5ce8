//! The truth of the inside: the vault of payloads, the table of keys, the ledger of events (DESIGN section 8).
//!
//! ```text
//! Vault      immutable blobs: the payload of every sealed item, without its header
//! KeyTable   one wrapped key a slot; the only file in which something is ever overwritten
//! Ledger     append-only segments, one hash-chained event a line, bodies sealed under keys of the table
//! ```
//!
//! Everything else inside, every index and every page, can be thrown away and made again from these three. They know
//! nothing of reports, roles or rules: a body is a JSON value, a key has a purpose and an owner, a blob has an id.
//! This crate reads no clock, draws no random byte of its own and prints nothing.
//!
//! Formats: docs/spec/ledger.md.

pub mod event;
mod files;
pub mod head;
pub mod json;
pub mod key_table;
pub mod ledger;
mod limits;
pub mod line;
mod sealed_part;
pub mod secret;
#[cfg(test)]
mod testing;
pub mod vault;
pub mod verify;

pub use event::{Body, Draft, Event, EventLog};
pub use head::{HeadSigner, LedgerPublicKey, SignedHead};
pub use json::Json;
pub use key_table::{KeyPurpose, KeySlot, KeyTable, KeyTableError, Under};
pub use ledger::{AppendError, Ledger, Note, OpenError, ReadError, Tail};
pub use secret::{SecretKey, StoreKey};
pub use vault::{BlobStore, StagedBlob, Stored, Vault, VaultError};
pub use verify::{Fault, Finding, Intact, VerifyError, verify};
