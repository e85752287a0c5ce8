//! `POST /api/v1/reports`: one JSON report in, one clue number out.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, StatusCode};
use nightsafe_schema::intake::Channel;
use nightsafe_schema::submission::SubmissionId;
use serde::Serialize;

use crate::app::App;
use crate::http::{MediaType, Problem, ProblemKind, content_type, drain};
use crate::limits;
use crate::reception::{RawSubmission, Receipt};
use crate::words;

/// Takes a report.
pub(crate) async fn post_report(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    match take(&app, &head.headers, body).await {
        Ok(receipt) => (StatusCode::CREATED, axum::Json(Accepted::from(&receipt))).into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn take(app: &App, headers: &HeaderMap, body: Body) -> Result<Receipt, Problem> {
    let submission = match before_the_body(app, headers) {
        Ok(submission) => submission,
        Err(problem) => {
            drain(headers, body).await;
            return Err(problem);
        }
    };
    let limit = app.reception.catalog.limits().document_bytes.min(limits::REPORT_BODY);
    let held = app.bodies.read(headers, body, limit).await?;
    let raw = RawSubmission::new(submission, Channel::Api, held);
    Arc::clone(&app.reception).receive(raw).await
}

/// What the head alone decides.
fn before_the_body(app: &App, headers: &HeaderMap) -> Result<SubmissionId, Problem> {
    match content_type(headers) {
        MediaType::Json => {}
        MediaType::Multipart => return Err(ProblemKind::Multipart.into()),
        MediaType::Form | MediaType::Other => return Err(ProblemKind::MediaType.into()),
    }
    app.reception.check_open()?;
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    match (keys.next(), keys.next()) {
        (None, _) => Ok(app.reception.draw_submission()?),
        (Some(key), None) => key.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(malformed_key),
        (Some(_), Some(_)) => Err(malformed_key()),
    }
}

fn malformed_key() -> Problem {
    Problem::field("Idempotency-Key", "IDEMPOTENCY_KEY", words::IDEMPOTENCY_KEY)
}

/// The body of a 201.
#[derive(Serialize)]
struct Accepted<'a> {
    clue_number: &'a str,
    #[serde(rename = "accepted_hour")]
    hour: String,
    catalog: &'a str,
    attachments: usize,
}

impl<'a> From<&'a Receipt> for Accepted<'a> {
    fn from(receipt: &'a Receipt) -> Self {
        Self {
            clue_number: receipt.clue_number.as_str(),
            hour: receipt.accepted_hour.to_string(),
            catalog: &receipt.catalog,
            attachments: 0,
        }
    }
}

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
