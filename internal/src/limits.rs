//! Every bound of this program, with the reason beside it.
//!
//! What arrives in the inbox, on the control socket or at the console is hostile until proven otherwise; nothing is
//! read, kept or waited for without one of these. Bounds of formats live with the formats.

use std::time::Duration;

/// Events after which the register is kept anew: what a start after a crash may have to replay, at some 20,000 a second.
pub(crate) const EVENTS_TO_REPLAY: u64 = 20_000;

/// One line of an inbox journal. A canonical entry is below 400 bytes; the rest is room for a longer item name.
pub(crate) const JOURNAL_LINE_BYTES: usize = 4 * 1024;

/// Journal bytes read in one pass; the next pass goes on from there, so that one huge file cannot fill the memory.
pub(crate) const JOURNAL_BYTES_A_PASS: u64 = 64 * 1024 * 1024;

/// Items taken in one pass: the index takes at most this many reports in one transaction (DESIGN section 8).
pub(crate) const ITEMS_A_PASS: usize = 100;

/// Bytes of the items of one pass, as their lines say, beyond the first: what is kept together is recorded together, and
/// nobody should wait for a row of films to be copied.
pub(crate) const BYTES_A_PASS: u64 = 256 * 1024 * 1024;

/// Bytes of an item read at a time.
pub(crate) const COPY_BYTES: usize = 256 * 1024;

/// Events of one batch in the ledger, which takes up to 1,024.
pub(crate) const EVENTS_A_BATCH: usize = 1_000;

/// Reports compared with the others between two appends to the ledger.
pub(crate) const ARRIVALS_COMPARED_AT_ONCE: usize = 100;

/// Events about links after which a batch takes in no further report: the last one may bring some hundred more.
pub(crate) const EVENTS_OF_LINKS: usize = 400;

/// Cases that are named as belonging together with one: more than an analyst can compare.
pub(crate) const LINKS_SHOWN: usize = 60;

/// Supplements held in memory until the number that they cite is derived; the others wait in the inbox.
pub(crate) const HELD_SUPPLEMENTS: usize = 256;

/// Clue numbers derived between two appends to the ledger.
pub(crate) const NUMBERS_A_BATCH: usize = 16;

/// A sealed item is at most this long: 600 MB of attachments, the ladder's 12 % and the header (DOMAIN section 6).
pub(crate) const ITEM_BYTES: u64 = 720 * 1024 * 1024;

/// Media whose report never came is removed after this long, as an event (DESIGN section 8).
pub(crate) const ORPHAN_AFTER: Duration = Duration::from_hours(30 * 24);

/// One request on the control socket. The longest holds a file to be imported.
pub(crate) const CONTROL_REQUEST_BYTES: u32 = 8 * 1024 * 1024;

/// A file to be imported: as JSON it fits a request.
pub(crate) const IMPORT_BYTES: u64 = 4 * 1024 * 1024;

/// Bytes of an imported file in one event: well below what the ledger takes, also when every character is escaped.
pub(crate) const IMPORT_PIECE_BYTES: usize = 64 * 1024;

/// Rows of a difference that an answer lists; the counts are always whole.
pub(crate) const DIFFERENCE_ROWS: usize = 2_000;

/// One answer on the control socket: a page of audit rows, or one report with its events.
pub(crate) const CONTROL_ANSWER_BYTES: u32 = 8 * 1024 * 1024;

/// Control connections served at once; each may hold one request.
pub(crate) const CONTROL_CONNECTIONS: usize = 32;

/// A control connection says what it wants within this, or is closed.
pub(crate) const CONTROL_DEADLINE: Duration = Duration::from_secs(30);

/// A control answer is written within this: an attachment of 600 MB to a slow disk.
pub(crate) const CONTROL_ANSWER_DEADLINE: Duration = Duration::from_mins(10);

/// Console connections held at once.
pub(crate) const CONSOLE_CONNECTIONS: usize = 512;

/// TLS handshake of a console connection.
pub(crate) const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// Head of a console request.
pub(crate) const HEAD_DEADLINE: Duration = Duration::from_secs(15);

/// A console connection lives at most this long; the browser opens another.
pub(crate) const CONNECTION_LIFE: Duration = Duration::from_mins(30);

/// After the last answer on a connection, what the peer still sends is read for at most this long …
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// … and so many bytes, so that the peer can read the answer before the connection is gone.
pub(crate) const LINGER_BYTES: usize = 1024 * 1024;

/// Sessions end after a working day (DESIGN section 8).
pub(crate) const SESSION_LIFE: Duration = Duration::from_hours(8);

/// Sessions held at once in all; the oldest gives way.
pub(crate) const SESSIONS: usize = 10_000;

/// Wrong passwords of one name before it has to wait.
pub(crate) const LOGIN_TRIES: u32 = 5;

/// The first wait after that many; it doubles with each further wrong password …
pub(crate) const LOGIN_WAIT: Duration = Duration::from_secs(30);

/// … up to this, so that nobody is locked out for good by a stranger.
pub(crate) const LOGIN_WAIT_MOST: Duration = Duration::from_mins(15);

/// Names whose wrong passwords are remembered; a flood of invented names cannot fill the memory.
pub(crate) const LOGIN_NAMES: usize = 4_096;

/// Password hashes computed at once: each holds 19 MiB and a core.
pub(crate) const PASSWORD_HASHES: usize = 2;

/// An account's name in characters.
pub(crate) const ACCOUNT_NAME_CHARACTERS: usize = 64;

