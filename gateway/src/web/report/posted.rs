//! A posted form: its fields, and its files, sealed as they arrive.
//!
//! A file that is not taken costs neither the text nor the other files: it is read past, and named by its number when the
//! page is shown again. What was taken waits in the staging folder, and its handle goes into the page.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use http::HeaderMap;
use nightsafe_schema::catalog::Flow;

use super::super::form::{Answers, FILES, FormState, StateField};
use super::draw::TRY_LATER;
use crate::app::App;
use crate::http::{
    FieldError, HeldBody, MediaType, Parts, Problem, ProblemKind, content_type, drain, is_longer_than, is_same_site,
    read_on,
};
use crate::limits;
use crate::multipart::PartHead;
use crate::reception::WaitingAttachment;
use crate::words;

/// A posted form.
pub(super) struct Posted {
    pub(super) answers: Answers,
    pub(super) state: StateField,
    pub(super) files: Files,
}

/// What became of the files of a form.
#[derive(Default)]
pub(super) struct Files {
    /// How many came.
    pub(super) count: usize,
    /// Those that were taken.
    pub(super) taken: Vec<WaitingAttachment>,
    /// Why others were not.
    pub(super) refusals: Vec<Problem>,
}

/// Why reading stopped, or why one file was not taken.
enum Fault {
    Body(ProblemKind),
    File(Problem),
}

/// Reads a posted form of this site that has no files, within its limit.
pub(in crate::web) async fn read_form(app: &App, request: Request, limit: usize) -> Result<Answers, Problem> {
    let (head, body) = request.into_parts();
    let refusal = if !is_same_site(&head.uri, &head.headers) {
        Some(ProblemKind::CrossSite)
    } else if content_type(&head.headers) != MediaType::Form {
        Some(ProblemKind::MediaType)
    } else {
        None
    };
    if let Some(refusal) = refusal {
        drain(&head.headers, body).await;
        return Err(refusal.into());
    }
    let read = app.bodies.read(&head.headers, body, limit).await?;
    Answers::parse(read.bytes()).map_err(|_| ProblemKind::TooLarge.into())
}

/// Reads a page of the report form, with files or without. `Err` where not even the fields have arrived whole.
pub(super) async fn read(app: &App, flow: &Flow, request: Request) -> Result<Posted, Problem> {
    if content_type(request.headers()) == MediaType::Multipart && is_same_site(request.uri(), request.headers()) {
        let (head, body) = request.into_parts();
        return read_multipart(app, flow, &head.headers, body).await;
    }
    let answers = read_form(app, request, limits::FORM_BODY).await?;
    let state = StateField::read(answers.one("state"), &app.form_key, app.reception.now());
    Ok(Posted { answers, state, files: Files::default() })
}

async fn read_multipart(app: &App, flow: &Flow, headers: &HeaderMap, mut body: Body) -> Result<Posted, Problem> {
    let most = app.reception.catalog.attachments().total_bytes;
    if is_longer_than(headers, most.saturating_add(limits::UPLOAD_OVERHEAD)) {
        drain(headers, body).await;
        return Err(ProblemKind::TooLarge.into());
    }
    let posted = match Parts::new(headers, &mut body) {
        Ok(parts) => Reading { app, flow, parts, fields: Fields::default(), files: Files::default() }.read().await,
        Err(kind) => {
            drain(headers, body).await;
            return Err(kind.into());
        }
    };
    if let Err(kind) = posted
        && kind != ProblemKind::TooSlow
    {
        // Whoever was too slow has had time enough.
        read_on(body).await;
    }
    Ok(posted?)
}

/// A multipart form while it arrives.
struct Reading<'r> {
    app: &'r App,
    flow: &'r Flow,
    parts: Parts<'r>,
    fields: Fields,
    files: Files,
}

