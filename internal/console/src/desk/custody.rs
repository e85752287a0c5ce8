//! Who looked at which identity and why, for the head of a unit; sealed cases, for the two who may see them; and what every
//! page tells its visitor.

use jiff::Timestamp;
use nightsafe_casework::{account::AccountName, case::Columns};
use nightsafe_schema::{case::CaseId, unit::UnitId};

/// A look at an identity by somebody of the viewer's unit or below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookRow {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub account: AccountName,
    /// Of which unit.
    pub unit: UnitId,
    /// At the reporter of which case.
    pub case: CaseId,
    /// Why, as typed.
    pub reason: String,
}

/// A sealed case in the list of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// The case.
    pub case: CaseId,
    /// Since when it is sealed.
    pub since: Timestamp,
}

/// What stands above every page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// Alarms among this viewer's cases that nobody has acknowledged.
    pub alarms: u64,
    /// This viewer is one of the two who may see sealed cases.
    pub is_custodian: bool,
    /// This viewer works with the monthly call-backs.
    pub calls_back: bool,
    /// Keys act on this viewer's pages.
    pub shortcuts: bool,
    /// What this viewer chose to see of each case in a list.
    pub columns: Columns,
}
