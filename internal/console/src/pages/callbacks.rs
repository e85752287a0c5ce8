//! `/callbacks` 每月回访: commitments, draws, lists for the SMS desk, and what reporters think. For the national office and
//! the auditor.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use nightsafe_casework::{role::Permission, workflow::Month};

use super::{
    Frame, page_with,
    words::{self, Both},
};
use crate::{
    Console,
    desk::{
        CallList, CallbackAct, CallbackDetail, CallbackMonth, CallbackProblem, CallbackProof, CallbackRow, DeskError,
    },
    failure::Failure,
    form::Submitted,
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "callbacks.html")]
struct CallbacksPage {
    frame: Frame,
    form: String,
    months: Vec<Line>,
    works: bool,
    problem: Option<Both>,
    typed: String,
}

#[derive(Template)]
#[template(path = "callback.html")]
struct CallbackPage {
    frame: Frame,
    form: String,
    month: Line,
    works: bool,
    problem: Option<Both>,
    check: Option<bool>,
    proof: Option<Proof>,
    rows: Vec<Row>,
    lists: Vec<List>,
    ready: u64,
}

struct Line {
    month: String,
    commitment: String,
    committed: String,
    size: String,
    drawn: Option<String>,
    approved: Option<String>,
}

enum Proof {
    Shown { nonce: String, seed: String, candidates: usize },
    Withheld,
}

struct Row {
    case: String,
    part: Both,
    reference: String,
    without_number: bool,
    stage: Both,
    opinion: Option<Both>,
}

struct List {
    at: String,
    file: String,
    sha256: String,
    entries: u64,
    approved: String,
}

/// `GET /callbacks`.
pub(crate) async fn list(visitor: Visitor, State(console): State<Console>) -> Answer {
    allowed(&visitor)?;
    months(&console, &visitor, "", None).await
}

/// `GET /callbacks/{month}`.
pub(crate) async fn show(visitor: Visitor, Path(text): Path<String>, State(console): State<Console>) -> Answer {
    allowed(&visitor)?;
    let month = text.parse().map_err(|_| Failure::NotFound)?;
    detail(&console, &visitor, month, None).await
}

/// `POST /callbacks`: a month and what is done with it.
pub(crate) async fn act(State(console): State<Console>, submitted: Submitted) -> Answer {
    let Submitted { visitor, fields } = submitted;
    allowed(&visitor)?;
    if !visitor.notices().calls_back {
        return Err(Failure::NotAllowed);
    }
    let typed = fields.text("month").trim().to_owned();
    let Ok(month) = typed.parse::<Month>() else {
        return months(&console, &visitor, &typed, Some(CallbackProblem::Month)).await;
    };
    let Ok(act) = CallbackAct::of_code(fields.text("act")) else { return Err(Failure::BadForm) };
    let viewer = visitor.viewer().clone();
    let done = console.ask(move |desk| match desk.act_on_callback(&viewer, month, act) {
        Ok(()) => Ok(None),
        Err(DeskError::Callback(problem)) => Ok(Some(problem)),
        Err(other) => Err(other),
    });
    match done.await? {
        None => Ok(Redirect::to(&format!("/callbacks/{month}")).into_response()),
        Some(problem) if matches!(act, CallbackAct::Commit) || problem == CallbackProblem::NoCommitment => {
            months(&console, &visitor, &typed, Some(problem)).await
        }
        Some(problem) => detail(&console, &visitor, month, Some(problem)).await,
    }
}

/// The national office and the auditor; to everybody else it is a page that the role does not have.
fn allowed(visitor: &Visitor) -> Result<(), Failure> {
    if visitor.notices().calls_back { Ok(()) } else { visitor.allowed(Permission::ReadAudit) }
}

async fn months(console: &Console, visitor: &Visitor, typed: &str, problem: Option<CallbackProblem>) -> Answer {
    let viewer = visitor.viewer().clone();
    let rows = console.ask(move |desk| desk.callbacks(&viewer)).await?;
    let page = CallbacksPage {
        frame: Frame::of(visitor, &console.reference, "/callbacks", "每月回访", "Call-backs"),
        form: visitor.form_token().to_string(),
        months: rows.iter().map(Line::of).collect(),
        works: visitor.notices().calls_back,
        problem: problem.map(words_for),
        typed: typed.to_owned(),
    };
    Ok(page_with(status(problem), &page))
}

async fn detail(console: &Console, visitor: &Visitor, month: Month, problem: Option<CallbackProblem>) -> Answer {
    let viewer = visitor.viewer().clone();
    let detail: CallbackDetail = console.ask(move |desk| desk.callback(&viewer, month)).await?;
    let proof = detail.proof.as_ref().map(|proof| match proof {
        CallbackProof::Withheld => Proof::Withheld,
        CallbackProof::Shown { nonce, seed, candidates, .. } => {
            Proof::Shown { nonce: nonce.to_string(), seed: seed.to_string(), candidates: candidates.len() }
        }
    });
    let page = CallbackPage {
        frame: Frame::of(visitor, &console.reference, "/callbacks", &format!("回访 {month}"), "Call-backs of a month"),
        form: visitor.form_token().to_string(),
        month: Line::of(&detail.month),
        works: visitor.notices().calls_back,
        problem: problem.map(words_for),
        check: detail.check.map(crate::desk::CallbackCheck::holds),
        proof,
        rows: detail.rows.iter().map(Row::of).collect(),
        lists: detail.lists.iter().map(List::of).collect(),
        ready: detail.ready,
    };
    Ok(page_with(status(problem), &page))
}

const fn status(problem: Option<CallbackProblem>) -> StatusCode {
    if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

fn words_for(problem: CallbackProblem) -> Both {
    Both::new(problem.zh(), &problem.to_string())
}

impl Line {
    fn of(month: &CallbackMonth) -> Self {
        Self {
            month: month.month.to_string(),
            commitment: month.commitment.to_string(),
            committed: words::moment(month.committed_at),
            size: format!("{} / {} %", month.size.least, month.size.percent),
            drawn: month.drawn_at.map(words::moment),
            approved: month.approved.as_ref().map(ToString::to_string),
        }
    }
}

impl Row {
    fn of(row: &CallbackRow) -> Self {
        let (zh, en) = row.stage.words();
        Self {
            case: row.case.to_string(),
            part: words::part(row.part),
            reference: row.reference.clone().unwrap_or_default(),
            without_number: row.without_number,
            stage: Both::new(zh, en),
            opinion: row.opinion.map(|opinion| Both::new(opinion.words().0, opinion.words().1)),
        }
    }
}

impl List {
    fn of(list: &CallList) -> Self {
        let [first, second] = &list.approved;
        Self {
            at: words::moment(list.at),
            file: list.file.clone(),
            sha256: list.sha256.to_string(),
            entries: list.entries,
            approved: format!("{first}、{second}"),
        }
    }
}
