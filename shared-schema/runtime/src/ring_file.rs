//! The officers' key ring on disk: read, verified, kept, never rolled back.
//!
//! A ring is accepted if enough pinned officers signed it, or as the successor of one that was. Every accepted ring is
//! kept with its signatures under the program's state folder, so that a restart follows the same chain of trust from
//! the pins on and an older ring put in place of the current one is refused (SECURITY T12). A candidate that is missing,
//! unsigned, older or malformed changes nothing: the last good ring serves on, and the caller hears why.

mod kept;
mod source;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nightsafe_schema::digest::Digest;
use nightsafe_schema::ring::{OfficerPins, RingError, RingGateway, VerifiedRing};
use serde::Deserialize;

use crate::bounded_file::ReadError;
use crate::config::ConfigPath;
use crate::durable_file::DurableError;
use crate::exit::{ExitCode, HasExitCode};

use kept::KeptRings;

/// The `[ring]` table of every program's configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingConfig {
    /// `ring.json`; the signatures lie beside it.
    pub path: ConfigPath,
    /// Fingerprints of the officers of ring version 1.
    pub officers: Vec<Digest>,
    /// How many of them must have signed; at least 2.
    pub threshold: u8,
}

/// The rings that this program has accepted, and the one in use.
#[derive(Debug)]
pub struct RingStore {
    source: PathBuf,
    pins: OfficerPins,
    kept: KeptRings,
    accepted: Vec<Arc<VerifiedRing>>,
    current: Arc<VerifiedRing>,
    rejected: Option<RingFileError>,
}

/// What a look at the ring file brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// The ring in use is the one on disk.
    Unchanged,
    /// A successor has been accepted, kept, and is now in use.
    Replaced {
        /// Its version.
        version: u64,
    },
}

/// Why a ring on disk is not used.
#[derive(Debug, thiserror::Error)]
pub enum RingFileError {
    /// The configuration pins too few officers.
    #[error("[ring] must pin at least as many officers as its threshold, which is at least 2")]
    Pins,
    /// The ring or a signature cannot be read.
    #[error("the key ring cannot be read")]
    Read(#[source] ReadError),
    /// The folder of signatures cannot be listed.
    #[error("the folder of the key ring, {folder}, cannot be listed")]
    List {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The ring is not trusted.
    #[error("the key ring {path} is refused")]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: RingError,
    },
    /// A ring that was accepted before does not hold any more: the state folder or the pins were changed.
    #[error("the kept key ring {path} does not follow from the pinned officers")]
    Kept {
        /// The kept file.
        path: PathBuf,
        /// Why.
        #[source]
        source: RingError,
    },
    /// An accepted ring could not be kept.
    #[error("the key ring cannot be kept")]
    Keep(#[source] DurableError),
}

impl HasExitCode for RingFileError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Pins => ExitCode::Usage,
            Self::Keep(source) => source.exit_code(),
            Self::Read(_) | Self::List { .. } | Self::Refused { .. } | Self::Kept { .. } => ExitCode::Key,
        }
    }
}

impl RingConfig {
    /// The officers that version 1 must be signed by.
    pub fn pins(&self) -> Result<OfficerPins, RingFileError> {
        let mut fingerprints = self.officers.clone();
        fingerprints.sort();
        fingerprints.dedup();
        if self.threshold < 2 || fingerprints.len() < usize::from(self.threshold) {
            return Err(RingFileError::Pins);
        }
        Ok(OfficerPins { fingerprints, threshold: self.threshold })
    }

    /// Opens the store that keeps accepted rings under `state`.
    pub fn open(&self, state: &Path) -> Result<RingStore, RingFileError> {
        RingStore::open(&self.path, state, self.pins()?)
    }

    /// As [`Self::open`], but keeps nothing: for a look beside a running program.
    pub fn peek(&self, state: &Path) -> Result<RingStore, RingFileError> {
        RingStore::start(&self.path, KeptRings::read_only(state), self.pins()?)
    }
}

