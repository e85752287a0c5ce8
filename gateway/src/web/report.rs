//! The report form: one page a flow for now, under the addresses that the pages of each flow will have.

mod files;

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;
use nightsafe_schema::catalog::Flow;
use nightsafe_schema::intake::Channel;
use serde_json::Value;

use self::files::{Files, Posted, document_with};
use super::form::{Action, Answers, Drawing, FILES, FormState, Section, StateField, is_about_files, sections};
use super::pages::{FormPage, Look, SummaryLine, page};
use super::receipt::receipt_page;
use crate::app::App;
use crate::http::{FieldError, HeldBody, MediaType, Problem, ProblemKind, content_type, drain, is_same_site};
use crate::limits;
use crate::reception::{Attachments, RawSubmission, Receipt};
use crate::words;

/// `GET /report/{slug}`: to the first page of the flow.
pub(crate) async fn open_report(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Response {
    match app.reception.catalog.flow_by_slug(&slug) {
        Some(_) => {
            let look = Look::of_query(uri.path(), uri.query());
            Redirect::to(&format!("/report/{slug}/{ONLY_PAGE}{}", look.query())).into_response()
        }
        None => Problem::from(ProblemKind::NotFound).into_response(),
    }
}

/// `GET /report/{slug}/{page}`.
pub(crate) async fn show_report(
    State(app): State<Arc<App>>,
    Path((slug, page)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Response {
    match (app.reception.catalog.flow_by_slug(&slug), page.as_str()) {
        (Some(flow), ONLY_PAGE) => show(&app, flow, &uri),
        // A page of the flow that has no address of its own yet.
        (Some(flow), page) if flow.page(page).is_some() => {
            Redirect::to(&format!("/report/{slug}/{ONLY_PAGE}")).into_response()
        }
        _ => Problem::from(ProblemKind::NotFound).into_response(),
    }
}

/// `POST /report/{slug}/{page}`.
pub(crate) async fn post_report(
    State(app): State<Arc<App>>,
    Path((slug, page)): Path<(String, String)>,
    request: Request,
) -> Response {
    match (app.reception.catalog.flow_by_slug(&slug), page.as_str()) {
        (Some(flow), ONLY_PAGE) => answer(&app, flow, request).await,
        _ => Problem::from(ProblemKind::NotFound).into_response(),
    }
}

/// `GET /add` 补充材料.
pub(crate) async fn show_add(State(app): State<Arc<App>>, OriginalUri(uri): OriginalUri) -> Response {
    match app.reception.catalog.flow(SUPPLEMENT) {
        Some(flow) => show(&app, flow, &uri),
        None => Problem::from(ProblemKind::NotFound).into_response(),
    }
}

/// `POST /add`.
pub(crate) async fn post_add(State(app): State<Arc<App>>, request: Request) -> Response {
    match app.reception.catalog.flow(SUPPLEMENT) {
        Some(flow) => answer(&app, flow, request).await,
        None => Problem::from(ProblemKind::NotFound).into_response(),
    }
}

/// Reads a posted form of this site, within its limit.
pub(super) async fn read_form(app: &App, request: Request, limit: usize) -> Result<Answers, Problem> {
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

/// Reads a posted report, with files or without.
async fn read_posted(app: &App, flow: &Flow, request: Request) -> Result<Posted, Problem> {
    if content_type(request.headers()) == MediaType::Multipart && is_same_site(request.uri(), request.headers()) {
        let (head, body) = request.into_parts();
        return files::read(app, flow, &head.headers, body).await;
    }
    let answers = read_form(app, request, limits::FORM_BODY).await?;
    Ok(Posted { answers, files: Files::None })
}

fn show(app: &App, flow: &Flow, uri: &http::Uri) -> Response {
    let look = Look::of_query(uri.path(), uri.query());
    let query = Answers::parse(uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
    // Only the campaign is taken from an address; anything else would be an answer in somebody's history.
    let document = campaign_of(app, flow, query.one("campaign"))
        .map_or_else(|| Value::Object(serde_json::Map::new()), |campaign| serde_json::json!({"campaign": campaign}));
    let page = Filled { flow, document: &document, errors: &[], another: None, had_files: false };
    match fresh_state(app) {
        Ok(state) => draw(app, &page, look, &state, StatusCode::OK),
        Err(kind) => Problem::from(kind).into_response(),
    }
}

async fn answer(app: &Arc<App>, flow: &Flow, request: Request) -> Response {
    match take(app, flow, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn take(app: &Arc<App>, flow: &Flow, request: Request) -> Result<Response, Problem> {
    let Posted { answers, files } = read_posted(app, flow, request).await?;
    let look = Look::of_field(answers.one("big"));
    let document = document_with(app, flow, &answers, &files);
    let shown = Filled { flow, document: &document, errors: &[], another: None, had_files: files.are_any() };
    let action = Action::of(&answers);

    match (StateField::read(answers.one("state"), &app.form_key, app.reception.now()), action) {
        (StateField::Good(state), Action::Another(list)) => {
            let shown = Filled { another: Some(&list), ..shown };
            Ok(draw(app, &shown, look, &state, StatusCode::OK))
        }
        // The button's own value comes after the files, and has not arrived where one of them was refused.
        (StateField::Good(state), Action::Redraw) if !matches!(files, Files::Refused(_)) => {
            Ok(draw(app, &shown, look, &state, StatusCode::OK))
        }
        (StateField::Good(state), Action::Send | Action::Redraw) => send(app, &shown, look, &state, files).await,
        (StateField::Expired | StateField::Foreign, _) => {
            // A page too old or not ours: everything typed is shown again under a new submission.
            let problem = Problem::field("state", "PAGE_TOO_OLD", words::PAGE_TOO_OLD);
            let shown = Filled { errors: problem.errors(), ..shown };
            Ok(draw(app, &shown, look, &fresh_state(app)?, StatusCode::UNPROCESSABLE_ENTITY))
        }
    }
}

/// Sends the report, and shows the receipt or the page once more with what is wrong.
async fn send(
    app: &Arc<App>,
    shown: &Filled<'_>,
    look: Look,
    state: &FormState,
    files: Files,
) -> Result<Response, Problem> {
    let received = match files {
        Files::Refused(problem) => Err(problem),
        Files::None => submit(app, shown, state, Attachments::default()).await,
        Files::Received(attachments) => submit(app, shown, state, attachments).await,
    };
    match received {
        Ok(receipt) => Ok(receipt_page(&receipt, look)),
        Err(problem) if !problem.errors().is_empty() => {
            let shown = Filled { errors: problem.errors(), ..*shown };
            Ok(draw(app, &shown, look, state, problem.status()))
        }
        Err(problem) => later(app, shown, look, state, &problem),
    }
}

async fn submit(
    app: &Arc<App>,
    shown: &Filled<'_>,
    state: &FormState,
    attachments: Attachments,
) -> Result<Receipt, Problem> {
    let body = HeldBody::from(shown.document.to_string().as_bytes());
    let checked = RawSubmission::new(state.submission(), Channel::Web, body).check(&app.reception.catalog)?;
    Arc::clone(&app.reception).receive(checked, attachments).await
}

/// The report cannot be taken now: the page is shown again with everything on it, for another try.
fn later(app: &App, shown: &Filled<'_>, look: Look, state: &FormState, problem: &Problem) -> Result<Response, Problem> {
    let words = match problem.kind() {
        ProblemKind::Busy => words::FORM_BUSY,
        ProblemKind::Closed => words::FORM_CLOSED,
        _ => return Err(problem.clone()),
    };
    let errors = Problem::field("state", "TRY_LATER", words);
    let shown = Filled { errors: errors.errors(), ..*shown };
    let mut response = draw(app, &shown, look, state, problem.status());
    if let Some(wait) = problem.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, wait.into());
    }
    Ok(response)
}

/// A form as it is to be drawn.
#[derive(Clone, Copy)]
struct Filled<'a> {
    flow: &'a Flow,
    document: &'a Value,
    errors: &'a [FieldError],
    another: Option<&'a str>,
    /// Files came with it, which are gone: a page cannot hold them.
    had_files: bool,
}

fn draw(app: &App, filled: &Filled<'_>, look: Look, state: &FormState, status: StatusCode) -> Response {
    let mut errors = filled.errors.to_vec();
    if filled.had_files {
        errors.extend_from_slice(Problem::field(FILES, "ADD_AGAIN", words::ADD_AGAIN).errors());
    }
    let sections = sections(&Drawing {
        catalog: &app.reception.catalog,
        divisions: &app.divisions,
        flow: filled.flow,
        document: filled.document,
        errors: &errors,
        another: filled.another,
    });
    let takes_files = sections.iter().any(|section| section.files.is_some());
    let campaign = filled.document.get("campaign").and_then(Value::as_str).unwrap_or_default();
    let template = FormPage {
        look,
        heading: filled.flow.label.clone(),
        hint: filled.flow.hint.clone(),
        action: filled
            .flow
            .slug
            .as_ref()
            .map_or_else(|| "/add".to_owned(), |slug| format!("/report/{slug}/{ONLY_PAGE}")),
        state: state.seal(&app.form_key),
        campaign: campaign.to_owned(),
        errors: summary(&sections, &errors),
        sections,
        encoding: if takes_files { "multipart/form-data" } else { "application/x-www-form-urlencoded" },
    };
    page(status, &template)
}

/// One line a field that needs another look, in the order of the page; then what belongs to no field.
fn summary(sections: &[Section], errors: &[FieldError]) -> Vec<SummaryLine> {
    let fields = sections.iter().flat_map(|section| &section.blocks).flat_map(|block| &block.fields);
    let mut lines: Vec<SummaryLine> = fields
        .filter_map(|field| {
            let error = field.error.as_ref()?;
            Some(SummaryLine { target: field.id.clone(), zh: error.zh.clone(), en: error.en.clone() })
        })
        .collect();
    for error in errors {
        if !lines.iter().any(|line| line.zh == error.zh) {
            let target = if is_about_files(error) { FILES } else { "main" };
            lines.push(SummaryLine { target: target.to_owned(), zh: error.zh.clone(), en: error.en.clone() });
        }
    }
    lines
}

fn fresh_state(app: &App) -> Result<FormState, ProblemKind> {
    Ok(FormState::begin(app.reception.draw_submission()?, app.reception.now(), limits::FORM_LIFE))
}

fn campaign_of<'a>(app: &'a App, flow: &Flow, code: &str) -> Option<&'a str> {
    let campaign = app.reception.catalog.campaign(code)?;
    (campaign.flow == flow.code).then_some(campaign.code.as_str())
}

/// The one page of a flow that is served for now.
const ONLY_PAGE: &str = "form";
/// The flow of `/add`, which has no slug.
const SUPPLEMENT: &str = "SUPPLEMENT";