impl Reading<'_> {
    async fn read(mut self) -> Result<Posted, ProblemKind> {
        // On the page the hidden fields come first, so the state is here when the first file begins.
        let mut state = None;
        while let Some(head) = self.parts.next_part().await? {
            if head.file_name.is_none() {
                self.fields.read(self.app, head.name, &mut self.parts).await?;
                continue;
            }
            let start = self.parts.data().await?;
            if start.is_none() && head.file_name.as_deref() == Some("") {
                // An input in which nothing was chosen.
                continue;
            }
            self.files.count += 1;
            let state = state.get_or_insert_with(|| self.fields.state(self.app));
            let taken = match state {
                StateField::Good(state) => {
                    take_file(self.app, self.flow, state, &self.files, &head, start, &mut self.parts).await
                }
                // The page is shown again under a new submission, and the files have to be added again.
                StateField::Expired(_) | StateField::Foreign => Err(Fault::File(Problem::fields(Vec::new()))),
            };
            match taken {
                Ok(waiting) => self.files.taken.extend(waiting),
                Err(Fault::Body(kind)) => return Err(kind),
                Err(Fault::File(problem)) => {
                    self.files.refusals.push(problem);
                    while self.parts.data().await?.is_some() {}
                }
            }
        }
        let state = state.unwrap_or_else(|| self.fields.state(self.app));
        Ok(Posted { answers: self.fields.answers, state, files: self.files })
    }
}

/// Seals one file into the staging folder.
async fn take_file(
    app: &App,
    flow: &Flow,
    state: &FormState,
    files: &Files,
    head: &PartHead,
    start: Option<Bytes>,
    parts: &mut Parts<'_>,
) -> Result<Vec<WaitingAttachment>, Fault> {
    if head.name != FILES {
        return Err(Fault::Body(ProblemKind::Malformed));
    }
    let reception = &app.reception;
    reception.check_open()?;
    if !reception.space.is_ample() {
        return Err(ProblemKind::Busy.into());
    }
    // Its number is its place among all that were chosen: so it is named if it is not taken.
    let before = state.waiting().len() + files.count - 1;
    let bytes = state.total() + files.taken.iter().map(|one| one.facts.length).sum::<u64>();
    let upload = reception.upload(reception.upload_place()?, reception.catalog.attachment_rules(flow));
    let mut arriving = upload.after(before, bytes).begin(head).await?;
    let mut next = start;
    while let Some(data) = next {
        arriving.receive(&data).await?;
        next = parts.data().await.map_err(Fault::Body)?;
    }
    Ok(arriving.finish().await?.end().wait(reception).await?)
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::File(problem)
    }
}

impl From<ProblemKind> for Fault {
    fn from(kind: ProblemKind) -> Self {
        Self::File(kind.into())
    }
}

impl Files {
    /// What to say beside the input, and the status that goes with it.
    pub(super) fn errors(&self) -> Option<(ProblemKind, Vec<FieldError>)> {
        let worst = self.refusals.iter().map(Problem::kind).find(|kind| *kind != ProblemKind::Fields);
        let kind = worst.or_else(|| self.refusals.first().map(Problem::kind))?;
        let mut errors: Vec<FieldError> = Vec::new();
        for refusal in &self.refusals {
            let words = match refusal.kind() {
                ProblemKind::Busy => Some(words::FORM_BUSY),
                ProblemKind::Closed => Some(words::FORM_CLOSED),
                _ => None,
            };
            errors.extend(words.map(|words| FieldError::new(FILES, TRY_LATER, words)));
            errors.extend_from_slice(refusal.errors());
        }
        errors.dedup();
        Some((kind, errors))
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
    fn state(&self, app: &App) -> StateField {
        StateField::read(self.answers.one("state"), &app.form_key, app.reception.now())
    }

    async fn read(&mut self, app: &App, name: String, parts: &mut Parts<'_>) -> Result<(), ProblemKind> {
        app.bodies.hold(&mut self.held, name.as_bytes(), limits::REPORT_BODY)?;
        let from = self.held.bytes().len();
        while let Some(data) = parts.data().await? {
            app.bodies.hold(&mut self.held, &data, limits::REPORT_BODY)?;
        }
        let value = String::from_utf8_lossy(self.held.bytes().get(from..).unwrap_or_default()).into_owned();
        self.answers.push(name, &value).map_err(|_| ProblemKind::TooLarge)
    }
}
