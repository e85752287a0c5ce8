//! The one asset: the style sheet, built into the program.

use axum::response::IntoResponse;
use http::header;

pub(crate) async fn style_sheet() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE_SHEET)
}

const STYLE_SHEET: &str = include_str!("../../assets/console.css");
