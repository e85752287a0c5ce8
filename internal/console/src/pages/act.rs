//! `POST /c/{case}/act`: what a person does with a case. Done, it leads back to the case, or to the inbox if the case is out
//! of sight now. Not done, the page comes again with what was typed: also if somebody else was faster, and then it says what
//! that person did.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use nightsafe_schema::{case::CaseId, item::ItemId};

use super::{
    case::{self, Amiss, Stand},
    parameters::Parameters,
};
use crate::{
    Console,
    desk::{Act, ActProblem, DeskError},
    failure::Failure,
    form::{Fields, Submitted},
    visitor::Answer,
};

pub(crate) async fn act(
    Path(text): Path<String>,
    parameters: Parameters,
    State(console): State<Console>,
    submitted: Submitted,
) -> Answer {
    let stand = Stand::of(&parameters);
    let Submitted { visitor, fields } = submitted;
    let number = case::number(&text)?;
    let edition = edition(&fields)?;
    let act = match Act::read(fields.text("act"), |name| fields.text(name)) {
        Ok(act) => act,
        Err(ActProblem::NoSuchAct) => return Err(Failure::BadForm),
        Err(problem) => return case::again(&console, &visitor, number, Amiss::Act(problem), fields, &stand).await,
    };
    visitor.allowed(act.permission())?;
    let item = act.item();
    let stays = item.is_some() || matches!(act, Act::Note { .. } | Act::Star | Act::Unstar);
    let viewer = visitor.viewer().clone();
    let done = console.ask(move |desk| match desk.act(&viewer, number, &act, edition) {
        Ok(()) => Ok(None),
        Err(DeskError::Act(problem)) => Ok(Some(Amiss::Act(problem))),
        Err(DeskError::Changed(since)) => Ok(Some(Amiss::Changed(since))),
        Err(other) => Err(other),
    });
    if let Some(amiss) = done.await? {
        return case::again(&console, &visitor, number, amiss, fields, &stand).await;
    }
    // A note or a mark is no end of the work on a case.
    let onward = stand.onward(number).filter(|_| !stays);
    let to = onward.unwrap_or_else(|| back(number, item, &stand));
    Ok(Redirect::to(&to).into_response())
}

/// The page on which it was done.
fn back(case: CaseId, item: Option<ItemId>, stand: &Stand) -> String {
    match item {
        Some(item) => format!("/c/{case}/files/{item}"),
        None => format!("/c/{case}{}", stand.query()),
    }
}

/// The edition that the form was made from; a script may leave it out.
fn edition(fields: &Fields) -> Result<Option<u64>, Failure> {
    match fields.text("edition") {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Failure::BadForm),
    }
}
