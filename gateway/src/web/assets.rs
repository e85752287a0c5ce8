//! `GET /assets/{name}`: built into the program.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use crate::http::{Problem, ProblemKind};

pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    match name.as_str() {
        "style.css" => ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response(),
        _ => Problem::from(ProblemKind::NotFound).into_response(),
    }
}

const STYLE: &str = include_str!("../../assets/style.css");
