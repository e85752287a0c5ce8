//! The one hidden field that is ours: which submission a page belongs to, which attachments wait for it, and until when.
//!
//! `base64url(JSON) "." base64url(HMAC-SHA-256(form key, "nightsafe-form/1\n" ‖ JSON))`. It makes a second press of the
//! button the same submission, and lets a report claim the files that were sealed for it; it is no proof of anything about
//! a person. Gateways of one host name share the key, so a page made by one is good at another.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::intake::IntakeAttachment;
use nightsafe_schema::item::ItemId;
use nightsafe_schema::submission::SubmissionId;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::credentials::FormKey;
use crate::limits;
use crate::reception::WaitingAttachment;

/// What a page carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FormState {
    submission: SubmissionId,
    waiting: Vec<WaitingAttachment>,
    expires: Timestamp,
}

/// The hidden field as it came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StateField {
    /// Ours, and in time.
    Good(FormState),
    /// Ours, but the page is too old.
    Expired(FormState),
    /// Missing or not ours.
    Foreign,
}

impl FormState {
    /// A page for a new submission.
    pub(crate) fn begin(submission: SubmissionId, now: Timestamp) -> Self {
        Self { submission, waiting: Vec::new(), expires: later(now, limits::FORM_LIFE) }
    }

    pub(crate) fn submission(&self) -> SubmissionId {
        self.submission
    }

    /// When the first page was drawn.
    pub(crate) fn begun(&self) -> Timestamp {
        let life = SignedDuration::try_from(limits::FORM_LIFE).unwrap_or_default();
        self.expires.checked_sub(life).unwrap_or(Timestamp::MIN)
    }

    /// Attachments that wait for the report, in their order.
    pub(crate) fn waiting(&self) -> &[WaitingAttachment] {
        &self.waiting
    }

    /// Bytes of them together.
    pub(crate) fn total(&self) -> u64 {
        self.waiting.iter().map(|one| one.facts.length).sum()
    }

    pub(crate) fn add(&mut self, more: Vec<WaitingAttachment>) {
        self.waiting.extend(more);
    }

    /// Takes one back; `None` if the page does not have it.
    pub(crate) fn remove(&mut self, item: ItemId) -> Option<WaitingAttachment> {
        let place = self.waiting.iter().position(|one| one.facts.item == item)?;
        Some(self.waiting.remove(place))
    }

    /// Forgets those at these places, which are not here any more.
    pub(crate) fn forget(&mut self, places: &[usize]) {
        let all = std::mem::take(&mut self.waiting).into_iter().enumerate();
        self.waiting = all.filter(|(place, _)| !places.contains(place)).map(|(_, one)| one).collect();
    }

    /// The text of the hidden field.
    pub(crate) fn seal(&self, key: &FormKey) -> String {
        let written = Written {
            submission: self.submission,
            waiting: self.waiting.iter().map(Handle::of).collect(),
            expires: self.expires.as_second(),
        };
        // A struct of texts and numbers always has a JSON form.
        let json = serde_json::to_vec(&written).unwrap_or_default();
        let tag = mac(key, &json).finalize().into_bytes();
        format!("{}.{}", BASE64URL_NOPAD.encode(&json), BASE64URL_NOPAD.encode(&tag))
    }
}

impl StateField {
    /// Reads the hidden field; the comparison takes the same time for every wrong tag.
    pub(crate) fn read(text: &str, key: &FormKey, now: Timestamp) -> Self {
        let Some(state) = open(text, key) else { return Self::Foreign };
        if state.expires < now { Self::Expired(state) } else { Self::Good(state) }
    }
}

/// The state as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "s")]
    submission: SubmissionId,
    #[serde(rename = "a")]
    waiting: Vec<Handle>,
    /// Seconds since 1970.
    #[serde(rename = "e")]
    expires: i64,
}

/// What the gateway knew of an attachment when it was sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Handle {
    #[serde(rename = "i")]
    item: ItemId,
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "t")]
    media_type: String,
    #[serde(rename = "l")]
    length: u64,
    #[serde(rename = "d")]
    sha256: Digest,
    #[serde(rename = "f")]
    item_sha256: Digest,
    #[serde(rename = "z")]
    size: u64,
}

