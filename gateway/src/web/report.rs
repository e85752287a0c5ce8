//! The report form: one page a flow for now, under the addresses that the pages of each flow will have.

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;
use nightsafe_schema::catalog::Flow;
use nightsafe_schema::intake::Channel;
use serde_json::Value;

use super::form::{Action, Answers, Drawing, FormState, Section, StateField, document_of, sections};
use super::pages::{FormPage, Look, SummaryLine, page};
use super::receipt::receipt_page;
use crate::app::App;
use crate::http::{FieldError, HeldBody, MediaType, Problem, ProblemKind, content_type, drain, is_same_site};
use crate::limits;
use crate::reception::{Attachments, RawSubmission};
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

fn show(app: &App, flow: &Flow, uri: &http::Uri) -> Response {
    let look = Look::of_query(uri.path(), uri.query());
    let query = Answers::parse(uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
    // Only the campaign is taken from an address; anything else would be an answer in somebody's history.
    let document = campaign_of(app, flow, query.one("campaign"))
        .map_or_else(|| Value::Object(serde_json::Map::new()), |campaign| serde_json::json!({"campaign": campaign}));
    let page = Filled { flow, document: &document, errors: &[], another: None };
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
    let answers = read_form(app, request, limits::FORM_BODY).await?;
    let look = Look::of_field(answers.one("big"));
    let catalog = &app.reception.catalog;
    let document = document_of(catalog, flow, &answers);
    let state = StateField::read(answers.one("state"), &app.form_key, app.reception.now());
    let action = Action::of(&answers);
    let another = match &action {
        Action::Another(list) => Some(list.as_str()),
        Action::Send | Action::Redraw => None,
    };

    let state = match (state, &action) {
        (StateField::Good(state), Action::Send) => {
            let body = HeldBody::from(document.to_string().as_bytes());
            let raw = RawSubmission::new(state.submission(), Channel::Web, body);
            let received = match raw.check(catalog) {
                Ok(checked) => Arc::clone(&app.reception).receive(checked, Attachments::default()).await,
                Err(problem) => Err(problem),
            };
            return match received {
                Ok(receipt) => Ok(receipt_page(&receipt, look)),
                Err(problem) if problem.kind() == ProblemKind::Fields => {
                    let page = Filled { flow, document: &document, errors: problem.errors(), another: None };
                    Ok(draw(app, &page, look, &state, StatusCode::UNPROCESSABLE_ENTITY))
                }
                Err(problem) => later(app, flow, &document, look, &state, &problem),
            };
        }
        (StateField::Good(state), Action::Another(_) | Action::Redraw) => {
            let page = Filled { flow, document: &document, errors: &[], another };
            return Ok(draw(app, &page, look, &state, StatusCode::OK));
        }
        (StateField::Expired | StateField::Foreign, _) => fresh_state(app)?,
    };
    // A page too old or not ours: everything typed is shown again under a new submission.
    let problem = Problem::field("state", "PAGE_TOO_OLD", words::PAGE_TOO_OLD);
    let page = Filled { flow, document: &document, errors: problem.errors(), another };
    Ok(draw(app, &page, look, &state, StatusCode::UNPROCESSABLE_ENTITY))
}

/// The report cannot be taken now: the page is shown again with everything on it, for another try.
fn later(
    app: &App,
    flow: &Flow,
    document: &Value,
    look: Look,
    state: &FormState,
    problem: &Problem,
) -> Result<Response, Problem> {
    let words = match problem.kind() {
        ProblemKind::Busy => words::FORM_BUSY,
        ProblemKind::Closed => words::FORM_CLOSED,
        _ => return Err(problem.clone()),
    };
    let shown = Problem::field("state", "TRY_LATER", words);
    let page = Filled { flow, document, errors: shown.errors(), another: None };
    let mut response = draw(app, &page, look, state, problem.status());
    if let Some(wait) = problem.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, wait.into());
    }
    Ok(response)
}

/// A form as it is to be drawn.
struct Filled<'a> {
    flow: &'a Flow,
    document: &'a Value,
    errors: &'a [FieldError],
    another: Option<&'a str>,
}

fn draw(app: &App, filled: &Filled<'_>, look: Look, state: &FormState, status: StatusCode) -> Response {
    let sections = sections(&Drawing {
        catalog: &app.reception.catalog,
        divisions: &app.divisions,
        flow: filled.flow,
        document: filled.document,
        errors: filled.errors,
        another: filled.another,
    });
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
        errors: summary(&sections, filled.errors),
        sections,
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
            lines.push(SummaryLine { target: "main".to_owned(), zh: error.zh.clone(), en: error.en.clone() });
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
