//! The assets: the style sheet and the script of the keys, built into the program.

use axum::response::IntoResponse;
use http::header;

pub(crate) async fn style_sheet() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE_SHEET)
}

pub(crate) async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT)
}

const SCRIPT: &str = include_str!("../../assets/console.js");
const STYLE_SHEET: &str = include_str!("../../assets/console.css");
