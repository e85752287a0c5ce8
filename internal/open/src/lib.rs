//! Opens sealed items: the only code of the product that can decrypt age (promise 1).
//!
//! An item goes through here in two steps (DESIGN section 8, "Receipt"):
//!
//! ```text
//! sealed item ── unlock ──▶ header + file key + the payload left in the reader       once, with an intake identity
//! payload, header, file key ── open_report / open_attachment ──▶ plaintext           for as long as the file key lives
//! payload in memory, header, file key ── plaintext_of ── parse_report ──▶ report      on receipt, each byte opened once
//! ```
//!
//! [`unlock`] opens the age header once; from then on the header's bytes, the 16-byte file key and the payload are kept
//! in three places, so that identities can be destroyed on time and a destroyed file key makes the payload unreadable.
//!
//! Every byte that comes in is hostile: sizes, counts and depths are bounded, and one spelling of a header is accepted.
//! This crate writes no file, keeps no state and knows neither ledger nor vault.

pub mod attachment;
pub mod header;
pub mod identities;
mod limits;
pub mod payload;
pub mod report;
pub mod unlock;
mod x25519;

pub use attachment::{AttachmentReader, open_attachment};
pub use header::Header;
pub use identities::Identities;
pub use payload::{PayloadReader, payload_reader, plaintext_of};
pub use report::{open_report, parse_report};
pub use unlock::{ItemKey, Unlocked, unlock, unlock_header};
