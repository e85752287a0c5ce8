//! Wrapping, moving, erasing; torn and tampered slots.

use std::{fs, path::PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use nightsafe_schema::digest::Digest;

use super::*;
use crate::testing::CountedRandomness;

struct Table {
    folder: TempDir,
}

impl Table {
    fn new() -> Self {
        let table = Self { folder: tempfile::tempdir().unwrap() };
        KeyTable::create(&table.path(), store_key(1), randomness()).unwrap();
        table
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("keys.table")
    }

    fn open(&self) -> KeyTable {
        KeyTable::open(&self.path(), store_key(1), randomness()).unwrap()
    }
}

fn store_key(byte: u8) -> StoreKey {
    StoreKey::from_bytes([byte; 32])
}

fn randomness() -> Arc<dyn Randomness> {
    Arc::new(CountedRandomness::default())
}

/// Where a slot begins in the file's bytes.
fn at(slot: KeySlot) -> usize {
    usize::try_from(slot.offset()).unwrap()
}

fn file_key(byte: u8) -> SecretKey {
    SecretKey::from_slice(&[byte; 16]).unwrap()
}

#[test]
fn keys_are_unwrapped_as_they_were_wrapped_also_after_a_restart() {
    let files = Table::new();
    let table = files.open();
    let case = table.create_key(KeyPurpose::Case, "case", Under::Store).unwrap().0;
    let case_key = table.unwrap(case, KeyPurpose::Case, "case").unwrap().unwrap().expose().to_vec();
    let file = table.wrap(KeyPurpose::File, "item", Under::Case(case), &file_key(7)).unwrap();
    table.sync().unwrap();
    drop(table);
    let table = files.open();
    assert_eq!(table.unwrap(case, KeyPurpose::Case, "case").unwrap().unwrap().expose(), case_key);
    assert_eq!(table.unwrap(file, KeyPurpose::File, "item").unwrap().unwrap().expose(), [7; 16]);
    assert_eq!(case_key.len(), 32);
}

#[test]
fn a_key_is_given_to_its_purpose_and_owner_only() {
    let files = Table::new();
    let table = files.open();
    let slot = table.wrap(KeyPurpose::File, "item", Under::Store, &file_key(7)).unwrap();
    for (purpose, owner) in [(KeyPurpose::File, "other"), (KeyPurpose::Case, "item"), (KeyPurpose::Identity, "item")] {
        assert!(matches!(table.unwrap(slot, purpose, owner), Err(KeyTableError::NotTheirs { .. })));
    }
    for number in [0, 3, u32::MAX] {
        let nowhere = table.unwrap(KeySlot::from_number(number), KeyPurpose::File, "item");
        assert!(matches!(nowhere, Err(KeyTableError::NoSuchSlot { .. })));
    }
    // Only a case key wraps others.
    let refused = table.wrap(KeyPurpose::File, "item", Under::Case(slot), &file_key(8));
    assert!(matches!(refused, Err(KeyTableError::NotTheirs { .. })));
}

#[test]
fn a_rewrapped_key_depends_on_its_new_wrap_alone() {
    let files = Table::new();
    let table = files.open();
    let case = table.create_key(KeyPurpose::Case, "case", Under::Store).unwrap().0;
    let file = table.wrap(KeyPurpose::File, "item", Under::Store, &file_key(7)).unwrap();
    let before = fs::read(files.path()).unwrap();
    assert_eq!(table.file_keys_under_store().unwrap(), [file]);
    for _ in 0..2 {
        assert!(table.rewrap(file, KeyPurpose::File, "item", Under::Case(case)).unwrap());
    }
    assert!(table.file_keys_under_store().unwrap().is_empty());
    assert_eq!(table.unwrap(file, KeyPurpose::File, "item").unwrap().unwrap().expose(), [7; 16]);
    let after = fs::read(files.path()).unwrap();
    let place = at(file)..at(file) + SLOT_BYTES;
    assert_ne!(before[place.clone()], after[place]);

    table.erase(&[case]).unwrap();
    assert!(table.unwrap(file, KeyPurpose::File, "item").unwrap().is_none());
    assert!(!table.rewrap(file, KeyPurpose::File, "item", Under::Store).unwrap());
    let refused = table.create_key(KeyPurpose::Identity, "case/1", Under::Case(case));
    assert!(matches!(refused, Err(KeyTableError::CaseErased { .. })));
}

#[test]
fn an_erased_slot_is_zero_on_disk_and_never_used_again() {
    let files = Table::new();
    let table = files.open();
    let first = table.create_key(KeyPurpose::Case, "first", Under::Store).unwrap().0;
    let second = table.create_key(KeyPurpose::Case, "second", Under::Store).unwrap().0;
    table.erase(&[first, first]).unwrap();
    let bytes = fs::read(files.path()).unwrap();
    assert!(bytes[at(first)..at(second)].iter().all(|&byte| byte == 0));
    assert!(table.unwrap(first, KeyPurpose::Case, "first").unwrap().is_none());
    assert!(table.unwrap(second, KeyPurpose::Case, "second").unwrap().is_some());
    assert_eq!(table.create_key(KeyPurpose::Case, "third", Under::Store).unwrap().0, KeySlot::from_number(4));
    assert!(matches!(table.erase(&[KeySlot::from_number(5)]), Err(KeyTableError::NoSuchSlot { .. })));
}

#[test]
fn a_table_is_made_once_and_opened_with_its_own_store_key() {
    let files = Table::new();
    assert!(matches!(KeyTable::create(&files.path(), store_key(1), randomness()), Err(KeyTableError::Open { .. })));
    let table = files.open();
    assert!(matches!(KeyTable::open(&files.path(), store_key(1), randomness()), Err(KeyTableError::InUse { .. })));
    drop(table);
    assert!(matches!(KeyTable::open(&files.path(), store_key(2), randomness()), Err(KeyTableError::WrongStoreKey)));
    let missing = files.folder.path().join("missing");
    assert!(matches!(KeyTable::open(&missing, store_key(1), randomness()), Err(KeyTableError::Open { .. })));
    fs::write(&missing, [7; 1024]).unwrap();
    assert!(matches!(KeyTable::open(&missing, store_key(1), randomness()), Err(KeyTableError::NotATable { .. })));
}

#[test]
fn a_creation_torn_at_any_byte_harms_no_other_key() {
    let files = Table::new();
    let table = files.open();
    let first = table.create_key(KeyPurpose::Case, "first", Under::Store).unwrap().0;
    let before = fs::read(files.path()).unwrap();
    table.create_key(KeyPurpose::Case, "second", Under::Store).unwrap();
    drop(table);
    let after = fs::read(files.path()).unwrap();
    for length in before.len()..after.len() {
        fs::write(files.path(), &after[..length]).unwrap();
        let table = files.open();
        assert!(table.unwrap(first, KeyPurpose::Case, "first").unwrap().is_some());
        let second = table.create_key(KeyPurpose::Case, "second", Under::Store).unwrap().0;
        assert_eq!(second.offset(), before.len() as u64);
        assert!(table.unwrap(second, KeyPurpose::Case, "second").unwrap().is_some());
    }
}

#[test]
fn every_flipped_bit_of_a_slot_is_found_and_never_taken_for_erased() {
    let files = Table::new();
    let table = files.open();
    let slot = table.wrap(KeyPurpose::File, "item", Under::Store, &file_key(7)).unwrap();
    drop(table);
    let bytes = fs::read(files.path()).unwrap();
    for byte in 0..SLOT_BYTES {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at(slot) + byte] ^= 1 << bit;
            fs::write(files.path(), &changed).unwrap();
            let unwrapped = files.open().unwrap(slot, KeyPurpose::File, "item");
            assert!(matches!(unwrapped, Err(KeyTableError::Damaged { .. })), "byte {byte}, bit {bit}");
        }
    }
}

