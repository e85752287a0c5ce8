//! Cases that belong together with one, why, and the forms for merging them.

use nightsafe_casework::role::Permission;

use super::words::{self, Both};
use crate::{
    desk::{CaseDetail, LinkRow},
    visible::Visible,
    visitor::Visitor,
};

/// The section of a case about other cases.
pub(super) struct Links {
    /// The case of this page.
    pub(super) own: String,
    pub(super) rows: Vec<Linked>,
    /// The series in the order in which its cases were reported: number, and whether it is the case of this page.
    pub(super) series: Vec<(String, bool)>,
    /// This viewer's role merges cases.
    pub(super) merges: bool,
}

/// One other case.
pub(super) struct Linked {
    pub(super) number: String,
    pub(super) title: Visible,
    pub(super) kind: Both,
    pub(super) code: &'static str,
    pub(super) reasons: Vec<Both>,
    pub(super) merged: bool,
    pub(super) protected: bool,
    pub(super) received: String,
}

impl Links {
    pub(super) fn of(detail: &CaseDetail, visitor: &Visitor) -> Self {
        let own = detail.summary.case;
        Self {
            own: own.to_string(),
            rows: detail.links.iter().map(Linked::of).collect(),
            series: detail.series.iter().map(|case| (case.to_string(), *case == own)).collect(),
            merges: visitor.viewer().may(Permission::Merge),
        }
    }

    /// Whether there is anything to show.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.series.is_empty() && !self.merges
    }
}

impl Linked {
    fn of(row: &LinkRow) -> Self {
        let (zh, en) = row.kind.words();
        let reason = |(zh, en): (String, String)| Both::new(&zh, &en);
        Self {
            number: row.to.to_string(),
            title: Visible::from(row.title.as_str()),
            kind: Both::new(zh, en),
            code: row.kind.code(),
            reasons: row.reasons.iter().map(|why| reason(why.words())).collect(),
            merged: row.merged,
            protected: row.protected,
            received: words::hour(row.received_hour.as_timestamp()),
        }
    }
}
