//! Every bound of this package, with its reason beside it.

/// Rows on one page of a list: what a person looks through (UX section 5).
pub const PAGE_ROWS: usize = 50;
/// Bytes of a posted form: the largest holds a basis of 4,000 characters, nine bytes each as a browser sends Chinese.
pub(crate) const FORM_BYTES: usize = 64 * 1024;
/// Characters of a search text that are passed on; the desk may read fewer.
pub(crate) const QUERY_CHARACTERS: usize = 1_000;
/// Depth to which a report is rendered; the strict check inside allows less.
pub(crate) const REPORT_DEPTH: usize = 16;
/// Bytes of a path to return to after logging in.
pub(crate) const NEXT_BYTES: usize = 500;
/// Bytes of the question of a list that an address of a case carries: every filter of the inbox at once is shorter.
pub(crate) const TRAIL_BYTES: usize = 500;
/// Words of a field that are compared one by one; a report's longest text has some 3,000.
pub(crate) const COMPARED_WORDS: usize = 4_000;
/// Pages of a document that are drawn; whether there are more is not known beyond.
pub(crate) const COPY_PAGES: u32 = 200;
/// Bytes of an attachment read and sent at a time.
pub(crate) const PIECE_BYTES: usize = 128 * 1024;
/// Units that the form for accounts suggests; beyond that a list helps nobody and the id is typed.
pub(crate) const UNIT_SUGGESTIONS: usize = 1_000;
/// Bytes of a form with files, all in all: what a mail server takes, and a recorded call of an hour. It is held in memory, so
/// that nothing readable touches the disk; what is longer goes in by the command line.
pub(crate) const FILES_BYTES: u64 = 64 * 1024 * 1024;
/// Such forms that are read at once.
pub(crate) const FILES_AT_ONCE: usize = 4;
/// Files of one form; the desk allows as many.
pub(crate) const FILES: usize = 64;
/// Bytes of one field beside them: the longest text has 5,000 characters.
pub(crate) const FIELD_BYTES: usize = 64 * 1024;
/// Fields of one form: a flow's questions, each box on its own.
pub(crate) const FIELDS: usize = 1_000;