#[test]
fn a_slot_moved_to_another_place_does_not_open() {
    let files = Table::new();
    let table = files.open();
    let one = table.wrap(KeyPurpose::File, "item", Under::Store, &file_key(1)).unwrap();
    let two = table.wrap(KeyPurpose::File, "item", Under::Store, &file_key(2)).unwrap();
    drop(table);
    let mut bytes = fs::read(files.path()).unwrap();
    let moved: [u8; SLOT_BYTES] = bytes[at(one)..][..SLOT_BYTES].try_into().unwrap();
    bytes[at(two)..].copy_from_slice(&moved);
    fs::write(files.path(), &bytes).unwrap();
    let table = files.open();
    assert!(table.unwrap(two, KeyPurpose::File, "item").is_err());
    assert!(table.unwrap(one, KeyPurpose::File, "item").is_ok());
    drop(table);
    // Even with its check made right, the box is bound to its place.
    let mut forged = moved;
    let check = Digest::of(&[two.number().to_be_bytes().as_slice(), &moved[..116]].concat());
    forged[116..].copy_from_slice(&check.as_bytes()[..12]);
    bytes[at(two)..].copy_from_slice(&forged);
    fs::write(files.path(), &bytes).unwrap();
    assert!(matches!(files.open().unwrap(two, KeyPurpose::File, "item"), Err(KeyTableError::NotTheirs { .. })));
}

#[test]
fn a_slot_lies_within_one_sector_of_the_disk() {
    for number in 0..1000 {
        let start = KeySlot::from_number(number).offset();
        assert_eq!(start / 512, (start + SLOT_BYTES as u64 - 1) / 512);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_key_of_any_length_comes_back(
        keys in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 1..=32), ".{0,20}"), 1..10),
    ) {
        let files = Table::new();
        let table = files.open();
        let slots: Vec<_> = keys
            .iter()
            .map(|(key, owner)| {
                let key = SecretKey::from_slice(key).unwrap();
                table.wrap(KeyPurpose::File, owner, Under::Store, &key).unwrap()
            })
            .collect();
        for (slot, (key, owner)) in slots.iter().zip(&keys) {
            let unwrapped = table.unwrap(*slot, KeyPurpose::File, owner).unwrap().unwrap();
            prop_assert_eq!(unwrapped.expose(), key);
        }
    }

    #[test]
    fn any_bytes_are_a_slot_or_refused(bytes in proptest::collection::vec(any::<u8>(), SLOT_BYTES)) {
        let bytes = bytes.try_into().unwrap();
        prop_assert!(matches!(Slot::parse(KeySlot::SITE, bytes), SlotContent::Damaged));
    }
}
