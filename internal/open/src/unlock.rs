//! Opening an item's header, once, for the key of its payload.

use std::{cell::RefCell, io::BufRead};

use age::DecryptError;
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::{
    header::{Header, HeaderError},
    identities::Identities,
    x25519::SecretKey,
};

/// What an item's header held.
pub struct Unlocked {
    /// The header, to the byte: with the payload it is the sealed item again.
    pub header: Header,
    /// The key of the payload.
    pub file_key: ItemKey,
}

/// The age file key of one item: 16 bytes that open its payload and nothing else. Wiped when dropped, never printed.
pub struct ItemKey(Zeroizing<[u8; ItemKey::BYTES]>);

impl ItemKey {
    /// The length of a file key.
    pub const BYTES: usize = FILE_KEY_BYTES;

    /// A key that was kept wrapped; `None` if it has another length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; Self::BYTES]);
        if bytes.len() != key.len() {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    /// The bytes, for wrapping them.
    pub fn expose(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    fn to_file_key(&self) -> FileKey {
        FileKey::init_with_mut(|key| *key = *self.0)
    }

    fn of_file_key(key: &FileKey) -> Self {
        Self(Zeroizing::new(*key.expose_secret()))
    }
}

/// The item stays shut.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// It does not begin with a canonical header.
    #[error("the item has no canonical age header")]
    Header(#[source] HeaderError),
    /// It is sealed to keys that are not here.
    #[error("the item is sealed to none of the live identities")]
    NoMatchingIdentity,
    /// The header was altered, or a stanza in it is malformed.
    #[error("the item's header is altered or malformed")]
    Altered(#[source] DecryptError),
}

/// Opens the header of `item` and leaves the reader at the first byte of its payload.
///
/// The header's MAC has been verified when this returns; nothing has been said about the payload.
pub fn unlock(item: &mut impl BufRead, identities: &Identities) -> Result<Unlocked, UnlockError> {
    let header = Header::read(item).map_err(UnlockError::Header)?;
    unlock_header(header, identities)
}

/// Opens a header that was read already, such as by whoever keeps the payload meanwhile.
pub fn unlock_header(header: Header, identities: &Identities) -> Result<Unlocked, UnlockError> {
    let captured = RefCell::new(None);
    let capturing: Vec<_> = identities.iter().map(|identity| Capturing { identity, captured: &captured }).collect();
    verify_header(&header, capturing.iter().map(|identity| identity as &dyn age::Identity))?;
    let file_key = captured.into_inner().ok_or(UnlockError::NoMatchingIdentity)?;
    Ok(Unlocked { header, file_key })
}

/// Has age unwrap the file key and verify the header's MAC with it.
#[expect(clippy::disallowed_types, reason = "this crate is where sealed items are opened (promise 1)")]
fn verify_header<'a>(
    header: &Header,
    identities: impl Iterator<Item = &'a dyn age::Identity>,
) -> Result<(), UnlockError> {
    // age wants the nonce before it looks at the header, but derives only the payload's key from it: any will do here.
    let with_nonce = [header.as_bytes(), &[0; PAYLOAD_NONCE_BYTES]].concat();
    age::Decryptor::new_buffered(with_nonce.as_slice())
        .and_then(|decryptor| decryptor.decrypt(identities))
        .map(drop)
        .map_err(|source| match source {
            DecryptError::NoMatchingKeys => UnlockError::NoMatchingIdentity,
            source => UnlockError::Altered(source),
        })
}

/// An identity that remembers the file key which it unwrapped.
struct Capturing<'a> {
    identity: &'a SecretKey,
    captured: &'a RefCell<Option<ItemKey>>,
}

impl age::Identity for Capturing<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        let unwrapped = age::Identity::unwrap_stanza(self.identity, stanza)?;
        if let Ok(key) = &unwrapped {
            self.captured.replace(Some(ItemKey::of_file_key(key)));
        }
        Some(unwrapped)
    }
}

/// An identity that is the file key: whatever the stanzas say, it answers with what it knows.
pub(crate) struct Known<'a>(pub(crate) &'a ItemKey);

impl age::Identity for Known<'_> {
    fn unwrap_stanza(&self, _stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        Some(Ok(self.0.to_file_key()))
    }
}

const PAYLOAD_NONCE_BYTES: usize = 16;
