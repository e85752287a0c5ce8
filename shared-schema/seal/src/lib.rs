//! Sealing: turns a report or an attachment into a *sealed item*, the only form in which anything crosses inward.
//!
//! The format is docs/spec/sealed-item.md. One age v1 file an item, two recipient stanzas (intake and recovery), a first
//! line inside that says what follows, padding to a size that says little.
//!
//! **Architecture Invariant:** this crate encrypts only. It never opens anything: no private key, no identity and no
//! decryption path may appear here or in what depends on it (promise 1). It does no I/O of its own: callers hand it
//! the writer.

mod attachment;
mod call_list;
mod header;
mod payload;
mod recipients;
mod report;
mod stream;
mod x25519;

pub use crate::attachment::{AttachmentSealer, SealedAttachment};
pub use crate::call_list::{CallListRecipient, SealedCallList};
pub use crate::recipients::{RecipientError, SealingRecipients};
pub use crate::report::{SealedItem, seal_report};
pub use crate::stream::SealError;
