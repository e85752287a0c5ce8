//! The one hidden field that is ours: which submission a page belongs to, and until when.
//!
//! `base64url(JSON) "." base64url(HMAC-SHA-256(form key, "nightsafe-form/1\n" ‖ JSON))`. It makes a second press of the
//! button the same submission; it is no proof of anything about a person. Gateways of one host name share the key, so a
//! page made by one is good at another.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use nightsafe_schema::item::ItemId;
use nightsafe_schema::submission::SubmissionId;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::credentials::FormKey;

/// What a page carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormState {
    #[serde(rename = "s")]
    submission: SubmissionId,
    /// Attachments sealed already, in order.
    #[serde(rename = "a")]
    staged: Vec<ItemId>,
    /// Seconds since 1970.
    #[serde(rename = "e")]
    expires: i64,
}

/// The hidden field as it came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StateField {
    /// Ours, and in time.
    Good(FormState),
    /// Ours, but the page is too old.
    Expired,
    /// Missing or not ours.
    Foreign,
}

impl FormState {
    /// A page for a new submission.
    pub(crate) fn begin(submission: SubmissionId, now: Timestamp, life: Duration) -> Self {
        let life = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
        Self { submission, staged: Vec::new(), expires: now.as_second().saturating_add(life) }
    }

    pub(crate) fn submission(&self) -> SubmissionId {
        self.submission
    }

    /// The text of the hidden field.
    pub(crate) fn seal(&self, key: &FormKey) -> String {
        // A struct of texts and numbers always has a JSON form.
        let json = serde_json::to_vec(self).unwrap_or_default();
        let tag = mac(key, &json).finalize().into_bytes();
        format!("{}.{}", BASE64URL_NOPAD.encode(&json), BASE64URL_NOPAD.encode(&tag))
    }
}

impl StateField {
    /// Reads the hidden field; the comparison takes the same time for every wrong tag.
    pub(crate) fn read(text: &str, key: &FormKey, now: Timestamp) -> Self {
        let Some(state) = open(text, key) else { return Self::Foreign };
        if state.expires < now.as_second() { Self::Expired } else { Self::Good(state) }
    }
}

fn open(text: &str, key: &FormKey) -> Option<FormState> {
    if text.len() > LONGEST {
        return None;
    }
    let (json, tag) = text.split_once('.')?;
    let json = BASE64URL_NOPAD.decode(json.as_bytes()).ok()?;
    let tag = BASE64URL_NOPAD.decode(tag.as_bytes()).ok()?;
    mac(key, &json).verify_slice(&tag).ok()?;
    serde_json::from_slice(&json).ok()
}

fn mac(key: &FormKey, json: &[u8]) -> Hmac<Sha256> {
    // RFC 2104 fills a short key up with zeros; done here, its length is right by type.
    let mut block = zeroize::Zeroizing::new([0; 64]);
    for (place, byte) in block.iter_mut().zip(key.expose()) {
        *place = *byte;
    }
    let mut mac = Hmac::<Sha256>::new(&(*block).into());
    mac.update(PREFIX);
    mac.update(json);
    mac
}

const PREFIX: &[u8] = b"nightsafe-form/1\n";
/// Ten staged attachments stay far below.
const LONGEST: usize = 2048;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(fill: u8) -> FormKey {
        FormKey::from_bytes([fill; 32])
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn state() -> FormState {
        let submission = "00112233445566778899aabbccddeeff".parse().unwrap();
        FormState::begin(submission, at(1000), Duration::from_mins(1))
    }

    #[test]
    fn a_page_comes_back_as_it_went_until_it_is_too_old() {
        let text = state().seal(&key(1));
        assert_eq!(StateField::read(&text, &key(1), at(1060)), StateField::Good(state()));
        assert_eq!(StateField::read(&text, &key(1), at(1061)), StateField::Expired);
        assert_eq!(StateField::read(&text, &key(2), at(1000)), StateField::Foreign);
    }

    proptest! {
        #[test]
        fn any_text_is_foreign(text in ".{0,200}") {
            prop_assert_eq!(StateField::read(&text, &key(1), at(0)), StateField::Foreign);
        }

        #[test]
        fn any_change_makes_it_foreign(place in 0_usize..150, with in "[A-Za-z0-9_-]") {
            let text = state().seal(&key(1));
            let place = place % text.len();
            let mut changed = text.clone();
            changed.replace_range(place..=place, &with);
            prop_assume!(changed != text);
            prop_assert_eq!(StateField::read(&changed, &key(1), at(1000)), StateField::Foreign);
        }
    }
}
