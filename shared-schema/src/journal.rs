//! The gateway's journal: one signed, chained line for each item it acknowledged (DESIGN section 6,
//! docs/spec/journal.md).
//!
//! `{"class","item","prev","seq","sha256","sig","size","stream"}` in canonical JSON; `prev` is the digest of the line
//! before, `seq` runs from 1 without a gap.

use std::{fmt, str::FromStr};

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize, de};

use crate::{
    digest::Digest,
    item::{ItemClass, ItemId},
    randomness::{NoRandomness, Randomness, random_bytes},
    signed::{SignedKind, SignedLine, VerifiedLine},
    time::Hour,
};

/// 128 random bits that name one gateway installation's journal; 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId([u8; 16]);

/// The text is not a stream id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a stream id of 32 lower-case hex digits")]
pub struct StreamIdError;

impl StreamId {
    /// A fresh stream.
    pub fn random(randomness: &dyn Randomness) -> Result<Self, NoRandomness> {
        random_bytes(randomness).map(Self)
    }

    /// The stream made of these bits.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// `stream8`, the first eight hex digits: what people read out and tickets carry.
    pub fn short(&self) -> String {
        self.to_string().chars().take(8).collect()
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for StreamId {
    type Err = StreamIdError;

    fn from_str(text: &str) -> Result<Self, StreamIdError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| StreamIdError)?;
        bytes.try_into().map(Self).map_err(|_| StreamIdError)
    }
}

impl Serialize for StreamId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StreamId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A place in a stream: 1, 2, 3, up to 2^53 - 1, the largest whole number that canonical JSON keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Seq(u64);

/// The number is no place in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sequence number from 1 to 2^53 - 1")]
pub struct SeqError;

impl Seq {
    /// The first place.
    pub const FIRST: Self = Self(1);

    /// The place as a number.
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The place after this one; `None` at the end of all numbers.
    pub fn next(self) -> Option<Self> {
        Self::try_from(self.0 + 1).ok()
    }

    /// The place before this one; `None` at the first.
    pub fn previous(self) -> Option<Self> {
        Self::try_from(self.0 - 1).ok()
    }
}

impl TryFrom<u64> for Seq {
    type Error = SeqError;

    fn try_from(value: u64) -> Result<Self, SeqError> {
        if (1..1 << 53).contains(&value) { Ok(Self(value)) } else { Err(SeqError) }
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Seq {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
    }
}

/// What one line of the journal says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryFields {
    /// The journal it stands in.
    pub stream: StreamId,
    /// Its place there.
    pub seq: Seq,
    /// The acknowledged item.
    pub item: ItemId,
    /// The size of the `.age` file in bytes.
    pub size: u64,
    /// The digest of the `.age` file.
    pub sha256: Digest,
    /// Whether it holds a report or an attachment.
    pub class: ItemClass,
    /// The digest of the line before; zeros at seq 1, or the head that a new stream cites.
    pub prev: Digest,
}

impl SignedKind for EntryFields {
    const PREFIX: &'static str = "nightsafe-entry/1\n";
}

/// An entry whose signature nobody has checked yet.
pub type Entry = SignedLine<EntryFields>;
/// An entry that a gateway of the key ring signed, or that one it signed leads to by the chain.
pub type VerifiedEntry = VerifiedLine<EntryFields>;

impl VerifiedEntry {
    /// The entry before this one, believed because this one cites the digest of its whole line: nobody but the gateway can
    /// have put that under its signature. `None` if it is another one.
    pub fn vouch(&self, before: &Entry) -> Option<Self> {
        let (this, other) = (self.fields(), before.fields());
        let is_before = this.stream == other.stream && this.seq.previous() == Some(other.seq);
        (is_before && this.prev == before.digest()).then(|| self.vouching_for(before.clone()))
    }
}

/// How far a journal had got at an hour: `<stream>.head.json`, replaced every hour, idle or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadFields {
    /// The journal.
    pub stream: StreamId,
    /// Its last place; 0 while it is empty.
    pub seq: u64,
    /// The digest of the line at `seq`; while the journal is empty, what its first entry will cite.
    pub sha256: Digest,
    /// When this was so.
    pub hour: Hour,
}

impl SignedKind for HeadFields {
    const PREFIX: &'static str = "nightsafe-head/1\n";
}

