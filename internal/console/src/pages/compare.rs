//! `/compare?a=&b=` 比对: two cases side by side, word by word, and the way to merge them or to undo that.
//!
//! Both are visible to the viewer, or there is no such page. The merge is a form with a key of its own: pressed twice it merges
//! once. Whatever was done leads on to the next case that resembles the first one.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect},
};
use data_encoding::HEXLOWER;
use http::StatusCode;
use nightsafe_casework::{event::OnceKey, role::Permission};
use nightsafe_schema::{case::CaseId, randomness::random_bytes};

use super::{Both, Frame, page_with, parameters::Parameters, row::Row};
use crate::{
    Console,
    contrast::{Piece, contrast},
    desk::{Act, ActProblem, CaseDetail, Comparison, DeskError, LinkRow},
    failure::Failure,
    form::{Fields, Submitted},
    reference::Reference,
    report::{self, Said},
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    frame: Frame,
    form: String,
    key: String,
    left: Row,
    right: Row,
    fields: Vec<Compared>,
    kind: Option<Both>,
    reasons: Vec<Both>,
    merged: bool,
    merges: bool,
    next: Option<String>,
    done: Option<String>,
    typed: String,
    problem: Option<Both>,
}

/// One field of both.
struct Compared {
    label: Both,
    left: Vec<Piece>,
    right: Vec<Piece>,
    differs: bool,
}

/// `GET /compare`.
pub(crate) async fn show(visitor: Visitor, parameters: Parameters, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let (left, right) = (of(parameters.text("a"))?, of(parameters.text("b"))?);
    let done = parameters.parsed::<CaseId>("done");
    render(&console, &visitor, (left, right), done, None, &Fields::default()).await
}

/// `POST /compare`: merges the two, or undoes it.
pub(crate) async fn act(State(console): State<Console>, submitted: Submitted) -> Answer {
    let Submitted { visitor, fields } = submitted;
    visitor.allowed(Permission::Merge)?;
    let (left, right) = (of(Some(fields.text("a")))?, of(Some(fields.text("case")))?);
    let act = match Act::read(fields.text("act"), |name| fields.text(name)) {
        Ok(act @ (Act::Merge { .. } | Act::Unmerge { .. })) => act,
        Ok(_) | Err(ActProblem::NoSuchAct) => return Err(Failure::BadForm),
        Err(problem) => return render(&console, &visitor, (left, right), None, Some(problem), &fields).await,
    };
    let viewer = visitor.viewer().clone();
    let undone = matches!(act, Act::Unmerge { .. });
    let done = console.ask(move |desk| match desk.act(&viewer, left, &act, None) {
        Ok(()) => Ok(None),
        Err(DeskError::Act(problem)) => Ok(Some(problem)),
        Err(other) => Err(other),
    });
    if let Some(problem) = done.await? {
        return render(&console, &visitor, (left, right), None, Some(problem), &fields).await;
    }
    let next = fields.text("next").parse::<CaseId>().ok().filter(|_| !undone);
    let to = match next {
        Some(next) => format!("/compare?a={left}&b={next}&done={right}"),
        None => format!("/compare?a={left}&b={right}&done={right}"),
    };
    Ok(Redirect::to(&to).into_response())
}

fn of(text: Option<&str>) -> Result<CaseId, Failure> {
    text.and_then(|text| text.to_uppercase().parse().ok()).ok_or(Failure::NotFound)
}

async fn render(
    console: &Console,
    visitor: &Visitor,
    (left, right): (CaseId, CaseId),
    done: Option<CaseId>,
    problem: Option<ActProblem>,
    typed: &Fields,
) -> Answer {
    let viewer = visitor.viewer().clone();
    let reference = console.reference.clone();
    // Cutting and comparing long texts takes a moment: where blocking is allowed.
    let found = console.ask(move |desk| {
        let comparison = desk.compare(&viewer, left, right)?;
        let fields = compared(&comparison.left, &comparison.right, &reference);
        Ok((comparison, fields))
    });
    let (comparison, fields) = found.await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(page_with(status, &ComparePage::of(&comparison, fields, visitor, console, done, problem, typed)?))
}

