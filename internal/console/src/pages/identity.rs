//! `POST /c/{case}/identity`: who the reporter is, after a typed reason, as the answer to the post itself.
//!
//! It is in no URL and no history, and the reason is in the log before the page is.

use askama::Template;
use axum::extract::{Path, State};
use nightsafe_casework::role::Permission;
use nightsafe_schema::clue::ClueNumber;
use serde_json::Value;

use super::{Frame, case, page};
use crate::{
    Console,
    desk::Reason,
    form::Submitted,
    report::{self, Shown},
    visible::Visible,
    visitor::Answer,
};

#[derive(Template)]
#[template(path = "identity.html")]
struct IdentityPage {
    frame: Frame,
    case: String,
    reason: Visible,
    clue_number: Option<String>,
    reporter: Option<Shown>,
}

pub(crate) async fn show(Path(text): Path<String>, State(console): State<Console>, submitted: Submitted) -> Answer {
    let Submitted { visitor, fields } = submitted;
    visitor.allowed(Permission::ReadIdentity)?;
    let case = case::number(&text)?;
    let Ok(reason) = fields.text("reason").parse::<Reason>() else {
        return case::without_reason(&console, &visitor, case).await;
    };
    let (viewer, stated) = (visitor.viewer().clone(), reason.clone());
    let identity = console.ask(move |desk| desk.identity(&viewer, case, &stated)).await?;
    let number = identity.get("clue_number").and_then(Value::as_str);
    let reporter = identity.get("reporter").unwrap_or(&Value::Null);
    let named = console
        .reference
        .catalog
        .flows()
        .iter()
        .find(|flow| console.reference.catalog.field(&flow.code, REPORTER).is_some());
    let flow = named.map_or("", |flow| flow.code.as_str());
    Ok(page(&IdentityPage {
        frame: Frame::of(&visitor, &console.reference, "", "举报人身份", "Who reported it"),
        case: case.to_string(),
        reason: Visible::from(reason.as_str()),
        clue_number: number.and_then(|number| number.parse::<ClueNumber>().ok()).map(|number| number.grouped()),
        reporter: report::part(reporter, flow, REPORTER, &console.reference),
    }))
}

/// The field of the report that says who reported it.
const REPORTER: &str = "reporter";
