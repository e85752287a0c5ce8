//! The bounds on what is read from an item, each with its reason.

/// Bytes of an age header. Two X25519 stanzas and age's grease need about 500; two post-quantum stanzas about 3,500.
pub(crate) const HEADER_BYTES: u64 = 16 * 1024;

/// Recipient stanzas in a header. The gateway writes two and age adds one of grease; each costs a key agreement to try.
pub(crate) const STANZAS: usize = 16;

/// Identities that may be live at once: two intake keys overlap (DESIGN section 10), recovery keys are yearly.
pub(crate) const IDENTITIES: usize = 32;

/// How deep the JSON of a report may nest. The catalog's deepest field lies at five.
pub(crate) const JSON_DEPTH: usize = 32;
