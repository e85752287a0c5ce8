//! Whom the receipt believes and what it opens with: the gateways of the key ring, the counter, the live intake identities.
//!
//! Both are read again when something does not fit, since the answer may just have been put in place. A ring that is not
//! trusted changes nothing; identity files that cannot be read leave the ones that were.

use std::sync::Arc;

use nightsafe_open::Identities;
use nightsafe_runtime::{
    HasExitCode as _,
    ring_file::{Reloaded, RingFileError, RingStore},
};
use nightsafe_schema::journal::JournalKeys;

use crate::{
    config::Config,
    credentials::{self, CredentialError},
};

use super::{door::CounterTrust, fault::chain};

/// Ring and identities.
pub(crate) struct Trust {
    rings: RingStore,
    identities: Option<Arc<Identities>>,
    complaint: Option<String>,
    counter: CounterTrust,
}

impl Trust {
    /// Reads both. A ring there must be; identities may follow later.
    pub(crate) fn open(config: &Config, counter: CounterTrust) -> Result<Self, RingFileError> {
        let rings = config.ring.open(&config.folders.state)?;
        let mut trust = Self { rings, identities: None, complaint: None, counter };
        trust.reload_identities(config);
        Ok(trust)
    }

    /// The journal keys of the gateways in this ring and in every ring accepted before.
    pub(crate) fn gateway_keys(&self) -> JournalKeys {
        self.rings.gateways().into_iter().map(|gateway| gateway.key).collect()
    }

    /// The counter's stream and its key.
    pub(crate) const fn counter(&self) -> &CounterTrust {
        &self.counter
    }

    /// The identities, if there are any.
    pub(crate) fn identities(&self) -> Option<Arc<Identities>> {
        self.identities.clone()
    }

    /// Looks at the ring file again.
    pub(crate) fn reload_ring(&mut self) {
        if let Some(Reloaded::Replaced { version }) = self.rings.refresh() {
            tracing::info!(version, "a new key ring is in use");
        }
    }

    /// Reads the identity files again. The same complaint is logged once.
    pub(crate) fn reload_identities(&mut self, config: &Config) {
        match credentials::read_identities(&config.credentials.identities) {
            Ok(identities) => {
                self.identities = Some(Arc::new(identities));
                self.complaint = None;
            }
            Err(error) => self.complain(&error),
        }
    }

    fn complain(&mut self, error: &CredentialError) {
        let complaint = chain(error);
        if self.complaint.as_ref() != Some(&complaint) {
            tracing::error!(reason = complaint, code = error.exit_code().number(), "no usable intake identities");
            self.complaint = Some(complaint);
        }
    }
}
