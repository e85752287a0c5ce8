//! Third stage: the header is opened, once, and with the key in it what the item says it is.
//!
//! Nothing is written. A short payload is opened whole, so that every byte of it is authenticated before any of it is
//! looked at; of a long one the end and the first chunk, the rest whenever somebody reads it.

use std::io::{self, Read as _};

use nightsafe_casework::event::EntryPosition;
use nightsafe_ledger::{BlobStore as _, StagedBlob, Vault};
use nightsafe_open::{
    Header, Identities, ItemKey, payload::PayloadError, payload_reader, plaintext_of, unlock::UnlockError,
    unlock_header,
};
use nightsafe_schema::{
    digest::Digest,
    item::{ItemId, ItemKind, split_first_line},
};
use zeroize::Zeroizing;

use super::{
    fault::{Fault, Reason},
    verified::{Payload, Verified},
};

/// An item whose file key is known.
pub(crate) struct Unlocked {
    pub(super) parts: Parts,
    pub(super) plaintext: Plaintext,
}

/// What of an item is kept.
pub(crate) struct Parts {
    pub(super) item: ItemId,
    pub(super) entry: EntryPosition,
    pub(super) size: u64,
    pub(super) sha256: Digest,
    pub(super) header: Header,
    pub(super) key: ItemKey,
    pub(super) payload: Payload,
}

/// What was inside, as its first line says.
pub(crate) enum Plaintext {
    /// A report, whole, its first line included.
    Report(Zeroizing<Vec<u8>>),
    /// An attachment.
    Attachment,
}

impl Unlocked {
    /// Opens a verified item.
    pub(crate) fn of(verified: Verified, identities: &Identities, vault: &Vault) -> Result<Self, Fault> {
        let Verified { entry, content } = verified;
        let (header, payload) = content.map_err(|error| Fault::item(Reason::HeaderUnreadable, &error))?;
        let nightsafe_open::Unlocked { header, file_key } =
            unlock_header(header, identities).map_err(fault_of_unlock)?;
        let plaintext = match &payload {
            Payload::Short(bytes) => opened(&header, &file_key, bytes)?,
            Payload::Long(staged) => looked_into(&header, &file_key, staged, vault)?,
        };
        let fields = entry.fields();
        let parts = Parts {
            item: fields.item,
            entry: EntryPosition { stream: fields.stream, seq: fields.seq.value() },
            size: fields.size,
            sha256: fields.sha256,
            header,
            key: file_key,
            payload,
        };
        Ok(Self { parts, plaintext })
    }
}

fn opened(header: &Header, key: &ItemKey, payload: &[u8]) -> Result<Plaintext, Fault> {
    let plaintext =
        plaintext_of(header, key, payload).map_err(|error| Fault::item(Reason::PayloadUnreadable, &error))?;
    match kind_of(&plaintext)? {
        ItemKind::Report => Ok(Plaintext::Report(plaintext)),
        ItemKind::Attachment => Ok(Plaintext::Attachment),
    }
}

fn looked_into(header: &Header, key: &ItemKey, staged: &StagedBlob, vault: &Vault) -> Result<Plaintext, Fault> {
    let blob = vault.look(staged).map_err(Fault::passing)?;
    let reader = payload_reader(header, key, blob).map_err(|error| match error {
        PayloadError::Read(source) => Fault::passing(source),
        error => Fault::item(Reason::PayloadUnreadable, &error),
    })?;
    let mut first = Vec::with_capacity(FIRST_LINE_BYTES);
    let read = reader.take(FIRST_LINE_BYTES as u64).read_to_end(&mut first);
    read.map_err(|error| Fault::item(Reason::PayloadUnreadable, &error))?;
    match kind_of(&first)? {
        ItemKind::Attachment => Ok(Plaintext::Attachment),
        ItemKind::Report => Err(Fault::item(Reason::EnvelopeUnreadable, &io::Error::from(io::ErrorKind::FileTooLarge))),
    }
}

fn kind_of(plaintext: &[u8]) -> Result<ItemKind, Fault> {
    let (kind, _rest) = split_first_line(plaintext).map_err(|error| Fault::item(Reason::PayloadUnreadable, &error))?;
    Ok(kind)
}

fn fault_of_unlock(error: UnlockError) -> Fault {
    match error {
        UnlockError::NoMatchingIdentity => Fault::NoIdentity,
        error @ (UnlockError::Header(_) | UnlockError::Altered(_)) => Fault::item(Reason::HeaderUnreadable, &error),
    }
}

/// No first line is longer.
const FIRST_LINE_BYTES: usize = 64;
