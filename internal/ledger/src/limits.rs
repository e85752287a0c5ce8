//! The bounds of ledger, key table and vault, each with its reason.

/// Bytes of a segment after which the next batch starts a new one: small enough to read again at start, large enough
/// that a year of a busy site is some hundreds of files.
pub(crate) const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes of a body or identity part before sealing: a report is at most 256 KiB, and its event says more than the report.
pub(crate) const PART_BYTES: usize = 512 * 1024;

/// Bytes of a line with its line feed: two parts in base64 and the open fields.
pub(crate) const LINE_BYTES: usize = 2 * PART_BYTES.div_ceil(3) * 4 + 4096;

/// Events in one batch: a hundred reports with their decisions.
pub(crate) const BATCH_EVENTS: usize = 1024;

/// Bytes of the open texts of an event: actor, role and kind each.
pub(crate) const NAME_BYTES: usize = 128;

/// Events between two heads that the ledger signs by itself.
pub(crate) const EVENTS_BETWEEN_HEADS: u64 = 1024;

/// One of this many events has its place in a segment remembered: 4 bytes of memory an event, and at most three lines to
/// skip where a page of search results reads fifty cases.
pub(crate) const EVENTS_BETWEEN_MARKS: u64 = 4;

/// Bytes of a signed head's file.
pub(crate) const HEAD_BYTES: u64 = 1024;

/// The largest number that every reader of JSON keeps exact (RFC 8785, appendix D).
pub(crate) const LARGEST_SEQ: u64 = (1 << 53) - 1;

/// Blobs kept at once from which on one sync of the whole file system is cheaper than one for each file and folder. A
/// few are synced by themselves: they should not wait for what others have to write.
pub(crate) const SYNC_WHOLE_DISK_FROM: usize = 9;
