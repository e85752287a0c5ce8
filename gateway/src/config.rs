//! `gateway.toml`: names, addresses and paths. No secret is ever a value in it, and nothing is opened while it is read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use http::HeaderValue;
use nightsafe_runtime::ConfigPath;
use nightsafe_runtime::config::{ConfigError, load};
use nightsafe_runtime::ring_file::RingConfig;
use nightsafe_schema::catalog::Label;
use nightsafe_schema::ring::KeyName;
use nightsafe_schema::submission::SiteId;
use serde::Deserialize;

use crate::limits;

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayConfig {
    /// The site whose reports these are; all its gateways and the inside use the same name.
    pub(crate) site: SiteId,
    /// This gateway's name in the key ring.
    pub(crate) gateway: KeyName,
    /// Where it listens; port 0 takes any free one and says which.
    pub(crate) listen: SocketAddr,
    pub(crate) tls: TlsConfig,
    pub(crate) ring: RingConfig,
    pub(crate) folders: FoldersConfig,
    pub(crate) credentials: CredentialsConfig,
    /// A catalog in place of the built-in one.
    pub(crate) catalog: Option<ConfigPath>,
    /// Divisions beside the built-in ones.
    #[serde(default)]
    pub(crate) divisions: Vec<ConfigPath>,
    /// Unit files beside the built-in ones: who receives what campaigns call for.
    #[serde(default)]
    pub(crate) units: Vec<ConfigPath>,
    /// Where 快速离开 leads: a page that anybody might have open.
    #[serde(default)]
    pub(crate) exit_url: ExitUrl,
    /// What the pages say of the service.
    #[serde(default)]
    pub(crate) service: ServiceConfig,
    /// When flows and campaigns are open, where the catalog alone does not say it.
    #[serde(default)]
    pub(crate) open: Vec<WindowConfig>,
    /// Programs in front that carry everybody's connections: an onion service or proxy on this machine, a load balancer.
    /// What comes from them is not counted against a source.
    #[serde(default = "this_machine")]
    pub(crate) forwarders: Vec<IpAddr>,
    /// Free space in MiB below which intake closes.
    #[serde(default = "disk_reserve")]
    pub(crate) disk_reserve_mib: u64,
}

/// What the pages say of the service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServiceConfig {
    /// Its name; without one the built-in words.
    pub(crate) name: Option<Label>,
    /// The same service in the Tor network.
    pub(crate) onion: Option<OnionUrl>,
    /// Other ways to report, in the order in which they are shown.
    pub(crate) contact: Vec<ContactConfig>,
}

/// One other way to report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactConfig {
    /// Who is reached.
    pub(crate) name: Label,
    /// Telephone number, postal or other address, as it is to be shown.
    pub(crate) reach: String,
}

/// The days on which a flow or campaign is open.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowConfig {
    /// The code of a flow or campaign.
    pub(crate) what: String,
    /// Its first day, or the year or month of it; empty = always has been.
    #[serde(default)]
    pub(crate) from: String,
    /// Its last day, or the year or month of it; empty = until further notice.
    #[serde(default)]
    pub(crate) until: String,
}

/// An address in `http://` whose host ends in `.onion`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct OnionUrl(HeaderValue);

/// The text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("service.onion must be http:// or https://, a host of 56 letters and digits that ends in .onion, and no path")]
pub(crate) struct OnionUrlError;

impl OnionUrl {
    pub(crate) fn as_header(&self) -> &HeaderValue {
        &self.0
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl TryFrom<String> for OnionUrl {
    type Error = OnionUrlError;

    fn try_from(text: String) -> Result<Self, OnionUrlError> {
        let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        let name = host.map(|host| host.trim_end_matches('/')).and_then(|host| host.strip_suffix(".onion"));
        let base32 = |byte: u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte);
        // A label before the name proper is allowed; the name proper is a version 3 address.
        let fits = name
            .and_then(|name| name.rsplit('.').next())
            .is_some_and(|name| name.len() == 56 && name.bytes().all(base32));
        HeaderValue::try_from(text).ok().filter(|_| fits).map(Self).ok_or(OnionUrlError)
    }
}

/// An address in `https://` that fits a header field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ExitUrl(HeaderValue);

/// The text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("exit_url must begin with https:// and have no spaces")]
pub(crate) struct ExitUrlError;

impl ExitUrl {
    pub(crate) fn as_header(&self) -> &HeaderValue {
        &self.0
    }
}

impl TryFrom<String> for ExitUrl {
    type Error = ExitUrlError;

