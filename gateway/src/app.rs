//! Everything that requests share, and which address leads where.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use nightsafe_schema::division::Divisions;

use crate::api::{self, Descriptions};
use crate::config::ExitUrl;
use crate::credentials::FormKey;
use crate::http::{BodyBudget, Problem, ProblemKind, front};
use crate::limits;
use crate::reception::Reception;
use crate::web;

/// One for the whole process; it holds nothing about any request.
pub(crate) struct App {
    pub(crate) reception: Arc<Reception>,
    pub(crate) divisions: Divisions,
    pub(crate) descriptions: Descriptions,
    pub(crate) form_key: FormKey,
    pub(crate) exit_url: ExitUrl,
    pub(crate) bodies: BodyBudget,
}

impl App {
    /// Bytes that the JSON of a report may have.
    pub(crate) fn report_limit(&self) -> usize {
        self.reception.catalog.limits().document_bytes.min(limits::REPORT_BODY)
    }
}

/// The routes of DESIGN section 6.
pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(web::start))
        .route("/report/{slug}", get(web::open_report))
        .route("/report/{slug}/{page}", get(web::show_report).post(web::post_report))
        .route("/add", get(web::show_add).post(web::post_add))
        .route("/receipt/check", post(web::check_copy))
        .route("/progress", get(web::show_progress).post(web::post_progress))
        .route("/keys", get(web::keys))
        .route("/exit", get(web::exit))
        .route("/assets/{name}", get(web::asset))
        .route("/api/v1/reports", post(api::post_report))
        .route("/api/v1/catalog", get(api::catalog))
        .route("/api/v1/openapi.json", get(api::openapi))
        .fallback(|| async { Problem::from(ProblemKind::NotFound).into_response() })
        .layer(from_fn(front))
        .with_state(app)
}
