//! What can be submitted, for programs: the catalog as data and the OpenAPI document made from it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use nightsafe_schema::catalog::Catalog;

use crate::app::App;

/// Both documents, printed once: they change only with the catalog.
#[derive(Debug)]
pub(crate) struct Descriptions {
    catalog: Bytes,
    openapi: Bytes,
}

impl Descriptions {
    pub(crate) fn of(catalog: &Catalog) -> Result<Self, serde_json::Error> {
        Ok(Self {
            catalog: serde_json::to_vec(catalog)?.into(),
            openapi: serde_json::to_vec(&catalog.openapi())?.into(),
        })
    }
}

/// `GET /api/v1/catalog`.
pub(crate) async fn catalog(State(app): State<Arc<App>>) -> Response {
    json(&app.descriptions.catalog)
}

/// `GET /api/v1/openapi.json`.
pub(crate) async fn openapi(State(app): State<Arc<App>>) -> Response {
    json(&app.descriptions.openapi)
}

fn json(bytes: &Bytes) -> Response {
    ([(CONTENT_TYPE, "application/json")], bytes.clone()).into_response()
}
