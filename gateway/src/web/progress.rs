//! `/progress`: says truthfully that progress is not published yet.
//!
//! No number is looked up: nothing outside knows any. Only the check digits are looked at, so known and unknown numbers
//! get the same page in the same time.

use std::sync::Arc;

use axum::extract::{OriginalUri, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use nightsafe_schema::clue::{ClueNumber, ClueNumberError};

use super::look::Look;
use super::pages::{ProgressPage, page};
use super::report::read_form;
use crate::app::App;
use crate::limits;
use crate::words::{self, Words};

pub(crate) async fn show_progress(State(app): State<Arc<App>>, OriginalUri(uri): OriginalUri) -> Response {
    let look = Look::of_query(&app.service, &uri);
    page(StatusCode::OK, &ProgressPage { look, asked: false, error: None })
}

pub(crate) async fn post_progress(State(app): State<Arc<App>>, request: Request) -> Response {
    let answers = match read_form(&app, request, limits::SMALL_FORM_BODY).await {
        Ok(answers) => answers,
        Err(problem) => return problem.into_response(),
    };
    let look = Look::of_answers(&app.service, &answers);
    if answers.only_switches_look() {
        return page(StatusCode::OK, &ProgressPage { look, asked: false, error: None });
    }
    let number = answers.one("number");
    match number.parse::<ClueNumber>() {
        Ok(_) => page(StatusCode::OK, &ProgressPage { look, asked: true, error: None }),
        Err(error) => {
            let error = Some(if number.is_empty() { words::NUMBER_EMPTY } else { words_for(error) });
            page(StatusCode::UNPROCESSABLE_ENTITY, &ProgressPage { look, asked: false, error })
        }
    }
}

pub(super) fn words_for(error: ClueNumberError) -> Words {
    match error {
        ClueNumberError::Length { .. } => words::NUMBER_LENGTH,
        ClueNumberError::NotADigit => words::NUMBER_DIGITS,
        ClueNumberError::CheckDigits => words::NUMBER_COPY,
    }
}
