//! Lists: the inbox and what a search found.

use nightsafe_casework::{
    case::{CaseSummary, Worklist},
    triage::Priority,
    workflow::Stage,
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
    /// Only this state.
    pub stage: Option<Stage>,
    /// Only what is overdue.
    pub overdue: bool,
    /// Which of them.
    pub showing: Showing,
    /// In this order.
    pub order: Order,
    /// Rows to skip.
    pub skip: u64,
}

/// Which cases of those that the viewer may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Showing {
    /// Open, and verified by nobody yet or by the viewer.
    Waiting,
    /// Verified by the viewer, open or not.
    Mine,
    /// Marked by the viewer, open or not.
    Starred,
    /// Open.
    Open,
    /// All.
    #[default]
    All,
}

impl Showing {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Mine, Self::Starred, Self::Open, Self::All];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Mine => "mine",
            Self::Starred => "starred",
            Self::Open => "open",
            Self::All => "all",
        }
    }

    /// The one of this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|showing| showing.code() == code)
    }
}

/// The order of the inbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Nearest deadline first.
    #[default]
    Deadline,
    /// Most urgent first, then oldest.
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
