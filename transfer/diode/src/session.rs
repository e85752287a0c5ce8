//! One run of the sender: a random name, and a key of its own that both sides derive from what they share.
//!
//! A new key at each start is why the datagrams' counter never repeats under one, without anything being stored that could
//! be rolled back, and without an announcement that a receiver could miss.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use nightsafe_schema::randomness::{NoRandomness, Randomness, random_bytes};
use nightsafe_schema::ticket::PairSecret;

use crate::datagram::{Claimed, Received};
use crate::limits;
use crate::reception::Reception;

/// Eight random bytes that name a run of the sender.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId([u8; 8]);

/// The key of a session: it makes and checks tags, and hides nothing.
pub struct SessionKey(LessSafeKey);

/// The sessions that a receiver has heard a valid datagram of.
pub struct Sessions {
    secret: PairSecret,
    /// Newest last.
    known: Vec<Known>,
}

struct Known {
    id: SessionId,
    key: SessionKey,
    reception: Reception,
}

impl SessionId {
    /// A fresh session.
    pub fn random(randomness: &dyn Randomness) -> Result<Self, NoRandomness> {
        random_bytes(randomness).map(Self)
    }

    /// The session made of these bytes.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The eight bytes.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl SessionKey {
    /// The key of a session.
    pub fn derive(secret: &PairSecret, session: SessionId) -> Option<Self> {
        let key = secret.diode_key(&session.0);
        let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    /// The tag over `signed` at this counter: AES-256-GMAC.
    pub(crate) fn tag(&self, counter: u64, signed: &[u8]) -> Option<[u8; 16]> {
        let tag = self.0.seal_in_place_separate_tag(nonce(counter), Aad::from(signed), &mut []).ok()?;
        tag.as_ref().try_into().ok()
    }

    /// Whether a tag is the one over `signed` at this counter; compared in constant time.
    pub(crate) fn accepts(&self, counter: u64, signed: &[u8], tag: &[u8]) -> bool {
        // Made again and compared, so that no code which could open anything is needed.
        self.tag(counter, signed).is_some_and(|made| verify_slices_are_equal(&made, tag).is_ok())
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

impl Sessions {
    /// No session is known yet.
    pub const fn new(secret: PairSecret) -> Self {
        Self { secret, known: Vec::new() }
    }

    /// Checks a datagram's tag. A session is remembered only from its first valid datagram on; of more than
    /// [`limits::SESSIONS`] the one that was silent the longest is forgotten.
    pub fn verify<'a>(&mut self, claimed: Claimed<'a>) -> Option<Received<'a>> {
        let id = claimed.header().session;
        if let Some(place) = self.known.iter().rposition(|known| known.id == id) {
            if place + 1 < self.known.len() {
                let known = self.known.remove(place);
                self.known.push(known);
            }
            return claimed.verify(&self.known.last()?.key);
        }
        let key = SessionKey::derive(&self.secret, id)?;
        let received = claimed.verify(&key)?;
        if self.known.len() >= limits::SESSIONS {
            self.known.remove(0);
        }
        let reception = Reception::starting_at(received.header().counter);
        self.known.push(Known { id, key, reception });
        Some(received)
    }

    /// What has come of a session.
    pub fn reception(&mut self, session: SessionId) -> Option<&mut Reception> {
        self.known.iter_mut().find(|known| known.id == session).map(|known| &mut known.reception)
    }

    /// Every session that is known, the one heard last at the end.
    pub fn all(&self) -> impl Iterator<Item = (SessionId, &Reception)> {
        self.known.iter().map(|known| (known.id, &known.reception))
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.known.iter().map(|known| known.id)).finish()
    }
}

fn nonce(counter: u64) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    for (place, byte) in nonce.iter_mut().rev().zip(counter.to_le_bytes()) {
        *place = byte;
    }
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_session_and_every_secret_has_its_own_key() {
        let key = |secret: u8, session: u8| {
            SessionKey::derive(&PairSecret::from_bytes([secret; 32]), SessionId([session; 8])).unwrap()
        };
        let tag = |secret, session, counter| key(secret, session).tag(counter, b"datagram").unwrap();
        assert!(key(1, 1).accepts(7, b"datagram", &tag(1, 1, 7)));
        for other in [tag(2, 1, 7), tag(1, 2, 7), tag(1, 1, 8)] {
            assert!(!key(1, 1).accepts(7, b"datagram", &other));
        }
        assert!(!key(1, 1).accepts(7, b"datagraN", &tag(1, 1, 7)));
    }
}
