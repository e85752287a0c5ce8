//! The last page is sent: the report is taken, or the page says what is to be mended or done.

use std::sync::Arc;

use axum::response::Response;
use http::header::RETRY_AFTER;
use nightsafe_schema::intake::Channel;

use super::super::receipt::receipt_page;
use super::draw::TRY_LATER;
use super::turn::Turn;
use crate::http::{FieldError, HeldBody, Problem, ProblemKind};
use crate::reception::{NotHere, RawSubmission, Receipt};
use crate::words;

/// Why a report was not taken.
enum Refusal {
    Problem(Problem),
    NotHere(NotHere),
}

/// Sends the report, and shows the receipt or the page once more with what is wrong.
pub(super) async fn send(turn: Turn<'_>) -> Result<Response, Problem> {
    match submit(&turn).await {
        Ok(receipt) => Ok(receipt_page(&receipt, turn.flow, turn.look)),
        Err(Refusal::NotHere(NotHere(missing))) => Ok(turn.add_again(&missing)),
        Err(Refusal::Problem(problem)) if !problem.errors().is_empty() => {
            Ok(turn.show(turn.page, problem.errors(), None, problem.status()))
        }
        Err(Refusal::Problem(problem)) => later(&turn, problem),
    }
}

async fn submit(turn: &Turn<'_>) -> Result<Receipt, Refusal> {
    let reception = &turn.app.reception;
    let submission = turn.state.submission();
    let body = HeldBody::from(turn.document.to_string().as_bytes());
    let checked = RawSubmission::new(submission, Channel::Web, body).check(&reception.catalog)?;
    let claimed = reception.claim(&submission, turn.state.waiting()).await.map_err(Problem::from)?;
    let attachments = claimed.map_err(Refusal::NotHere)?;
    Ok(Arc::clone(reception).receive(checked, attachments).await?)
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// The report cannot be taken now: the page is shown again with everything on it, for another try.
fn later(turn: &Turn<'_>, problem: Problem) -> Result<Response, Problem> {
    let words = match problem.kind() {
        ProblemKind::Busy => words::FORM_BUSY,
        ProblemKind::Closed => words::FORM_CLOSED,
        _ => return Err(problem),
    };
    let errors = [FieldError::new("state", TRY_LATER, words)];
    let mut response = turn.show(turn.page, &errors, None, problem.status());
    if let Some(wait) = problem.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, wait.into());
    }
    Ok(response)
}
