//! What was done with a case, and the forms for what this viewer may do with it.

use nightsafe_casework::{
    case::{Alarm, Worklist},
    role::Permission,
};

use super::words::{self, Both};
use crate::{desk::CaseDetail, reference::Reference, visible::Visible, visitor::Visitor};

/// The section of a case about work.
pub(super) struct Work {
    /// What was done.
    pub(super) lines: Vec<(Both, Visible)>,
    /// The alarm waits for somebody.
    pub(super) acknowledge: bool,
    /// It is a supplement that waits for its case.
    pub(super) join: bool,
    /// This viewer gives cases to units and people.
    pub(super) dispatches: bool,
    /// The parts that can be given away.
    pub(super) parts: Vec<(&'static str, Both)>,
}

impl Work {
    pub(super) fn of(detail: &CaseDetail, visitor: &Visitor, reference: &Reference) -> Self {
        let part = |part: nightsafe_casework::routing::Part| (part.code(), words::part(part));
        Self {
            lines: lines(detail, reference),
            acknowledge: detail.alarm.as_ref().is_some_and(Alarm::is_open),
            join: detail.summary.worklists.contains(&Worklist::Unlinked),
            dispatches: visitor.viewer().may(Permission::Dispatch),
            parts: detail.summary.tasks.iter().map(|task| part(task.part)).collect(),
        }
    }
}

fn lines(detail: &CaseDetail, reference: &Reference) -> Vec<(Both, Visible)> {
    let mut lines = Vec::new();
    if let Some(alarm) = &detail.alarm {
        lines.push((Both::new("警报", "Alarm raised"), Visible(words::moment(alarm.raised_at))));
        if let Some(signal) = alarm.signals.last() {
            lines.push((Both::new("警报命令", "Alarm command"), Visible(signal.to_string())));
        }
        if let Some(taken) = &alarm.acknowledged {
            let text = format!("{} {} {}", words::moment(taken.at), taken.by, taken.note);
            lines.push((Both::new("已确认", "Acknowledged"), Visible(text)));
        }
    }
    for moved in &detail.moves {
        let units = format!("{} → {}", reference.unit(&moved.from), reference.unit(&moved.to));
        lines.push((Both::new("转办", "Transferred"), Visible(format!("{units} {} {}", moved.by, moved.reason))));
    }
    if let Some(verifier) = &detail.verifier {
        lines.push((Both::new("核查员", "Verifier"), Visible(verifier.to_string())));
    }
    for account in &detail.recused {
        lines.push((Both::new("已回避", "Recused"), Visible(account.to_string())));
    }
    if let Some(case) = detail.joined {
        lines.push((Both::new("已归到线索", "Tied to the case"), Visible(case.to_string())));
    }
    lines
}
