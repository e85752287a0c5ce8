//! `POST /api/v1/reports`: one report in, with or without attachments, one clue number out.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, StatusCode};
use nightsafe_schema::intake::Channel;
use nightsafe_schema::submission::SubmissionId;
use serde::Serialize;

use super::parts::receive_parts;
use crate::app::App;
use crate::http::{MediaType, Parts, Problem, ProblemKind, content_type, drain, is_json, is_longer_than, read_on};
use crate::limits;
use crate::reception::{Attachments, RawSubmission, Receipt, UploadPlace};
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
    match before_the_body(app, headers) {
        // Boxed: a slow client holds what its own way of sending needs.
        Ok((submission, Form::Json)) => Box::pin(take_json(app, headers, body, submission)).await,
        Ok((submission, Form::Parts(place))) => Box::pin(take_parts(app, headers, body, submission, place)).await,
        Err(problem) => {
            drain(headers, body).await;
            Err(problem)
        }
    }
}

async fn take_json(app: &App, headers: &HeaderMap, body: Body, submission: SubmissionId) -> Result<Receipt, Problem> {
    let held = app.bodies.read(headers, body, app.report_limit()).await?;
    let checked = RawSubmission::new(submission, Channel::Api, held).check(&app.reception.catalog)?;
    app.check_opening(&checked)?;
    Arc::clone(&app.reception).receive(checked, Attachments::default()).await
}

async fn take_parts(
    app: &App,
    headers: &HeaderMap,
    mut body: Body,
    submission: SubmissionId,
    place: UploadPlace,
) -> Result<Receipt, Problem> {
    let parts = match Parts::new(headers, &mut body) {
        Ok(parts) => parts,
        Err(kind) => {
            drain(headers, body).await;
            return Err(kind.into());
        }
    };
    match receive_parts(app, parts, submission, place).await {
        Ok((checked, attachments)) => Arc::clone(&app.reception).receive(checked, attachments).await,
        Err(problem) => {
            // Whoever was too slow has had time enough.
            if problem.kind() != ProblemKind::TooSlow {
                read_on(body).await;
            }
            Err(problem)
        }
    }
}

/// How the report comes.
enum Form {
    Json,
    Parts(UploadPlace),
}

/// What the head alone decides.
fn before_the_body(app: &App, headers: &HeaderMap) -> Result<(SubmissionId, Form), Problem> {
    let kind = content_type(headers);
    match kind {
        MediaType::Json => {
            is_json(headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default())?;
        }
        MediaType::Multipart => {}
        MediaType::Form | MediaType::Other => return Err(ProblemKind::MediaType.into()),
    }
    app.reception.check_open()?;
    let submission = submission_of(app, headers)?;
    if kind == MediaType::Json {
        return Ok((submission, Form::Json));
    }
    let most = app.reception.catalog.attachments().total_bytes;
    if is_longer_than(headers, most.saturating_add(limits::UPLOAD_OVERHEAD)) {
        return Err(ProblemKind::TooLarge.into());
    }
    Ok((submission, Form::Parts(app.reception.upload_place()?)))
}

fn submission_of(app: &App, headers: &HeaderMap) -> Result<SubmissionId, Problem> {
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
            attachments: receipt.attachments,
        }
    }
}

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