/// A head whose signature nobody has checked yet.
pub type Head = SignedLine<HeadFields>;
/// A head that a gateway of the key ring signed.
pub type VerifiedHead = VerifiedLine<HeadFields>;

/// The public half of a gateway's journal key (Ed25519), 32 bytes in padded standard base64.
#[derive(Clone, PartialEq, Eq)]
pub struct JournalKey(VerifyingKey);

/// The text is not a usable Ed25519 public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 public key of 32 bytes in base64")]
pub struct JournalKeyError;

impl JournalKey {
    /// Reads the 32 bytes; weak keys, which anyone can sign for, are refused.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, JournalKeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| JournalKeyError)?;
        if key.is_weak() { Err(JournalKeyError) } else { Ok(Self(key)) }
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    pub(crate) fn accepts(&self, bytes: &[u8], signature: &Signature) -> bool {
        self.0.verify_strict(bytes, signature).is_ok()
    }
}

impl fmt::Display for JournalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for JournalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for JournalKey {
    type Err = JournalKeyError;

    fn from_str(text: &str) -> Result<Self, JournalKeyError> {
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| JournalKeyError)?;
        Self::from_bytes(&bytes.try_into().map_err(|_| JournalKeyError)?)
    }
}

impl Serialize for JournalKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for JournalKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The gateway keys that are trusted at the moment, from the key ring.
pub type JournalKeys = Vec<JournalKey>;

/// The end of a chain that has been followed from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainEnd {
    /// The last place; `None` while the stream is empty.
    pub last: Option<Seq>,
    /// What the next entry must cite.
    pub digest: Digest,
}

/// An entry does not follow on the end of its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A place was left out or taken twice.
    #[error("entry {found} stands where {expected} belongs")]
    Place {
        /// The place that comes next.
        expected: Seq,
        /// The place that the entry names.
        found: Seq,
    },
    /// It cites another line than the one before it.
    #[error("entry {seq} does not cite the line before it")]
    Previous {
        /// The entry's place.
        seq: Seq,
    },
    /// The stream is full.
    #[error("the stream has no place left")]
    Full,
}

impl ChainEnd {
    /// The start of a stream whose first entry cites `previous`: zeros, or an older stream's head.
    pub const fn start(previous: Digest) -> Self {
        Self { last: None, digest: previous }
    }

    /// The place that the next entry has.
    pub fn next_seq(&self) -> Result<Seq, ChainError> {
        self.last.map_or(Some(Seq::FIRST), Seq::next).ok_or(ChainError::Full)
    }

    /// The end after `entry`, if it follows on this one.
    pub fn follow(&self, entry: &VerifiedEntry) -> Result<Self, ChainError> {
        let fields = entry.fields();
        let expected = self.next_seq()?;
        if fields.seq != expected {
            return Err(ChainError::Place { expected, found: fields.seq });
        }
        if fields.prev != self.digest {
            return Err(ChainError::Previous { seq: fields.seq });
        }
        Ok(Self { last: Some(fields.seq), digest: entry.digest() })
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};
    use proptest::prelude::*;

    use super::*;
    use crate::signed::{SignedLineError, signing_bytes};

