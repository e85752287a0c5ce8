//! The key table: one wrapped key a slot, all slots in one file, the only file in which something is ever overwritten.
//!
//! The site key, case keys and the file keys of items not yet recorded are wrapped under the store key; identity keys
//! and the file keys of a case under its case key. So one overwritten slot makes a case unreadable: its bodies, its
//! identity parts and every byte of its items.
//!
//! A slot is 128 bytes at a multiple of 128, inside one 512-byte sector, which disks write whole or not at all; slots
//! are never used twice, so an event that names an erased slot never meets another's key. Format: docs/spec/ledger.md.

mod error;
mod slot;
#[cfg(test)]
mod tests;

use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::FileExt,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use nightsafe_schema::randomness::{Randomness, random_bytes};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    files,
    key_table::slot::{SLOT_BYTES, Slot, SlotContent},
    secret::{SecretKey, StoreKey},
};

pub use error::KeyTableError;

/// Where a key lies: events name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeySlot(u32);

impl KeySlot {
    /// The site key's slot, made with the table.
    pub const SITE: Self = Self(1);

    /// The slot's number, from 1.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The slot with this number; [`KeyTable::unwrap`] says whether the table has it.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    fn offset(self) -> u64 {
        u64::from(self.0) * SLOT_BYTES as u64
    }
}

/// What a key is for. A key of one purpose is never unwrapped for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyPurpose {
    /// Seals the bodies of events that belong to no case.
    Site,
    /// Seals the bodies of one case, and wraps its other keys.
    Case,
    /// Seals one identity part.
    Identity,
    /// The age file key of one item.
    File,
}

/// What a key is wrapped under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// The store key.
    Store,
    /// The case key in this slot: erasing it erases what is under it.
    Case(KeySlot),
}

/// A key table in a file. Share one between ledger and receipt; only one process may have it open.
pub struct KeyTable {
    file: File,
    store_key: StoreKey,
    randomness: Arc<dyn Randomness>,
    /// The next free slot. Held to read, too, so that nobody sees a slot half overwritten.
    next: RwLock<u32>,
    unsynced: AtomicBool,
    syncing: Mutex<()>,
    /// Held while a key is moved or erased, so that no rewrap brings back what was erased meanwhile.
    changing: Mutex<()>,
}

impl KeyTable {
    /// Makes a new table with a site key in it. An error if the file is there: a table is never replaced.
    pub fn create(path: &Path, store_key: StoreKey, randomness: Arc<dyn Randomness>) -> Result<Self, KeyTableError> {
        let site_key = Zeroizing::new(random_bytes::<32>(&*randomness).map_err(KeyTableError::Randomness)?);
        let site_key = SecretKey::from_slice(&*site_key).ok_or(KeyTableError::Full)?;
        let owner = slot::owner_digest(KeyPurpose::Site, SITE_OWNER);
        let site =
            Slot::wrap(KeySlot::SITE, KeyPurpose::Site, None, owner, &site_key, store_key.expose(), &*randomness)
                .map_err(KeyTableError::Randomness)?;
        let open = |source| KeyTableError::Open { path: path.to_owned(), source };
        path.parent().map_or(Ok(()), files::create_folder).map_err(open)?;
        files::write_new(path, &[slot::first_slot(), *site.as_bytes()].concat()).map_err(open)?;
        Self::open(path, store_key, randomness)
    }

