//! The report form, page by page (UX section 2): what is at each address, and what posting it leads to.
//!
//! ```text
//! request ──posted──▶ Posted ──turn──▶ the same page, another page, or ──sending──▶ the receipt
//! ```
//!
//! Every page carries the answers of the others; nothing is kept between two requests but sealed files in the staging
//! folder. So a page that is reloaded, gone back to, or opened in two tabs is as good as any other.

mod draw;
mod posted;
mod sending;
mod turn;

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{StatusCode, Uri};
use nightsafe_schema::catalog::{Campaign, Flow, Page};
use serde_json::{Map, Value};

use self::draw::{Shown, draw};
pub(super) use self::posted::read_form;
use self::turn::take;
use super::form::{Answers, FormState};
use super::look::Look;
use crate::app::App;
use crate::http::{Problem, ProblemKind};
use crate::opening::Standing;

/// `GET /report/{slug}`: to the first page of the flow.
pub(crate) async fn open_report(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Response {
    match app.reception.catalog.flow_by_slug(&slug) {
        Some(flow) => to_first_page(&app, flow, &uri),
        None => Problem::from(ProblemKind::NotFound).into_response(),
    }
}

/// `GET /report/{slug}/{page}`. Only the first page can be asked for: the others carry what was answered before.
pub(crate) async fn show_report(
    State(app): State<Arc<App>>,
    Path((slug, page)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Response {
    let Some(flow) = app.reception.catalog.flow_by_slug(&slug) else {
        return Problem::from(ProblemKind::NotFound).into_response();
    };
    match flow.pages.iter().position(|one| one.id == page) {
        Some(0) => show(&app, flow, &uri),
        Some(_) => to_first_page(&app, flow, &uri),
        None => Problem::from(ProblemKind::NotFound).into_response(),
    }
}

/// `POST /report/{slug}/{page}`.
pub(crate) async fn post_report(
    State(app): State<Arc<App>>,
    Path((slug, page)): Path<(String, String)>,
    request: Request,
) -> Response {
    let flow = app.reception.catalog.flow_by_slug(&slug);
    match flow.and_then(|flow| Some((flow, flow.page(&page)?))) {
        Some((flow, page)) => answer(&app, flow, page, request).await,
        None => Problem::from(ProblemKind::NotFound).into_response(),
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
    let flow = app.reception.catalog.flow(SUPPLEMENT);
    match flow.and_then(|flow| Some((flow, flow.pages.first()?))) {
        Some((flow, page)) => answer(&app, flow, page, request).await,
        None => Problem::from(ProblemKind::NotFound).into_response(),
    }
}

async fn answer(app: &Arc<App>, flow: &Flow, page: &Page, request: Request) -> Response {
    take(app, flow, page, request).await.unwrap_or_else(IntoResponse::into_response)
}

fn to_first_page(app: &App, flow: &Flow, uri: &Uri) -> Response {
    let Some(first) = flow.pages.first() else { return Problem::from(ProblemKind::NotFound).into_response() };
    let campaign = campaign_in(app, flow, uri).map_or("", |campaign| campaign.code.as_str());
    let look = Look::of_query(&app.service, uri);
    let query = if campaign.is_empty() { look.query() } else { look.query_with(campaign) };
    Redirect::to(&format!("{}{query}", address(flow, first))).into_response()
}

/// The first page, empty.
fn show(app: &App, flow: &Flow, uri: &Uri) -> Response {
    let campaign = campaign_in(app, flow, uri);
    let now = app.reception.now();
    let standing = match campaign {
        Some(campaign) => app.opening.campaign(campaign, flow, now),
        None => app.opening.flow(flow, now),
    };
    if standing != Standing::Open {
        return Problem::from(ProblemKind::NotOpen).into_response();
    }
    let Some(page) = flow.pages.first() else { return Problem::from(ProblemKind::NotFound).into_response() };
    let document = campaign.map_or_else(|| Value::Object(Map::new()), |one| serde_json::json!({"campaign": one.code}));
    match fresh_state(app) {
        Ok(state) => {
            let look = Look::of_query(&app.service, uri);
            draw(app, &Shown::empty(flow, page, &document, &state), look, StatusCode::OK)
        }
        Err(kind) => Problem::from(kind).into_response(),
    }
}

fn fresh_state(app: &App) -> Result<FormState, ProblemKind> {
    Ok(FormState::begin(app.reception.draw_submission()?, app.reception.now()))
}

/// Only the campaign is taken from an address; anything else would be an answer in somebody's history.
fn campaign_in<'a>(app: &'a App, flow: &Flow, uri: &Uri) -> Option<&'a Campaign> {
    let query = Answers::parse(uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
    let campaign = app.reception.catalog.campaign(query.one("campaign"))?;
    (campaign.flow == flow.code).then_some(campaign)
}

/// Where a page of a flow is.
fn address(flow: &Flow, page: &Page) -> String {
    flow.slug.as_ref().map_or_else(|| "/add".to_owned(), |slug| format!("/report/{slug}/{}", page.id))
}

/// The flow of `/add`, which has no slug.
const SUPPLEMENT: &str = "SUPPLEMENT";
