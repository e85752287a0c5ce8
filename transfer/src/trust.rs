//! Whose word is believed: the gateways of the key ring in use and of the rings before it.

use nightsafe_runtime::RingStore;
use nightsafe_schema::journal::{JournalKey, JournalKeys};
use nightsafe_schema::ring::{KeyName, RingGateway};
use nightsafe_schema::signed::{SignedKind, SignedLine, SignedLineError, VerifiedLine};

/// The gateways whose entries and heads are believed.
#[derive(Clone, Debug)]
pub(crate) struct Gateways {
    known: Vec<RingGateway>,
    keys: JournalKeys,
}

impl Gateways {
    /// The gateways of every ring this side has accepted.
    pub(crate) fn of(ring: &RingStore) -> Self {
        Self::new(ring.gateways())
    }

    pub(crate) fn new(known: Vec<RingGateway>) -> Self {
        let keys = known.iter().map(|gateway| gateway.key.clone()).collect();
        Self { known, keys }
    }

    /// Parses and verifies a line, and says which gateway signed it.
    pub(crate) fn verify<F: SignedKind>(&self, line: &[u8]) -> Result<(VerifiedLine<F>, KeyName), SignedLineError> {
        let verified = SignedLine::<F>::parse(line)?.verify(&self.keys)?;
        let gateway = self.name_of(verified.key()).ok_or(SignedLineError::Signature)?;
        Ok((verified, gateway))
    }

    /// The name under which a ring lists the key.
    fn name_of(&self, key: &JournalKey) -> Option<KeyName> {
        self.known.iter().find(|gateway| gateway.key == *key).map(|gateway| gateway.id.clone())
    }
}
