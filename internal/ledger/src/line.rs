//! One line of a segment: an event as it is written, chained and verified (docs/spec/ledger.md).
//!
//! The open fields can be read and verified by anyone; body and identity part are boxes. The line is the canonical JSON
//! of its fields, so there is one spelling of an event and its digest is that of its bytes.

use std::borrow::Cow;

use data_encoding::BASE64;
use jiff::Timestamp;
use nightsafe_schema::{case::CaseId, digest::Digest};
use serde::{Deserialize, Serialize};

use crate::{key_table::KeySlot, limits::LARGEST_SEQ};

/// The fields of a line, in the order of canonical JSON (by name).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventLine<'a> {
    /// Who did it.
    #[serde(borrow)]
    pub actor: Cow<'a, str>,
    /// When, by the clock of whoever appended it.
    pub at: Timestamp,
    /// `nonce ‖ box` of the body in padded standard base64.
    #[serde(borrow)]
    pub body: Cow<'a, str>,
    /// The case that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// `nonce ‖ box` of the identity part.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Cow<'a, str>>,
    /// Where the identity part's key lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_key: Option<KeySlot>,
    /// Where the body's key lies: the case key, or the site key.
    pub key: KeySlot,
    /// What happened.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// How many lines of its batch follow. A batch whose last line (`0`) is missing never happened.
    pub left: u32,
    /// The digest of the line before, without its line feed; zeros in the first.
    pub prev: Digest,
    /// The actor's role at that time.
    #[serde(borrow)]
    pub role: Cow<'a, str>,
    /// From 1 without a gap.
    pub seq: u64,
    /// The case's version with this event in it, from 1 without a gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// The bytes are not an event's line.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Not JSON, or not with these fields.
    #[error("the line is not an event")]
    NotAnEvent(#[source] serde_json::Error),
    /// Another spelling than the canonical one.
    #[error("the line is not written in its canonical form")]
    NotCanonical,
    /// Fields that belong together do not.
    #[error("the line's fields contradict each other")]
    Contradiction,
}

impl<'a> EventLine<'a> {
    /// Reads a line without its line feed, strictly: what is accepted is written back to the same bytes.
    pub fn parse(line: &'a [u8]) -> Result<Self, LineError> {
        let event = Self::parse_own(line)?;
        let spelled = event.to_bytes().map_err(LineError::NotAnEvent)?;
        if spelled == line { Ok(event) } else { Err(LineError::NotCanonical) }
    }

    /// Reads a line that this program wrote and whose digest is known to be good.
    pub(crate) fn parse_own(line: &'a [u8]) -> Result<Self, LineError> {
        let event: Self = serde_json::from_slice(line).map_err(LineError::NotAnEvent)?;
        let consistent = event.case.is_some() == event.version.is_some()
            && event.identity.is_some() == event.identity_key.is_some()
            && (event.case.is_some() || (event.identity.is_none() && event.key == KeySlot::SITE))
            && (1..=LARGEST_SEQ).contains(&event.seq)
            && event.version.is_none_or(|version| (1..=event.seq).contains(&version));
        if consistent { Ok(event) } else { Err(LineError::Contradiction) }
    }

    /// The line without its line feed.
    ///
    /// Fields stand in the order of their names, and serde_json escapes texts as RFC 8785 says: this is canonical JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// What binds a part to its event, so that it opens nowhere else. The place in the chain is not in it: the chain
    /// itself holds the line in its place.
    pub(crate) fn context(&self, part: Part) -> Result<Vec<u8>, serde_json::Error> {
        let bound = Bound {
            actor: &self.actor,
            at: self.at,
            case: self.case,
            kind: &self.kind,
            role: &self.role,
            version: self.version,
        };
        let mut context = part.prefix().as_bytes().to_vec();
        serde_json::to_writer(&mut context, &bound)?;
        Ok(context)
    }

