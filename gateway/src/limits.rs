//! Every bound of the gateway, with its reason. Everything from outside is bounded here before it is looked at.

use std::time::Duration;

/// A report's JSON, whatever the catalog allows: the largest report file (256 KiB) less room for the header and the
/// envelope, with ten file names of which each character takes six bytes of JSON.
pub(crate) const REPORT_BODY: usize = 232 * 1024;
/// Characters of a file name that are kept: the longest that file systems and the catalog know.
pub(crate) const FILE_NAME: usize = 255;
/// A posted form: percent-encoding makes three bytes of every byte of Chinese text.
pub(crate) const FORM_BODY: usize = 3 * REPORT_BODY;
/// The clue number box and its like: a few fields.
pub(crate) const SMALL_FORM_BODY: usize = 4 * 1024;
/// Bytes of all request bodies in memory at once: 256 of the largest reports.
pub(crate) const BODIES_IN_MEMORY: usize = 64 * 1024 * 1024;

/// Bytes of all answers that their clients have not read yet: a thousand of the longest pages.
pub(crate) const ANSWERS_IN_MEMORY: usize = 64 * 1024 * 1024;
/// Bytes of them that one connection may leave unread: every page of a flow at once.
pub(crate) const UNREAD_BY_ONE: usize = 512 * 1024;
/// An answer up to this size is given whatever others hold: nobody is to lose a clue number over it.
pub(crate) const SMALL_ANSWER: usize = 4 * 1024;
/// What TLS keeps of an answer that the kernel does not take yet.
pub(crate) const TLS_BUFFER: usize = 16 * 1024;
/// What the kernel keeps of it; by itself it would keep up to 4 MiB of every connection.
pub(crate) const KERNEL_BUFFER: usize = 64 * 1024;
/// What is read of a socket at once while a body arrives: one call of the kernel for sixteen of TLS's own reads.
pub(crate) const READ_AHEAD: usize = 64 * 1024;
/// A read that fills this much means that a body arrives; TLS's own reads are of this size.
pub(crate) const BULK_READ: usize = 4 * 1024;
/// What hyper keeps of a request that its handler has not asked for yet: four records of TLS, so that a body costs a wake
/// for as many.
pub(crate) const READ_BUFFER: usize = 64 * 1024;
/// What one HTTP/2 request, and all of a connection together, may send ahead: enough for 2 MiB/s over a tenth of a
/// second's distance.
pub(crate) const STREAM_WINDOW: u32 = 256 * 1024;
pub(crate) const CONNECTION_WINDOW: u32 = 512 * 1024;

/// Uploads at once, from the first byte of their bodies to their receipts. Each holds two batches, the chunk that is
/// being sealed and what TLS and HTTP keep: well below a MiB.
pub(crate) const UPLOADS: usize = 128;
/// Bytes handed to the disk at once: enough for a hand-over to cost nothing beside sealing them.
pub(crate) const UPLOAD_BATCH: usize = 128 * 1024;
/// Bytes of one upload after which the disk is set to work on them, and the free space is looked at again.
pub(crate) const WRITE_BACK: u64 = 8 * 1024 * 1024;
/// Threads that seal attachments and wait for the disk: enough for it to merge flushes.
pub(crate) const WORKERS: usize = 32;
/// Parts of one multipart body: the longest form has some hundred fields.
pub(crate) const PARTS: usize = 1024;
/// Multipart parts that are no attachment, and what stands around parts: heads of sixteen parts, boundaries.
pub(crate) const UPLOAD_OVERHEAD: u64 = 512 * 1024;