    fn signer() -> (SigningKey, JournalKeys) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = JournalKey::from_bytes(key.verifying_key().as_bytes()).unwrap();
        (key, vec![public])
    }

    fn fields(seq: u64, prev: Digest) -> EntryFields {
        EntryFields {
            stream: StreamId::from_bytes([0xab; 16]),
            seq: seq.try_into().unwrap(),
            item: ItemId::from_bytes([1; 16]),
            size: 32768,
            sha256: Digest::of(b"item"),
            class: ItemClass::Text,
            prev,
        }
    }

    fn sign<F: SignedKind>(key: &SigningKey, fields: F) -> SignedLine<F> {
        let signature = key.sign(&signing_bytes(&fields).unwrap()).to_bytes();
        SignedLine::new(fields, signature).unwrap()
    }

    #[test]
    fn an_entry_is_signed_read_and_verified() {
        let (key, keys) = signer();
        let entry = sign(&key, fields(1, Digest::ZERO));
        let read = Entry::parse(entry.line()).unwrap();
        assert_eq!(read, entry);
        assert_eq!(read.verify(&keys).unwrap().digest(), Digest::of(entry.line()));
        let text = String::from_utf8(entry.line().to_vec()).unwrap();
        assert!(text.starts_with("{\"class\":\"text\",\"item\":\"0104"), "{text}");
    }

    #[test]
    fn a_verified_entry_vouches_for_the_line_before_it_and_for_no_other() {
        let (key, keys) = signer();
        let first = sign(&key, fields(1, Digest::ZERO));
        let second = sign(&key, fields(2, first.digest())).verify(&keys).unwrap();
        assert_eq!(second.vouch(&first), Some(first.clone().verify(&keys).unwrap()));
        // Its bytes are what is vouched for: the same fields under a signature nobody made are another line.
        let unsigned = Entry::new(first.fields().clone(), [0; 64]).unwrap();
        assert_eq!(second.vouch(&unsigned), None);
        let changed = sign(&key, EntryFields { size: 1, ..fields(1, Digest::ZERO) });
        assert_eq!(second.vouch(&changed), None);
        let elsewhere = EntryFields { stream: StreamId::from_bytes([1; 16]), ..fields(2, first.digest()) };
        assert_eq!(sign(&key, elsewhere).verify(&keys).unwrap().vouch(&first), None);
        let later = sign(&key, fields(3, first.digest())).verify(&keys).unwrap();
        assert_eq!(later.vouch(&first), None);
    }

    #[test]
    fn a_head_never_passes_for_an_entry_of_the_same_key() {
        let (key, keys) = signer();
        let fields = fields(1, Digest::ZERO);
        let wrong_prefix = [HeadFields::PREFIX.as_bytes(), &canonical(&fields)].concat();
        let entry = Entry::new(fields, key.sign(&wrong_prefix).to_bytes()).unwrap();
        assert!(matches!(entry.verify(&keys), Err(SignedLineError::Signature)));
    }

    fn canonical(fields: &EntryFields) -> Vec<u8> {
        crate::canonical::canonical_json(fields).unwrap()
    }

    #[test]
    fn other_spellings_are_refused() {
        let (key, _) = signer();
        let line = String::from_utf8(sign(&key, fields(1, Digest::ZERO)).line().to_vec()).unwrap();
        for changed in [line.replace(',', ", "), line.replace("\"seq\":1", "\"seq\":1,\"seq\":1"), format!("{line}\n")]
        {
            assert!(matches!(Entry::parse(changed.as_bytes()), Err(SignedLineError::Spelling)), "{changed}");
        }
        let more = line.replace("\"seq\":1", "\"more\":0,\"seq\":1");
        assert!(matches!(Entry::parse(more.as_bytes()), Err(SignedLineError::Fields(_))));
    }

    #[test]
    fn a_chain_names_holes_and_foreign_lines() {
        let (key, keys) = signer();
        let first = sign(&key, fields(1, Digest::ZERO)).verify(&keys).unwrap();
        let end = ChainEnd::start(Digest::ZERO).follow(&first).unwrap();
        let second = sign(&key, fields(2, first.digest())).verify(&keys).unwrap();
        assert!(end.follow(&second).is_ok());
        let third = sign(&key, fields(3, second.digest())).verify(&keys).unwrap();
        let place = ChainError::Place { expected: 2.try_into().unwrap(), found: 3.try_into().unwrap() };
        assert_eq!(end.follow(&third), Err(place));
        let foreign = sign(&key, fields(2, Digest::of(b"other"))).verify(&keys).unwrap();
        assert_eq!(end.follow(&foreign), Err(ChainError::Previous { seq: 2.try_into().unwrap() }));
    }

    #[test]
    fn a_weak_key_is_refused() {
        // The neutral element: signatures under it are trivial to make.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert_eq!(JournalKey::from_bytes(&neutral), Err(JournalKeyError));
    }

    proptest! {
        #[test]
        fn any_changed_byte_is_found(place in 0_usize..400, change in 1_u8..=255) {
            let (key, keys) = signer();
            let mut line = sign(&key, fields(1, Digest::ZERO)).line().to_vec();
            let place = place % line.len();
            line[place] ^= change;
            let verified = Entry::parse(&line).and_then(|entry| entry.verify(&keys));
            prop_assert!(verified.is_err());
        }

        #[test]
        fn any_bytes_are_a_line_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Entry::parse(&bytes);
            let _ = Head::parse(&bytes);
        }
    }
}
