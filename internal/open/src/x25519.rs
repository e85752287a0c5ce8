//! One private key of age, and how it unwraps a stanza (C2SP `age`, "The X25519 recipient type").
//!
//! The age crate asks identities through its [`Identity`](age::Identity); this one agrees on the wrapping key with aws-lc,
//! and knows its public key from the start: the crate's own computes it anew for every stanza. What it accepts and refuses
//! is the same, which the published vectors and a test against the crate's own show.

use age::DecryptError;
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::{aead_decrypt, bech32_decode, hkdf};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use data_encoding::BASE64_NOPAD;
use zeroize::Zeroizing;

/// A private key. aws-lc wipes it when it is dropped; it is never printed.
pub(crate) struct SecretKey {
    key: PrivateKey,
    public: [u8; KEY_BYTES],
    recipient: String,
}

impl SecretKey {
    /// Reads `AGE-SECRET-KEY-1…`.
    #[expect(clippy::disallowed_types, reason = "this crate is where sealed items are opened (promise 1)")]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let recipient = text.parse::<age::x25519::Identity>().ok()?.to_public().to_string();
        // The age crate keeps the bytes to itself; it has just found them to be good.
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        bech32_decode(
            text,
            |_| (),
            |_| Ok(()),
            |_, decoded| {
                bytes.iter_mut().zip(decoded).for_each(|(byte, decoded)| *byte = decoded);
                Ok(())
            },
        )
        .ok()?;
        let key = PrivateKey::from_private_key(&X25519, &*bytes).ok()?;
        let public = key.compute_public_key().ok()?.as_ref().try_into().ok()?;
        Some(Self { key, public, recipient })
    }

    /// The public half, as `age1…`.
    pub(crate) fn recipient(&self) -> &str {
        &self.recipient
    }

    /// The file key, if the stanza is for this key.
    #[expect(clippy::disallowed_methods, reason = "this crate is where sealed items are opened (promise 1)")]
    fn unwrap_stanza(&self, stanza: &WrappedKey) -> Result<Option<FileKey>, DecryptError> {
        let salt = [stanza.share, self.public].concat();
        let share = UnparsedPublicKey::new(&X25519, stanza.share);
        // A shared secret of zeros, from a share of low order, is refused by aws-lc.
        let wrapping_key = agree(&self.key, share, DecryptError::InvalidHeader, |secret| {
            Ok(Zeroizing::new(hkdf(&salt, LABEL, secret)))
        })?;
        let Ok(file_key) = aead_decrypt(&wrapping_key, FILE_KEY_BYTES, stanza.body).map(Zeroizing::new) else {
            return Ok(None);
        };
        FileKey::try_init_with_mut(|key| {
            let file_key: &[u8; FILE_KEY_BYTES] =
                file_key.as_slice().try_into().map_err(|_| DecryptError::InvalidHeader)?;
            key.copy_from_slice(file_key);
            Ok(())
        })
        .map(Some)
    }
}

impl age::Identity for SecretKey {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != TAG {
            return None;
        }
        WrappedKey::of(stanza)
            .ok_or(DecryptError::InvalidHeader)
            .and_then(|wrapped| self.unwrap_stanza(&wrapped))
            .transpose()
    }
}

/// An X25519 stanza in its one canonical form.
struct WrappedKey<'s> {
    share: [u8; KEY_BYTES],
    body: &'s [u8],
}

impl<'s> WrappedKey<'s> {
    fn of(stanza: &'s Stanza) -> Option<Self> {
        let [share] = stanza.args.as_slice() else { return None };
        let share = BASE64_NOPAD.decode(share.as_bytes()).ok()?.try_into().ok()?;
        (stanza.body.len() == FILE_KEY_BYTES + AEAD_TAG_BYTES).then_some(Self { share, body: &stanza.body })
    }
}

const TAG: &str = "X25519";
const LABEL: &[u8] = b"age-encryption.org/v1/X25519";
const KEY_BYTES: usize = 32;
const AEAD_TAG_BYTES: usize = 16;

#[cfg(test)]
#[expect(clippy::disallowed_types, reason = "compared with the age crate's own")]
mod tests {
    use age::Recipient as _;
    use age::secrecy::ExposeSecret as _;
    use proptest::prelude::*;

    use super::*;

    fn stanza_for(recipient: &str, file_key: &FileKey) -> Stanza {
        recipient.parse::<age::x25519::Recipient>().unwrap().wrap_file_key(file_key).unwrap().0.remove(0)
    }

    /// What an identity makes of a stanza, to be compared.
    fn outcome(identity: &dyn age::Identity, stanza: &Stanza) -> Option<Result<[u8; 16], String>> {
        let unwrapped = identity.unwrap_stanza(stanza)?;
        Some(unwrapped.map(|key| *key.expose_secret()).map_err(|error| format!("{error:?}")))
    }

    #[test]
    fn shares_of_low_order_are_refused() {
        let key = SecretKey::parse(SECRET).unwrap();
        for share in
            [[0; 32], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
        {
            let stanza = Stanza { tag: TAG.to_owned(), args: vec![BASE64_NOPAD.encode(&share)], body: vec![0; 32] };
            assert!(matches!(age::Identity::unwrap_stanza(&key, &stanza), Some(Err(DecryptError::InvalidHeader))));
        }
    }

    proptest! {
        #[test]
        fn it_judges_as_the_age_crate_does(
            file_key in any::<[u8; 16]>(),
            flip in proptest::option::of((any::<prop::sample::Index>(), 1_u8..)),
            length in proptest::option::of(0_usize..40),
            argument in proptest::option::of("[A-Za-z0-9+/=]{40,45}"),
            arguments in 0_usize..3,
            strange in any::<bool>(),
        ) {
            let file_key = FileKey::init_with_mut(|key| *key = file_key);
            let ours = SecretKey::parse(SECRET).unwrap();
            let theirs: age::x25519::Identity = SECRET.parse().unwrap();
            prop_assert_eq!(ours.recipient(), theirs.to_public().to_string());
            let mut stanza = stanza_for(ours.recipient(), &file_key);
            prop_assert_eq!(outcome(&ours, &stanza), Some(Ok(*file_key.expose_secret())));
            if let Some((place, bits)) = flip {
                let place = place.index(stanza.body.len());
                stanza.body[place] ^= bits;
            }
            if let Some(length) = length {
                stanza.body.resize(length, 0);
            }
            if strange {
                stanza.args = vec![argument.unwrap_or_default(); arguments];
            }
            prop_assert_eq!(outcome(&ours, &stanza), outcome(&theirs, &stanza));
        }
    }

    /// The example key of the age crate's own tests.
    const SECRET: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
}
