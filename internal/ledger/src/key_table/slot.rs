//! The 128 bytes of a slot.
//!
//! ```text
//!   0..4    "nsk1"
//!   4       purpose: 1 site, 2 case, 3 identity, 4 file
//!   5       length of the key, 1 to 32
//!   6..8    zero
//!   8..12   slot of the case key that wraps it, big-endian; zero for the store key
//!  12..44   SHA-256 of "nightsafe-key-owner/1\n" ‖ purpose ‖ owner
//!  44..68   nonce
//!  68..116  box of the key filled up with zeros; AAD = "nightsafe-key/1\n" ‖ slot number ‖ bytes 0..44
//! 116..128  first 12 bytes of SHA-256 of slot number ‖ bytes 0..116
//! ```
//!
//! An erased slot is all zero. A slot whose check fails is damaged, which is never taken for erased.

use nightsafe_schema::{
    digest::Digest,
    randomness::{NoRandomness, Randomness},
};
use subtle::ConstantTimeEq;

use crate::{
    key_table::{KeyPurpose, KeySlot},
    sealed_part::{self, NONCE_BYTES, SealError, TAG_BYTES},
    secret::SecretKey,
};

pub(super) const SLOT_BYTES: usize = 128;

/// A slot that holds a key, wrapped.
pub(super) struct Slot {
    bytes: [u8; SLOT_BYTES],
    purpose: KeyPurpose,
    under: Option<KeySlot>,
}

pub(super) enum SlotContent {
    Key(Slot),
    Erased,
    Damaged,
}

impl Slot {
    pub(super) fn wrap(
        slot: KeySlot,
        purpose: KeyPurpose,
        under: Option<KeySlot>,
        owner: [u8; 32],
        key: &SecretKey,
        wrapping: &[u8; 32],
        randomness: &dyn Randomness,
    ) -> Result<Self, NoRandomness> {
        let mut bytes = Vec::with_capacity(SLOT_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.push(purpose.number());
        bytes.push(u8::try_from(key.expose().len()).unwrap_or_default());
        bytes.extend_from_slice(&[0; 2]);
        bytes.extend_from_slice(&under.map_or(0, KeySlot::number).to_be_bytes());
        bytes.extend_from_slice(&owner);
        let sealed = sealed_part::seal(wrapping, &context(slot, &bytes), key.expose_padded(), randomness);
        bytes.extend_from_slice(&sealed.map_err(|error| match error {
            SealError::Randomness(error) => error,
            // 32 bytes are never too long.
            SealError::TooLong => NoRandomness,
        })?);
        bytes.extend_from_slice(&check(slot, &bytes));
        let bytes = bytes.try_into().unwrap_or([0; SLOT_BYTES]);
        Ok(Self { bytes, purpose, under })
    }

    pub(super) fn parse(slot: KeySlot, bytes: [u8; SLOT_BYTES]) -> SlotContent {
        if bytes == [0; SLOT_BYTES] {
            return SlotContent::Erased;
        }
        Self::parse_key(slot, bytes).map_or(SlotContent::Damaged, SlotContent::Key)
    }

    fn parse_key(slot: KeySlot, bytes: [u8; SLOT_BYTES]) -> Option<Self> {
        let (checked, stored_check) = bytes.split_at_checked(CHECK_AT)?;
        if stored_check != check(slot, checked) || !bytes.starts_with(MAGIC) {
            return None;
        }
        let purpose = KeyPurpose::from_number(*bytes.get(4)?)?;
        let length = usize::from(*bytes.get(5)?);
        let under = u32::from_be_bytes(bytes.get(8..12)?.try_into().ok()?);
        (1..=SecretKey::LARGEST).contains(&length).then_some(())?;
        Some(Self { bytes, purpose, under: (under != 0).then_some(KeySlot(under)) })
    }

    pub(super) fn as_bytes(&self) -> &[u8; SLOT_BYTES] {
        &self.bytes
    }

    pub(super) fn purpose(&self) -> KeyPurpose {
        self.purpose
    }

    /// The case key that wraps this one; `None` for the store key.
    pub(super) fn under(&self) -> Option<KeySlot> {
        self.under
    }

    pub(super) fn is_for(&self, purpose: KeyPurpose, owner: &[u8; 32]) -> bool {
        self.purpose == purpose && self.bytes.get(OWNER_AT..SEALED_AT).is_some_and(|own| own.ct_eq(owner).into())
    }

    /// The key; `None` if `wrapping` is not what it was wrapped with.
    pub(super) fn unwrap(&self, slot: KeySlot, wrapping: &[u8; 32]) -> Option<SecretKey> {
        let open = self.bytes.get(..SEALED_AT)?;
        let sealed = self.bytes.get(SEALED_AT..CHECK_AT)?;
        let padded = sealed_part::open(wrapping, &context(slot, open), sealed)?;
        SecretKey::from_slice(padded.get(..usize::from(*self.bytes.get(5)?))?)
    }
}

impl KeyPurpose {
    fn number(self) -> u8 {
        match self {
            Self::Site => 1,
            Self::Case => 2,
            Self::Identity => 3,
            Self::File => 4,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        [Self::Site, Self::Case, Self::Identity, Self::File].into_iter().find(|purpose| purpose.number() == number)
    }
}

/// Whether a slot says of itself that it holds a key of this purpose, wrapped under the store key; not checked.
pub(super) fn may_be_under_store(purpose: KeyPurpose, bytes: &[u8; SLOT_BYTES]) -> bool {
    bytes.get(4) == Some(&purpose.number()) && bytes.get(8..12) == Some(&[0; 4])
}

/// What stands for an owner in a slot.
pub(super) fn owner_digest(purpose: KeyPurpose, owner: &str) -> [u8; 32] {
    *Digest::of(&[b"nightsafe-key-owner/1\n", [purpose.number()].as_slice(), owner.as_bytes()].concat()).as_bytes()
}

/// The place of slot 0, which says what the file is.
pub(super) fn first_slot() -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    for (place, byte) in bytes.iter_mut().zip(b"nightsafe-key-table/1\n") {
        *place = *byte;
    }
    bytes
}

fn context(slot: KeySlot, open: &[u8]) -> Vec<u8> {
    [b"nightsafe-key/1\n", slot.number().to_be_bytes().as_slice(), open].concat()
}

fn check(slot: KeySlot, bytes: &[u8]) -> [u8; SLOT_BYTES - CHECK_AT] {
    let digest = Digest::of(&[slot.number().to_be_bytes().as_slice(), bytes].concat());
    digest.as_bytes().first_chunk().copied().unwrap_or_default()
}

const MAGIC: &[u8; 4] = b"nsk1";
const OWNER_AT: usize = 12;
const SEALED_AT: usize = OWNER_AT + 32;
const CHECK_AT: usize = SEALED_AT + NONCE_BYTES + SecretKey::LARGEST + TAG_BYTES;
