//! Signed heads: the ledger's statement of how far it reached and what its last line was.
//!
//! A chain alone can be rewritten whole by whoever may write the disk. A head that has left the host cannot: the ledger
//! is verified against it (`audit verify --against HEAD`). Heads also lie in `heads/`, one file each.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use data_encoding::BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use jiff::Timestamp;
use nightsafe_schema::{canonical::canonical_json, digest::Digest};
use serde::{Deserialize, Serialize, de};

use crate::{files, ledger::Tail, limits::HEAD_BYTES};

/// The private key that signs heads. Never printed; wiped when dropped.
pub struct HeadSigner(SigningKey);

impl HeadSigner {
    /// The signer made from the 32 bytes of the credential `ledger_key`.
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public key that verifies its heads.
    pub fn public_key(&self) -> LedgerPublicKey {
        LedgerPublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, at: Timestamp, tail: Tail) -> Result<SignedHead, HeadError> {
        let fields = HeadFields { at, seq: tail.seq, sha256: tail.digest };
        let signature = self.0.sign(&fields.signing_bytes()?);
        Ok(SignedHead { fields, signature })
    }
}

/// The public half: standard base64 of the 32 bytes (RFC 8032).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LedgerPublicKey(VerifyingKey);

impl fmt::Display for LedgerPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for LedgerPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a ledger's public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 public key in base64")]
pub struct LedgerPublicKeyError;

impl FromStr for LedgerPublicKey {
    type Err = LedgerPublicKeyError;

    fn from_str(text: &str) -> Result<Self, LedgerPublicKeyError> {
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| LedgerPublicKeyError)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| LedgerPublicKeyError)?;
        VerifyingKey::from_bytes(&bytes).map(Self).map_err(|_| LedgerPublicKeyError)
    }
}

/// What a head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HeadFields {
    /// When it was signed.
    pub at: Timestamp,
    /// The number of the last event.
    pub seq: u64,
    /// The digest of that event's line.
    pub sha256: Digest,
}

impl HeadFields {
    /// What is signed: the prefix line of heads, then the canonical JSON of the fields.
    fn signing_bytes(&self) -> Result<Vec<u8>, HeadError> {
        let json = canonical_json(self).map_err(|_| HeadError::NotCanonical)?;
        Ok([PREFIX, json.as_slice()].concat())
    }
}

/// A head and its signature. Parsed ones are not verified yet: [`SignedHead::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    fields: HeadFields,
    signature: Signature,
}

/// A head cannot be read, trusted or kept.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// Not JSON, or not with these fields.
    #[error("not a signed head of a ledger")]
    NotAHead(#[source] serde_json::Error),
    /// Another spelling than the canonical one.
    #[error("the head is not written in its canonical form")]
    NotCanonical,
    /// The signature is not by this key over these fields.
    #[error("the head is not signed by this ledger's key")]
    WrongSignature,
    /// There is no event to sign.
    #[error("the ledger has no events yet")]
    Empty,
    /// The file cannot be read or written.
    #[error("the head {path} cannot be read or written")]
    File {
        /// The head's file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHead {
    at: Timestamp,
    seq: u64,
    sha256: Digest,
    #[serde(with = "signature_text")]
    sig: Signature,
}

impl SignedHead {
    /// Reads a head's file: canonical JSON and a line feed, which may be missing.
    pub fn parse(bytes: &[u8]) -> Result<Self, HeadError> {
        let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let raw: RawHead = serde_json::from_slice(line).map_err(HeadError::NotAHead)?;
        let fields = HeadFields { at: raw.at, seq: raw.seq, sha256: raw.sha256 };
        let head = Self { fields, signature: raw.sig };
        if head.to_bytes()?.strip_suffix(b"\n") == Some(line) { Ok(head) } else { Err(HeadError::NotCanonical) }
    }

    /// Reads a head from a file, such as one exported to another host.
    pub fn read(path: &Path) -> Result<Self, HeadError> {
        let bytes = files::read_bounded(path, HEAD_BYTES)
            .map_err(|source| HeadError::File { path: path.to_owned(), source })?;
        Self::parse(&bytes)
    }

    /// The head's file: one line of canonical JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, HeadError> {
        let HeadFields { at, seq, sha256 } = self.fields;
        let raw = RawHead { at, seq, sha256, sig: self.signature };
        let mut line = canonical_json(&raw).map_err(|_| HeadError::NotCanonical)?;
        line.push(b'\n');
        Ok(line)
    }

    /// What it says, once the signature is found good.
    pub fn verify(&self, key: &LedgerPublicKey) -> Result<HeadFields, HeadError> {
        key.0
            .verify_strict(&self.fields.signing_bytes()?, &self.signature)
            .map(|()| self.fields)
            .map_err(|_| HeadError::WrongSignature)
    }

    /// The number of the last event that it speaks of; not verified.
    pub fn seq(&self) -> u64 {
        self.fields.seq
    }

    /// Keeps the head in the ledger's folder of heads.
    pub(crate) fn keep(&self, folder: &Path) -> Result<(), HeadError> {
        let path = folder.join(format!("head-{:012}.json", self.fields.seq));
        files::replace(&path, &self.to_bytes()?).map_err(|source| HeadError::File { path, source })
    }
}

