//! `GET /keys`: the ring in use, as it was signed, with fingerprints to compare with those in print.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use nightsafe_schema::ring::{RingStanding, VerifiedRing};
use serde_json::json;

use super::look::Look;
use super::pages::{KeysPage, OfficerRow, page};
use crate::app::App;
use crate::http::prefers_page;
use crate::words::{self, Words};

pub(crate) async fn keys(State(app): State<Arc<App>>, OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    let ring = app.reception.ring.ring();
    let standing = ring.standing(app.reception.now());
    if prefers_page(&headers) {
        keys_page(&ring, standing, Look::of_query(&app.service, &uri))
    } else {
        axum::Json(document(&ring, standing)).into_response()
    }
}

/// For programs: `ring` holds the signed bytes as a text, so that the signatures can be checked against them.
fn document(ring: &VerifiedRing, standing: RingStanding) -> serde_json::Value {
    let officers: Vec<_> = ring
        .fields()
        .officers
        .iter()
        .map(|officer| json!({"id": officer.id, "fingerprint": officer.key.fingerprint()}))
        .collect();
    json!({
        "ring": String::from_utf8_lossy(&ring.signed().bytes),
        "sha256": ring.digest(),
        "signatures": ring.signed().signatures.iter().map(|(id, text)| (id.to_string(), json!(text))).collect::<serde_json::Map<_, _>>(),
        "officers": officers,
        "standing": code(standing),
    })
}

fn keys_page(ring: &VerifiedRing, standing: RingStanding, look: Look) -> Response {
    let signatures = &ring.signed().signatures;
    let fields = ring.fields();
    let officers = fields.officers.iter().map(|officer| OfficerRow {
        id: officer.id.as_str(),
        name: &officer.name,
        fingerprint: officer.key.fingerprint().to_string(),
        signature: signatures.get(&officer.id).map(String::as_str),
    });
    let template = KeysPage {
        look,
        ring: fields,
        digest: ring.digest().to_string(),
        standing: words_for(standing),
        officers: officers.collect(),
        signatures: ring.signers().filter_map(|officer| signatures.get(&officer.id)).map(String::as_str).collect(),
        json: std::str::from_utf8(&ring.signed().bytes).unwrap_or_default(),
    };
    page(StatusCode::OK, &template)
}

fn code(standing: RingStanding) -> &'static str {
    match standing {
        RingStanding::Good { .. } => "good",
        RingStanding::Ending { .. } => "ending",
        RingStanding::Grace { .. } => "grace",
        RingStanding::Closed => "closed",
        RingStanding::Early => "early",
    }
}

fn words_for(standing: RingStanding) -> Words {
    match standing {
        RingStanding::Good { .. } => words::KEYS_GOOD,
        RingStanding::Ending { .. } => words::KEYS_ENDING,
        RingStanding::Grace { .. } => words::KEYS_GRACE,
        RingStanding::Closed => words::KEYS_CLOSED,
        RingStanding::Early => words::KEYS_EARLY,
    }
}
