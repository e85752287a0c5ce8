//! From the bytes of a ring and its signatures to a ring that may be used.

use std::collections::BTreeMap;

use minisign_verify::{PublicKey, Signature};

use super::{KeyName, RingFault, RingFields, RingOfficer};
use crate::{canonical::canonical_json, digest::Digest, journal::JournalKeys};

/// A ring as it was read from a folder: anybody may have written it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRing {
    /// The bytes of `ring.json`.
    pub bytes: Vec<u8>,
    /// The texts of `ring.json.<officer id>.minisig`, by officer.
    pub signatures: BTreeMap<KeyName, String>,
}

/// The officers of the first ring, as every program's configuration pins them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerPins {
    /// The digests of their public keys ([`super::OfficerKey::fingerprint`]).
    pub fingerprints: Vec<Digest>,
    /// How many of them must have signed.
    pub threshold: u8,
}

/// A ring that enough officers have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRing {
    signed: SignedRing,
    fields: RingFields,
    digest: Digest,
}

/// Why a ring is not used.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// It is larger than any real one.
    #[error("the key ring is larger than {LARGEST_RING} bytes")]
    TooLarge,
    /// It is no ring.
    #[error("the key ring does not have the fields of a ring")]
    Fields(#[source] serde_json::Error),
    /// It is not canonical JSON.
    #[error("the key ring is not spelled canonically (RFC 8785)")]
    Spelling,
    /// It is wrong in itself.
    #[error("the key ring is wrong in itself")]
    Fault(#[source] RingFault),
    /// Too few of the officers who must sign it have.
    #[error("{found} of the {needed} signatures that are needed are there ({whose} officers)")]
    Signatures {
        /// How many are good.
        found: usize,
        /// How many must be.
        needed: u8,
        /// `pinned`, `old` or `new`.
        whose: &'static str,
    },
    /// It is older than the ring in use, or another of the same version.
    #[error("key ring version {found} does not follow version {current}, which is in use")]
    Rollback {
        /// The version in use.
        current: u64,
        /// The version that was offered.
        found: u64,
    },
    /// It does not cite the ring in use.
    #[error("key ring version {found} does not cite the ring in use as the one before it")]
    Previous {
        /// The version that was offered.
        found: u64,
    },
    /// It is for another site.
    #[error("the key ring is for the site {found}")]
    Site {
        /// That site.
        found: String,
    },
}

impl VerifiedRing {
    /// Accepts a ring with nothing before it: enough of the pinned officers signed it, and enough of its own.
    pub fn pinned(signed: SignedRing, pins: &OfficerPins) -> Result<Self, RingError> {
        let ring = Self::parse(signed)?;
        let is_pinned = |officer: &&RingOfficer| pins.fingerprints.contains(&officer.key.fingerprint());
        let pinned = ring.fields.officers.iter().filter(is_pinned);
        require(ring.signed.good(pinned), pins.threshold, "pinned")?;
        ring.signed_by_its_own()
    }

    /// Accepts the ring that follows this one: signed by enough of the old officers and of the new.
    ///
    /// The very same ring is accepted again; versions may be skipped, but the next one must cite this one.
    pub fn successor(&self, signed: SignedRing) -> Result<Self, RingError> {
        let ring = Self::parse(signed)?;
        let (current, found) = (self.fields.version, ring.fields.version);
        if ring.fields.site != self.fields.site {
            return Err(RingError::Site { found: ring.fields.site.to_string() });
        }
        if found < current || (found == current && ring.digest != self.digest) {
            return Err(RingError::Rollback { current, found });
        }
        if found == current + 1 && ring.fields.previous != self.digest {
            return Err(RingError::Previous { found });
        }
        require(ring.signed.good(self.fields.officers.iter()), self.fields.threshold, "old")?;
        ring.signed_by_its_own()
    }

    /// What the ring says.
    pub const fn fields(&self) -> &RingFields {
        &self.fields
    }

    /// The digest of `ring.json`: what the next ring cites, and a fingerprint for people.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The ring and its signatures as they were read.
    pub const fn signed(&self) -> &SignedRing {
        &self.signed
    }

    /// The keys whose journals are believed.
    pub fn journal_keys(&self) -> JournalKeys {
        self.fields.gateways.iter().map(|gateway| gateway.key.clone()).collect()
    }

    /// The officers whose signature on the ring is good.
    pub fn signers(&self) -> impl Iterator<Item = &RingOfficer> {
        self.fields.officers.iter().filter(|officer| self.signed.is_signed_by(officer))
    }

    fn parse(signed: SignedRing) -> Result<Self, RingError> {
        if signed.bytes.len() > LARGEST_RING {
            return Err(RingError::TooLarge);
        }
        let fields: RingFields = serde_json::from_slice(&signed.bytes).map_err(RingError::Fields)?;
        if canonical_json(&fields).ok().as_ref() != Some(&signed.bytes) {
            return Err(RingError::Spelling);
        }
        fields.check().map_err(RingError::Fault)?;
        let digest = Digest::of(&signed.bytes);
        Ok(Self { signed, fields, digest })
    }

    fn signed_by_its_own(self) -> Result<Self, RingError> {
        require(self.signed.good(self.fields.officers.iter()), self.fields.threshold, "new")?;
        Ok(self)
    }
}

impl SignedRing {
    fn good<'a>(&self, officers: impl Iterator<Item = &'a RingOfficer>) -> usize {
        officers.filter(|officer| self.is_signed_by(officer)).count()
    }

    fn is_signed_by(&self, officer: &RingOfficer) -> bool {
        let verified = || {
            let text = self.signatures.get(&officer.id)?;
            let signature = Signature::decode(text).ok()?;
            let key = PublicKey::from_base64(&officer.key.to_string()).ok()?;
            // Only prehashed signatures: minisign's format since 2019, and the only one it now makes.
            key.verify(&self.bytes, &signature, false).ok()
        };
        verified().is_some()
    }
}

fn require(found: usize, needed: u8, whose: &'static str) -> Result<(), RingError> {
    if found >= usize::from(needed) { Ok(()) } else { Err(RingError::Signatures { found, needed, whose }) }
}

/// A ring with every list full stays below.
const LARGEST_RING: usize = 256 * 1024;
