//! Signed lines: one canonical JSON object with a `sig`, and the typestate from parsed to verified.
//!
//! The signature is Ed25519 (RFC 8032) over a prefix line that names the kind, then the canonical JSON without `sig`.
//! Only the gateway (entries, heads) and the inside (ledger heads) hold keys that sign; this module has none.

use data_encoding::BASE64;
use ed25519_dalek::Signature;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    canonical::{NotCanonical, canonical_json},
    digest::Digest,
    journal::{JournalKey, JournalKeys},
};

/// A kind of thing that is signed as one line.
pub trait SignedKind: Serialize + DeserializeOwned {
    /// The line, its `\n` included, that stands before the signed bytes, so that no signature serves two kinds.
    const PREFIX: &'static str;
}

/// The bytes that a signature over `fields` is made on.
pub fn signing_bytes<F: SignedKind>(fields: &F) -> Result<Vec<u8>, SignedLineError> {
    let mut bytes = F::PREFIX.as_bytes().to_vec();
    bytes.extend(canonical_json(fields).map_err(SignedLineError::NotCanonical)?);
    Ok(bytes)
}

/// A line as it was read or just signed; nobody has checked its signature here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedLine<F> {
    fields: F,
    signature: [u8; 64],
    line: Vec<u8>,
}

/// A line whose signature one of the trusted keys made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedLine<F> {
    signed: SignedLine<F>,
    key: JournalKey,
}

/// Why a line is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum SignedLineError {
    /// The line is longer than any real one.
    #[error("the line is longer than {LONGEST_LINE} bytes")]
    TooLong,
    /// It is no JSON object with just the fields of its kind.
    #[error("the line does not have the fields of its kind")]
    Fields(#[source] serde_json::Error),
    /// `sig` is missing or not 64 bytes in padded standard base64.
    #[error("the line has no signature of 64 bytes in base64")]
    SignatureForm,
    /// It has no canonical form.
    #[error("the line has no canonical form")]
    NotCanonical(#[source] NotCanonical),
    /// It is right but for its spelling, of which there is only one.
    #[error("the line is not spelled canonically (RFC 8785)")]
    Spelling,
    /// No trusted key made the signature.
    #[error("none of the trusted keys signed the line")]
    Signature,
}

impl<F: SignedKind> SignedLine<F> {
    /// Puts `fields` and the signature over [`signing_bytes`] together.
    pub fn new(fields: F, signature: [u8; 64]) -> Result<Self, SignedLineError> {
        let line = spell(&fields, &signature)?;
        Ok(Self { fields, signature, line })
    }

    /// Reads a line without its `\n`; there is one spelling only.
    pub fn parse(line: &[u8]) -> Result<Self, SignedLineError> {
        if line.len() > LONGEST_LINE {
            return Err(SignedLineError::TooLong);
        }
        let mut value: Value = serde_json::from_slice(line).map_err(SignedLineError::Fields)?;
        let signature = value.as_object_mut().and_then(|object| object.remove("sig"));
        let signature = signature.as_ref().and_then(Value::as_str).ok_or(SignedLineError::SignatureForm)?;
        let signature = BASE64.decode(signature.as_bytes()).map_err(|_| SignedLineError::SignatureForm)?;
        let signature = signature.try_into().map_err(|_| SignedLineError::SignatureForm)?;
        let parsed = Self::new(serde_json::from_value(value).map_err(SignedLineError::Fields)?, signature)?;
        if parsed.line == line { Ok(parsed) } else { Err(SignedLineError::Spelling) }
    }

    /// What the line says; a claim as long as it is not verified.
    pub const fn fields(&self) -> &F {
        &self.fields
    }

    /// The line without its `\n`.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// The digest of the line without its `\n`: what the next line cites.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.line)
    }

    /// Checks the signature against every trusted key.
    pub fn verify(self, keys: &JournalKeys) -> Result<VerifiedLine<F>, SignedLineError> {
        let bytes = signing_bytes(&self.fields)?;
        let signature = Signature::from_bytes(&self.signature);
        let key = keys.iter().find(|key| key.accepts(&bytes, &signature)).ok_or(SignedLineError::Signature)?.clone();
        Ok(VerifiedLine { signed: self, key })
    }
}

impl<F: SignedKind> VerifiedLine<F> {
    /// What the line says, and a trusted key has signed.
    pub const fn fields(&self) -> &F {
        self.signed.fields()
    }

    /// The line without its `\n`.
    pub fn line(&self) -> &[u8] {
        self.signed.line()
    }

    /// The digest of the line without its `\n`.
    pub fn digest(&self) -> Digest {
        self.signed.digest()
    }

    /// A line whose digest stands in this one: whoever signed this one has vouched for it.
    pub(crate) fn vouching_for(&self, signed: SignedLine<F>) -> Self {
        Self { signed, key: self.key.clone() }
    }

    /// The key that signed it, or a line behind it that vouches for it.
    pub const fn key(&self) -> &JournalKey {
        &self.key
    }
}

/// Longer than any line of any kind: entries take about 420 bytes.
pub const LONGEST_LINE: usize = 2048;

fn spell<F: SignedKind>(fields: &F, signature: &[u8; 64]) -> Result<Vec<u8>, SignedLineError> {
    let mut value = serde_json::to_value(fields).map_err(SignedLineError::Fields)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("sig".to_owned(), Value::String(BASE64.encode(signature)));
    }
    canonical_json(&value).map_err(SignedLineError::NotCanonical)
}
