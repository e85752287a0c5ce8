//! A form that was posted with files: its fields, then its files, sealed as they arrive.
//!
//! On the page the files come last, so every field has arrived when the first file begins. The fields are checked there
//! and then: who has something to mend is told before a film has been sent. Nothing of a file is kept unless the whole
//! form is taken.

use axum::body::Bytes;
use http::HeaderMap;
use nightsafe_schema::catalog::Flow;
use nightsafe_schema::intake::Channel;
use serde_json::{Map, Value, json};

use super::super::form::{Answers, FILES, StateField, document_of};
use crate::app::App;
use crate::http::{HeldBody, Parts, Problem, ProblemKind, drain, read_on};
use crate::limits;
use crate::multipart::PartHead;
use crate::reception::{Attachments, RawSubmission, Upload};

/// A posted form.
pub(super) struct Posted {
    pub(super) answers: Answers,
    pub(super) files: Files,
}

/// What became of the files of a form.
pub(super) enum Files {
    /// There are none.
    None,
    /// All of them are sealed.
    Received(Attachments),
    /// One was not taken, or the fields need another look first: none was kept.
    Refused(Problem),
}

impl Files {
    pub(super) fn are_any(&self) -> bool {
        !matches!(self, Self::None)
    }
}

/// Reads a posted form with its files. `Err` where not even the fields have arrived whole.
pub(super) async fn read(
    app: &App,
    flow: &Flow,
    headers: &HeaderMap,
    mut body: axum::body::Body,
) -> Result<Posted, Problem> {
    let posted = match Parts::new(headers, &mut body) {
        Ok(mut parts) => read_parts(app, flow, &mut parts).await,
        Err(kind) => {
            drain(headers, body).await;
            return Err(kind.into());
        }
    };
    let refused = match &posted {
        Ok(Posted { files: Files::Refused(problem), .. }) | Err(problem) => Some(problem.kind()),
        Ok(_) => None,
    };
    // Whoever was too slow has had time enough.
    if refused.is_some_and(|kind| kind != ProblemKind::TooSlow) {
        read_on(body).await;
    }
    posted
}

/// The report that the answers make, with a claim for each file: the form says of them what was found.
pub(super) fn document_with(app: &App, flow: &Flow, answers: &Answers, files: &Files) -> Value {
    let mut document = document_of(&app.reception.catalog, flow, answers);
    if let Files::Received(attachments) = files {
        let claims = attachments.facts().map(|fact| json!({"media_type": fact.media_type, "size": fact.length}));
        declare(&mut document, claims.collect());
    }
    document
}

async fn read_parts(app: &App, flow: &Flow, parts: &mut Parts<'_>) -> Result<Posted, Problem> {
    let mut fields = Fields::default();
    let mut upload: Option<Upload<'_>> = None;
    while let Some(head) = parts.next_part().await? {
        if head.file_name.is_none() {
            fields.read(app, head.name, parts).await?;
            continue;
        }
        let start = parts.data().await?;
        if start.is_none() && head.file_name.as_deref() == Some("") {
            // An input in which nothing was chosen.
            continue;
        }
        let taken = take_file(app, flow, &fields.answers, upload, &head, start, parts).await;
        upload = match taken {
            Ok(upload) => Some(upload),
            Err(problem) if can_be_shown(&problem) => {
                return Ok(Posted { answers: fields.answers, files: Files::Refused(problem) });
            }
            Err(problem) => return Err(problem),
        };
    }
    let files = upload.map_or(Files::None, |upload| Files::Received(upload.end()));
    Ok(Posted { answers: fields.answers, files })
}

/// Whether the form can be shown again with what is wrong: its fields have arrived.
fn can_be_shown(problem: &Problem) -> bool {
    let kinds = [ProblemKind::Fields, ProblemKind::TooLarge, ProblemKind::Busy, ProblemKind::Closed];
    kinds.contains(&problem.kind())
}

async fn take_file<'c>(
    app: &'c App,
    flow: &'c Flow,
    answers: &Answers,
    upload: Option<Upload<'c>>,
    head: &PartHead,
    start: Option<Bytes>,
    parts: &mut Parts<'_>,
) -> Result<Upload<'c>, Problem> {
    if head.name != FILES {
        return Err(ProblemKind::Malformed.into());
    }
    let upload = match upload {
        Some(upload) => upload,
        None => begin(app, flow, answers)?,
    };
    let mut arriving = upload.begin(head).await?;
    let mut next = start;
    while let Some(data) = next {
        arriving.receive(&data).await?;
        next = parts.data().await?;
    }
    arriving.finish().await
}

/// Before the first file: the page must be ours, and the fields such that they could be sealed.
fn begin<'c>(app: &'c App, flow: &'c Flow, answers: &Answers) -> Result<Upload<'c>, Problem> {
    let reception = &app.reception;
    let StateField::Good(state) = StateField::read(answers.one("state"), &app.form_key, reception.now()) else {
        return Err(Problem::fields(Vec::new()));
    };
    let mut document = document_of(&reception.catalog, flow, answers);
    declare(&mut document, vec![json!({})]);
    let body = HeldBody::from(document.to_string().as_bytes());
    RawSubmission::new(state.submission(), Channel::Web, body).check(&reception.catalog)?;
    reception.check_open()?;
    Ok(reception.upload(reception.upload_place()?, reception.catalog.attachment_rules(flow)))
}

fn declare(document: &mut Value, claims: Vec<Value>) {
    if let Some(report) = document.as_object_mut() {
        let evidence = report.entry("evidence").or_insert_with(|| Value::Object(Map::new()));
        if let Some(evidence) = evidence.as_object_mut() {
            evidence.insert("attachments".to_owned(), Value::Array(claims));
        }
    }
}

/// The fields of a form while they arrive.
#[derive(Default)]
struct Fields {
    answers: Answers,
    /// Their names and values, held within the memory that all bodies share.
    held: HeldBody,
}

impl Fields {
    async fn read(&mut self, app: &App, name: String, parts: &mut Parts<'_>) -> Result<(), Problem> {
        app.bodies.hold(&mut self.held, name.as_bytes(), limits::REPORT_BODY)?;
        let from = self.held.bytes().len();
        while let Some(data) = parts.data().await? {
            app.bodies.hold(&mut self.held, &data, limits::REPORT_BODY)?;
        }
        let value = String::from_utf8_lossy(self.held.bytes().get(from..).unwrap_or_default()).into_owned();
        self.answers.push(name, &value).map_err(|_| ProblemKind::TooLarge.into())
    }
}
