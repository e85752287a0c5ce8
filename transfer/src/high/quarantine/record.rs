//! One record of the quarantine.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::{Seq, StreamId, VerifiedEntry};
use serde::{Deserialize, Serialize, de};

use crate::high::refusal::Refusal;
use crate::regular_file::Contents;

/// What was found where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    /// Why it is refused.
    pub(crate) why: Refusal,
    /// The volume it was found in.
    pub(crate) volume: String,
    /// The stream that the line names, if there is one.
    pub(crate) stream: Option<StreamId>,
    /// The place that the line names.
    pub(crate) seq: Option<Seq>,
    /// The name of the item's file.
    pub(crate) item: Option<String>,
}

/// `reason.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    schema: Schema,
    /// Its name in the quarantine.
    pub(crate) id: QuarantineId,
    /// What was found where.
    #[serde(flatten)]
    pub(crate) finding: Finding,
    /// When it was found first.
    pub(crate) found_at: Timestamp,
    /// The digest of the line it is about.
    pub(crate) line_sha256: Option<Digest>,
    /// The size of the item's bytes that are kept.
    pub(crate) size: Option<u64>,
    /// Their digest.
    pub(crate) sha256: Option<Digest>,
}

/// `settlement.json`: how a record was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settlement {
    at: Timestamp,
    by: SettledBy,
    reason: String,
}

/// The name of a record: `Q` and twelve hex digits of the digest of what was refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct QuarantineId(String);

/// The text is not the name of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a quarantine record such as Q0123456789AB")]
pub(crate) struct QuarantineIdError;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SettledBy {
    /// Good material came.
    Arrival,
    /// A person decided.
    Person,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[serde(rename = "quarantine/1")]
    Quarantine1,
}

impl Record {
    pub(crate) fn new(finding: Finding, line: Option<&[u8]>, item: Option<Contents>, now: Timestamp) -> Self {
        let line_sha256 = line.map(Digest::of);
        let sha256 = item.map(|contents| contents.sha256);
        let id = QuarantineId::of(&finding, line_sha256, sha256);
        let size = item.map(|contents| contents.size);
        Self { schema: Schema::Quarantine1, id, finding, found_at: now, line_sha256, size, sha256 }
    }

    /// Whether a handed-over entry settles this by itself. Forgeries and contradictions are for a person to settle.
    pub(crate) fn is_answered_by(&self, entry: &VerifiedEntry) -> bool {
        let fields = entry.fields();
        match self.finding.why {
            Refusal::BytesDiffer | Refusal::BadSignature | Refusal::UnknownStream => {
                self.line_sha256 == Some(entry.digest())
            }
            Refusal::ItemWithoutEntry => {
                self.finding.item.as_deref() == Some(fields.item.file_name().as_str())
                    && self.sha256 == Some(fields.sha256)
            }
            _ => false,
        }
    }
}

impl Settlement {
    /// Good material came.
    pub(crate) fn healed(now: Timestamp) -> Self {
        Self { at: now, by: SettledBy::Arrival, reason: String::new() }
    }

    /// A person decided.
    pub(crate) fn released(reason: &str, now: Timestamp) -> Self {
        Self { at: now, by: SettledBy::Person, reason: reason.to_owned() }
    }
}

impl QuarantineId {
    /// Follows from what was refused, not from where or when.
    fn of(finding: &Finding, line: Option<Digest>, item: Option<Digest>) -> Self {
        let name = finding.item.as_deref().unwrap_or_default();
        let [line, item] = [line, item].map(|digest| digest.unwrap_or(Digest::ZERO));
        let text = format!("nightsafe-quarantine/1\n{:?}\n{name}\n{line}\n{item}\n", finding.why);
        let digits: String = Digest::of(text.as_bytes()).to_string().chars().take(DIGITS).collect();
        Self(format!("Q{}", digits.to_ascii_uppercase()))
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QuarantineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for QuarantineId {
    type Err = QuarantineIdError;

    fn from_str(text: &str) -> Result<Self, QuarantineIdError> {
        let digits = text.strip_prefix('Q').ok_or(QuarantineIdError)?;
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
        if digits.len() == DIGITS && digits.bytes().all(is_hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(QuarantineIdError)
        }
    }
}

impl<'de> Deserialize<'de> for QuarantineId {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

const DIGITS: usize = 12;
