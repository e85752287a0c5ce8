//! The key table: one wrapped key a slot, all slots in one file, the only file in which something is ever overwritten.
//!
//! The site key, case keys and the file keys of items not yet recorded are wrapped under the store key; identity keys
//! and the file keys of a case under its case key. So one overwritten slot makes a case unreadable: its bodies, its
//! identity parts and every byte of its items.
//!
//! A slot is 128 bytes at a multiple of 128, inside one 512-byte sector, which disks write whole or not at all; slots
//! are never used twice, so an event that names an erased slot never meets another's key. Format: docs/spec/ledger.md.

mod error;
mod pending;
mod slot;
#[cfg(test)]
mod tests;

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use nightsafe_schema::randomness::{Randomness, random_bytes};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    files,
    key_table::{
        pending::{Pending, Slots},
        slot::{SLOT_BYTES, Slot, SlotContent},
    },
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
    /// Written and not synced yet.
    pending: Mutex<Pending>,
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
            pending: Mutex::new(Pending::default()),
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
    pub fn create_key(
        &self,
        purpose: KeyPurpose,
        owner: &str,
        under: Under,
    ) -> Result<(KeySlot, SecretKey), KeyTableError> {
        let bytes = Zeroizing::new(random_bytes::<32>(&*self.randomness).map_err(KeyTableError::Randomness)?);
        let key = SecretKey::from_slice(&*bytes).ok_or(KeyTableError::Full)?;
        Ok((self.wrap(purpose, owner, under, &key)?, key))
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
    ///
    /// After a sync that the disk refused, the next one writes those slots again: the operating system may have
    /// forgotten them, and would call a second sync a success.
    pub fn sync(&self) -> Result<(), KeyTableError> {
        let _alone = lock(&self.syncing);
        let (taken, refused_before) = lock(&self.pending).take();
        if taken.is_empty() {
            return Ok(());
        }
        let rewritten = if refused_before { self.write_again(&taken) } else { Ok(()) };
        let synced = rewritten.and_then(|()| self.file.sync_data());
        synced.map_err(|source| {
            lock(&self.pending).give_back(taken);
            KeyTableError::Disk { operation: "synced", source }
        })
    }

    /// The slots of file keys that are still wrapped under the store key: of items unlocked and not yet recorded, or
    /// recorded and not yet rewrapped when the last run ended.
    pub fn file_keys_under_store(&self) -> Result<Vec<KeySlot>, KeyTableError> {
        let mut found = Vec::new();
        let mut block = vec![0; SCAN_SLOTS * SLOT_BYTES];
        let mut first = KeySlot::SITE;
        loop {
            let slots = self.read_run(first, &mut block)?;
            if slots == 0 {
                return Ok(found);
            }
            let (run, _) = block.as_chunks::<SLOT_BYTES>();
            for (slot, bytes) in (first.0..).map(KeySlot).zip(run.iter().take(slots)) {
                // Most slots are not worth opening: the two open fields say so.
                if slot::may_be_under_store(KeyPurpose::File, bytes)
                    && matches!(Slot::parse(slot, *bytes), SlotContent::Key(_))
                {
                    found.push(slot);
                }
            }
            first = KeySlot(first.0.saturating_add(u32::try_from(slots).unwrap_or(u32::MAX)));
        }
    }

    /// Reads as many slots as there are from `first` on, up to a block full; how many.
    fn read_run(&self, first: KeySlot, block: &mut [u8]) -> Result<usize, KeyTableError> {
        let next = self.read_guard();
        let slots = usize::try_from(next.saturating_sub(first.0)).unwrap_or(usize::MAX).min(SCAN_SLOTS);
        let bytes = block.get_mut(..slots * SLOT_BYTES).unwrap_or_default();
        let read = self.file.read_exact_at(bytes, first.offset());
        read.map_err(|source| KeyTableError::Disk { operation: "read", source })?;
        Ok(slots)
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

    /// The caller holds the table for writing, so that what is pending is what the file holds.
    fn write_bytes(&self, slot: KeySlot, bytes: &[u8; SLOT_BYTES]) -> Result<(), KeyTableError> {
        let written = self.file.write_all_at(bytes, slot.offset());
        // Noted after the write: a sync between the two is made again, never left out.
        lock(&self.pending).note(slot, *bytes);
        written.map_err(|source| KeyTableError::Disk { operation: "written", source })
    }

    /// Writes slots again that no later write has replaced.
    fn write_again(&self, slots: &Slots) -> io::Result<()> {
        let _alone = self.write_guard();
        for (slot, bytes) in slots {
            if !lock(&self.pending).has(*slot) {
                self.file.write_all_at(bytes, slot.offset())?;
            }
        }
        Ok(())
    }

    fn read_guard(&self) -> RwLockReadGuard<'_, u32> {
        self.next.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_guard(&self) -> RwLockWriteGuard<'_, u32> {
        self.next.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whom the site key belongs to.
pub(crate) const SITE_OWNER: &str = "site";

/// Slots read at once when all of them are looked at: 128 KiB.
const SCAN_SLOTS: usize = 1024;