/// The files in the folder of heads, by event number. Unfinished files are left out.
pub(crate) fn kept_heads(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut heads = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let digits = name.strip_prefix("head-").and_then(|name| name.strip_suffix(".json"));
        if let Some(seq) = digits.and_then(|digits| digits.parse().ok()) {
            heads.push((seq, path));
        }
    }
    heads.sort_unstable();
    Ok(heads)
}

mod signature_text {
    use super::{BASE64, Deserialize, Signature, de};

    pub(super) fn serialize<S: serde::Serializer>(signature: &Signature, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&signature.to_bytes()))
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Signature, D::Error> {
        let bytes = BASE64.decode(String::deserialize(deserializer)?.as_bytes()).map_err(de::Error::custom)?;
        let bytes: [u8; 64] = bytes.try_into().map_err(|_| de::Error::custom("not 64 bytes"))?;
        Ok(Signature::from_bytes(&bytes))
    }
}

const PREFIX: &[u8] = b"nightsafe-ledger-head/1\n";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_head_is_read_as_it_was_written_and_verifies(seq in 1_u64..(1 << 53), digest: [u8; 32], seed: [u8; 32]) {
            let signer = HeadSigner::from_bytes(&seed);
            let tail = Tail { seq, digest: Digest::from_bytes(digest) };
            let head = signer.sign("2026-11-22T05:00:00Z".parse().unwrap(), tail).unwrap();
            let read = SignedHead::parse(&head.to_bytes().unwrap()).unwrap();
            prop_assert_eq!(&read, &head);
            prop_assert_eq!(read.verify(&signer.public_key()).unwrap().seq, seq);
            prop_assert_eq!(signer.public_key().to_string().parse(), Ok(signer.public_key()));
        }

        #[test]
        fn any_bytes_are_a_head_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = SignedHead::parse(&bytes);
        }
    }

    #[test]
    fn a_changed_head_and_another_key_are_refused() {
        let signer = HeadSigner::from_bytes(&[1; 32]);
        let tail = Tail { seq: 41, digest: Digest::of(b"line") };
        let head = signer.sign("2026-11-22T05:00:00Z".parse().unwrap(), tail).unwrap();
        let other = HeadSigner::from_bytes(&[2; 32]).public_key();
        assert!(matches!(head.verify(&other), Err(HeadError::WrongSignature)));
        let text = String::from_utf8(head.to_bytes().unwrap()).unwrap();
        let changed = SignedHead::parse(text.replace("\"seq\":41", "\"seq\":42").as_bytes()).unwrap();
        assert!(matches!(changed.verify(&signer.public_key()), Err(HeadError::WrongSignature)));
        let spaced = text.replace("\"seq\":41", "\"seq\": 41");
        assert!(matches!(SignedHead::parse(spaced.as_bytes()), Err(HeadError::NotCanonical)));
    }
}
