//! Every bound of the transfer, with its reason.

/// The largest sealed item that is moved. The catalog's largest attachment, Padmé included, stays below.
pub(crate) const LARGEST_ITEM: u64 = 16 << 30;

/// Entries in one volume. Import judges a volume as a whole in memory: about 8 MiB at this size.
pub(crate) const MOST_ENTRIES: usize = 4096;

/// Bytes of items in one volume, unless configured: a single-layer Blu-ray disc holds 25 GB.
pub(crate) const VOLUME_BYTES: u64 = 20_000_000_000;

/// Files in the `items/` of one volume, and streams of one outbox or inbox: beyond it a folder is not ours.
pub(crate) const MOST_FILES: usize = 4 * MOST_ENTRIES;

/// Streams of one site: a few gateways, each with a new stream now and then.
pub(crate) const MOST_STREAMS: usize = 1024;

/// The furthest place of a stream that is believed. Beyond it the file of places would not fit on any disk.
pub(crate) const FURTHEST_PLACE: u64 = 1 << 32;

/// New quarantine records out of one volume. A medium full of junk must not fill the disk with records of it.
pub(crate) const MOST_RECORDS: usize = 256;

/// Bytes that are copied into quarantine out of one volume; beyond it only the reason is kept.
/// Tests have a smaller bound, so that they can reach it.
pub(crate) const QUARANTINE_BYTES: u64 = if cfg!(test) { 1 << 20 } else { 1 << 30 };

/// Bytes that one quarantine record keeps of a file: enough for any attachment but the largest, and little enough that a
/// file of holes does not fill the room of a whole volume.
pub(crate) const LARGEST_RECORD: u64 = 64 << 20;

/// Items that are copied and flushed side by side; the file system merges the flushes.
pub(crate) const COPIERS: usize = 4;

/// Fewer lines than this are verified faster than a thread starts.
pub(crate) const LEAST_LINES: usize = 64;

/// Items that share one flush of the disk, of the inbox folder and of its journals. Each keeps a file open meanwhile; a
/// process may have 1,024. Tests have smaller batches, so that a few items make several.
pub(crate) const BATCH: usize = if cfg!(test) { 4 } else { 256 };

/// Bytes of items that share one flush: what a disk takes in about a second.
pub(crate) const BATCH_BYTES: u64 = 256 << 20;

/// Bytes that stay free on a disk or medium whatever is copied: lists of entries, heads, folders, state.
pub(crate) const RESERVE_BYTES: u64 = 512 << 10;

/// A disk with less room than this is an alarm before it is full: about an hour of ordinary reports.
pub(crate) const LEAST_FREE_BYTES: u64 = 64 << 20;

/// Every so many places of a journal, its byte is remembered: a ticket costs reading a mebibyte and not the journal.
pub(crate) const MARK_EVERY: u64 = 2048;

/// Hours between two searches of the outbox for items that no entry names.
pub(crate) const STRAYS_EVERY_HOURS: i64 = 1;

/// Seconds between two looks of the status page.
pub(crate) const PAGE_SECONDS: u64 = 2;

/// Hours by which the newest head may lie in the future before a clock counts as wrong.
pub(crate) const SKEW_HOURS: i64 = 2;

/// Seconds between two looks at a folder when nothing announced a change.
pub(crate) const RESCAN_SECONDS: u64 = 30;

/// A head of a volume, and the volume's file of heads (one line a stream).
pub(crate) const HEADS_BYTES: u64 = 2 << 20;

/// State files are some KiB; a hundred thousand holes would still fit.
pub(crate) const STATE_BYTES: u64 = 64 << 20;

/// Hours after which an item without an entry in the outbox is no longer on its way there. Item times are cut to the
/// hour, and a large attachment may wait two hours for its report.
pub(crate) const ORPHAN_HOURS: i64 = 4;
