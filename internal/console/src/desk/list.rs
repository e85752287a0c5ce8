//! Lists: the inbox and what a search found.

use nightsafe_casework::{
    case::{CaseSummary, Worklist},
    triage::Priority,
};
use nightsafe_index::FacetCounts;
use nightsafe_schema::division::DivisionCode;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Its rows, at most [`crate::PAGE_ROWS`].
    pub rows: Vec<T>,
    /// How many rows the whole list has, for this viewer.
    pub total: u64,
    /// How many rows stand before these.
    pub skipped: u64,
}

/// A page of the inbox, and what the whole list consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// The page.
    pub page: Page<CaseSummary>,
    /// How many of the listed cases have each value; counted under the viewer's filter, like everything else.
    pub facets: FacetCounts,
}

/// Which cases the inbox shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboxFilter {
    /// Only this flow.
    pub flow: Option<String>,
    /// Only this priority.
    pub priority: Option<Priority>,
    /// Only places in this division.
    pub place: Option<DivisionCode>,
    /// Only this category.
    pub category: Option<String>,
    /// Only this list of work.
    pub worklist: Option<Worklist>,
    /// In this order.
    pub order: Order,
    /// Rows to skip.
    pub skip: u64,
}

/// The order of the inbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Most urgent first, then oldest.
    #[default]
    Urgency,
    /// Newest first.
    Newest,
}

/// A search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// What was typed; the desk bounds and reads it.
    pub text: String,
    /// Rows to skip.
    pub skip: u64,
}

/// A case that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The case.
    pub summary: CaseSummary,
    /// Where the words stand.
    pub snippets: Vec<Snippet>,
}

/// A piece of text around found words: plain and found pieces in turn, the first one plain (and perhaps empty).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The pieces.
    pub pieces: Vec<String>,
}

impl<T> Page<T> {
    /// No rows.
    pub const fn empty() -> Self {
        Self { rows: Vec::new(), total: 0, skipped: 0 }
    }
}
