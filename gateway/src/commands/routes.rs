//! `routes`: every address that the gateway answers to, from the router and the catalog themselves. For the browser tests:
//! a page that is added without a test is found by it.

use std::path::Path;

use nightsafe_runtime::{ExitCode, StartError, SystemClock};
use nightsafe_schema::catalog::{Flow, Group, Page};
use nightsafe_schema::time::Clock as _;
use serde_json::json;

use super::check_catalog::configured;
use super::output;
use crate::app::table;
use crate::config::GatewayConfig;
use crate::opening::Opening;
use crate::web::ASSETS;

pub(crate) fn routes(config: &Path) -> Result<ExitCode, StartError> {
    let config = GatewayConfig::read(config)?;
    let catalog = configured(&config)?;
    let opening = Opening::of(&config.open, &catalog)?;
    let routes: Vec<_> = table().iter().map(|route| json!({"path": route.path, "methods": route.methods})).collect();
    let page = |page: &Page| json!({"id": page.id, "fields": fields(page)});
    let flow = |flow: &Flow| {
        let pages: Vec<_> = flow.pages.iter().map(page).collect();
        json!({"code": flow.code, "slug": flow.slug, "pages": pages})
    };
    let campaigns = opening.campaigns(&catalog, SystemClock::start().now());
    let campaigns: Vec<_> =
        campaigns.iter().map(|(campaign, flow)| json!({"code": campaign.code, "slug": flow.slug})).collect();
    let listed = json!({
        "routes": routes,
        "flows": catalog.flows().iter().map(flow).collect::<Vec<_>>(),
        "campaigns": campaigns,
        "assets": ASSETS.iter().map(|asset| asset.name).collect::<Vec<_>>(),
    });
    output::line(&listed.to_string())
}

fn fields(page: &Page) -> Vec<&str> {
    page.groups.iter().flat_map(Group::all_fields).map(String::as_str).collect()
}
