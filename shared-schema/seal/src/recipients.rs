//! The two public keys everything is sealed to.

use std::fmt;

use crate::x25519::PublicKey;

/// The intake and the recovery recipient of the current key ring.
///
/// Always two and never equal, so that every sealed item has the same shape and can be opened by either holder.
#[derive(Clone, PartialEq, Eq)]
pub struct SealingRecipients {
    intake: PublicKey,
    recovery: PublicKey,
}

/// Why a recipient of the key ring cannot be sealed to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// A hybrid recipient (`age1pq1…`): the format leaves room for it, this version cannot seal to it.
    #[error(
        "the recipient is a post-quantum one (age1pq1…), which this version cannot seal to yet: use an X25519 recipient (age1…)"
    )]
    PostQuantum,
    /// Not the canonical text of an X25519 recipient.
    #[error("the recipient is not the canonical text of an age X25519 public key (age1…)")]
    Malformed,
    /// Intake and recovery are one key: a lost key would lose everything.
    #[error("the intake and the recovery recipient are the same key")]
    Same,
}

impl SealingRecipients {
    /// Parses the `recipient` texts of a key ring.
    pub fn parse(intake: &str, recovery: &str) -> Result<Self, RecipientError> {
        if intake == recovery {
            return Err(RecipientError::Same);
        }
        Ok(Self { intake: parse_recipient(intake)?, recovery: parse_recipient(recovery)? })
    }

    /// Both recipients in the order of their stanzas: intake first.
    pub(crate) fn stanzas(&self) -> impl Iterator<Item = &dyn age::Recipient> {
        [&self.intake as &dyn age::Recipient, &self.recovery as &dyn age::Recipient].into_iter()
    }
}

impl fmt::Debug for SealingRecipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingRecipients").finish_non_exhaustive()
    }
}

pub(crate) fn parse_recipient(text: &str) -> Result<PublicKey, RecipientError> {
    if text.starts_with(POST_QUANTUM_PREFIX) {
        return Err(RecipientError::PostQuantum);
    }
    PublicKey::parse(text).ok_or(RecipientError::Malformed)
}

/// How the C2SP age specification spells the hybrid `mlkem768x25519` recipient.
const POST_QUANTUM_PREFIX: &str = "age1pq1";

#[cfg(test)]
mod tests {
    use super::{RecipientError, SealingRecipients};

    /// Two public keys whose private halves nobody kept.
    const INTAKE: &str = "age1n5taukgq3r9ct47tp7fxqyp3gp0ap5qmx6emy9jlwn694h2kashs5ma8lm";
    const RECOVERY: &str = "age1s6m87rgrsmlkzmnelysjcvgmqf94sgqha3zahhgjrdzakmzn549sjnt0u4";

    #[test]
    fn two_different_keys_are_recipients() {
        assert!(SealingRecipients::parse(INTAKE, RECOVERY).is_ok());
    }

    #[test]
    fn post_quantum_recipients_are_recognised_and_refused() {
        let refused = SealingRecipients::parse("age1pq1qqqqqqqqqq", INTAKE);
        assert_eq!(refused.err(), Some(RecipientError::PostQuantum));
    }

    #[test]
    fn one_key_in_both_places_is_refused() {
        let refused = SealingRecipients::parse(INTAKE, INTAKE);
        assert_eq!(refused.err(), Some(RecipientError::Same));
    }

    #[test]
    fn other_spellings_and_other_things_are_refused() {
        for text in [
            "",
            "age1",
            "AGE1N5TAUKGQ3R9CT47TP7FXQYP3GP0AP5QMX6EMY9JLWN694H2KASHS5MA8LM",
            " age1n5taukgq3r9ct47tp7fxqyp3gp0ap5qmx6emy9jlwn694h2kashs5ma8lm",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG",
        ] {
            let refused = SealingRecipients::parse(text, RECOVERY);
            assert_eq!(refused.err(), Some(RecipientError::Malformed), "{text:?}");
        }
    }
}
