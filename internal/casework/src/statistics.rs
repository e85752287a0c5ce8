//! What the office counts (DOMAIN 4.5), as pure functions: what is counted of one case, the tables, and which numbers of
//! them may be shown.
//!
//! ```text
//! CaseState ─▶ Facts ─▶ line of text ─▶ (index, within what the viewer may see) ─▶ Tally ─▶ Table ─▶ Shown
//! ```
//!
//! Whom a case is counted for is not decided here: only facts of cases that a viewer may see are handed in (promise 8). No
//! number below [`SMALLEST_SHOWN`] leaves this module, and none can be worked out from those that do
//! (docs/spec/statistics.md).

mod before;
mod facts;
mod period;
mod protect;
mod shown;
mod table;
mod tally;
mod transport;

pub use self::{
    before::Earlier,
    facts::{Admission, Contact, Facts, GateFacts, PartFacts, Satisfaction, Sign, Standing, UnreadableFacts},
    period::{Period, PeriodError},
    shown::{Cell, Shown, ShownColumn, ShownRow, Statistics},
    table::{ColumnKey, Rate, Shape, Table, TableKey, UnknownTable},
    tally::{Scope, Tally},
};

/// Counts below this are not shown (DOMAIN 4.5).
pub const SMALLEST_SHOWN: u64 = 5;
