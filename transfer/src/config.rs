//! `transfer.toml`: which side this is, and where its folders are. No secret stands in it, and no key that signs or
//! opens anything can be named in it.

use std::path::Path;

use nightsafe_runtime::config::{ConfigError, load};
use nightsafe_runtime::{ConfigPath, RingConfig};
use serde::Deserialize;

use crate::limits;

/// The configuration of one side.
#[derive(Debug, Deserialize)]
#[serde(tag = "side", rename_all = "lowercase")]
pub(crate) enum Config {
    /// Beside the gateway: outbox to medium.
    Low(LowConfig),
    /// Inside: medium to inbox.
    High(HighConfig),
}

/// The low side.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LowConfig {
    /// The officers' key ring: whose entries are exported.
    pub(crate) ring: RingConfig,
    /// The gateway's outbox: `items/` and `journal/`.
    pub(crate) outbox: ConfigPath,
    /// Where volumes are written.
    pub(crate) medium: ConfigPath,
    /// What this side remembers.
    pub(crate) state: ConfigPath,
    /// The file with the 32 bytes that both sides share, for acknowledgements.
    pub(crate) pair_secret: Option<ConfigPath>,
    /// Where numbers for monitoring are written: a Prometheus text file, replaced as a whole.
    pub(crate) metrics: Option<ConfigPath>,
    /// The most bytes of items that one volume takes.
    #[serde(default = "volume_bytes")]
    pub(crate) volume_bytes: u64,
    /// After how many hours an item that waits, the newest volume or the gateway's newest head is an alarm.
    #[serde(default = "oldest_hours")]
    pub(crate) oldest_hours: u32,
}

/// The high side.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HighConfig {
    /// The officers' key ring: whose entries are believed.
    pub(crate) ring: RingConfig,
    /// Where volumes are found.
    pub(crate) medium: ConfigPath,
    /// Where verified items are handed over.
    pub(crate) inbox: ConfigPath,
    /// Where refused material is kept for a person.
    pub(crate) quarantine: ConfigPath,
    /// What this side remembers.
    pub(crate) state: ConfigPath,
    /// The file with the 32 bytes that both sides share, for acknowledgements.
    pub(crate) pair_secret: Option<ConfigPath>,
    /// Where numbers for monitoring are written: a Prometheus text file, replaced as a whole.
    pub(crate) metrics: Option<ConfigPath>,
    /// After how many hours a stream's newest head is an alarm, and the last volume that brought
    /// something new: somebody may be holding the tail back.
    #[serde(default = "oldest_hours")]
    pub(crate) oldest_hours: u32,
}

impl Config {
    /// Reads `path`; nothing is opened or made.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigError> {
        load(path)
    }
}

fn volume_bytes() -> u64 {
    limits::VOLUME_BYTES
}

/// Two days: a courier who comes every working day leaves no alarm after a holiday eve.
fn oldest_hours() -> u32 {
    48
}

#[cfg(test)]
mod tests {
    use super::*;

    const RING: &str = "[ring]\npath = \"ring.json\"\nofficers = []\nthreshold = 2\n";

    fn parse(text: &str) -> Result<Config, String> {
        nightsafe_runtime::config::parse(text, Path::new("/etc/nightsafe")).map_err(|error| error.to_string())
    }

    #[test]
    fn each_side_has_its_own_fields() {
        let low = format!("side = \"low\"\noutbox = \"o\"\nmedium = \"m\"\nstate = \"s\"\n{RING}");
        let Ok(Config::Low(low_config)) = parse(&low) else { panic!("{low}") };
        assert_eq!(low_config.outbox.as_path(), Path::new("/etc/nightsafe/o"));
        let high = format!("side = \"high\"\ninbox = \"i\"\nmedium = \"m\"\nquarantine = \"q\"\nstate = \"s\"\n{RING}");
        assert!(matches!(parse(&high), Ok(Config::High(_))));
        assert!(parse(&low.replace("outbox", "inbox")).unwrap_err().contains("inbox"));
        assert!(parse(&low.replace("low", "middle")).is_err());
    }

    #[test]
    fn the_example_configurations_are_valid() {
        assert!(matches!(parse(include_str!("../config/low.toml")), Ok(Config::Low(_))));
        assert!(matches!(parse(include_str!("../config/high.toml")), Ok(Config::High(_))));
    }

    #[test]
    fn no_key_that_signs_or_opens_can_be_named() {
        let high = format!("side = \"high\"\ninbox = \"i\"\nmedium = \"m\"\nquarantine = \"q\"\nstate = \"s\"\n{RING}");
        for name in ["identity", "identities", "journal_key", "signing_key"] {
            let text = format!("{name} = \"k\"\n{high}");
            assert!(parse(&text).unwrap_err().contains(name), "{name}");
        }
    }
}
