//! What the pages say of the service: its name, the other ways to report, the way out.

use nightsafe_runtime::{ExitCode, HasExitCode, StartError, bounded_file};
use nightsafe_schema::catalog::{Campaign, Catalog, Label};
use nightsafe_schema::unit::{UnitError, UnitId, UnitRegistry};

use crate::config::{ContactConfig, ExitUrl, GatewayConfig, OnionUrl};
use crate::words;

/// Everything that is the same on every page.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: Label,
    pub(crate) exit_url: ExitUrl,
    pub(crate) onion: Option<OnionUrl>,
    pub(crate) contacts: Vec<ContactConfig>,
    /// The units of each campaign that the public can telephone.
    campaign_units: Vec<CampaignUnits>,
}

/// Who receives what a campaign calls for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CampaignUnits {
    campaign: String,
    pub(crate) label: Label,
    pub(crate) units: Vec<UnitContact>,
}

/// One unit as a public notice prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnitContact {
    pub(crate) name: String,
    pub(crate) phones: Vec<String>,
}

/// Why the pages cannot say who receives a campaign's reports.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error("the units cannot be used")]
    Units(#[source] UnitError),
    #[error("campaign {campaign} names {}, which the units do not have", list(.units))]
    UnknownUnits { campaign: String, units: Vec<UnitId> },
}

impl HasExitCode for ServiceError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }
}

impl Service {
    pub(crate) fn of(config: &GatewayConfig, catalog: &Catalog) -> Result<Self, StartError> {
        let texts = config.units.iter().map(|path| bounded_file::read_text(path, UNITS_LIMIT));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let units = UnitRegistry::with_files(texts.iter().map(String::as_str)).map_err(ServiceError::Units)?;
        let campaign_units = catalog.campaigns().iter().map(|campaign| campaign_units(campaign, &units));
        Ok(Self {
            name: config.service.name.clone().unwrap_or_else(|| words::BRAND.label()),
            exit_url: config.exit_url.clone(),
            onion: config.service.onion.clone(),
            contacts: config.service.contact.clone(),
            campaign_units: campaign_units.collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn units_of(&self, campaign: &str) -> Option<&CampaignUnits> {
        self.campaign_units.iter().find(|one| one.campaign == campaign)
    }
}

fn campaign_units(campaign: &Campaign, registry: &UnitRegistry) -> Result<CampaignUnits, ServiceError> {
    let unknown: Vec<UnitId> = campaign.units.iter().filter(|id| !registry.contains(id)).cloned().collect();
    if !unknown.is_empty() {
        return Err(ServiceError::UnknownUnits { campaign: campaign.code.clone(), units: unknown });
    }
    let known = campaign.units.iter().filter_map(|id| registry.unit(id));
    let reachable = known.filter(|unit| !unit.channels.phones.is_empty());
    let units = reachable.map(|unit| UnitContact { name: unit.name.clone(), phones: unit.channels.phones.clone() });
    Ok(CampaignUnits { campaign: campaign.code.clone(), label: campaign.label.clone(), units: units.collect() })
}

fn list(units: &[UnitId]) -> String {
    units.iter().map(UnitId::as_str).collect::<Vec<_>>().join(", ")
}

/// All organs of the nation down to its counties have some 10 MiB.
const UNITS_LIMIT: u64 = 32 * 1024 * 1024;

#[cfg(test)]
impl Default for Service {
    fn default() -> Self {
        Self {
            name: words::BRAND.label(),
            exit_url: ExitUrl::default(),
            onion: None,
            contacts: Vec::new(),
            campaign_units: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_campaign_has_its_fifteen_telephones() {
        let catalog = Catalog::embedded().unwrap();
        let units = UnitRegistry::embedded().unwrap();
        let known = campaign_units(&catalog.campaigns()[0], &units).unwrap();
        assert_eq!(known.units.len(), 15);
        assert_eq!(known.units[0].phones, ["0479-8241095"]);
        let mut campaign = catalog.campaigns()[0].clone();
        campaign.units.push("POLICE.999999".parse().unwrap());
        let error = campaign_units(&campaign, &units).unwrap_err().to_string();
        assert!(error.contains("xilingol-internet") && error.contains("POLICE.999999"), "{error}");
    }
}
