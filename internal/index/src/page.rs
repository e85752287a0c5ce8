//! What queries answer with.

use std::collections::BTreeSet;

use nightsafe_casework::case::CaseSummary;

use crate::{case::IdentifierKind, fulltext::FacetCounts, limits};

/// Which rows of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    skip: usize,
    rows: usize,
}

/// Some rows of a list, and counts over the whole of it. All of it is what this viewer may see.
#[derive(Clone, Debug)]
pub struct Page {
    /// The rows.
    pub rows: Vec<CaseRow>,
    /// How many rows the list has.
    pub total: u64,
    /// How many rows stand before these.
    pub skipped: u64,
    /// How many rows of the list have which value.
    pub facets: FacetCounts,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// The line that stands for the case.
    pub summary: CaseSummary,
    /// The event that opened the case: what its report says stands there.
    pub opened_by: u64,
}

/// One case: its row, and where in the ledger the rest is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseView {
    /// The row.
    pub row: CaseRow,
    /// The events that made it what it is, in order: folding them gives its whole state.
    pub events: Vec<u64>,
    /// Supplements that are in the case and not found by a search.
    pub unsearchable_texts: u32,
}

/// A case that names the same as another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Its row.
    pub row: CaseRow,
    /// What kinds of things both name.
    pub reasons: BTreeSet<IdentifierKind>,
}

impl Paging {
    /// Rows from `skip` on, at most `rows`; both are bounded.
    pub fn new(skip: u64, rows: usize) -> Self {
        let skip = usize::try_from(skip).unwrap_or(usize::MAX).min(limits::PAGED_ROWS);
        Self { skip, rows: rows.min(limits::PAGE_ROWS) }
    }

    /// Rows to skip.
    pub const fn skip(self) -> usize {
        self.skip
    }

    /// Rows wanted.
    pub const fn rows(self) -> usize {
        self.rows
    }
}

impl Page {
    pub(crate) fn empty() -> Self {
        Self { rows: Vec::new(), total: 0, skipped: 0, facets: FacetCounts::new() }
    }
}