impl Handle {
    fn of(waiting: &WaitingAttachment) -> Self {
        let IntakeAttachment { item, name, media_type, length, sha256, item_sha256 } = waiting.facts.clone();
        Self { item, name, media_type, length, sha256, item_sha256, size: waiting.size }
    }

    fn into_waiting(self) -> WaitingAttachment {
        let Self { item, name, media_type, length, sha256, item_sha256, size } = self;
        WaitingAttachment { facts: IntakeAttachment { item, name, media_type, length, sha256, item_sha256 }, size }
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
    let written: Written = serde_json::from_slice(&json).ok()?;
    Some(FormState {
        submission: written.submission,
        waiting: written.waiting.into_iter().map(Handle::into_waiting).collect(),
        expires: Timestamp::from_second(written.expires).ok()?,
    })
}

fn later(now: Timestamp, life: Duration) -> Timestamp {
    // To the second, as it is written.
    let second = now.as_second().saturating_add(i64::try_from(life.as_secs()).unwrap_or(i64::MAX));
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
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
/// Ten attachments with the longest names, in base64.
const LONGEST: usize = 32 * 1024;

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

    fn waiting(fill: u8, name: &str) -> WaitingAttachment {
        let facts = IntakeAttachment {
            item: ItemId::from_bytes([fill; 16]),
            name: name.to_owned(),
            media_type: "image/jpeg".to_owned(),
            length: 7,
            sha256: Digest::of(b"one"),
            item_sha256: Digest::of(b"other"),
        };
        WaitingAttachment { facts, size: 512 }
    }

    fn state() -> FormState {
        let mut state = FormState::begin("00112233445566778899aabbccddeeff".parse().unwrap(), at(1000));
        state.add(vec![waiting(1, "照片.jpg"), waiting(2, ""), waiting(3, "x")]);
        state
    }

    #[test]
    fn a_page_comes_back_as_it_went_until_it_is_too_old() {
        let text = state().seal(&key(1));
        let end = 1000 + i64::try_from(limits::FORM_LIFE.as_secs()).unwrap();
        assert_eq!(StateField::read(&text, &key(1), at(end)), StateField::Good(state()));
        assert_eq!(StateField::read(&text, &key(1), at(end + 1)), StateField::Expired(state()));
        assert_eq!(StateField::read(&text, &key(2), at(1000)), StateField::Foreign);
        assert_eq!(state().begun(), at(1000));
    }

    #[test]
    fn attachments_are_taken_back_and_forgotten_by_place() {
        let mut state = state();
        assert_eq!(state.total(), 21);
        assert_eq!(state.remove(ItemId::from_bytes([2; 16])), Some(waiting(2, "")));
        assert_eq!(state.remove(ItemId::from_bytes([2; 16])), None);
        state.forget(&[0]);
        assert_eq!(state.waiting(), [waiting(3, "x")]);
    }

    #[test]
    fn ten_attachments_with_the_longest_names_fit() {
        let mut state = FormState::begin("00112233445566778899aabbccddeeff".parse().unwrap(), at(1000));
        state.add((0..10).map(|fill| waiting(fill, &"长".repeat(limits::FILE_NAME))).collect());
        let text = state.seal(&key(1));
        assert_eq!(StateField::read(&text, &key(1), at(1000)), StateField::Good(state));
    }

    proptest! {
        #[test]
        fn any_text_is_foreign(text in ".{0,200}") {
            prop_assert_eq!(StateField::read(&text, &key(1), at(0)), StateField::Foreign);
        }

        #[test]
        fn any_change_makes_it_foreign(place in 0_usize..1500, with in "[A-Za-z0-9_-]") {
            let text = state().seal(&key(1));
            let place = place % text.len();
            let mut changed = text.clone();
            changed.replace_range(place..=place, &with);
            prop_assume!(changed != text);
            prop_assert_eq!(StateField::read(&changed, &key(1), at(1000)), StateField::Foreign);
        }
    }
}
