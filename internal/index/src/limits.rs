//! Every bound of this package, with its reason beside it. Nothing here is configuration.

/// Reports whose rows go into one sled transaction: larger batches cost memory without bound (PERFORMANCE, sled).
pub(crate) const CASES_IN_A_TRANSACTION: usize = 100;
/// Events folded before a transaction is cut, for events that touch no case or always the same one.
pub(crate) const EVENTS_IN_A_TRANSACTION: usize = 500;
/// Events read from the ledger before full text is committed while replaying: bounds memory, not correctness.
pub(crate) const EVENTS_IN_A_BATCH: usize = 2_000;
/// Events that change no document, such as looks, until the full text is committed all the same: what a start has to read
/// again for it.
pub(crate) const EVENTS_WITHOUT_A_COMMIT: u64 = 10_000;
/// Reports and supplements of one case that are searchable; a flood of supplements must not make each new one slower.
pub(crate) const TEXTS_OF_A_CASE: usize = 64;
/// Keyed hashes of identifiers kept for one case: a report holds at most some dozens.
pub(crate) const IDENTIFIERS_OF_A_CASE: usize = 512;
/// Events of a case that its record names itself: those of nearly every case; a case that goes on for years must not have
/// a row that grows with each of them.
pub(crate) const EVENTS_IN_A_RECORD: usize = 32;
/// Strings taken from one report: the catalog's lists are far smaller.
pub(crate) const STRINGS_OF_A_REPORT: usize = 4_096;
/// Depth to which a report is walked; the strict check inside allows less.
pub(crate) const DEPTH_OF_A_REPORT: usize = 32;
/// Unreadable events listed.
pub(crate) const UNREADABLE_LISTED: usize = 1_000;

/// Characters of a query that are read; the rest is ignored and said to be.
pub(crate) const QUERY_CHARACTERS: usize = 1_000;
/// Clauses of a query that are used; each costs a posting list.
pub(crate) const QUERY_CLAUSES: usize = 32;
/// Characters of one phrase: a phrase this long is found by its first characters anyway.
pub(crate) const PHRASE_CHARACTERS: usize = 128;
/// Values that one list of a filter may hold.
pub(crate) const FILTER_VALUES: usize = 64;
/// Cases that a search may find for them to be ranked; of more the newest come first. Ranking looks each of them up under
/// each word, and nobody reads so many.
pub(crate) const RANKED_CASES: usize = 10_000;
/// Rows on one page.
pub(crate) const PAGE_ROWS: usize = 200;
/// Rows that can be paged through; whoever needs more narrows the query.
pub(crate) const PAGED_ROWS: usize = 10_000;
/// Cases that share an identifier and are named as related.
pub(crate) const RELATED_CASES: usize = 100;
/// Cases looked at for one identifier while looking for related ones, the newest: what stands in more reports than this
/// ties nothing together, such as a bank's address.
pub(crate) const RELATED_ROWS: usize = 1_000;

/// Bytes under one tag of a full-text file: small enough to read for one posting list, large enough to hash fast.
pub(crate) const BLOCK: usize = 16 * 1024;
/// Verified blocks kept in memory, in bytes.
pub(crate) const BLOCK_CACHE: usize = 96 * 1024 * 1024;
/// Memory in which tantivy builds a segment before it writes one, in bytes.
pub(crate) const WRITER_MEMORY: usize = 64 * 1024 * 1024;
/// Rows looked through at once after a start: whoever writes waits no longer than for these.
pub(crate) const ROWS_CHECKED_AT_ONCE: usize = 1_000;
/// Pages that sled keeps, in bytes; a hint to sled, not a bound. Rows of a case lie on some ten pages anywhere: with the
/// pages of 200,000 cases in memory taking one in does not read the disk.
pub(crate) const SLED_CACHE: u64 = 512 * 1024 * 1024;
/// The largest file that is read whole (`meta.json` and the list of files of the full text), in bytes.
pub(crate) const SMALL_FILE: u64 = 16 * 1024 * 1024;
