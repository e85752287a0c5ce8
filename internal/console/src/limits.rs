//! Every bound of this package, with its reason beside it.

/// Rows on one page of a list: what a person looks through (UX section 5).
pub const PAGE_ROWS: usize = 50;
/// Bytes of a posted form: the largest holds a reason of 300 characters.
pub(crate) const FORM_BYTES: usize = 16 * 1024;
/// Characters of a search text that are passed on; the desk may read fewer.
pub(crate) const QUERY_CHARACTERS: usize = 1_000;
/// Depth to which a report is rendered; the strict check inside allows less.
pub(crate) const REPORT_DEPTH: usize = 16;
/// Bytes of a path to return to after logging in.
pub(crate) const NEXT_BYTES: usize = 500;
/// Bytes of an attachment read and sent at a time.
pub(crate) const PIECE_BYTES: usize = 128 * 1024;
/// Units that the form for accounts suggests; beyond that a list helps nobody and the id is typed.
pub(crate) const UNIT_SUGGESTIONS: usize = 1_000;
