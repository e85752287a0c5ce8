//! `GET /`: which kind of report, in one glance.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::response::Response;
use http::StatusCode;

use super::pages::{CampaignLink, FlowTile, Look, StartPage, page};
use crate::app::App;

pub(crate) async fn start(State(app): State<Arc<App>>, OriginalUri(uri): OriginalUri) -> Response {
    let look = Look::of_query(uri.path(), uri.query());
    let catalog = &app.reception.catalog;
    let tile = |flow: &nightsafe_schema::catalog::Flow| {
        Some(FlowTile { slug: flow.slug.clone()?, label: flow.label.clone(), hint: flow.hint.clone() })
    };
    let today = app.reception.now().to_string();
    let link = |campaign: &nightsafe_schema::catalog::Campaign| {
        let slug = catalog.flow(&campaign.flow)?.slug.as_ref()?;
        let and_big = if look.is_big() { "&big=1" } else { "" };
        // Dates may be partial; as texts they compare as far as they go.
        let opened = today.as_str() >= campaign.opens.as_str();
        let closed = !campaign.closes.is_empty() && today.get(..campaign.closes.len())? > campaign.closes.as_str();
        (opened && !closed).then(|| CampaignLink {
            href: format!("/report/{slug}/form?campaign={}{and_big}", campaign.code),
            label: campaign.label.clone(),
        })
    };
    let flows = catalog.flows().iter().filter_map(tile).collect();
    let campaigns = catalog.campaigns().iter().filter_map(link).collect();
    page(StatusCode::OK, &StartPage { look: look.clone(), flows, campaigns })
}