    /// The sealed bytes of a part; `None` if there is none, or it is not base64.
    pub(crate) fn sealed(&self, part: Part) -> Option<Vec<u8>> {
        let text = match part {
            Part::Body => Some(&self.body),
            Part::Identity => self.identity.as_ref(),
        };
        BASE64.decode(text?.as_bytes()).ok()
    }
}

/// Which sealed part of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Body,
    Identity,
}

impl Part {
    fn prefix(self) -> &'static str {
        match self {
            Self::Body => "nightsafe-ledger-body/1\n",
            Self::Identity => "nightsafe-ledger-identity/1\n",
        }
    }
}

#[derive(Serialize)]
struct Bound<'a> {
    actor: &'a str,
    at: Timestamp,
    case: Option<CaseId>,
    kind: &'a str,
    role: &'a str,
    version: Option<u64>,
}

#[cfg(test)]
mod tests {
    use nightsafe_schema::canonical::canonical_json;
    use proptest::prelude::*;

    use super::*;

    fn any_line() -> impl Strategy<Value = EventLine<'static>> {
        let texts = (".{0,20}", "[A-Z_]{1,20}", ".{0,20}");
        let numbers = (0_i64..4_000_000_000, 0_i32..1_000_000_000, any::<u32>(), 1..=LARGEST_SEQ, any::<[u8; 32]>());
        let parts = (proptest::collection::vec(any::<u8>(), 0..60), any::<Option<u64>>(), any::<bool>());
        (texts, numbers, parts).prop_map(
            |((actor, kind, role), (second, nano, left, seq, prev), (body, case, named))| {
                let case = case.and_then(|number| CaseId::from_bytes((number >> 4).to_be_bytes()));
                EventLine {
                    actor: actor.into(),
                    at: Timestamp::new(second, nano).unwrap(),
                    body: BASE64.encode(&body).into(),
                    case,
                    identity: case.filter(|_| named).map(|_| "AAAA".into()),
                    identity_key: case.filter(|_| named).map(|_| KeySlot::from_number(9)),
                    key: case.map_or(KeySlot::SITE, |_| KeySlot::from_number(2)),
                    kind: kind.into(),
                    left,
                    prev: Digest::from_bytes(prev),
                    role: role.into(),
                    seq,
                    version: case.map(|_| seq),
                }
            },
        )
    }

    proptest! {
        #[test]
        fn a_line_is_read_as_it_was_written_and_is_canonical_json(line in any_line()) {
            let bytes = line.to_bytes().unwrap();
            prop_assert_eq!(&bytes, &canonical_json(&line).unwrap());
            prop_assert_eq!(EventLine::parse(&bytes).unwrap(), line);
        }

        #[test]
        fn any_bytes_are_a_line_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = EventLine::parse(&bytes);
        }
    }

    #[test]
    fn other_spellings_and_contradictions_are_refused() {
        let line = "{\"actor\":\"a\",\"at\":\"2026-11-22T05:00:00Z\",\"body\":\"\",\"key\":1,\"kind\":\"K\",\"left\":0,\"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"role\":\"r\",\"seq\":1}";
        assert!(EventLine::parse(line.as_bytes()).is_ok());
        for (from, to) in [
            ("\"a\"", " \"a\""),
            ("\"a\"", "\"\\u0061\""),
            ("05:00:00Z", "05:00:00+00:00"),
            ("05:00:00Z", "05:00:00.0Z"),
            ("\"left\":0,", ""),
            ("\"left\":0", "\"left\":0,\"left\":0"),
            ("\"left\":0", "\"left\":0,\"more\":0"),
            ("\"key\":1", "\"key\":2"),
            ("\"seq\":1", "\"seq\":0"),
            ("\"seq\":1", "\"seq\":1,\"version\":1"),
            ("\"seq\":1", "\"seq\":9007199254740993"),
            ("\"body\":\"\"", "\"body\":\"\",\"identity\":\"\",\"identity_key\":3"),
        ] {
            assert!(EventLine::parse(line.replace(from, to).as_bytes()).is_err(), "{to}");
        }
    }
}
