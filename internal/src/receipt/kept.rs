//! Fifth stage: the item lies in its places, durably.
//!
//! The payload in the vault without its header, the file key in the key table under the store key; the header travels
//! on towards the ledger. A crash after this stage leaves a payload and a key that no event names: the item is still in
//! the inbox and comes by again, and what was left over is swept at start. What a pass keeps is kept together.

use data_encoding::BASE64;
use nightsafe_casework::event::UnlockedItem;
use nightsafe_ledger::{BlobStore as _, KeyPurpose, SecretKey, StagedBlob, Stored, Under, VaultError};
use nightsafe_runtime::failpoint;

use super::{
    fault::{Fault, Reason},
    parsed::{Content, Parsed},
    unlocked::Parts,
    verified::Payload,
};
use crate::{site::Site, stores::Stores};

/// An item whose payload is in the vault and whose file key is in the key table.
pub(crate) struct Kept {
    /// What the ledger keeps of it.
    pub(crate) sealed: UnlockedItem,
    /// What it holds.
    pub(crate) content: Content,
}

impl Kept {
    /// Keeps these items; what became of each, in order.
    pub(crate) fn all(parsed: Vec<Parsed>, site: &Site) -> Vec<Result<Self, Fault>> {
        let stores = &site.stores;
        let mut blobs = Vec::with_capacity(parsed.len());
        let mut outcomes: Vec<Result<Ready, Fault>> = Vec::with_capacity(parsed.len());
        for Parsed { parts, content } in parsed {
            outcomes.push(stage(parts, content, stores).map(|(ready, blob)| {
                blobs.push(blob);
                ready
            }));
        }
        let mut kept = stores.vault.keep(blobs).into_iter();
        failpoint::hit("receipt.after-vault");
        let mut finish = |ready: Ready| {
            let outcome = kept.next().unwrap_or_else(|| Err(lost(&ready)));
            ready.keep(outcome, site)
        };
        let settled = outcomes.into_iter().map(|ready| ready.and_then(&mut finish)).collect();
        failpoint::hit("receipt.after-key");
        settled
    }
}

/// An item whose payload was given to the vault; its key has no slot yet.
struct Ready {
    sealed: UnlockedItem,
    key: SecretKey,
    content: Content,
}

fn stage(parts: Parts, content: Content, stores: &Stores) -> Result<(Ready, StagedBlob), Fault> {
    let Parts { item, entry, size, sha256, header, key, payload } = parts;
    let blob = match payload {
        Payload::Long(staged) => staged,
        Payload::Short(bytes) => stores.vault.stage(item, &mut bytes.as_slice()).map_err(Fault::passing)?,
    };
    let key = SecretKey::from_slice(key.expose()).ok_or_else(|| Fault::passing(std::fmt::Error))?;
    let header = BASE64.encode(header.as_bytes());
    let sealed = UnlockedItem { item, entry, size, sha256, header, file_key: 0 };
    Ok((Ready { sealed, key, content }, blob))
}

impl Ready {
    /// The payload is durable: the key may follow.
    fn keep(self, stored: Result<Stored, VaultError>, site: &Site) -> Result<Kept, Fault> {
        let Self { sealed, key, content } = self;
        match stored {
            Ok(Stored::New | Stored::Before) => {}
            Err(error @ VaultError::Conflict { .. }) => return Err(Fault::item(Reason::NameTaken, &error)),
            Err(error) => return Err(Fault::passing(error)),
        }
        let slot = site.stores.keys.wrap(KeyPurpose::File, &sealed.item.to_string(), Under::Store, &key);
        match slot {
            Ok(slot) => Ok(Kept { sealed: UnlockedItem { file_key: u64::from(slot.number()), ..sealed }, content }),
            Err(error) => Err(Fault::passing(error)),
        }
    }
}

fn lost(ready: &Ready) -> VaultError {
    let id = ready.sealed.item;
    VaultError::Disk { operation: "write", id, source: std::io::ErrorKind::NotFound.into() }
}
