//! One recipient stanza of age: the file key wrapped for an X25519 public key (C2SP `age`, "The X25519 recipient type").
//!
//! The age crate asks for stanzas through its [`Recipient`](age::Recipient); this one makes them with aws-lc's X25519,
//! which takes less than half the time of the crate's own. It knows a public key and nothing else.

use std::collections::HashSet;
use std::io;

use age::EncryptError;
use age::secrecy::ExposeSecret as _;
use age_core::format::{FileKey, Stanza};
use age_core::primitives::{aead_encrypt, bech32_decode, hkdf};
use aws_lc_rs::agreement::{EphemeralPrivateKey, UnparsedPublicKey, X25519, agree_ephemeral};
use aws_lc_rs::rand::SystemRandom;
use data_encoding::BASE64_NOPAD;
use zeroize::Zeroizing;

/// The public half of an X25519 key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PublicKey([u8; PUBLIC_KEY_BYTES]);

impl PublicKey {
    /// Reads `age1…` in its one canonical spelling.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let recipient: age::x25519::Recipient = text.parse().ok()?;
        // Bech32 also has an upper-case form; a ring has one spelling for a key.
        if recipient.to_string() != text {
            return None;
        }
        // The age crate keeps the bytes to itself; it has just found them to be good.
        bech32_decode(
            text,
            |_| (),
            |_| Ok(()),
            |_, bytes| bytes.collect::<Vec<u8>>().try_into().map(Self).map_err(|_: Vec<u8>| ()),
        )
        .ok()
    }

    /// Wraps `file_key` for this key, by an ephemeral key of its own.
    fn wrap(self, file_key: &FileKey) -> Result<Stanza, NoAgreement> {
        let ephemeral = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new()).map_err(|_| NoAgreement)?;
        let share = ephemeral.compute_public_key().map_err(|_| NoAgreement)?;
        let salt = [share.as_ref(), &self.0].concat();
        // A shared secret of zeros, from a public key of low order, is refused by aws-lc.
        let wrapping_key =
            agree_ephemeral(ephemeral, UnparsedPublicKey::new(&X25519, self.0), NoAgreement, |secret| {
                Ok(Zeroizing::new(hkdf(&salt, LABEL, secret)))
            })?;
        Ok(Stanza {
            tag: TAG.to_owned(),
            args: vec![BASE64_NOPAD.encode(share.as_ref())],
            body: aead_encrypt(&wrapping_key, file_key.expose_secret()),
        })
    }
}

impl age::Recipient for PublicKey {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let stanza = self.wrap(file_key).map_err(|error| EncryptError::Io(io::Error::other(error)))?;
        Ok((vec![stanza], HashSet::new()))
    }
}

/// No file key can be wrapped: there is no randomness, or the public key is of low order.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no key can be agreed on with the recipient")]
struct NoAgreement;

const TAG: &str = "X25519";
const LABEL: &[u8] = b"age-encryption.org/v1/X25519";
const PUBLIC_KEY_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use age::Recipient as _;

    use super::*;

    #[test]
    fn a_key_of_low_order_is_never_sealed_to() {
        let file_key = FileKey::init_with_mut(|key| key.fill(7));
        assert!(PublicKey([0; 32]).wrap_file_key(&file_key).is_err());
    }

    #[test]
    fn no_two_stanzas_are_alike() {
        let key = PublicKey::parse("age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa").unwrap();
        let file_key = FileKey::init_with_mut(|key| key.fill(7));
        let [one, other] = [(); 2].map(|()| key.wrap(&file_key).unwrap());
        assert_ne!((&one.args, &one.body), (&other.args, &other.body));
        assert_eq!((one.args[0].len(), one.body.len()), (43, 32));
    }
}
