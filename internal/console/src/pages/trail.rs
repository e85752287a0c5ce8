//! Where in a list somebody stands: so that after an action the next item of the same list comes, and nobody is thrown out of
//! the queue. All of it is in the address; nothing is remembered.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect},
};
use nightsafe_casework::{case::CaseSummary, role::Permission};
use nightsafe_schema::case::CaseId;

use super::{entrance::query_escaped, inbox, parameters::Parameters};
use crate::{
    Console,
    limits::TRAIL_BYTES,
    visitor::{Answer, Visitor},
};

/// A place in the inbox: its question, and which row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trail {
    list: String,
    at: Option<u64>,
}

impl Trail {
    /// The place that an address names; none if it names none.
    pub(super) fn of(parameters: &Parameters) -> Self {
        let list = parameters.text("list").filter(|list| is_question(list)).unwrap_or_default();
        Self { list: list.to_owned(), at: parameters.parsed("at") }
    }

    /// A row of a list.
    pub(super) fn row(list: &str, at: u64) -> Self {
        Self { list: list.to_owned(), at: Some(at) }
    }

    /// Whether there is a list to go on in.
    pub(super) const fn is_somewhere(&self) -> bool {
        self.at.is_some()
    }

    /// What an address of a case carries of it.
    pub(super) fn query(&self) -> String {
        match self.at {
            Some(at) => format!("?list={}&at={at}", query_escaped(&self.list)),
            None => String::new(),
        }
    }

    /// The way to the next or the previous item.
    pub(super) fn way(&self, from: CaseId, step: Step, done: Option<CaseId>) -> String {
        let done = done.map(|case| format!("&done={case}")).unwrap_or_default();
        let step = step.code();
        format!("/q/next{}&from={from}&step={step}{done}", self.query())
    }
}

/// As an address of ours carries it: short, and escaped already.
fn is_question(list: &str) -> bool {
    list.len() <= TRAIL_BYTES && list.bytes().all(|byte| byte.is_ascii_graphic())
}

/// In which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Next,
    Before,
}

impl Step {
    const fn code(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Before => "before",
        }
    }
}

/// `GET /q/next`: to the neighbour of a case in a list, as the list is now; back to the list if there is none.
pub(crate) async fn step(visitor: Visitor, parameters: Parameters, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let trail = Trail::of(&parameters);
    let (at, from) = (trail.at.unwrap_or(0), parameters.parsed::<CaseId>("from"));
    let step = if parameters.text("step") == Some("before") { Step::Before } else { Step::Next };
    let question = Parameters::read(&trail.list);
    let first = at.saturating_sub(1);
    let (viewer, asked) = (visitor.viewer().clone(), inbox::filter_at(&question, first));
    let list = console.ask(move |desk| desk.inbox(&viewer, &asked)).await?.page;
    let done = parameters.parsed::<CaseId>("done").map(|case| format!("&done={case}")).unwrap_or_default();
    let to = match neighbour(&list.rows, first, at, from, step) {
        Some((place, case)) => format!("/c/{case}{}{done}", Trail::row(&trail.list, place).query()),
        None => format!("/q?{}{done}", trail.list),
    };
    Ok(Redirect::to(&to).into_response())
}

/// The neighbour among these rows, of which the first stands at `first`. A case that has left the list leaves its place to the
/// one behind it.
fn neighbour(rows: &[CaseSummary], first: u64, at: u64, from: Option<CaseId>, step: Step) -> Option<(u64, CaseId)> {
    let place = |index: usize| first.checked_add(u64::try_from(index).ok()?);
    let found = rows.iter().position(|row| Some(row.case) == from);
    let index = match (found, step) {
        (Some(index), Step::Next) => index.checked_add(1)?,
        (Some(index), Step::Before) => index.checked_sub(1)?,
        (None, Step::Next) => usize::try_from(at.checked_sub(first)?).ok()?,
        (None, Step::Before) => usize::try_from(at.checked_sub(first)?).ok()?.checked_sub(1)?,
    };
    Some((place(index)?, rows.get(index)?.case))
}
