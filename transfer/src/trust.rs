//! Whose word is believed: the gateways of the key ring in use and of the rings before it.

use nightsafe_runtime::RingStore;
use nightsafe_schema::journal::{JournalKey, JournalKeys};
use nightsafe_schema::ring::{KeyName, RingGateway};
use nightsafe_schema::signed::{SignedKind, SignedLine, SignedLineError, VerifiedLine};

use crate::limits;

/// What a line came to: what it says and which gateway signed it, or why it is not believed.
pub(crate) type Verified<F> = Result<(VerifiedLine<F>, KeyName), SignedLineError>;

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
    pub(crate) fn verify<F: SignedKind>(&self, line: &[u8]) -> Verified<F> {
        let verified = SignedLine::<F>::parse(line)?.verify(&self.keys)?;
        let gateway = self.name_of(verified.key()).ok_or(SignedLineError::Signature)?;
        Ok((verified, gateway))
    }

    /// As [`Self::verify`], for many lines, on as many threads as copy items; the outcomes stand in the order of the lines.
    pub(crate) fn verify_all<F: SignedKind + Send>(&self, lines: &[Vec<u8>]) -> Vec<Verified<F>> {
        let share = lines.len().div_ceil(limits::COPIERS).max(limits::LEAST_LINES);
        let verify_share = |lines: &[Vec<u8>]| lines.iter().map(|line| self.verify(line)).collect::<Vec<_>>();
        if lines.len() <= share {
            return verify_share(lines);
        }
        std::thread::scope(|scope| {
            let running: Vec<_> =
                lines.chunks(share).map(|lines| (lines, scope.spawn(move || verify_share(lines)))).collect();
            // A thread that crashed has its share verified here, where the crash is heard.
            running
                .into_iter()
                .flat_map(|(lines, thread)| thread.join().unwrap_or_else(|_| verify_share(lines)))
                .collect()
        })
    }

    /// The name under which a ring lists the key.
    fn name_of(&self, key: &JournalKey) -> Option<KeyName> {
        self.known.iter().find(|gateway| gateway.key == *key).map(|gateway| gateway.id.clone())
    }
}