    fn try_from(text: String) -> Result<Self, ExitUrlError> {
        let plain = text.starts_with("https://") && text.bytes().all(|byte| byte.is_ascii_graphic());
        HeaderValue::try_from(text).ok().filter(|_| plain).map(Self).ok_or(ExitUrlError)
    }
}

impl Default for ExitUrl {
    fn default() -> Self {
        Self(HeaderValue::from_static("https://www.weather.com.cn/"))
    }
}

/// Certificate chain and key, both PEM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsConfig {
    pub(crate) certificate: ConfigPath,
    pub(crate) key: ConfigPath,
}

/// Where files lie. `staging` and `outbox` must be on one file system.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoldersConfig {
    /// Attachments that wait for their report.
    pub(crate) staging: ConfigPath,
    /// Sealed items and journal, read by the low side of the transfer.
    pub(crate) outbox: ConfigPath,
    /// The stream's name and the accepted key rings.
    pub(crate) state: ConfigPath,
}

/// Files with secrets, made by `init`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialsConfig {
    /// Shared by all gateways of the site.
    pub(crate) site_secret: ConfigPath,
    /// This gateway's own.
    pub(crate) journal_key: ConfigPath,
    /// Shared by all gateways of one host name.
    pub(crate) form_key: ConfigPath,
}

impl GatewayConfig {
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        load(path)
    }
}

/// What `init` writes where there is no configuration yet.
pub(crate) const EXAMPLE: &str = include_str!("../gateway.example.toml");

fn this_machine() -> Vec<IpAddr> {
    vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
}

fn disk_reserve() -> u64 {
    limits::DISK_RESERVE_MIB
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use nightsafe_runtime::config::parse;

    use super::{EXAMPLE, ExitUrl, ExitUrlError, GatewayConfig, OnionUrl, OnionUrlError};

    #[test]
    fn the_example_is_a_configuration() {
        let config: GatewayConfig = parse(EXAMPLE, Path::new("/etc/nightsafe")).unwrap();
        assert_eq!(config.folders.outbox.as_path(), Path::new("/etc/nightsafe/outbox"));
        assert_eq!(config.exit_url, ExitUrl::default());
    }

    #[test]
    fn the_way_out_is_an_https_address() {
        for text in ["http://a.example/", "javascript:alert(1)", "https://a.example/ x", "https://a.example/\r\nX: y"] {
            assert_eq!(ExitUrl::try_from(text.to_owned()), Err(ExitUrlError), "{text}");
        }
    }

    #[test]
    fn an_onion_address_is_one_of_version_3() {
        let name = "a2".repeat(28);
        for good in [format!("http://{name}.onion"), format!("https://www.{name}.onion/")] {
            assert!(OnionUrl::try_from(good.clone()).is_ok(), "{good}");
        }
        for bad in
            ["http://a.example", "http://short.onion", &format!("http://{name}.onion/path"), &format!("{name}.onion")]
        {
            assert_eq!(OnionUrl::try_from((*bad).to_owned()), Err(OnionUrlError), "{bad}");
        }
    }

    #[test]
    fn what_the_example_leaves_out_can_be_said() {
        let lines: Vec<_> = EXAMPLE.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect();
        let config: GatewayConfig = parse(&lines.join("\n"), Path::new("/etc/nightsafe")).unwrap();
        assert_eq!((config.service.contact.len(), config.open.len()), (2, 2));
        assert!(config.service.name.is_some() && config.service.onion.is_some());
    }

    #[test]
    fn unknown_fields_are_refused() {
        let text = format!("site_secret = \"hush\"\n{EXAMPLE}");
        assert!(parse::<GatewayConfig>(&text, Path::new("/")).is_err());
    }
}
