//! Keys in memory: wiped when dropped, never printed, exposed in few places.

use zeroize::Zeroizing;

/// The key under which the key table's keys are wrapped; it comes from a credential file.
pub struct StoreKey(Zeroizing<[u8; SecretKey::LARGEST]>);

impl StoreKey {
    /// The 32 bytes of the credential.
    pub fn from_bytes(bytes: [u8; SecretKey::LARGEST]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn expose(&self) -> &[u8; SecretKey::LARGEST] {
        &self.0
    }
}

/// A key that the key table holds wrapped: 32 bytes, or the 16 of an age file key.
pub struct SecretKey {
    bytes: Zeroizing<[u8; Self::LARGEST]>,
    length: usize,
}

impl SecretKey {
    /// The longest key that a slot holds.
    pub const LARGEST: usize = 32;

    /// A key of 1 to 32 bytes; `None` for any other length.
    pub fn from_slice(key: &[u8]) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; Self::LARGEST]);
        let place = bytes.get_mut(..key.len()).filter(|place| !place.is_empty())?;
        place.copy_from_slice(key);
        Some(Self { bytes, length: key.len() })
    }

    /// The key itself.
    pub fn expose(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// The key filled up with zeros, as it is wrapped.
    pub(crate) fn expose_padded(&self) -> &[u8; Self::LARGEST] {
        &self.bytes
    }

    /// The key as one that seals events; `None` if it is shorter.
    pub(crate) fn expose_whole(&self) -> Option<&[u8; Self::LARGEST]> {
        (self.length == Self::LARGEST).then_some(&*self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_to_thirty_two_bytes() {
        assert!(SecretKey::from_slice(&[]).is_none());
        assert!(SecretKey::from_slice(&[0; 33]).is_none());
        assert_eq!(SecretKey::from_slice(&[7; 16]).unwrap().expose(), [7; 16]);
        assert!(SecretKey::from_slice(&[7; 16]).unwrap().expose_whole().is_none());
        assert_eq!(SecretKey::from_slice(&[7; 32]).unwrap().expose_whole(), Some(&[7; 32]));
    }
}
