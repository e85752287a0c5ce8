//! One datagram: a header, a shard, a tag over both. All datagrams of a link have one size.
//!
//! ```text
//!  0 version   1 kind   2 session (8)   10 counter (6)   16 block (4)   20 index (2)   22 data shards (2)
//! 24 recovery shards of its code (2)   26 bytes of content in the block (4)   30 pass (2)   32 shard   size-16 tag (16)
//! ```
//!
//! Numbers are big-endian. [`Claimed`] was only read; [`Received`] has a tag that the other side of this pair made.

use crate::limits;
use crate::session::{SessionId, SessionKey};

/// How large every datagram of a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatagramSize(u16);

/// The size is too small, too large or odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a datagram has an even number of bytes from {} to {}", limits::DATAGRAM.start(), limits::DATAGRAM.end())]
pub struct DatagramSizeError;

/// What a datagram holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A shard of a block of records.
    Records,
    /// A shard of a heartbeat.
    Heartbeat,
    /// Nothing: the link is being warmed up.
    Padding,
}

/// What stands before the shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What it holds.
    pub kind: Kind,
    /// The sender's run.
    pub session: SessionId,
    /// Its number in the session, from 0, below 2^48; never twice.
    pub counter: u64,
    /// The block, by its number in the session.
    pub block: u32,
    /// Which shard: data shards first, recovery shards after them.
    pub index: u16,
    /// Data shards of the block.
    pub data: u16,
    /// Recovery shards of the code that made this one.
    pub parity: u16,
    /// Bytes of content in the block; the rest of its data shards is zero.
    pub length: u32,
    /// How often the block was sent before.
    pub pass: u16,
}

/// A datagram as it came; anybody may have made it.
#[derive(Clone, Copy, Debug)]
pub struct Claimed<'a> {
    header: Header,
    signed: &'a [u8],
    shard: &'a [u8],
    tag: &'a [u8],
}

/// A datagram that the other side made.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    header: Header,
    shard: &'a [u8],
}

/// Why bytes are no datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatagramError {
    /// It has another size than those of this link.
    #[error("a datagram of another size")]
    Size,
    /// It is not of this version or kind.
    #[error("not a datagram of this version")]
    Form,
    /// Its numbers contradict each other.
    #[error("a datagram whose numbers contradict each other")]
    Numbers,
}

impl DatagramSize {
    /// Bytes of a datagram.
    pub const fn bytes(self) -> usize {
        self.0 as usize
    }

    /// Bytes of the shard in it.
    pub const fn shard(self) -> usize {
        self.0 as usize - HEADER - TAG
    }
}

impl TryFrom<u16> for DatagramSize {
    type Error = DatagramSizeError;

    fn try_from(bytes: u16) -> Result<Self, DatagramSizeError> {
        let fits = limits::DATAGRAM.contains(&bytes) && bytes.is_multiple_of(2);
        if fits { Ok(Self(bytes)) } else { Err(DatagramSizeError) }
    }
}

impl Header {
    /// Whether this is a data shard.
    pub const fn is_data(&self) -> bool {
        self.index < self.data
    }

    fn is_consistent(&self, size: DatagramSize) -> bool {
        if self.kind == Kind::Padding {
            return true;
        }
        let capacity = usize::from(self.data) * size.shard();
        let needed = usize::try_from(self.length).unwrap_or(usize::MAX);
        (1..=limits::MOST_SHARDS).contains(&self.data)
            && self.parity <= limits::MOST_PARITY
            && self.index < self.data + self.parity
            && needed <= capacity
            && needed > capacity - size.shard()
    }

    fn write(&self) -> [u8; HEADER] {
        let kind = match self.kind {
            Kind::Records => 1,
            Kind::Heartbeat => 2,
            Kind::Padding => 3,
        };
        let [_, _, counter @ ..] = self.counter.to_be_bytes();
        let parts: [&[u8]; 9] = [
            &[VERSION, kind],
            self.session.as_bytes(),
            &counter,
            &self.block.to_be_bytes(),
            &self.index.to_be_bytes(),
            &self.data.to_be_bytes(),
            &self.parity.to_be_bytes(),
            &self.length.to_be_bytes(),
            &self.pass.to_be_bytes(),
        ];
        let mut bytes = [0; HEADER];
        for (place, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (kind, rest) = rest.split_first()?;
        let kind = match (version, kind) {
            (&VERSION, 1) => Kind::Records,
            (&VERSION, 2) => Kind::Heartbeat,
            (&VERSION, 3) => Kind::Padding,
            _ => return None,
        };
        let (session, rest) = rest.split_first_chunk::<8>()?;
        let (counter, rest) = rest.split_first_chunk::<6>()?;
        let (block, rest) = rest.split_first_chunk::<4>()?;
        let (index, rest) = rest.split_first_chunk::<2>()?;
        let (data, rest) = rest.split_first_chunk::<2>()?;
        let (parity, rest) = rest.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (pass, _) = rest.split_first_chunk::<2>()?;
        Some(Self {
            kind,
            session: SessionId::from_bytes(*session),
            counter: counter.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)),
            block: u32::from_be_bytes(*block),
            index: u16::from_be_bytes(*index),
            data: u16::from_be_bytes(*data),
            parity: u16::from_be_bytes(*parity),
            length: u32::from_be_bytes(*length),
            pass: u16::from_be_bytes(*pass),
        })
    }
}