    /// Opens a table. A missing one is an error, since without it everything would look erased.
    pub fn open(path: &Path, store_key: StoreKey, randomness: Arc<dyn Randomness>) -> Result<Self, KeyTableError> {
        let open = |source| KeyTableError::Open { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(open)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(KeyTableError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(open(source)),
        }
        let length = file.metadata().map_err(open)?.len();
        let mut first = [0; SLOT_BYTES];
        file.read_exact_at(&mut first, 0).map_err(open)?;
        if first != slot::first_slot() {
            return Err(KeyTableError::NotATable { path: path.to_owned() });
        }
        // A slot cut short at the end was never named by an event; it is written anew.
        let slots = u32::try_from(length / SLOT_BYTES as u64).map_err(|_| KeyTableError::Full)?;
        let table = Self {
            file,
            store_key,
            randomness,
            next: RwLock::new(slots),
            unsynced: AtomicBool::new(false),
            syncing: Mutex::new(()),
            changing: Mutex::new(()),
        };
        match table.unwrap(KeySlot::SITE, KeyPurpose::Site, SITE_OWNER) {
            Ok(Some(_)) => Ok(table),
            Ok(None) | Err(KeyTableError::NotTheirs { .. }) => Err(KeyTableError::WrongStoreKey),
            Err(error) => Err(error),
        }
    }

    /// Draws a fresh key of 32 bytes and keeps it. Durable after [`Self::sync`].
    pub fn create_key(&self, purpose: KeyPurpose, owner: &str, under: Under) -> Result<KeySlot, KeyTableError> {
        let bytes = Zeroizing::new(random_bytes::<32>(&*self.randomness).map_err(KeyTableError::Randomness)?);
        let key = SecretKey::from_slice(&*bytes).ok_or(KeyTableError::Full)?;
        self.wrap(purpose, owner, under, &key)
    }

    /// Keeps `key`, such as the file key of an item. Durable after [`Self::sync`]; the ledger syncs before it appends.
    pub fn wrap(
        &self,
        purpose: KeyPurpose,
        owner: &str,
        under: Under,
        key: &SecretKey,
    ) -> Result<KeySlot, KeyTableError> {
        let wrapping = self.wrapping_key(under)?;
        let owner = slot::owner_digest(purpose, owner);
        let mut next = self.write_guard();
        let slot = KeySlot(*next);
        *next = next.checked_add(1).ok_or(KeyTableError::Full)?;
        self.write(slot, purpose, under, owner, key, &wrapping).inspect_err(|_| *next = slot.0)?;
        Ok(slot)
    }

    /// The key in `slot`, which must be of this purpose and owner; `None` if it is erased, or what it is wrapped under.
    pub fn unwrap(&self, slot: KeySlot, purpose: KeyPurpose, owner: &str) -> Result<Option<SecretKey>, KeyTableError> {
        let Some(content) = self.read(slot)? else { return Ok(None) };
        if !content.is_for(purpose, &slot::owner_digest(purpose, owner)) {
            return Err(KeyTableError::NotTheirs { slot });
        }
        let key = match content.under() {
            None => content.unwrap(slot, self.store_key.expose()),
            Some(case) => match self.case_key(case)? {
                Some(case_key) => case_key.expose_whole().and_then(|case_key| content.unwrap(slot, case_key)),
                None => return Ok(None),
            },
        };
        key.map(Some).ok_or(KeyTableError::NotTheirs { slot })
    }

    /// Wraps the key in `slot` under something else, over its old wrap; `false` if the key is erased.
    ///
    /// The old wrap is gone after [`Self::sync`]. Doing it again changes nothing.
    pub fn rewrap(&self, slot: KeySlot, purpose: KeyPurpose, owner: &str, under: Under) -> Result<bool, KeyTableError> {
        let _alone = lock(&self.changing);
        let Some(key) = self.unwrap(slot, purpose, owner)? else { return Ok(false) };
        let wrapping = self.wrapping_key(under)?;
        let _next = self.write_guard();
        self.write(slot, purpose, under, slot::owner_digest(purpose, owner), &key, &wrapping)?;
        Ok(true)
    }

    /// Overwrites these slots with zeros; durable when this returns. Erasing twice is no error.
    pub fn erase(&self, slots: &[KeySlot]) -> Result<(), KeyTableError> {
        let _alone = lock(&self.changing);
        {
            let next = self.write_guard();
            for &slot in slots {
                if slot < KeySlot::SITE || slot.0 >= *next {
                    return Err(KeyTableError::NoSuchSlot { slot });
                }
                self.write_bytes(slot, &[0; SLOT_BYTES])?;
            }
        }
        self.sync()
    }

    /// Makes everything written so far durable; at no cost if nothing was.
    pub fn sync(&self) -> Result<(), KeyTableError> {
        let _alone = lock(&self.syncing);
        if !self.unsynced.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        self.file.sync_data().map_err(|source| {
            self.unsynced.store(true, Ordering::SeqCst);
            KeyTableError::Disk { operation: "synced", source }
        })
    }

    /// The slots of file keys that are still wrapped under the store key: of items unlocked and not yet recorded, or
    /// recorded and not yet rewrapped when the last run ended.
    pub fn file_keys_under_store(&self) -> Result<Vec<KeySlot>, KeyTableError> {
        let end = *self.read_guard();
        let mut found = Vec::new();
        for slot in (KeySlot::SITE.0..end).map(KeySlot) {
            match self.read(slot) {
                Ok(Some(content)) if content.purpose() == KeyPurpose::File && content.under().is_none() => {
                    found.push(slot);
                }
                Ok(_) | Err(KeyTableError::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    pub(crate) fn randomness(&self) -> &dyn Randomness {
        &*self.randomness
    }

    fn wrapping_key(&self, under: Under) -> Result<Zeroizing<[u8; 32]>, KeyTableError> {
        match under {
            Under::Store => Ok(Zeroizing::new(*self.store_key.expose())),
            Under::Case(slot) => {
                let key = self.case_key(slot)?.ok_or(KeyTableError::CaseErased { slot })?;
                key.expose_whole().map(|key| Zeroizing::new(*key)).ok_or(KeyTableError::NotTheirs { slot })
            }
        }
    }

    /// The case key in `slot`, whoever owns it: what lies under it was wrapped with this very key or does not open.
    fn case_key(&self, slot: KeySlot) -> Result<Option<SecretKey>, KeyTableError> {
        match self.read(slot)? {
            None => Ok(None),
            Some(content) if content.purpose() == KeyPurpose::Case && content.under().is_none() => {
                content.unwrap(slot, self.store_key.expose()).map(Some).ok_or(KeyTableError::NotTheirs { slot })
            }
            Some(_) => Err(KeyTableError::NotTheirs { slot }),
        }
    }

    fn read(&self, slot: KeySlot) -> Result<Option<Slot>, KeyTableError> {
        let mut bytes = [0; SLOT_BYTES];
        {
            let next = self.read_guard();
            if slot < KeySlot::SITE || slot.0 >= *next {
                return Err(KeyTableError::NoSuchSlot { slot });
            }
            let read = self.file.read_exact_at(&mut bytes, slot.offset());
            read.map_err(|source| KeyTableError::Disk { operation: "read", source })?;
        }
        match Slot::parse(slot, bytes) {
            SlotContent::Key(content) => Ok(Some(content)),
            SlotContent::Erased => Ok(None),
            SlotContent::Damaged => Err(KeyTableError::Damaged { slot }),
        }
    }

    fn write(
        &self,
        slot: KeySlot,
        purpose: KeyPurpose,
        under: Under,
        owner: [u8; 32],
        key: &SecretKey,
        wrapping: &[u8; 32],
    ) -> Result<(), KeyTableError> {
        let under = match under {
            Under::Store => None,
            Under::Case(case) => Some(case),
        };
        let content = Slot::wrap(slot, purpose, under, owner, key, wrapping, &*self.randomness)
            .map_err(KeyTableError::Randomness)?;
        self.write_bytes(slot, content.as_bytes())
    }

    fn write_bytes(&self, slot: KeySlot, bytes: &[u8; SLOT_BYTES]) -> Result<(), KeyTableError> {
        // Marked after the write: a sync between the two is made again, never left out.
        let written = self.file.write_all_at(bytes, slot.offset());
        self.unsynced.store(true, Ordering::SeqCst);
        written.map_err(|source| KeyTableError::Disk { operation: "written", source })
    }

    fn read_guard(&self) -> RwLockReadGuard<'_, u32> {
        self.next.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_guard(&self) -> RwLockWriteGuard<'_, u32> {
        self.next.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whom the site key belongs to.
pub(crate) const SITE_OWNER: &str = "site";
