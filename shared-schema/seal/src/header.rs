//! The head of an item: age's header, and the nonce that its payload begins with.
//!
//! The age crate makes it whole: it draws the file key, asks the recipients for their stanzas, adds its grease, computes
//! the MAC and draws the nonce. A recipient that only listens hears the file key on the way, so that the payload can be
//! sealed here instead.

use std::cell::RefCell;
use std::collections::HashSet;
use std::iter;

use age::EncryptError;
use age::secrecy::ExposeSecret as _;
use age_core::format::{FileKey, Stanza};
use age_core::primitives::hkdf;
use zeroize::Zeroizing;

use crate::payload::PayloadKey;
use crate::stream::SealError;

/// What stands before the first chunk of a payload, and the key of its chunks.
pub(crate) struct Head {
    /// Header and nonce, as they stand in the file.
    pub(crate) bytes: Vec<u8>,
    pub(crate) payload_key: PayloadKey,
}

impl Head {
    /// The head of a new item; its file key is forgotten with this call.
    pub(crate) fn new<'a>(recipients: impl Iterator<Item = &'a dyn age::Recipient>) -> Result<Self, SealError> {
        let listener = Listener::default();
        let stanzas =
            recipients.map(|one| one as &dyn age::Recipient).chain(iter::once(&listener as &dyn age::Recipient));
        let mut bytes = Vec::with_capacity(USUAL_HEAD);
        age::Encryptor::with_recipients(stanzas)
            .map_err(SealError::Recipients)?
            // The writer that it returns would seal the payload; dropped, it writes nothing.
            .wrap_output(&mut bytes)
            .map_err(SealError::Write)?;
        let payload_key = bytes
            .last_chunk::<NONCE_BYTES>()
            .zip(listener.0.into_inner())
            .and_then(|(nonce, file_key)| {
                PayloadKey::new(&Zeroizing::new(hkdf(nonce, LABEL, file_key.expose_secret())))
            })
            .ok_or(SealError::Payload)?;
        Ok(Self { bytes, payload_key })
    }
}

/// A recipient that takes no part: it adds no stanza and keeps the file key, which is wiped when it is dropped.
#[derive(Default)]
struct Listener(RefCell<Option<FileKey>>);

impl age::Recipient for Listener {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        self.0.replace(Some(FileKey::init_with_mut(|key| key.copy_from_slice(file_key.expose_secret()))));
        Ok((Vec::new(), HashSet::new()))
    }
}

/// Two stanzas, grease of at most some hundred bytes, the MAC, the nonce.
const USUAL_HEAD: usize = 1024;
const NONCE_BYTES: usize = 16;
const LABEL: &[u8] = b"payload";