impl<'a> Claimed<'a> {
    /// Reads a datagram of a link.
    pub fn parse(bytes: &'a [u8], size: DatagramSize) -> Result<Self, DatagramError> {
        if bytes.len() != size.bytes() {
            return Err(DatagramError::Size);
        }
        let (signed, tag) = bytes.split_last_chunk::<TAG>().ok_or(DatagramError::Size)?;
        let (header, shard) = signed.split_at_checked(HEADER).ok_or(DatagramError::Size)?;
        let header = Header::read(header).ok_or(DatagramError::Form)?;
        if !header.is_consistent(size) {
            return Err(DatagramError::Numbers);
        }
        Ok(Self { header, signed, shard, tag })
    }

    /// What it says of itself.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Checks the tag.
    pub fn verify(self, key: &SessionKey) -> Option<Received<'a>> {
        let Self { header, signed, shard, tag } = self;
        key.accepts(header.counter, signed, tag).then_some(Received { header, shard })
    }
}

impl<'a> Received<'a> {
    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The shard.
    pub const fn shard(&self) -> &'a [u8] {
        self.shard
    }
}

/// Writes a datagram into `out`, which has the size of one. A shorter shard is filled up with zeros. `None` if the sizes
/// do not fit or the session has used up its counter.
pub fn seal(key: &SessionKey, header: &Header, shard: &[u8], out: &mut [u8]) -> Option<()> {
    if header.counter >= COUNTERS {
        return None;
    }
    let (signed, tag) = out.split_last_chunk_mut::<TAG>()?;
    let (head, body) = signed.split_at_mut_checked(HEADER)?;
    head.copy_from_slice(&header.write());
    let (filled, rest) = body.split_at_mut_checked(shard.len())?;
    filled.copy_from_slice(shard);
    rest.fill(0);
    *tag = key.tag(header.counter, signed)?;
    Some(())
}

/// Bytes before the shard.
const HEADER: usize = 32;
/// Bytes after it.
const TAG: usize = 16;
/// Bytes of a datagram that are no shard.
pub const OVERHEAD: usize = HEADER + TAG;
const VERSION: u8 = 1;
/// Numbers that a session has.
const COUNTERS: u64 = 1 << 48;

#[cfg(test)]
mod tests {
    use nightsafe_schema::ticket::PairSecret;
    use proptest::prelude::*;

    use super::*;

    fn key() -> SessionKey {
        SessionKey::derive(&PairSecret::from_bytes([7; 32]), session()).unwrap()
    }

    fn session() -> SessionId {
        SessionId::from_bytes([9; 8])
    }

    fn size() -> DatagramSize {
        DatagramSize::try_from(600).unwrap()
    }

    prop_compose! {
        fn headers()(counter in 0..COUNTERS, block: u32, data in 1..=512_u16, parity in 0..=512_u16, pass: u16,
                     index: prop::sample::Index, short in 0..552_u32, heartbeat: bool) -> Header {
            let kind = if heartbeat { Kind::Heartbeat } else { Kind::Records };
            let index = u16::try_from(index.index(usize::from(data + parity))).unwrap();
            let length = u32::from(data) * 552 - short;
            Header { kind, session: session(), counter, block, index, data, parity, length, pass }
        }
    }

    proptest! {
        #[test]
        fn a_datagram_is_read_as_it_was_sealed(header in headers(), shard in prop::collection::vec(any::<u8>(), 552)) {
            let mut bytes = vec![0; 600];
            seal(&key(), &header, &shard, &mut bytes).unwrap();
            let received = Claimed::parse(&bytes, size()).unwrap().verify(&key()).unwrap();
            prop_assert_eq!(received.header(), &header);
            prop_assert_eq!(received.shard(), shard);
        }

        #[test]
        fn every_changed_bit_is_found(header in headers(), place in 0_usize..600, bit in 0_u8..8) {
            let mut bytes = vec![0; 600];
            seal(&key(), &header, b"shard", &mut bytes).unwrap();
            bytes[place] ^= 1 << bit;
            prop_assert!(Claimed::parse(&bytes, size()).ok().and_then(|claimed| claimed.verify(&key())).is_none());
        }

        #[test]
        fn any_bytes_are_a_datagram_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..700), first in 0_u8..3, kind in 0_u8..5) {
            let _ = Claimed::parse(&bytes, size());
            let mut bytes = bytes;
            bytes.resize(600, 0);
            (bytes[0], bytes[1]) = (first, kind);
            let claimed = Claimed::parse(&bytes, size()).ok();
            prop_assert!(claimed.and_then(|claimed| claimed.verify(&key())).is_none());
        }
    }

    #[test]
    fn the_counter_is_never_used_up_silently() {
        let header = Header {
            kind: Kind::Padding,
            session: session(),
            counter: COUNTERS,
            block: 0,
            index: 0,
            data: 0,
            parity: 0,
            length: 0,
            pass: 0,
        };
        assert_eq!(seal(&key(), &header, &[], &mut [0; 600]), None);
    }

    #[test]
    fn sizes_are_bounded_and_even() {
        assert_eq!(DatagramSize::try_from(1472).unwrap().shard(), 1424);
        for wrong in [0, 510, 1471, 8974] {
            assert_eq!(DatagramSize::try_from(wrong), Err(DatagramSizeError), "{wrong}");
        }
    }
}
