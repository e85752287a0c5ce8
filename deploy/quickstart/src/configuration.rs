//! The programs' configuration files. They follow from the data folder alone and are written anew at each start.

use std::net::SocketAddr;

use nightsafe_runtime::durable_file::{self, DurableError};

use crate::{
    keys::{Pins, SITE, THRESHOLD},
    layout::{Layout, Part},
};

/// Where the two servers listen.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// The gateway.
    pub gateway: SocketAddr,
    /// The console.
    pub console: SocketAddr,
}

/// Writes all four configuration files; every path in them is relative.
pub fn write(layout: &Layout, pins: &Pins, addresses: Addresses) -> Result<(), DurableError> {
    let ring = ring_table(pins);
    let texts = [
        (Part::Gateway, gateway(addresses.gateway)),
        (Part::LowTransfer, LOW.to_owned()),
        (Part::HighTransfer, HIGH.to_owned()),
        (Part::Internal, internal(addresses.console)),
    ];
    for (part, text) in texts {
        durable_file::create_folder(&layout.part(part))?;
        durable_file::replace(&layout.configuration(part), format!("{HEADER}{text}\n{ring}").as_bytes())?;
    }
    Ok(())
}

/// Adds a one-way link to a transfer's configuration: where it listens, or where it sends to.
pub fn add_link(layout: &Layout, part: Part, end: LinkEnd) -> Result<(), DurableError> {
    let path = layout.configuration(part);
    let text = std::fs::read_to_string(&path).map_err(|source| DurableError::Step {
        step: durable_file::Step::List,
        path: path.clone(),
        source,
    })?;
    // Everything but the tables stands before the first of them.
    let text = text.replacen("[ring]", "pair_secret = \"pair.secret\"\n\n[ring]", 1);
    let table = match end {
        LinkEnd::Listen(address) => format!("listen = \"{address}\"\n"),
        LinkEnd::To(address) => format!("to = \"{address}\"\nrate_mbit = 400\n"),
    };
    durable_file::replace(&path, format!("{text}\n[diode]\n{table}").as_bytes())
}

/// One end of a one-way link.
#[derive(Clone, Copy, Debug)]
pub enum LinkEnd {
    /// The high side's.
    Listen(SocketAddr),
    /// The low side's.
    To(SocketAddr),
}

fn ring_table(pins: &Pins) -> String {
    let officers: Vec<String> = pins.fingerprints.iter().map(|fingerprint| format!("  \"{fingerprint}\",\n")).collect();
    format!("[ring]\npath = \"../keys/ring.json\"\nofficers = [\n{}]\nthreshold = {THRESHOLD}\n", officers.concat())
}

fn gateway(listen: SocketAddr) -> String {
    format!(
        r#"site = "{SITE}"
gateway = "gateway-1"
listen = "{listen}"
divisions = ["../divisions.json"]

[tls]
certificate = "../tls/gateway.pem"
key = "../tls/gateway.key"

[folders]
staging = "staging"
outbox = "outbox"
state = "state"

[credentials]
site_secret = "credentials/site.secret"
journal_key = "credentials/journal.key"
form_key = "credentials/form.key"
"#
    )
}

fn internal(listen: SocketAddr) -> String {
    format!(
        r#"site = "{SITE}"
listen = "{listen}"
inbox = "../high/inbox"
units = ["../units.json"]
divisions = ["../divisions.json"]

[tls]
certificate = "../tls/console.pem"
key = "../tls/console.key"

[folders]
vault = "vault"
ledger = "ledger"
index = "index"
quarantine = "quarantine"
control = "control.sock"
state = "state"

[credentials]
store_key = "credentials/store.key"
ledger_key = "credentials/ledger.key"
identities = ["../keys/intake.key"]
"#
    )
}

const HEADER: &str = "\
# 演示站点，由 nightsafe-quickstart 写成，每次启动重写。
# Demo site, written by nightsafe-quickstart and rewritten at each start.
";

const LOW: &str = r#"side = "low"
outbox = "../gateway/outbox"
medium = "../medium"
state = "state"
"#;

const HIGH: &str = r#"side = "high"
medium = "../medium"
inbox = "inbox"
quarantine = "quarantine"
state = "state"
"#;
