//! `internal.toml`: where things are. Secrets are paths, never values; nothing is opened or bound here.

use std::net::SocketAddr;

use nightsafe_casework::account::AccountName;
use nightsafe_runtime::{config::ConfigPath, ring_file::RingConfig};
use nightsafe_schema::submission::SiteId;
use serde::Deserialize;

/// The whole file. Relative paths are relative to the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The site's name, part of every clue number's derivation.
    pub(crate) site: SiteId,
    /// Where the console listens.
    pub(crate) listen: SocketAddr,
    /// The high side's inbox: `items/`, `journal/`.
    pub(crate) inbox: ConfigPath,
    /// The console's certificate and key.
    pub(crate) tls: Tls,
    /// The officers' key ring.
    pub(crate) ring: RingConfig,
    /// What this program keeps.
    pub(crate) folders: Folders,
    /// Files with secrets.
    pub(crate) credentials: Credentials,
    /// Unit registries, merged.
    #[serde(default)]
    pub(crate) units: Vec<ConfigPath>,
    /// Division lists beside the embedded one.
    #[serde(default)]
    pub(crate) divisions: Vec<ConfigPath>,
    /// The table `(part, system, level) → unit`; the embedded one if absent.
    pub(crate) routing_table: Option<ConfigPath>,
    /// Working days in place of the embedded calendar.
    pub(crate) calendar: Option<ConfigPath>,
    /// The officers register; nobody is known without one.
    pub(crate) officers: Option<ConfigPath>,
    /// Who holds the gates; the built-in table without one.
    pub(crate) gates: Option<ConfigPath>,
    /// How much a reward may be; the built-in bands without one.
    pub(crate) rewards: Option<ConfigPath>,
    /// What is run for each alarm; nothing if absent.
    pub(crate) alarm: Option<AlarmCommand>,
    /// 每月回访; none are drawn if absent.
    pub(crate) callback: Option<CallbackConfig>,
    /// 封存件: who may see sealed cases. Two accounts, or nobody.
    #[serde(default)]
    pub(crate) custodians: Vec<AccountName>,
    /// The program that makes safe copies; `nightsafe-safecopy` beside this one if absent.
    pub(crate) safecopy: Option<ConfigPath>,
    /// A catalog folder in place of the embedded catalog.
    pub(crate) catalog: Option<ConfigPath>,
}

/// A command that is told of alarms, without a shell.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlarmCommand {
    /// The program and its arguments; the case number and the level follow.
    pub(crate) command: Vec<String>,
    /// How long it may take.
    #[serde(default = "AlarmCommand::seconds")]
    pub(crate) seconds: u64,
}

impl AlarmCommand {
    const fn seconds() -> u64 {
        10
    }
}

/// The monthly call-backs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallbackConfig {
    /// At least so many are drawn.
    #[serde(default = "CallbackConfig::least")]
    pub(crate) least: u32,
    /// Or this share of all, in percent, if that is more.
    #[serde(default = "CallbackConfig::percent")]
    pub(crate) percent: u8,
    /// The SMS desk's key, `age1…`; without one no list goes out.
    pub(crate) recipient: Option<String>,
    /// Where lists are put for the desk to take; goes with the key.
    pub(crate) folder: Option<ConfigPath>,
}

impl CallbackConfig {
    const fn least() -> u32 {
        20
    }

    const fn percent() -> u8 {
        5
    }
}

/// PEM files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// Certificate chain.
    pub(crate) certificate: ConfigPath,
    /// Private key.
    pub(crate) key: ConfigPath,
}

/// What this program keeps.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Folders {
    /// Sealed items without their headers.
    pub(crate) vault: ConfigPath,
    /// Event ledger and key table.
    pub(crate) ledger: ConfigPath,
    /// Rebuildable projections; on an encrypted volume, in no backup.
    pub(crate) index: ConfigPath,
    /// Items that failed, kept for a person.
    pub(crate) quarantine: ConfigPath,
    /// The control socket itself.
    pub(crate) control: ConfigPath,
    /// Last good ring.
    pub(crate) state: ConfigPath,
    /// Safe copies of attachments, rebuildable; `copies` under the state folder if absent.
    pub(crate) copies: Option<ConfigPath>,
    /// Where signed ledger heads are put for another machine to take; `heads` under the state folder if absent.
    pub(crate) heads: Option<ConfigPath>,
}

/// Files with secrets; readable by this program's user only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// Wraps every key in the key table.
    pub(crate) store_key: ConfigPath,
    /// Signs ledger heads.
    pub(crate) ledger_key: ConfigPath,
    /// Intake identities; several may be live at once.
    #[serde(default)]
    pub(crate) identities: Vec<ConfigPath>,
}

/// The configuration that `init` writes where there is none.
pub(crate) const EXAMPLE: &str = include_str!("config/example.toml");

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_example_is_a_configuration() {
        let config: Config = nightsafe_runtime::config::parse(EXAMPLE, Path::new("site")).unwrap();
        assert_eq!(config.site.as_str(), "demo");
        assert!(config.folders.control.ends_with("control.sock"));
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        let misspelt = EXAMPLE.replace("ledger_key", "ledgerkey");
        assert!(nightsafe_runtime::config::parse::<Config>(&misspelt, Path::new("site")).is_err());
    }
}
