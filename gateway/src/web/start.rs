//! `GET /`: which kind of report, in one glance.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::response::Response;
use http::StatusCode;
use nightsafe_schema::catalog::{Flow, Label};

use super::look::Look;
use super::pages::{CampaignLink, FlowTile, StartPage, page};
use crate::app::App;
use crate::opening::Standing;
use crate::words;

pub(crate) async fn start(State(app): State<Arc<App>>, OriginalUri(uri): OriginalUri) -> Response {
    let look = Look::of_query(&app.service, &uri);
    let catalog = &app.reception.catalog;
    let now = app.reception.now();
    let tile = |flow: &Flow| {
        let closed = closed(app.opening.flow(flow, now));
        Some(FlowTile { slug: flow.slug.clone()?, label: flow.label.clone(), hint: flow.hint.clone(), closed })
    };
    let campaigns = app.opening.campaigns(catalog, now).into_iter().filter_map(|(campaign, flow)| {
        let (slug, first) = (flow.slug.as_ref()?, flow.pages.first()?);
        let href = format!("/report/{slug}/{}{}", first.id, look.query_with(&campaign.code));
        Some(CampaignLink { href, label: campaign.label.clone() })
    });
    let campaigns = campaigns.collect();
    let flows = catalog.flows().iter().filter_map(tile).collect();
    page(StatusCode::OK, &StartPage { look, flows, campaigns })
}

fn closed(standing: Standing) -> Option<Label> {
    match standing {
        Standing::Open => None,
        Standing::Early(day) => Some(words::OPENS_ON.with(day)),
        Standing::Over => Some(words::CLOSED_NOW.label()),
    }
}
