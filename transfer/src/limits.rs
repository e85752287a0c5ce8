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

/// Bytes that the kernel may keep of datagrams that nobody has read yet: half a second at 1 Gbit/s.
pub(crate) const SOCKET_BYTES: usize = 64 << 20;

/// Datagrams are handed from thread to thread in pieces of this many bytes.
pub(crate) const CHUNK_BYTES: usize = 256 << 10;

/// Such pieces between socket and tag check: 256 MiB, so that a disk that stalls does not lose anything at once.
pub(crate) const CHUNKS: usize = 1024;

/// Whole blocks between tag check and disk: 12 MB.
pub(crate) const WHOLE_BLOCKS: usize = 16;

/// Pieces and blocks that are kept to be filled again, each: 16 and 23 MB. New memory costs more than what is done in it.
pub(crate) const KEPT: (usize, usize) = (64, 32);

/// Bytes of an item after which the disk begins to take them: half a second of a gigabit.
pub(crate) const WRITE_BEHIND_BYTES: u64 = 32 << 20;

/// Files that the disk was told of and has not begun with.
pub(crate) const BEHIND: usize = 4;

/// Items that are whole and wait to be handed over; each keeps a file open.
pub(crate) const WHOLE_ITEMS: usize = 256;

/// Items that are being received; each keeps a file open, and a process may have 1,024.
pub(crate) const PARTS: usize = 256;

/// Lines whose signature is remembered as checked.
pub(crate) const CHECKED_LINES: usize = 4096;

/// Milliseconds between two heartbeats.
pub(crate) const HEARTBEAT_MS: u64 = 2000;

/// Milliseconds after which a heartbeat is sent once more, so that one burst does not take both.
pub(crate) const HEARTBEAT_AGAIN_MS: u64 = 200;

/// Heartbeats that may be missed before silence is an alarm.
pub(crate) const MISSED_HEARTBEATS: u64 = 3;

/// Milliseconds after which what a heartbeat says was sent should have been handed over.
pub(crate) const SETTLE_MS: u64 = 3000;

/// Milliseconds after its first pass at which a block is repeated: longer than a burst of losses, short enough for people.
pub(crate) const FIRST_REPEAT_MS: u64 = 1000;

/// Seconds between two rounds of repeats when nothing new was sent; doubled each time up to the second number.
pub(crate) const ROUND_SECONDS: (u64, u64) = (5, 60);

/// Part of the rate that repeats may take.
pub(crate) const REPEAT_SHARE: u64 = 5;

/// Padding before new data after a second of silence: what a switch or a card needs to wake up.
pub(crate) const WARM_UP: u32 = 300;

/// Pieces of items in blocks that are remembered for repeats under the same block number: about 30 MB.
pub(crate) const REMEMBERED_PIECES: usize = 1 << 18;

/// Entries that are read ahead of what is sent, by class.
pub(crate) const READ_AHEAD: usize = 4096;

/// Items smaller than this go before larger ones.
pub(crate) const SMALL_ITEM: u64 = 1 << 20;

/// Seconds between two writes of how an end of the link stands.
pub(crate) const STATE_SECONDS: u64 = 1;
