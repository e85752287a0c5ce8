//! `/c/{case}` 线索: one report with everything that this viewer may see of it.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use nightsafe_casework::{
    role::Permission,
    routing::{Candidate, Forbidden, Task},
    triage::{FiredRule, Triage},
};
use nightsafe_schema::{case::CaseId, intake::Registered};

pub(super) mod files;
mod flow;
mod links;
pub(crate) mod paper;
pub(super) mod timeline;
mod work;

use self::{files::File, flow::Flow, links::Links, timeline::Entry, work::Work};
use super::{
    Frame, page_with,
    parameters::Parameters,
    row::Row,
    trail::{self, Trail},
    words::{self, Both},
};
use crate::{
    Console,
    desk::{ActProblem, CaseDetail, Happening, Routing, Shown},
    failure::Failure,
    form::Fields,
    reference::Reference,
    report::{self, Section},
    visible::Visible,
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    frame: Frame,
    form: String,
    row: Row,
    sections: Vec<Section>,
    files: Vec<File>,
    supplements: Vec<More>,
    tasks: Vec<Assigned>,
    links: Links,
    work: Option<Work>,
    flow: Flow,
    timeline: Vec<Entry>,
    changed: Vec<Entry>,
    /// What was typed for it: its form may be gone.
    kept: Option<Visible>,
    problem: Option<Both>,
    triage: Option<Judged>,
    routing: Option<Routed>,
    intake: Vec<(Both, Visible)>,
    retries: u32,
    reads_identity: bool,
    reason_missing: bool,
    /// What the addresses of this page's forms carry of the list that it was opened from.
    trail: String,
    before: Option<String>,
    next: Option<String>,
    done: Option<String>,
    starred: bool,
    note: String,
}

/// A supplement.
struct More {
    received: String,
    sections: Vec<Section>,
    files: Vec<File>,
}

/// A task.
struct Assigned {
    part: Both,
    unit: String,
    id: String,
    copies: Vec<String>,
}

/// The triage in words.
struct Judged {
    rules: Vec<Ruled>,
    suggested: Vec<Both>,
    doubts: Vec<Ruled>,
    notes: Vec<Ruled>,
    escalated: bool,
}

/// A rule that fired.
struct Ruled {
    rule: Both,
    code: String,
    fields: Visible,
}

/// The routing decision.
struct Routed {
    forbidden: Vec<Barred>,
    candidates: Vec<Step>,
    rules: Vec<(Both, String)>,
    sealed: bool,
    table: String,
    units: String,
}

/// A forbidden unit.
struct Barred {
    unit: String,
    id: String,
    grounds: Vec<(Both, Visible)>,
}

/// A step of the search for a unit.
struct Step {
    part: Both,
    level: Both,
    place: String,
    unit: String,
    outcome: Both,
}

/// Where a page of a case was opened from, and with which case something was just done.
#[derive(Clone, Debug, Default)]
pub(super) struct Stand {
    trail: Trail,
    done: Option<CaseId>,
}

impl Stand {
    /// As the address says.
    pub(super) fn of(parameters: &Parameters) -> Self {
        Self { trail: Trail::of(parameters), done: parameters.parsed("done") }
    }

    /// What an address of the same case carries.
    pub(super) fn query(&self) -> String {
        self.trail.query()
    }

    fn way(&self, case: CaseId, step: trail::Step) -> Option<String> {
        self.trail.is_somewhere().then(|| self.trail.way(case, step, None))
    }

    /// Where it goes on after something was done with a case: the next item of the same list.
    pub(super) fn onward(&self, case: CaseId) -> Option<String> {
        self.trail.is_somewhere().then(|| self.trail.way(case, trail::Step::Next, Some(case)))
    }
}

/// What is wrong with a page that is shown again.
pub(super) enum Amiss {
    Nothing,
    NoReason,
    Act(ActProblem),
    Changed(Vec<Happening>),
}

/// `GET /c/{case}`.
pub(crate) async fn show(
    visitor: Visitor,
    Path(case): Path<String>,
    parameters: Parameters,
    State(console): State<Console>,
) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let stand = Stand::of(&parameters);
    render(&console, &visitor, number(&case)?, Amiss::Nothing, &Fields::default(), &stand).await
}

