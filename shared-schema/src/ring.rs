//! The key ring: which keys items are sealed to, which gateways are trusted, who may say so (DESIGN section 10,
//! docs/spec/ring.md).
//!
//! `ring.json` is canonical JSON; beside it lie detached signatures `ring.json.<officer id>.minisig`. A ring is only
//! ever used as a [`VerifiedRing`]: accepted by officers whose fingerprints a program's configuration pins, or as the
//! successor of a ring that was.

mod standing;
mod trust;

use std::{fmt, str::FromStr};

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de};

pub use self::{
    standing::{NoRecipient, RingStanding, SealingKeys},
    trust::{OfficerPins, RingError, SignedRing, VerifiedRing},
};
use crate::{digest::Digest, journal::JournalKey, recipient::Recipient, submission::SiteId};

/// The name of an officer or of a key: 1 to 64 of `a-z`, `0-9` and `-`. It becomes part of file names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct KeyName(String);

/// The text is not the name of an officer or a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a name of 1 to 64 of the characters a-z, 0-9 and -")]
pub struct KeyNameError;

impl KeyName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;

    fn from_str(text: &str) -> Result<Self, KeyNameError> {
        // Sites and keys are named by the same characters.
        text.parse::<SiteId>().map(|name| Self(name.as_str().to_owned())).map_err(|_| KeyNameError)
    }
}

impl<'de> Deserialize<'de> for KeyName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// What `ring.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingFields {
    /// Always `ring/1`.
    pub schema: RingSchema,
    /// The site whose ring it is.
    pub site: SiteId,
    /// Counted up by one with each ring; never goes back.
    pub version: u64,
    /// The digest of the ring before; zeros at version 1.
    pub previous: Digest,
    /// From when the ring as a whole may be used.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// What items are sealed to.
    pub recipients: Vec<RingRecipient>,
    /// Whose journals are believed.
    pub gateways: Vec<RingGateway>,
    /// Whose bulletins are believed.
    pub bulletin_keys: Vec<RingBulletinKey>,
    /// Who may sign the next ring.
    pub officers: Vec<RingOfficer>,
    /// How many of them must; at least two.
    pub threshold: u8,
}

/// The format of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RingSchema {
    /// The only one so far.
    #[serde(rename = "ring/1")]
    Ring1,
}

/// A key that items are sealed to, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingRecipient {
    /// Its name, such as `intake-2026-11`.
    pub id: KeyName,
    /// What it is for.
    #[serde(rename = "use")]
    pub purpose: RecipientUse,
    /// The public key.
    pub recipient: Recipient,
    /// From when items are sealed to it.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

/// What a recipient is for; every item is sealed to one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecipientUse {
    /// Opened day by day inside; weeks of life.
    Intake,
    /// Kept apart in shares, for the day on which the intake key is lost.
    Recovery,
}

/// A gateway whose journal is believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingGateway {
    /// Its name.
    pub id: KeyName,
    /// The public half of its journal key.
    pub key: JournalKey,
}

/// A key whose bulletins are believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingBulletinKey {
    /// Its name.
    pub id: KeyName,
    /// The public key.
    pub key: JournalKey,
}

/// A security officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingOfficer {
    /// The officer's id, part of the signature's file name.
    pub id: KeyName,
    /// The officer's name, for people.
    pub name: String,
    /// The officer's public key.
    pub key: OfficerKey,
}

/// An officer's public key in minisign's base64 form: `Ed`, eight bytes of key id, 32 bytes of Ed25519 key.
#[derive(Clone, PartialEq, Eq)]
pub struct OfficerKey([u8; 42]);

/// The text is not a minisign public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a minisign public key (the second line of an officer's .pub file)")]
pub struct OfficerKeyError;

impl OfficerKey {
    /// What configurations pin: the digest of the 42 bytes.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl fmt::Display for OfficerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

impl fmt::Debug for OfficerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for OfficerKey {
    type Err = OfficerKeyError;

    fn from_str(text: &str) -> Result<Self, OfficerKeyError> {
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| OfficerKeyError)?;
        let key: [u8; 42] = bytes.try_into().map_err(|_| OfficerKeyError)?;
        if key.starts_with(b"Ed") { Ok(Self(key)) } else { Err(OfficerKeyError) }
    }
}

impl Serialize for OfficerKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OfficerKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// What is wrong with a ring in itself, whoever signed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RingFault {
    /// Version 1 cites a ring before it, or a later version cites none.
    #[error("version 1 cites no ring before it and every later version does")]
    Previous,
    /// A window ends before it begins.
    #[error("the window of {of} ends before it begins")]
    Window {
        /// `the ring` or a recipient's name.
        of: String,
    },
    /// There is no recipient of one use.
    #[error("the ring needs a recipient for intake and one for recovery")]
    MissingRecipient,
    /// A name or a key stands there twice.
    #[error("{what} stands in the ring twice")]
    Twice {
        /// The name or key.
        what: String,
    },
    /// Fewer than two signatures would do, or more than there are officers.
    #[error("the threshold is at least 2 and at most the number of officers")]
    Threshold,
    /// More entries than any real ring has.
    #[error("the ring has more than {LARGEST_LIST} entries of one kind")]
    TooMany,
}

impl RingFields {
    /// Finds the first fault, if there is one.
    pub fn check(&self) -> Result<(), RingFault> {
        if self.version == 0 || (self.version == 1) != (self.previous == Digest::ZERO) {
            return Err(RingFault::Previous);
        }
        let windows = self.recipients.iter().map(|one| (one.id.as_str(), one.not_before, one.not_after));
        for (of, not_before, not_after) in windows.chain([("the ring", self.not_before, self.not_after)]) {
            if not_before >= not_after {
                return Err(RingFault::Window { of: of.to_owned() });
            }
        }
        for purpose in [RecipientUse::Intake, RecipientUse::Recovery] {
            if !self.recipients.iter().any(|one| one.purpose == purpose) {
                return Err(RingFault::MissingRecipient);
            }
        }
        if usize::from(self.threshold) > self.officers.len() || self.threshold < LEAST_THRESHOLD {
            return Err(RingFault::Threshold);
        }
        distinct(self.recipients.iter().flat_map(|one| [one.id.to_string(), one.recipient.to_string()]))?;
        distinct(self.gateways.iter().flat_map(|one| [one.id.to_string(), one.key.to_string()]))?;
        distinct(self.bulletin_keys.iter().flat_map(|one| [one.id.to_string(), one.key.to_string()]))?;
        distinct(self.officers.iter().flat_map(|one| [one.id.to_string(), one.key.to_string()]))
    }
}

fn distinct(names: impl Iterator<Item = String>) -> Result<(), RingFault> {
    let mut seen = std::collections::BTreeSet::new();
    for what in names {
        if seen.len() >= 2 * LARGEST_LIST {
            return Err(RingFault::TooMany);
        }
        if !seen.insert(what.clone()) {
            return Err(RingFault::Twice { what });
        }
    }
    Ok(())
}

const LEAST_THRESHOLD: u8 = 2;
const LARGEST_LIST: usize = 64;
