//! `GET /exit` 快速离开: away to a page that anybody might have open.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::app::App;

pub(crate) async fn exit(State(app): State<Arc<App>>) -> Response {
    let everything = HeaderValue::from_static("\"cache\", \"cookies\", \"storage\"");
    let headers = [(LOCATION, app.service.exit_url.as_header().clone()), (CLEAR_SITE_DATA, everything)];
    (StatusCode::SEE_OTHER, headers).into_response()
}

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
