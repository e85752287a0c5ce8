//! `GET /assets/{name}`: built into the program.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use crate::http::{Problem, ProblemKind};

pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|asset| asset.name == name) {
        Some(asset) => ([(CONTENT_TYPE, asset.kind)], asset.text).into_response(),
        None => Problem::from(ProblemKind::NotFound).into_response(),
    }
}

/// One file that pages refer to.
pub(crate) struct Asset {
    pub(crate) name: &'static str,
    kind: &'static str,
    text: &'static str,
}

/// All of them.
pub(crate) const ASSETS: [Asset; 2] = [
    Asset { name: "style.css", kind: "text/css; charset=utf-8", text: include_str!("../../assets/style.css") },
    Asset { name: "form.js", kind: "text/javascript; charset=utf-8", text: include_str!("../../assets/form.js") },
];
