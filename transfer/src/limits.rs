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
pub(crate) const QUARANTINE_BYTES: u64 = 1 << 30;

/// Items that are copied and flushed side by side; the file system merges the flushes.
pub(crate) const COPIERS: usize = 4;

/// Items that share one flush of the inbox folder and of its journals.
pub(crate) const BATCH: usize = 64;

/// Seconds between two looks at a folder when nothing announced a change.
pub(crate) const RESCAN_SECONDS: u64 = 30;

/// A head of a volume, and the volume's file of heads (one line a stream).
pub(crate) const HEADS_BYTES: u64 = 2 << 20;

/// State files are some KiB; a hundred thousand holes would still fit.
pub(crate) const STATE_BYTES: u64 = 64 << 20;

/// Hours after which an item without an entry in the outbox is no longer on its way there. Item times are cut to the
/// hour, and a large attachment may wait two hours for its report.
pub(crate) const ORPHAN_HOURS: i64 = 4;
