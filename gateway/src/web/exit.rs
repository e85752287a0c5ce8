//! `GET /exit` 快速离开: away to a page that anybody might have open.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderName, StatusCode};

use crate::app::App;

pub(crate) async fn exit(State(app): State<Arc<App>>) -> Response {
    let headers = [(LOCATION, app.exit_url.as_str()), (CLEAR_SITE_DATA, "\"cache\", \"cookies\", \"storage\"")];
    (StatusCode::SEE_OTHER, headers).into_response()
}

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