impl ComparePage {
    fn of(
        comparison: &Comparison,
        fields: Vec<Compared>,
        visitor: &Visitor,
        console: &Console,
        done: Option<CaseId>,
        problem: Option<ActProblem>,
        typed: &Fields,
    ) -> Result<Self, Failure> {
        let Comparison { left, right, link } = comparison;
        let zh = if problem.is_some() { "出错：比对" } else { "比对" };
        let reason = |(zh, en): (String, String)| Both::new(&zh, &en);
        let typed_key = typed.text("key").parse::<OnceKey>().ok();
        Ok(Self {
            frame: Frame::of(visitor, &console.reference, "", zh, "Compare"),
            form: visitor.form_token().to_string(),
            key: match typed_key {
                Some(key) => key.to_string(),
                None => drawn(console)?,
            },
            left: Row::of(&left.summary, &console.reference),
            right: Row::of(&right.summary, &console.reference),
            fields,
            kind: link.as_ref().map(|link| Both::new(link.kind.words().0, link.kind.words().1)),
            reasons: link.iter().flat_map(|link| &link.reasons).map(|why| reason(why.words())).collect(),
            merged: link.as_ref().is_some_and(|link| link.merged),
            merges: visitor.viewer().may(Permission::Merge),
            next: next(&left.links, right.summary.case).map(|case| case.to_string()),
            done: done.map(|case| case.to_string()),
            typed: typed.text("reason").to_owned(),
            problem: problem.map(|problem| Both::new(problem.zh(), &problem.to_string())),
        })
    }
}

/// The key of a merge form.
fn drawn(console: &Console) -> Result<String, Failure> {
    let bytes: [u8; 16] = random_bytes(&*console.randomness).map_err(|error| DeskError::Failed(Box::new(error)))?;
    Ok(HEXLOWER.encode(&bytes))
}

/// The next of the cases that resemble the first: behind the one that is compared, else from the beginning; merged ones are
/// done with.
fn next(links: &[LinkRow], at: CaseId) -> Option<CaseId> {
    let place = links.iter().position(|link| link.to == at).map_or(0, |place| place + 1);
    let (before, after) = links.split_at_checked(place).unwrap_or((links, &[]));
    after.iter().chain(before).find(|link| !link.merged && link.to != at).map(|link| link.to)
}

/// Every field that either of the two has, in the order of the first; what differs is marked.
fn compared(left: &CaseDetail, right: &CaseDetail, reference: &Reference) -> Vec<Compared> {
    let (left, right) = (said(left, reference), said(right, reference));
    let mut others: BTreeMap<String, String> =
        right.iter().map(|said| (said.path.clone(), said.text.clone())).collect();
    let mut fields: Vec<Compared> = Vec::new();
    for said in left {
        let other = others.remove(&said.path).unwrap_or_default();
        fields.push(Compared::of(said.label, &said.text, &other));
    }
    for said in right.into_iter().filter(|said| others.contains_key(&said.path)) {
        fields.push(Compared::of(said.label, "", &said.text));
    }
    fields
}

fn said(detail: &CaseDetail, reference: &Reference) -> Vec<Said> {
    let mut all = report::said(&detail.report, reference);
    for (number, supplement) in detail.supplements.iter().enumerate() {
        let number = number + 1;
        all.extend(report::said(&supplement.report, reference).into_iter().map(|said| Said {
            path: format!("supplement {number} {}", said.path),
            label: Both::new(
                &format!("补充 {number} · {}", said.label.0.zh),
                &format!("supplement {number} · {}", said.label.0.en),
            ),
            text: said.text,
        }));
    }
    all
}

impl Compared {
    fn of(label: Both, left: &str, right: &str) -> Self {
        let [left, right] = contrast(left, right);
        let differs = left.iter().chain(&right).any(|piece| piece.differs);
        Self { label, left, right, differs }
    }
}