impl RingStore {
    /// Follows the kept rings under `state/rings`, then looks at `source`. Without a kept ring, `source` must be good;
    /// with one, a bad `source` is remembered as [`Self::rejected`] and the last good ring serves.
    pub fn open(source: &Path, state: &Path, pins: OfficerPins) -> Result<Self, RingFileError> {
        Self::start(source, KeptRings::open(state).map_err(RingFileError::Keep)?, pins)
    }

    fn start(source: &Path, kept: KeptRings, pins: OfficerPins) -> Result<Self, RingFileError> {
        let mut accepted: Vec<Arc<VerifiedRing>> = Vec::new();
        for (path, signed) in kept.load()? {
            let ring = match accepted.last() {
                Some(previous) => previous.successor(signed),
                None => VerifiedRing::pinned(signed, &pins),
            };
            accepted.push(Arc::new(ring.map_err(|source| RingFileError::Kept { path, source })?));
        }
        let current = if let Some(last) = accepted.last() {
            Arc::clone(last)
        } else {
            let signed = source::read(source)?;
            let first = VerifiedRing::pinned(signed, &pins)
                .map_err(|cause| RingFileError::Refused { path: source.to_owned(), source: cause })?;
            kept.keep(&first).map_err(RingFileError::Keep)?;
            let first = Arc::new(first);
            accepted.push(Arc::clone(&first));
            first
        };
        let mut store = Self { source: source.to_owned(), pins, kept, accepted, current, rejected: None };
        if let Err(error) = store.reload() {
            tracing::error!(reason = %error, "key ring refused; the last good one serves");
            store.rejected = Some(error);
        }
        Ok(store)
    }

    /// Looks at the ring file again. On an error the ring in use stays, and [`Self::rejected`] is for the caller to set
    /// its verdict by.
    pub fn reload(&mut self) -> Result<Reloaded, RingFileError> {
        self.rejected = None;
        let signed = source::read(&self.source)?;
        if Digest::of(&signed.bytes) == self.current.digest() {
            return Ok(Reloaded::Unchanged);
        }
        let next = self
            .current
            .successor(signed)
            .map_err(|source| RingFileError::Refused { path: self.source.clone(), source })?;
        self.kept.keep(&next).map_err(RingFileError::Keep)?;
        let version = next.fields().version;
        self.current = Arc::new(next);
        self.accepted.push(Arc::clone(&self.current));
        Ok(Reloaded::Replaced { version })
    }

    /// As [`Self::reload`], for a program that goes on either way: a refused candidate is logged once and remembered.
    pub fn refresh(&mut self) -> Option<Reloaded> {
        let before = self.rejected.as_ref().map(ToString::to_string);
        match self.reload() {
            Ok(reloaded) => Some(reloaded),
            Err(error) => {
                if before.as_deref() != Some(error.to_string().as_str()) {
                    tracing::error!(reason = %error, "key ring refused; the last good one serves");
                }
                self.rejected = Some(error);
                None
            }
        }
    }

    /// The ring in use.
    pub fn current(&self) -> Arc<VerifiedRing> {
        Arc::clone(&self.current)
    }

    /// Why the ring on disk is not the one in use, if it is not.
    pub fn rejected(&self) -> Option<&RingFileError> {
        self.rejected.as_ref()
    }

    /// The gateways of the ring in use and of every ring accepted before: entries signed under an earlier ring stay
    /// valid.
    pub fn gateways(&self) -> Vec<RingGateway> {
        let mut gateways: Vec<RingGateway> = Vec::new();
        for gateway in self.accepted.iter().rev().flat_map(|ring| &ring.fields().gateways) {
            if !gateways.contains(gateway) {
                gateways.push(gateway.clone());
            }
        }
        gateways
    }

    /// The officers that the first ring was accepted by.
    pub fn pins(&self) -> &OfficerPins {
        &self.pins
    }
}

#[cfg(test)]
mod tests;
