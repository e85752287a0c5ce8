//! XChaCha20-Poly1305 as ledger and key table use it: a random nonce of 24 bytes in front of the box.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use nightsafe_schema::randomness::{NoRandomness, Randomness, random_bytes};
use zeroize::Zeroizing;

/// A plaintext was not sealed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    #[error("no random bytes for a nonce")]
    Randomness(#[source] NoRandomness),
    #[error("the plaintext is too long to seal")]
    TooLong,
}

/// `nonce ‖ box` of `plaintext`, bound to `context`.
pub(crate) fn seal(
    key: &[u8; 32],
    context: &[u8],
    plaintext: &[u8],
    randomness: &dyn Randomness,
) -> Result<Vec<u8>, SealError> {
    let nonce: [u8; NONCE_BYTES] = random_bytes(randomness).map_err(SealError::Randomness)?;
    let boxed = XChaCha20Poly1305::new(&(*key).into())
        .encrypt(&XNonce::from(nonce), Payload { msg: plaintext, aad: context })
        .map_err(|_| SealError::TooLong)?;
    let mut sealed = Vec::with_capacity(NONCE_BYTES + boxed.len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&boxed);
    Ok(sealed)
}

/// The plaintext of [`seal`]; `None` if key, context or a single bit differ.
pub(crate) fn open(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, boxed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    XChaCha20Poly1305::new(&(*key).into())
        .decrypt(&XNonce::from(*nonce), Payload { msg: boxed, aad: context })
        .ok()
        .map(Zeroizing::new)
}

pub(crate) const NONCE_BYTES: usize = 24;
pub(crate) const TAG_BYTES: usize = 16;