/// The page again, asking for a reason.
pub(super) async fn without_reason(console: &Console, visitor: &Visitor, case: CaseId) -> Answer {
    render(console, visitor, case, Amiss::NoReason, &Fields::default(), &Stand::default()).await
}

/// The page again, saying why something was not done, with what was typed.
pub(super) async fn again(
    console: &Console,
    visitor: &Visitor,
    case: CaseId,
    amiss: Amiss,
    typed: Fields,
    stand: &Stand,
) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    render(console, visitor, case, amiss, &typed, stand).await
}

/// A sealed case: to be read, and nothing to be done with it here.
pub(super) fn sealed(detail: &CaseDetail, visitor: &Visitor, reference: &Reference) -> Response {
    let page = CasePage::of(detail, visitor, reference, &Amiss::Nothing, &Fields::default(), &Stand::default());
    let links = Links { merges: false, ..page.links };
    super::page(&CasePage { links, work: None, flow: page.flow.read_only(), reads_identity: false, ..page })
}

/// A case number from a path; anything else is no page, exactly as a case that does not exist.
pub(super) fn number(text: &str) -> Result<CaseId, Failure> {
    text.parse().map_err(|_| Failure::NotFound)
}

async fn render(
    console: &Console,
    visitor: &Visitor,
    case: CaseId,
    amiss: Amiss,
    typed: &Fields,
    stand: &Stand,
) -> Answer {
    let viewer = visitor.viewer().clone();
    let detail = console.ask(move |desk| desk.case(&viewer, case, Shown::Pictures)).await?;
    let status = match amiss {
        Amiss::Nothing => StatusCode::OK,
        Amiss::Changed(_) => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok(page_with(status, &CasePage::of(&detail, visitor, &console.reference, &amiss, typed, stand)))
}

impl CasePage {
    fn of(
        detail: &CaseDetail,
        visitor: &Visitor,
        reference: &Reference,
        amiss: &Amiss,
        typed: &Fields,
        stand: &Stand,
    ) -> Self {
        let number = detail.summary.case.to_string();
        let wrong = !matches!(amiss, Amiss::Nothing);
        let zh = if wrong { format!("出错：线索 {number}") } else { format!("线索 {number}") };
        let supplements = detail.supplements.iter().map(|supplement| More {
            received: words::hour(supplement.intake.accepted_hour.as_timestamp()),
            sections: report::sections(&supplement.report, reference),
            files: File::all(&supplement.attachments, detail),
        });
        Self {
            frame: Frame::of(visitor, reference, "", &zh, &format!("Case {number}")),
            form: visitor.form_token().to_string(),
            row: Row::of(&detail.summary, reference),
            sections: report::sections(&detail.report, reference),
            files: File::all(&detail.attachments, detail),
            supplements: supplements.collect(),
            tasks: detail.summary.tasks.iter().map(|task| Assigned::of(task, reference)).collect(),
            links: Links::of(detail, visitor),
            work: visitor.viewer().may(Permission::Work).then(|| Work::of(detail, visitor, reference)),
            flow: Flow::of(detail, reference, typed),
            timeline: detail.timeline.iter().map(|happened| Entry::of(happened, reference)).collect(),
            changed: match amiss {
                Amiss::Changed(since) => since.iter().map(|happened| Entry::of(happened, reference)).collect(),
                _ => Vec::new(),
            },
            kept: Some(typed.text("reason")).filter(|text| wrong && !text.is_empty()).map(Visible::from),
            problem: match amiss {
                Amiss::Changed(_) => Some(Both::new(
                    "您打开页面以后，别人改动了这条线索。您填的内容还在下面，请看过再提交",
                    "Somebody changed this case after you had opened the page. What you typed is still below: look, then send it again",
                )),
                Amiss::Act(problem) => Some(Both::new(problem.zh(), &problem.to_string())),
                _ => None,
            },
            triage: detail.triage.as_ref().map(|triage| Judged::of(triage, reference)),
            routing: detail.routing.as_ref().map(|routing| Routed::of(routing, reference)),
            intake: intake(detail, reference),
            retries: detail.retries,
            reads_identity: visitor.viewer().may(Permission::ReadIdentity),
            reason_missing: matches!(amiss, Amiss::NoReason),
            trail: stand.trail.query(),
            before: stand.way(detail.summary.case, trail::Step::Before),
            next: stand.way(detail.summary.case, trail::Step::Next),
            done: stand.done.map(|case| case.to_string()),
            starred: detail.starred,
            note: if typed.text("act") == "note" { typed.text("reason").to_owned() } else { String::new() },
        }
    }
}

fn intake(detail: &CaseDetail, reference: &Reference) -> Vec<(Both, Visible)> {
    let intake = &detail.intake;
    let mut rows = vec![
        (Both::new("接收时间", "Accepted"), Visible(words::hour(intake.accepted_hour.as_timestamp()))),
        (Both::new("渠道", "Channel"), Visible(words::channel(intake.channel).plain())),
        (Both::new("网关", "Gateway"), Visible(intake.gateway.clone())),
        (Both::new("目录版本", "Catalog"), Visible(intake.catalog.clone())),
        (Both::new("入库时间", "Recorded"), Visible(words::moment(detail.summary.recorded_at))),
    ];
    rows.extend(intake.registered.iter().flat_map(|registered| registering(registered, reference)));
    rows
}

/// Who registered it, and what is to be known of a mail.
fn registering(registered: &Registered, reference: &Reference) -> Vec<(Both, Visible)> {
    let source = reference.catalog.label("report_sources", &registered.source);
    let source = source.map_or_else(|| registered.source.clone(), |label| label.zh.clone());
    let by = format!("{} {}", registered.by, reference.unit(&registered.unit));
    let mut rows = vec![
        (Both::new("收到时间", "Came"), Visible(registered.received_at.to_string())),
        (Both::new("来源", "Source"), Visible(source)),
        (Both::new("登记人", "Registered by"), Visible(by)),
    ];
    if let Some(mail) = &registered.mail {
        let remarks: Vec<String> = mail.remarks.iter().map(|code| words::mail_remark(code).plain()).collect();
        rows.push((
            Both::new("邮件（发件人未经核实）", "Mail (its sender is not verified)"),
            Visible(remarks.join("；")),
        ));
        rows.push((Both::new("邮件原件 SHA-256", "SHA-256 of the mail"), Visible(mail.sha256.to_string())));
    }
    rows
}

impl Assigned {
    fn of(task: &Task, reference: &Reference) -> Self {
        Self {
            part: words::part(task.part),
            unit: reference.unit(&task.unit),
            id: task.unit.to_string(),
            copies: task.copies.iter().map(|unit| reference.unit(unit)).collect(),
        }
    }
}

impl Judged {
    fn of(triage: &Triage, reference: &Reference) -> Self {
        let ruled = |fired: &FiredRule| Ruled {
            rule: words::rule(&fired.rule),
            code: fired.rule.clone(),
            fields: Visible(fired.fields.join("，")),
        };
        let suggested = triage.suggested.iter().map(|code| {
            let found = reference.catalog.flows().iter().map(|flow| reference.category(&flow.code, code));
            let named = found.into_iter().find(|label| label.zh != *code);
            Both(named.unwrap_or_else(|| crate::reference::bare(code)))
        });
        Self {
            rules: triage.rules.iter().map(ruled).collect(),
            suggested: suggested.collect(),
            doubts: triage.not_admitted.iter().map(ruled).collect(),
            notes: triage.notes.iter().map(ruled).collect(),
            escalated: triage.escalate,
        }
    }
}

impl Routed {
    fn of(routing: &Routing, reference: &Reference) -> Self {
        let barred = |entry: &Forbidden| {
            let grounds = entry.why.iter().map(|ground| (words::rule(&ground.rule), Visible(ground.from.clone())));
            Barred { unit: reference.unit(&entry.unit), id: entry.unit.to_string(), grounds: grounds.collect() }
        };
        let step = |candidate: &Candidate| Step {
            part: words::part(candidate.part),
            level: words::level(candidate.level),
            place: reference.place(candidate.division),
            unit: candidate.unit.as_ref().map(|unit| reference.unit(unit)).unwrap_or_default(),
            outcome: words::outcome(candidate.outcome),
        };
        Self {
            forbidden: routing.forbidden.iter().map(barred).collect(),
            candidates: routing.decision.candidates.iter().map(step).collect(),
            rules: routing.decision.rules.iter().map(|rule| (words::rule(rule), rule.clone())).collect(),
            sealed: routing.decision.sealed,
            table: routing.decision.table.clone(),
            units: routing.decision.units.chars().take(12).collect(),
        }
    }
}
