//! Evidence and earlier reports.

use serde::Deserialize;

use super::Code;

/// What supports the report; attachments are described in the intake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// Web addresses.
    pub urls: Vec<String>,
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Payments.
    pub transactions: Vec<Transaction>,
    /// Apps.
    pub apps: Vec<App>,
    /// What the client says of its attachments: claims, by order.
    pub attachments: Vec<DeclaredAttachment>,
}

/// An account on a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Account {
    /// WECHAT, QQ, …
    pub platform: Option<Code>,
    /// Its name or number.
    pub account: String,
    /// Who holds it.
    pub holder: String,
}

/// A payment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Transaction {
    /// A partial date or an instant; empty = unknown.
    pub at: String,
    /// Yuan as a decimal; empty = unknown.
    pub amount_cny: String,
    /// BANK, THIRD_PARTY, …
    pub method: Option<Code>,
    /// To whom.
    pub counterparty: String,
}

/// An app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct App {
    /// Its name.
    pub name: String,
    /// Its package name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// ANDROID, IOS, …
    pub platform: Option<Code>,
    /// Where it came from.
    pub source_url: String,
    /// SHA-256 of its installer in hex; empty = unknown.
    pub installer_sha256: String,
}

/// What the client says of one attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DeclaredAttachment {
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// PHOTO, SCREENSHOT, …
    pub kind: Option<Code>,
    /// Bytes.
    pub size: Option<u64>,
    /// SHA-256 in hex; empty = not said.
    pub sha256: String,
    /// A note.
    pub note: String,
}

/// An earlier report of the same matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PriorReport {
    /// A partial date; empty = unknown.
    pub date: String,
    /// P12337, POLICE_110, …
    pub channel: Option<Code>,
    /// The number given then.
    pub clue_no: String,
    /// Who took it.
    pub receiving_unit: String,
    /// NO_REPLY, NOT_FILED, …
    pub result: Option<Code>,
    /// YES, NO.
    pub satisfied: Option<Code>,
}