/// Password length in bytes; the shortest that is accepted and the longest that is hashed.
pub(crate) const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 12..=256;

/// Text searched for, in characters.
pub(crate) const SEARCH_CHARACTERS: usize = 200;

/// Without a notification the inbox is looked at this often.
pub(crate) const RESCAN_EVERY: Duration = Duration::from_secs(5);

/// Signed heads, retention, ring reload: the hourly round.
pub(crate) const ROUND_EVERY: Duration = Duration::from_hours(1);

/// A soft shutdown becomes a hard one after this.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);

/// One credential file.
pub(crate) const CREDENTIAL_BYTES: u64 = 64 * 1024;

/// One data file: units, divisions, routing table.
pub(crate) const DATA_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// After a failed `accept` the listener rests this long: the cause is a lack of descriptors, which others give back.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Head of a console request over HTTP/1.1, in bytes.
pub(crate) const HEAD_BYTES: usize = 16 * 1024;

/// The same over HTTP/2.
pub(crate) const HTTP2_HEAD_BYTES: u32 = 16 * 1024;

/// Requests under way on one HTTP/2 connection.
pub(crate) const CONSOLE_STREAMS: u32 = 32;

/// Rows of the audit log that can be paged through; whoever needs more narrows the query.
pub(crate) const AUDIT_ROWS: u64 = 10_000;

/// The longest that a site's alarm command may take, in seconds: the next alarm waits for it.
pub(crate) const ALARM_COMMAND_SECONDS: u64 = 60;

/// Between two looks at whether the alarm command has ended.
pub(crate) const ALARM_COMMAND_LOOK: Duration = Duration::from_millis(20);

/// `alarms --watch` asks again after this long without an event; a daemon that ends waits for it.
pub(crate) const ALARM_WATCH: Duration = Duration::from_secs(2);

/// A picture or a page is decoded and encoded within this; the program's own bound of processor time is the same.
pub(crate) const COPY_TIME: Duration = Duration::from_secs(10);

/// A recording or video may take this much longer for each mebibyte of it.
pub(crate) const COPY_TIME_A_MIB: Duration = Duration::from_secs(6);

/// Pages of one document are drawn for this long; those that come later are not shown.
pub(crate) const COPY_DOCUMENT: Duration = Duration::from_mins(1);

/// Pages of one document, as the program bounds them.
pub(crate) const COPY_PAGES: u32 = 200;

/// Memory that a process which makes a copy may hold.
pub(crate) const COPY_MEMORY: u64 = 512 * 1024 * 1024;

/// The longest part of a copy: a video encoded anew is rarely longer than it was.
pub(crate) const COPY_LONGEST: u64 = 600 * 1024 * 1024;

/// Between two looks at whether such a process has ended, or must be.
pub(crate) const COPY_LOOK: Duration = Duration::from_millis(10);

/// Attachments without a copy that are listed at once.
pub(crate) const COPIES_LISTED: usize = 256;

/// After a second person has agreed, an original can be taken for this long.
pub(crate) const ORIGINAL_GRANTED_FOR: Duration = Duration::from_hours(24);

/// A secret for one-time codes is proven by a code within this, or forgotten.
pub(crate) const TOTP_BEGUN_FOR: Duration = Duration::from_mins(10);

/// A look at a copy that was recorded covers fetching it, and further pieces of a recording, for this long.
pub(crate) const LOOK_LASTS: Duration = Duration::from_mins(10);

/// Copies that stand before people at once; what is beyond is recorded once more when it is fetched.
pub(crate) const LOOKS_OPEN: usize = 20_000;

/// Cases that one person may have marked.
pub(crate) const STARS: usize = 100;

/// What happened to a case, on its page: more than this is for the case file and the audit log.
pub(crate) const TIMELINE_ROWS: usize = 200;

/// Verifiers offered to whoever names one.
pub(crate) const VERIFIERS_OFFERED: usize = 200;

/// Reporters on one call-back list: with a look at each it is one batch of the ledger.
pub(crate) const CALLED_AT_ONCE: usize = 500;

/// A sealed call-back list: far more than it can be.
pub(crate) const CALL_LIST_BYTES: u64 = 2 * 1024 * 1024;

/// Counts kept for whoever asks again while no case has changed: a page, its file and the same page once more.
pub(crate) const TALLIES: usize = 16;

/// Statistics that the people of one unit were shown and that later ones are compared with: the periods of a year's work.
pub(crate) const STATISTICS_REMEMBERED: usize = 32;

/// Units whose people's statistics are remembered, those that asked last.
pub(crate) const UNITS_REMEMBERED: usize = 64;

/// Attachments of one registered report: the pages of a letter one by one, or what a mail brings.
pub(crate) const ENCLOSURES: usize = 64;

/// The name of an attachment in characters; what is longer is cut.
pub(crate) const ENCLOSURE_NAME_CHARACTERS: usize = 200;

/// A clerk's clock may be ahead of ours by this much.
pub(crate) const CLOCKS_DIFFER: Duration = Duration::from_mins(5);

/// Bytes behind a control request that are read at most: the attachments of one report (DOMAIN section 6).
pub(crate) const CONTROL_FOLLOWING_BYTES: u64 = 600 * 1024 * 1024;

/// A report's JSON that the command line reads from a file; the catalog allows less.
pub(crate) const REPORT_FILE_BYTES: u64 = 1024 * 1024;
