//! Everything that requests share, and which address leads where.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use nightsafe_schema::division::Divisions;

use crate::api::{self, Descriptions};
use crate::credentials::FormKey;
use crate::http::{BodyBudget, Problem, ProblemKind, front};
use crate::opening::{Opening, Standing};
use crate::reception::{CheckedSubmission, Reception};
use crate::service::Service;
use crate::{limits, web, words};

/// One for the whole process; it holds nothing about any request.
pub(crate) struct App {
    pub(crate) reception: Arc<Reception>,
    pub(crate) divisions: Divisions,
    pub(crate) descriptions: Descriptions,
    pub(crate) form_key: FormKey,
    pub(crate) service: Arc<Service>,
    pub(crate) opening: Opening,
    pub(crate) bodies: BodyBudget,
}

impl App {
    /// Bytes that the JSON of a report may have.
    pub(crate) fn report_limit(&self) -> usize {
        self.reception.catalog.limits().document_bytes.min(limits::REPORT_BODY)
    }

    /// Whether a report may be filed under its flow and campaign today.
    pub(crate) fn check_opening(&self, checked: &CheckedSubmission) -> Result<(), Problem> {
        let (catalog, now) = (&self.reception.catalog, self.reception.now());
        let Some(flow) = catalog.flow(checked.flow()) else { return Ok(()) };
        if self.opening.flow(flow, now) != Standing::Open {
            return Err(Problem::field("flow", "NOT_OPEN", words::FLOW_NOT_OPEN));
        }
        let campaign = checked.campaign().and_then(|code| catalog.campaign(code));
        if campaign.is_some_and(|campaign| self.opening.campaign(campaign, flow, now) != Standing::Open) {
            return Err(Problem::field("campaign", "NOT_OPEN", words::CAMPAIGN_NOT_OPEN));
        }
        Ok(())
    }
}

/// One address template and what it answers to.
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) methods: &'static [&'static str],
    handler: MethodRouter<Arc<App>>,
}

/// The routes of DESIGN section 6: the only list of them.
pub(crate) fn table() -> Vec<Route> {
    let route = |path, methods, handler| Route { path, methods, handler };
    vec![
        route("/", GET, get(web::start)),
        route("/report/{slug}", GET, get(web::open_report)),
        route("/report/{slug}/{page}", GET_POST, get(web::show_report).post(web::post_report)),
        route("/add", GET_POST, get(web::show_add).post(web::post_add)),
        route("/places", POST, post(web::places)),
        route("/receipt/check", POST, post(web::check_copy)),
        route("/progress", GET_POST, get(web::show_progress).post(web::post_progress)),
        route("/contact", GET, get(web::contact)),
        route("/keys", GET, get(web::keys)),
        route("/exit", GET, get(web::exit)),
        route("/assets/{name}", GET, get(web::asset)),
        route("/api/v1/reports", POST, post(api::post_report)),
        route("/api/v1/catalog", GET, get(api::catalog)),
        route("/api/v1/openapi.json", GET, get(api::openapi)),
    ]
}

pub(crate) fn routes(app: Arc<App>) -> Router {
    let routes = table().into_iter().fold(Router::new(), |router, route| router.route(route.path, route.handler));
    routes
        .fallback(|| async { Problem::from(ProblemKind::NotFound).into_response() })
        .layer(from_fn_with_state(Arc::clone(&app.service), front))
        .with_state(app)
}

const GET: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];
const GET_POST: &[&str] = &["GET", "POST"];

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn the_list_says_which_methods_each_address_answers_to() {
        for route in table() {
            let shown = format!("{:?}", route.handler);
            for method in ["get", "post", "put", "delete", "patch"] {
                let answers = !shown.contains(&format!("{method}: None"));
                let listed = route.methods.contains(&method.to_uppercase().as_str());
                assert_eq!(answers, listed, "{method} {}: {shown}", route.path);
            }
        }
    }
}
