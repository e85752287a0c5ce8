//! The positions kept in a file, so that opening a large ledger need not read it all.
//!
//! A cache and no more: it is used only if the line it ends with is still there, and verification never looks at it.

use std::{io, path::Path};

use nightsafe_schema::{case::CaseId, digest::Digest};

use crate::{
    files,
    key_table::KeySlot,
    ledger::{
        positions::{CaseState, End, Place, Positions},
        segments::{Lines, Next},
    },
};

/// The positions as bytes: counts and numbers big-endian, the digest of everything before it at the end.
pub(super) fn encode(positions: &Positions) -> Vec<u8> {
    let End { seq, digest, segment, line, offset } = positions.end;
    let mut bytes = Vec::with_capacity(256 + positions.cases.len() * 16 + positions.marks.len() * 12);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&seq.to_be_bytes());
    bytes.extend_from_slice(digest.as_bytes());
    bytes.extend_from_slice(&segment.to_be_bytes());
    bytes.extend_from_slice(&line.to_be_bytes());
    bytes.extend_from_slice(&offset.to_be_bytes());
    bytes.extend_from_slice(&(positions.cases.len() as u64).to_be_bytes());
    for (case, state) in &positions.cases {
        bytes.extend_from_slice(&case.to_bytes());
        bytes.extend_from_slice(&state.version.to_be_bytes());
        bytes.extend_from_slice(&state.key.number().to_be_bytes());
    }
    bytes.extend_from_slice(&(positions.marks.len() as u64).to_be_bytes());
    for mark in &positions.marks {
        bytes.extend_from_slice(&mark.segment.to_be_bytes());
        bytes.extend_from_slice(&mark.offset.to_be_bytes());
    }
    let digest = Digest::of(&bytes);
    bytes.extend_from_slice(digest.as_bytes());
    bytes
}

/// Reads [`encode`] back; `None` if a bit differs.
pub(super) fn decode(bytes: &[u8]) -> Option<Positions> {
    let (content, digest) = bytes.split_last_chunk::<32>()?;
    if Digest::of(content).as_bytes() != digest {
        return None;
    }
    let mut rest = content.strip_prefix(MAGIC)?;
    let seq = u64::from_be_bytes(take(&mut rest)?);
    let digest = Digest::from_bytes(take(&mut rest)?);
    let segment = u32::from_be_bytes(take(&mut rest)?);
    let line = u64::from_be_bytes(take(&mut rest)?);
    let offset = u64::from_be_bytes(take(&mut rest)?);
    let mut positions = Positions::empty();
    positions.end = End { seq, digest, segment, line, offset };
    let cases = u64::from_be_bytes(take(&mut rest)?);
    positions.cases.reserve(usize::try_from(cases).ok().filter(|&count| count <= rest.len() / 16)?);
    for _ in 0..cases {
        let case = CaseId::from_bytes(take(&mut rest)?)?;
        let version = u32::from_be_bytes(take(&mut rest)?);
        let key = KeySlot::from_number(u32::from_be_bytes(take(&mut rest)?));
        positions.cases.insert(case, CaseState { version, key });
    }
    for _ in 0..u64::from_be_bytes(take(&mut rest)?) {
        let segment = u32::from_be_bytes(take(&mut rest)?);
        let offset = u64::from_be_bytes(take(&mut rest)?);
        positions.marks.push(Place { segment, offset });
    }
    rest.is_empty().then_some(positions)
}

/// Replaces the kept positions.
pub(super) fn keep(folder: &Path, encoded: &[u8]) -> io::Result<()> {
    files::replace(&folder.join(FILE), encoded)
}

/// The kept positions, if they are those of this ledger.
pub(super) fn load(folder: &Path) -> Option<Positions> {
    let positions = decode(&files::read_bounded(&folder.join(FILE), LARGEST).ok()?)?;
    let End { segment, line, offset, digest, .. } = positions.end;
    let mut lines = Lines::open(folder, Place { segment, offset: line }).ok()?;
    match lines.next() {
        Ok(Next::Line(last)) if Digest::of(last) == digest => {}
        _ => return None,
    }
    (lines.place().offset == offset).then_some(positions)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

const FILE: &str = "positions.cache";
const MAGIC: &[u8] = b"nightsafe-ledger-positions/2\n";

/// 16 bytes a case: a hundred million cases, more than any ledger will see.
const LARGEST: u64 = 2 * 1024 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn positions_are_read_as_they_were_written(
            end in (any::<u64>(), any::<[u8; 32]>(), any::<u32>(), any::<u64>(), any::<u64>()),
            cases in proptest::collection::hash_map(0_u64..(1 << 60), (any::<u32>(), any::<u32>()), 0..20),
            marks in proptest::collection::vec((any::<u32>(), any::<u64>()), 0..20),
            flipped in any::<prop::sample::Index>(),
        ) {
            let (seq, digest, segment, line, offset) = end;
            let positions = Positions {
                end: End { seq, digest: Digest::from_bytes(digest), segment, line, offset },
                cases: cases
                    .into_iter()
                    .map(|(case, (version, key))| {
                        let state = CaseState { version, key: KeySlot::from_number(key) };
                        (CaseId::from_bytes(case.to_be_bytes()).unwrap(), state)
                    })
                    .collect(),
                marks: marks.into_iter().map(|(segment, offset)| Place { segment, offset }).collect(),
            };
            let mut bytes = encode(&positions);
            prop_assert_eq!(decode(&bytes), Some(positions));
            let at = flipped.index(bytes.len());
            bytes[at] ^= 1;
            prop_assert_eq!(decode(&bytes), None);
        }

        #[test]
        fn any_bytes_are_positions_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(decode(&bytes), None);
        }
    }
}
