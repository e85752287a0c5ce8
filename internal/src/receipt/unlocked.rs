//! Third stage: the header is opened, once; from here on the item lies in three places.
//!
//! The payload goes into the vault without its header, the file key into the key table under the store key, and the
//! header travels on towards the ledger. A crash after this stage leaves a payload and a key that no event names: the
//! item is still in the inbox and comes by again, and what was left over is swept at start.

use std::io::{BufReader, Read as _, Seek as _, SeekFrom};

use data_encoding::BASE64;
use nightsafe_casework::event::{EntryPosition, UnlockedItem};
use nightsafe_ledger::{BlobStore as _, KeyPurpose, KeySlot, SecretKey, Under, VaultError};
use nightsafe_open::{Header, Identities, ItemKey, payload_reader, unlock, unlock::UnlockError};
use nightsafe_runtime::failpoint;
use nightsafe_schema::item::{ItemId, ItemKind, split_first_line};

use super::{
    fault::{Fault, Reason},
    verified::Verified,
};
use crate::stores::Stores;

/// An item whose payload is in the vault and whose file key is in the key table.
pub(crate) struct Unlocked {
    sealed: UnlockedItem,
    header: Header,
    key: ItemKey,
    kind: ItemKind,
}

impl Unlocked {
    /// Opens the header of a verified item and puts its parts in their places.
    pub(crate) fn of(mut verified: Verified, identities: &Identities, stores: &Stores) -> Result<Self, Fault> {
        let item = verified.item();
        let mut reader = BufReader::new(verified.file().map_err(Fault::passing)?);
        let nightsafe_open::Unlocked { header, file_key } = unlock(&mut reader, identities).map_err(fault_of_unlock)?;
        let file = reader.into_inner();
        file.seek(SeekFrom::Start(header_length(&header))).map_err(Fault::passing)?;
        stores.vault.put(item, file).map_err(fault_of_vault)?;
        failpoint::hit("receipt.after-vault");
        let kind = kind_of(item, &header, &file_key, stores)?;
        let slot = keep_key(item, &file_key, stores)?;
        failpoint::hit("receipt.after-key");
        let fields = verified.entry().fields();
        let sealed = UnlockedItem {
            item,
            entry: EntryPosition { stream: fields.stream, seq: fields.seq.value() },
            size: fields.size,
            sha256: fields.sha256,
            header: BASE64.encode(header.as_bytes()),
            file_key: u64::from(slot.number()),
        };
        Ok(Self { sealed, header, key: file_key, kind })
    }

    /// Report or attachment, as the plaintext's first line says.
    pub(crate) fn kind(&self) -> ItemKind {
        self.kind
    }

    /// What the ledger keeps of it.
    pub(crate) fn sealed(&self) -> &UnlockedItem {
        &self.sealed
    }

    /// The item's name.
    pub(crate) fn item(&self) -> ItemId {
        self.sealed.item
    }

    /// Its header.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Its file key.
    pub(crate) fn key(&self) -> &ItemKey {
        &self.key
    }
}

fn header_length(header: &Header) -> u64 {
    u64::try_from(header.as_bytes().len()).unwrap_or(u64::MAX)
}

/// Reads the first line, which also authenticates the payload's length.
fn kind_of(item: ItemId, header: &Header, key: &ItemKey, stores: &Stores) -> Result<ItemKind, Fault> {
    let blob = stores.vault.get(item).map_err(Fault::passing)?;
    let blob = blob.ok_or_else(|| Fault::passing(std::io::Error::from(std::io::ErrorKind::NotFound)))?;
    let reader = payload_reader(header, key, blob).map_err(|error| Fault::item(Reason::PayloadUnreadable, &error))?;
    let mut first = Vec::with_capacity(FIRST_LINE_BYTES);
    reader
        .take(FIRST_LINE_BYTES as u64)
        .read_to_end(&mut first)
        .map_err(|error| Fault::item(Reason::PayloadUnreadable, &error))?;
    let (kind, _rest) = split_first_line(&first).map_err(|error| Fault::item(Reason::PayloadUnreadable, &error))?;
    Ok(kind)
}

fn keep_key(item: ItemId, key: &ItemKey, stores: &Stores) -> Result<KeySlot, Fault> {
    let secret = SecretKey::from_slice(key.expose()).ok_or_else(|| Fault::passing(std::fmt::Error))?;
    stores.keys.wrap(KeyPurpose::File, &item.to_string(), Under::Store, &secret).map_err(Fault::passing)
}

fn fault_of_unlock(error: UnlockError) -> Fault {
    match error {
        UnlockError::NoMatchingIdentity => Fault::NoIdentity,
        error @ (UnlockError::Header(_) | UnlockError::Altered(_)) => Fault::item(Reason::HeaderUnreadable, &error),
    }
}

fn fault_of_vault(error: VaultError) -> Fault {
    match error {
        error @ VaultError::Conflict { .. } => Fault::item(Reason::NameTaken, &error),
        error => Fault::passing(error),
    }
}

/// No first line is longer.
const FIRST_LINE_BYTES: usize = 64;
