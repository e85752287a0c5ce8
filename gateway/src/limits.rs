//! Every bound of the gateway, with its reason. Everything from outside is bounded here before it is looked at.

use std::time::Duration;

/// A report's JSON, whatever the catalog allows: the largest report file (256 KiB) less room for the envelope, the header
/// and a line end.
pub(crate) const REPORT_BODY: usize = 248 * 1024;
/// A posted form: percent-encoding makes three bytes of every byte of Chinese text.
pub(crate) const FORM_BODY: usize = 3 * REPORT_BODY;
/// The clue number box and its like: a few fields.
pub(crate) const SMALL_FORM_BODY: usize = 4 * 1024;
/// Bytes of all request bodies in memory at once: 256 of the largest reports.
pub(crate) const BODIES_IN_MEMORY: usize = 64 * 1024 * 1024;

/// Connections at once; each idle one costs about 20 KiB.
pub(crate) const CONNECTIONS: usize = 10_000;
/// Requests that one HTTP/2 connection may have open.
pub(crate) const STREAMS: u32 = 16;
/// Reports being sealed and written at once: enough for the disk to merge flushes, few enough to answer soon.
pub(crate) const ACCEPTING: usize = 64;
/// Reports waiting for their turn; beyond it the answer is 503 at once instead of a timeout later.
pub(crate) const WAITING: usize = 512;
/// Submissions that share one flush of the journal.
pub(crate) const JOURNAL_BATCH: usize = 256;

/// From the first byte of a connection to the end of its TLS handshake.
pub(crate) const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// From the end of the handshake, or from the first byte of it, to the end of the head.
pub(crate) const HEAD_TIME: Duration = Duration::from_secs(10);
/// For the whole body of a report or form: 256 KiB over a very slow line.
pub(crate) const BODY_TIME: Duration = Duration::from_mins(1);
/// Without a byte in either direction.
pub(crate) const IDLE_TIME: Duration = Duration::from_secs(75);
/// One HTTP/1.1 connection serves one request and then ends; nothing takes longer.
pub(crate) const REQUEST_TIME: Duration = Duration::from_secs(150);
/// An HTTP/2 connection is asked to end after this, so that none holds its place for ever.
pub(crate) const CONNECTION_TIME: Duration = Duration::from_mins(10);
/// How long a refused body is read on, so that the client gets to read the refusal.
pub(crate) const DRAIN_TIME: Duration = Duration::from_secs(2);
/// How much of it.
pub(crate) const DRAIN_BYTES: usize = 1024 * 1024;
/// After SIGTERM, for clients to read their last answers.
pub(crate) const LAST_ANSWERS: Duration = Duration::from_secs(5);
/// After SIGTERM: what was accepted is finished, what was not is dropped.
pub(crate) const SHUTDOWN_TIME: Duration = Duration::from_secs(20);

/// What a 503 tells the client to wait.
pub(crate) const RETRY_AFTER: Duration = Duration::from_mins(1);
/// How long a form page may be open before its submission id is replaced.
pub(crate) const FORM_LIFE: Duration = Duration::from_hours(12);
/// Staged attachments nobody claimed are deleted after this (DESIGN section 3).
pub(crate) const STAGED_LIFE: Duration = Duration::from_hours(2);
/// How often the journal's writer looks whether an hour has begun.
pub(crate) const HEAD_TICK: Duration = Duration::from_secs(20);
/// How often the key ring is read again when nothing said that it changed.
pub(crate) const RING_POLL: Duration = Duration::from_mins(1);
/// Free space below which intake closes: room for the reports in flight and for the journal.
pub(crate) const DISK_RESERVE_MIB: u64 = 256;
