//! `POST /c/{case}/act`: what a person does with a case. Done, it leads back to the case, or to the inbox if the case is out
//! of sight now.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use nightsafe_schema::{case::CaseId, item::ItemId};

use super::case;
use crate::{
    Console,
    desk::{Act, ActProblem, DeskError},
    failure::Failure,
    form::Submitted,
    visitor::Answer,
};

pub(crate) async fn act(Path(text): Path<String>, State(console): State<Console>, submitted: Submitted) -> Answer {
    let Submitted { visitor, fields } = submitted;
    let number = case::number(&text)?;
    let act = match Act::read(fields.text("act"), |name| fields.text(name)) {
        Ok(act) => act,
        Err(ActProblem::NoSuchAct) => return Err(Failure::BadForm),
        Err(problem) => return case::with_problem(&console, &visitor, number, problem).await,
    };
    visitor.allowed(act.permission())?;
    let item = act.item();
    let viewer = visitor.viewer().clone();
    let done = console.ask(move |desk| match desk.act(&viewer, number, &act) {
        Ok(()) => Ok(None),
        Err(DeskError::Act(problem)) => Ok(Some(problem)),
        Err(other) => Err(other),
    });
    match done.await? {
        Some(problem) => case::with_problem(&console, &visitor, number, problem).await,
        None => Ok(Redirect::to(&back(number, item)).into_response()),
    }
}

/// The page on which it was done.
fn back(case: CaseId, item: Option<ItemId>) -> String {
    match item {
        Some(item) => format!("/c/{case}/files/{item}"),
        None => format!("/c/{case}"),
    }
}
