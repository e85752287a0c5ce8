//! `transfer.toml`: which side this is, and where its folders are. No secret stands in it, and no key that signs or
//! opens anything can be named in it.

use std::net::SocketAddr;
use std::path::Path;

use nightsafe_diode::datagram::{DatagramSize, DatagramSizeError};
use nightsafe_diode::shape::{ParityPercent, ParityPercentError};
use nightsafe_runtime::config::{ConfigError, load};
use nightsafe_runtime::{ConfigPath, ExitCode, HasExitCode, RingConfig};
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
    /// The one-way link, if there is one.
    pub(crate) diode: Option<LowDiode>,
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
    /// The one-way link, if there is one.
    pub(crate) diode: Option<HighDiode>,
}

/// `[diode]` of the low side.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LowDiode {
    /// Where the high side listens.
    pub(crate) to: SocketAddr,
    /// The address to send from, where there are several.
    pub(crate) from: Option<SocketAddr>,
    /// Megabits a second that leave at most.
    #[serde(default = "rate_mbit")]
    pub(crate) rate_mbit: u32,
    /// Bytes of a datagram; the same on both sides.
    #[serde(default = "datagram")]
    datagram: u16,
    /// Parity of the first pass, in percent.
    #[serde(default = "parity_percent")]
    parity_percent: u16,
    /// Blocks whose datagrams take turns.
    #[serde(default = "interleave")]
    interleave: u8,
    /// Whether the kernel or the card cuts bursts into datagrams.
    #[serde(default)]
    pub(crate) offload: Offload,
}

/// Whether bursts are handed to the kernel in one piece. A card or a driver that cuts them wrongly is a reason for `off`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Offload {
    /// As many datagrams at once as the kernel takes.
    #[default]
    On,
    /// One by one.
    Off,
}

/// `[diode]` of the high side.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HighDiode {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// Bytes of a datagram; the same on both sides.
    #[serde(default = "datagram")]
    datagram: u16,
}

/// `[diode]` says something that no link can be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiodeConfigError {
    /// There is none.
    #[error("the configuration has no [diode]")]
    Absent,
    /// The size of a datagram.
    #[error("[diode] datagram")]
    Datagram(#[source] DatagramSizeError),
    /// The parity.
    #[error("[diode] parity_percent")]
    Parity(#[source] ParityPercentError),
    /// The interleaving.
    #[error("[diode] interleave is from 1 to 64 blocks")]
    Interleave,
    /// The rate.
    #[error("[diode] rate_mbit is at least 1")]
    Rate,
}

impl HasExitCode for DiodeConfigError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }
}

impl LowDiode {
    /// Bytes of a datagram.
    pub(crate) fn size(&self) -> Result<DatagramSize, DiodeConfigError> {
        self.datagram.try_into().map_err(DiodeConfigError::Datagram)
    }

    /// Parity of the first pass.
    pub(crate) fn parity(&self) -> Result<ParityPercent, DiodeConfigError> {
        self.parity_percent.try_into().map_err(DiodeConfigError::Parity)
    }

    /// Blocks whose datagrams take turns.
    pub(crate) fn interleave(&self) -> Result<usize, DiodeConfigError> {
        let fits = (1..=64).contains(&self.interleave);
        if fits { Ok(self.interleave.into()) } else { Err(DiodeConfigError::Interleave) }
    }

    /// Bytes a second that leave at most.
    pub(crate) fn bytes_a_second(&self) -> Result<u64, DiodeConfigError> {
        if self.rate_mbit == 0 { Err(DiodeConfigError::Rate) } else { Ok(u64::from(self.rate_mbit) * 125_000) }
    }
}

impl HighDiode {
    /// Bytes of a datagram.
    pub(crate) fn size(&self) -> Result<DatagramSize, DiodeConfigError> {
        self.datagram.try_into().map_err(DiodeConfigError::Datagram)
    }
}

impl Config {
    /// Reads `path`; nothing is opened or made.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigError> {
        load(path)
    }
}

/// 80 % of a gigabit.
fn rate_mbit() -> u32 {
    800
}

/// What an Ethernet frame of 1,500 bytes carries over IPv4 and UDP.
fn datagram() -> u16 {
    1472
}

fn parity_percent() -> u16 {
    10
}

fn interleave() -> u8 {
    16
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
    fn a_link_is_the_same_on_both_sides_unless_it_says_otherwise() {
        let low = format!(
            "side = \"low\"\noutbox = \"o\"\nmedium = \"m\"\nstate = \"s\"\n{RING}[diode]\nto = \"10.9.0.2:4700\"\n"
        );
        let high = format!(
            "side = \"high\"\ninbox = \"i\"\nmedium = \"m\"\nquarantine = \"q\"\nstate = \"s\"\n{RING}[diode]\nlisten = \"10.9.0.2:4700\"\n"
        );
        let (Ok(Config::Low(low_config)), Ok(Config::High(high))) = (parse(&low), parse(&high)) else {
            panic!("{low}")
        };
        let (low_diode, high) = (low_config.diode.unwrap(), high.diode.unwrap());
        assert_eq!(low_diode.size().unwrap(), high.size().unwrap());
        assert_eq!((low_diode.bytes_a_second().unwrap(), low_diode.interleave().unwrap()), (100_000_000, 16));
        for wrong in ["rate_mbit = 0", "datagram = 100", "parity_percent = 1", "interleave = 65"] {
            let Ok(Config::Low(config)) = parse(&format!("{low}{wrong}\n")) else { panic!("{wrong}") };
            let diode = config.diode.unwrap();
            let errors =
                [diode.size().err(), diode.parity().err(), diode.interleave().err(), diode.bytes_a_second().err()];
            assert_eq!(errors.iter().flatten().count(), 1, "{wrong}");
        }
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
