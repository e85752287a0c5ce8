//! The key that the caller gives: identifiers are hashed under it and every byte of the index is authenticated by it.
//!
//! It is never stored under `index/`. Another key makes every file of the index unreadable, which leads to a rebuild.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// 32 secret bytes from which the index derives one key a purpose.
#[derive(Clone)]
pub struct IndexKey([u8; 32]);

impl IndexKey {
    /// The key made of these bytes; they must come from the store key and be used for nothing else.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn purpose(&self, label: &str) -> Tagger {
        // One HMAC as the expansion of HKDF (RFC 5869) with a single block: the input is uniform already.
        let mut mac = keyed(&self.0);
        mac.update(b"nightsafe/index/1 ");
        mac.update(label.as_bytes());
        Tagger { mac: keyed(&mac.finalize().into_bytes().into()) }
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexKey(..)")
    }
}

/// HMAC-SHA-256 under the key of one purpose.
#[derive(Clone)]
pub(crate) struct Tagger {
    mac: Hmac<Sha256>,
}

/// 128 bits of a tag: what a row or a block of a file carries.
pub(crate) type Tag = [u8; TAG];

/// The length of a [`Tag`] in bytes.
pub(crate) const TAG: usize = 16;

impl Tagger {
    /// The tag of these parts, each preceded by its length so that no two lists of parts are the same bytes.
    pub(crate) fn whole(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.mac.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The first half of [`Self::whole`].
    pub(crate) fn tag(&self, parts: &[&[u8]]) -> Tag {
        let whole = self.whole(parts);
        let mut tag = Tag::default();
        for (to, from) in tag.iter_mut().zip(whole) {
            *to = from;
        }
        tag
    }
}

impl fmt::Debug for Tagger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tagger(..)")
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // HMAC fills a short key up with zeros to its block (RFC 2104 section 2); done here, the length is right by type.
    let mut block = [0_u8; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    Hmac::<Sha256>::new(&block.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_parts_do_not_run_together() {
        let key = IndexKey::from_bytes([7; 32]);
        let rows = key.purpose("rows");
        assert_eq!(rows.tag(&[b"ab", b"c"]), rows.tag(&[b"ab", b"c"]));
        assert_ne!(rows.tag(&[b"ab", b"c"]), rows.tag(&[b"a", b"bc"]));
        assert_ne!(rows.tag(&[b"ab"]), key.purpose("files").tag(&[b"ab"]));
        assert_eq!(format!("{key:?} {rows:?}"), "IndexKey(..) Tagger(..)");
    }
}
