//! `check-catalog`: says whether a catalog can be served, and everything that is wrong with it.

use std::path::Path;

use nightsafe_runtime::{ExitCode, Language, StartError, text_folder};
use nightsafe_schema::catalog::Catalog;

use super::output;
use crate::config::GatewayConfig;
use crate::opening::Opening;
use crate::service::Service;

pub(crate) fn check_catalog(config: &Path, folder: Option<&Path>) -> Result<ExitCode, StartError> {
    let catalog = if let Some(folder) = folder {
        read(folder)?
    } else {
        let config = GatewayConfig::read(config)?;
        let catalog = configured(&config)?;
        // What the configuration says about it has to fit too.
        Opening::of(&config.open, &catalog)?;
        Service::of(&config, &catalog)?;
        catalog
    };
    let (version, flows, campaigns) = (catalog.version(), catalog.flows().len(), catalog.campaigns().len());
    output::line(Language::from_environment().choose(
        &format!("● 可用 OK  {version}  流程 {flows}  专项 {campaigns}"),
        &format!("● OK  {version}  flows {flows}  campaigns {campaigns}"),
    ))
}

/// The catalog that the configuration names, or the built-in one.
pub(crate) fn configured(config: &GatewayConfig) -> Result<Catalog, StartError> {
    match &config.catalog {
        Some(folder) => read(folder),
        None => Catalog::embedded().map_err(unusable),
    }
}

fn read(folder: &Path) -> Result<Catalog, StartError> {
    Catalog::from_files(&text_folder::read(folder, "toml")?).map_err(unusable)
}

fn unusable(error: nightsafe_schema::catalog::CatalogError) -> StartError {
    StartError::new(ExitCode::Usage, error)
}