/// Connections at once; each idle one costs about 20 KiB.
pub(crate) const CONNECTIONS: usize = 10_000;
/// Connections beyond those that are told so (503) before they are closed; the kernel's queue holds the rest.
pub(crate) const TURNING_AWAY: usize = 128;
/// Files for everything that is no connection: items and uploads being written, folders being flushed, ring, journal.
pub(crate) const OTHER_FILES: u64 = 512;
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
/// Bytes a second that an upload must keep on the average, after its first minute ([`BODY_TIME`]).
pub(crate) const SLOWEST_UPLOAD: u64 = 32 * 1024;
/// For a connection that is only to be told that there is no place.
pub(crate) const TURN_AWAY_TIME: Duration = Duration::from_secs(10);
/// Without a byte in either direction.
pub(crate) const IDLE_TIME: Duration = Duration::from_secs(75);
/// In which a client must have read what lay ready for it at the beginning: 100 KiB over a very slow line.
pub(crate) const ANSWER_TIME: Duration = Duration::from_secs(30);
/// When there is no room for further answers: without reading a byte.
pub(crate) const PRESSED_ANSWER_TIME: Duration = Duration::from_secs(3);
/// No request takes longer; the handlers' own deadlines are far below, but for uploads.
pub(crate) const REQUEST_TIME: Duration = STAGED_LIFE;
/// An HTTP/2 connection is asked to end when nothing has been asked on it for so long.
pub(crate) const IDLE_HTTP2_TIME: Duration = Duration::from_secs(5);
/// An HTTP/2 connection is asked to end after this, so that none holds its place for ever.
pub(crate) const CONNECTION_TIME: Duration = Duration::from_mins(10);
/// How long a refused body is read on, so that the client gets to read the refusal.
pub(crate) const DRAIN_TIME: Duration = Duration::from_secs(2);
/// How much of it.
pub(crate) const DRAIN_BYTES: usize = 1024 * 1024;
/// After SIGTERM, for requests whose body was arriving already: an upload of some length over an ordinary line.
pub(crate) const LAST_REQUESTS: Duration = Duration::from_secs(45);
/// After that, for clients to read their last answers.
pub(crate) const LAST_ANSWERS: Duration = Duration::from_secs(5);
/// After SIGTERM: what was accepted is finished, what was not is dropped. Service managers wait 90 s.
pub(crate) const SHUTDOWN_TIME: Duration = Duration::from_mins(1);

/// Counters that sources fall into by the keyed hash of their address; 16 bytes each.
pub(crate) const SOURCE_COUNTERS: usize = 65_536;
/// After which nobody can tell any more which counter an address fell into.
pub(crate) const SOURCE_KEY_LIFE: Duration = Duration::from_mins(10);
/// Connections that one source may have open: thirty browsers with eight each.
pub(crate) const SOURCE_CONNECTIONS: u32 = 256;
/// Multipart bodies that one source may be sending: a quarter of the places, and all thirty people behind one address.
pub(crate) const SOURCE_UPLOADS: u32 = 32;
/// Units that a source may use at once: thirty people who each look at 40 pages, post 15 of them and send 60 MiB.
pub(crate) const SOURCE_ALLOWANCE: u64 = 6_000;
/// Units that a source earns back: four posts a second for as long as it likes.
pub(crate) const SOURCE_UNITS_A_SECOND: u64 = 20;
/// What costs how many: a handshake is two pages' work, a post is checked, sealed and flushed, a MiB is sealed and written.
pub(crate) const UNITS_A_CONNECTION: u64 = 2;
pub(crate) const UNITS_A_REQUEST: u64 = 1;
pub(crate) const UNITS_A_POST: u64 = 4;
pub(crate) const UNITS_A_MIB: u64 = 1;

/// What a 503 tells the client to wait.
pub(crate) const RETRY_AFTER: Duration = Duration::from_mins(1);
/// How long a form page may be open before its submission id is replaced.
pub(crate) const FORM_LIFE: Duration = Duration::from_hours(12);
/// Staged attachments nobody claimed are deleted after this (DESIGN section 3).
pub(crate) const STAGED_LIFE: Duration = Duration::from_hours(2);
/// How often it is looked for them.
pub(crate) const STAGED_SWEEP: Duration = Duration::from_mins(10);
/// How often the journal's writer looks whether an hour has begun.
pub(crate) const HEAD_TICK: Duration = Duration::from_secs(20);
/// How often the key ring and the certificate are looked at when nothing said that they changed.
pub(crate) const FILE_POLL: Duration = Duration::from_mins(1);
/// Free space below which intake closes: room for the reports in flight and for the journal.
pub(crate) const DISK_RESERVE_MIB: u64 = 256;
