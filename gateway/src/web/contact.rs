//! `GET /contact` 其他举报方式: how else the service is reached, and the units of open campaigns as their notices print them.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::response::Response;
use http::StatusCode;

use super::look::Look;
use super::pages::{ContactPage, page};
use crate::app::App;

pub(crate) async fn contact(State(app): State<Arc<App>>, OriginalUri(uri): OriginalUri) -> Response {
    let open = app.opening.campaigns(&app.reception.catalog, app.reception.now());
    let units = open.into_iter().filter_map(|(campaign, _)| app.service.units_of(&campaign.code));
    let campaigns = units.filter(|campaign| !campaign.units.is_empty()).collect();
    page(StatusCode::OK, &ContactPage { look: Look::of_query(&app.service, &uri), campaigns })
}
