//! What happened to a case, in words.

use nightsafe_casework::{
    event::Body,
    workflow::{Gates, Step},
};

use super::words::{self, Both};
use crate::{desk::Happening, reference::Reference, visible::Visible};

/// One line of the timeline.
pub(crate) struct Entry {
    pub(crate) at: String,
    pub(crate) who: String,
    pub(crate) what: Both,
    pub(crate) part: Option<Both>,
    pub(crate) more: Visible,
}

impl Entry {
    pub(crate) fn of(happened: &Happening, reference: &Reference) -> Self {
        let (what, part, more) = told(&happened.body, reference);
        let system = happened.actor.starts_with('@');
        Self {
            at: words::moment(happened.at),
            who: if system { "系统".to_owned() } else { happened.actor.clone() },
            what: Both::new(what.0, what.1),
            part,
            more: Visible(more),
        }
    }
}

type Words = (&'static str, &'static str);

fn told(body: &Body, reference: &Reference) -> (Words, Option<Both>, String) {
    let plain = |words: Words| (words, None, String::new());
    let with = |words: Words, more: String| (words, None, more);
    match body {
        Body::ReportReceived(_) => plain(("登记", "Taken in")),
        Body::SupplementReceived(_) => plain(("收到补充材料", "A supplement came")),
        Body::CaseTriaged(triage) => with(("分级", "Triaged"), format!("{:?}", triage.priority)),
        Body::CaseRouted(decision) if decision.sealed => plain(("封存", "Sealed")),
        Body::CaseRouted(decision) => {
            let units: Vec<String> = decision.tasks.iter().map(|task| reference.unit(&task.unit)).collect();
            with(("分办", "Routed"), units.join("、"))
        }
        Body::ForbiddenWidened(widening) => {
            let units: Vec<String> = widening.added.iter().take(5).map(|entry| reference.unit(&entry.unit)).collect();
            with(("增加回避单位", "Further units forbidden"), units.join("、"))
        }
        Body::AlarmAcknowledged(taken) => with(("确认警报", "Alarm taken up"), taken.note.clone()),
        Body::TaskMoved(moved) => {
            let units = format!("{} → {} {}", reference.unit(&moved.from), reference.unit(&moved.to), moved.reason);
            (("转办", "Transferred"), Some(words::part(moved.part)), units)
        }
        Body::VerifierAssigned(named) => {
            (("指派核查员", "Verifier named"), named.part.map(words::part), named.verifier.to_string())
        }
        Body::VerifierRecused(recused) => {
            with(("回避", "Taken off for a conflict"), format!("{} {}", recused.account, recused.reason))
        }
        Body::SupplementJoined(joined) => with(("归到线索", "Tied to a case"), joined.to.to_string()),
        Body::CasesMerged(merged) => with(("并案", "Merged"), format!("{} {}", merged.other, merged.reason)),
        Body::MergeUndone(undone) => with(("撤销并案", "Merge undone"), format!("{} {}", undone.other, undone.reason)),
        Body::NoteAdded(noted) => with(("备注", "Note"), noted.text.clone()),
        Body::TaskStepped(stepped) => {
            (stepped.step.act().words(), Some(words::part(stepped.part)), step(&stepped.step, reference))
        }
        other => with(("其他", "Other"), other.kind().name().to_owned()),
    }
}

/// What a step says besides its name.
fn step(step: &Step, reference: &Reference) -> String {
    let gates = |gates: &Gates| format!("{}、{}", reference.unit(&gates.first), reference.unit(&gates.second));
    let beside = match step {
        Step::Refuse { ground, .. } => ground.clone(),
        Step::Merge { into, .. } => into.to_string(),
        Step::Assign { to, .. } | Step::Forward { to, .. } | Step::CheckEarlier { to, .. } => reference.unit(to),
        Step::Record { result, disposals, .. } => {
            let disposals: Vec<&str> = disposals.iter().map(|disposal| disposal.words().0).collect();
            format!("{}；{}", result.words().0, disposals.join("、"))
        }
        Step::Submit { gates: to } | Step::Regate { gates: to, .. } => gates(to),
        Step::FeedBack { channel, .. } | Step::Contact { channel, .. } | Step::TellAcceptance { channel, .. } => {
            channel.words().0.to_owned()
        }
        Step::CallBack { opinion, .. } => opinion.words().0.to_owned(),
        Step::Protect { measures, .. } => {
            let measures: Vec<&str> = measures.iter().map(|measure| measure.words().0).collect();
            measures.join("、")
        }
        Step::RecommendReward { amount, .. } => format!("{} {} 元", amount.band, amount.yuan),
        Step::Draw { month } => month.to_string(),
        _ => String::new(),
    };
    format!("{beside} {}", step.note()).trim().to_owned()
}
