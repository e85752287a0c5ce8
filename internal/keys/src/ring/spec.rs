//! The specification a ring is made from: a TOML file that officers read and edit together.

use std::path::Path;

use jiff::Timestamp;
use nightsafe_runtime::config::{self, ConfigError};
use nightsafe_schema::{
    ring::{RingBulletinKey, RingGateway, RingOfficer, RingRecipient},
    submission::SiteId,
};
use serde::Deserialize;

/// Everything in a ring but what follows from the ring before it (version and previous).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RingSpec {
    /// The site.
    pub site: SiteId,
    /// From when the ring may be used.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// How many officers must sign the next one.
    pub threshold: u8,
    /// What items are sealed to.
    pub recipients: Vec<RingRecipient>,
    /// Whose journals are believed.
    #[serde(default)]
    pub gateways: Vec<RingGateway>,
    /// Whose bulletins are believed.
    #[serde(default)]
    pub bulletin_keys: Vec<RingBulletinKey>,
    /// Who may sign the next ring.
    pub officers: Vec<RingOfficer>,
}

/// Reads a specification.
pub(crate) fn read(path: &Path) -> Result<RingSpec, ConfigError> {
    config::load(path)
}
