//! `item export`: the original sealed file, put back together from ledger, vault and nothing else.
//!
//! What comes out is still sealed. It is compared with the digest that the gateway signed before a byte is handed out.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek as _, SeekFrom},
};

use data_encoding::BASE64;
use nightsafe_casework::{account::Viewer, event::ItemExported, role::Permission};
use nightsafe_console::desk::{DeskError, Reason};
use nightsafe_ledger::{BlobStore as _, VaultError};
use nightsafe_schema::item::ItemId;

use super::{SiteDesk, failed};
use crate::{
    receipt::{recorded::sealed_in, verified::digest_of},
    records::{NewEvent, RecordError, typed},
    register::{Item, Owner},
    site::Site,
};

/// A sealed file as it once came in.
#[derive(Debug)]
pub(crate) struct Original {
    /// Its length in bytes.
    pub(crate) length: u64,
    /// The event that records taking it out.
    owner: Owner,
    header: Vec<u8>,
    payload: File,
}

impl Original {
    /// Finds the item's parts and checks that together they are what the gateway signed.
    pub(crate) fn of(site: &Site, item: ItemId) -> Result<Self, ExportError> {
        let Some(Item::Kept { seq, owner, .. }) = site.records.register().item(item) else {
            return Err(ExportError::NotHere);
        };
        let body = typed(&site.records.event(seq)?)?.ok_or(ExportError::NotHere)?;
        let sealed = sealed_in(&body).ok_or(ExportError::NotHere)?;
        let header = BASE64.decode(sealed.header.as_bytes()).map_err(|_damaged| ExportError::Differs)?;
        let payload = site.stores.vault.get(item)?.ok_or(ExportError::NotHere)?;
        let mut original = Self { length: sealed.size, owner, header, payload };
        let mut whole = Cursor::new(&original.header).chain(&original.payload);
        if digest_of(&mut whole, sealed.size.saturating_add(1))? != sealed.sha256 {
            return Err(ExportError::Differs);
        }
        original.payload.seek(SeekFrom::Start(0))?;
        Ok(original)
    }

    /// The event that says it was taken out.
    pub(crate) fn event(&self, item: ItemId, reason: &str) -> NewEvent {
        let body = ItemExported { item, reason: reason.to_owned() };
        match self.owner {
            Owner::Case(case) => NewEvent::of_case(case, body),
            Owner::Nobody { .. } => NewEvent::of_site(body),
        }
    }

    /// Its bytes.
    pub(crate) fn into_reader(self) -> impl Read + Send {
        Cursor::new(self.header).chain(self.payload)
    }
}

impl SiteDesk {
    /// The original of an item, for someone who may take it out; recorded with the reason.
    pub(crate) fn export_item(&self, viewer: &Viewer, item: ItemId, reason: &Reason) -> Result<Original, DeskError> {
        Self::require(viewer, Permission::ExportItems)?;
        let original = Original::of(&self.site, item).map_err(|error| match error {
            ExportError::NotHere => DeskError::NotFound,
            error => failed(error),
        })?;
        self.record(viewer, original.event(item, reason.as_str()))?;
        Ok(original)
    }
}

/// Why an item cannot be put back together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    /// There is no such item in the vault.
    #[error("没有这个密封件 (there is no such item)")]
    NotHere,
    /// Header and payload are not what the gateway signed.
    #[error("保管库中的内容与网关签名不符 (vault and ledger do not make the file that the gateway signed)")]
    Differs,
    /// The ledger cannot be read.
    #[error("账本不可读 (the ledger cannot be read)")]
    Record(#[from] RecordError),
    /// The vault cannot be read.
    #[error("保管库不可读 (the vault cannot be read)")]
    Vault(#[from] VaultError),
    /// The payload cannot be read.
    #[error("密封件不可读 (the payload cannot be read)")]
    Read(#[from] io::Error),
}
