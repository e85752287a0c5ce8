//! Every bound of the link, with its reason.

/// Data shards of a full block: large enough that 10 % of parity carries 2 % of loss with certainty, small enough that a
/// block is decoded in about a millisecond.
pub const MOST_SHARDS: u16 = 512;

/// Recovery shards of one code: as many as data shards, so that repeats have fresh ones for long.
pub const MOST_PARITY: u16 = 512;

/// The smallest and the largest datagram: what every link takes, and what fits an Ethernet frame of 9,000 bytes.
pub const DATAGRAM: std::ops::RangeInclusive<u16> = 512..=8972;

/// Bytes of open blocks at the receiver. Sixteen interleaved blocks of the ordinary size take 13 MB.
pub const OPEN_BYTES: usize = 64 << 20;

/// Blocks whose memory is kept to be filled again: two groups of interleaved ones, 23 MB.
pub const SPARE_BLOCKS: usize = 32;

/// Blocks that are remembered as whole, so that their other shards are known at a glance: 47 GB of full blocks.
pub const DONE_BLOCKS: usize = 1 << 16;

/// Senders that are remembered at a time: one is at work; the others restarted lately.
pub const SESSIONS: usize = 8;

/// How far behind the newest a datagram is still told from a copy of itself.
pub const WINDOW: u64 = 1 << 16;

/// A heartbeat: 64 entries and some streams take about 10 kB.
pub const HEARTBEAT_BYTES: usize = 64 << 10;

/// Entries in one heartbeat.
pub const RECENT: usize = 64;

/// Streams in one heartbeat; a low side has one or two that still grow.
pub const HEARTBEAT_STREAMS: usize = 16;

/// Ranges of one stream that a heartbeat says are still to be sent.
pub const UNSENT_RANGES: usize = 64;
