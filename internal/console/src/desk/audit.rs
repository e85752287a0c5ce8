//! The audit log as the auditor reads it.

use jiff::Timestamp;
use nightsafe_schema::case::CaseId;

/// Which rows of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only this case.
    pub case: Option<CaseId>,
    /// Only this account.
    pub actor: Option<String>,
    /// Only this kind of event.
    pub kind: Option<String>,
    /// Rows to skip.
    pub skip: u64,
}

/// One event, without its body: who did what to which case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its sequence number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who: an account, or the daemon.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// About which case.
    pub case: Option<CaseId>,
    /// The kind of event; [`WITHHELD`] of a case that is kept from the viewer.
    pub kind: String,
    /// What may be said of its body: a reason, a search text, the account that was added; nothing of a report.
    pub detail: String,
}

/// What stands for the kind of an event about a case that is kept from the viewer: the log says neither which nor what.
pub const WITHHELD: &str = "WITHHELD";
