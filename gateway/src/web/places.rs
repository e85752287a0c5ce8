//! `POST /places`: what lies in a division, for pages with scripts. Posted, so that no place stands in an address.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use nightsafe_schema::division::{Division, DivisionCode};
use serde_json::json;

use super::report::read_form;
use crate::app::App;
use crate::limits;

/// A list of codes and names; empty where nothing lies in it, or nobody knows it.
pub(crate) async fn places(State(app): State<Arc<App>>, request: Request) -> Response {
    let answers = match read_form(&app, request, limits::SMALL_FORM_BODY).await {
        Ok(answers) => answers,
        Err(problem) => return problem.into_response(),
    };
    let Ok(code) = answers.one("code").parse::<DivisionCode>() else { return axum::Json(json!([])).into_response() };
    let row = |division: &Division| json!([division.code.as_str(), division.name]);
    axum::Json(app.divisions.children(code).map(row).collect::<Vec<_>>()).into_response()
}
