//! The store as bytes: what is kept beside the ledger, and its canonical dump.
//!
//! Big-endian numbers, lists with their length first, everything in one order: the same ledger gives the same bytes, in
//! whatever pieces it was followed.

use nightsafe_casework::linking::{Area, LinkKind, SKETCH_BYTES, Sketch};
use nightsafe_schema::{case::CaseId, digest::Digest};

use super::{
    Links,
    cases::Cases,
    keys::Keys,
    texts::{Texts, UNKNOWN},
};
use crate::{key::IndexKey, position::Position};

impl Links {
    /// All of it. Its digest is the identity of the store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.len() * 180);
        out.extend(FORMAT);
        out.extend(self.at.seq.to_be_bytes());
        out.extend(self.at.digest.as_bytes());
        list(&mut out, &self.cases.by_number, |out, (case, seq)| {
            out.extend(case.to_bytes());
            out.extend(seq.to_be_bytes());
        });
        list(&mut out, &self.cases.later, |out, (number, events)| {
            out.extend(number.to_be_bytes());
            list(out, events, |out, seq| out.extend(seq.to_be_bytes()));
        });
        list(&mut out, &self.cases.links, |out, ((one, other), kind)| {
            out.extend(one.to_be_bytes());
            out.extend(other.to_be_bytes());
            out.push(*kind as u8);
        });
        list(&mut out, &self.cases.waiting, |out, (seq, case)| {
            out.extend(seq.to_be_bytes());
            out.extend(case.to_bytes());
        });
        out.extend((self.keys.len() as u64).to_be_bytes());
        for (hash, case) in self.keys.entries() {
            out.extend(hash.to_be_bytes());
            out.extend(case.to_be_bytes());
        }
        list(&mut out, &self.texts.prefectures, |out, (prefecture, texts)| {
            out.extend(prefecture);
            list(out, texts, |out, told| {
                out.extend(told.case.to_be_bytes());
                out.push(told.county);
                out.extend(told.sketch.to_bytes());
            });
        });
        out
    }

    /// Reads [`Self::to_bytes`] back; `None` if that is not what it is. Whoever kept the bytes vouches for them.
    pub fn from_bytes(bytes: &[u8], key: &IndexKey) -> Option<Self> {
        let mut from = In(bytes.strip_prefix(FORMAT)?);
        let at = Position { seq: from.number()?, digest: Digest::from_bytes(from.take()?) };
        let mut cases = Cases::default();
        for _ in 0..from.number()? {
            let case = from.case()?;
            cases.opened(case, from.number()?);
        }
        for _ in 0..from.number()? {
            let number = u32::from_be_bytes(from.take()?);
            let events: Option<Vec<u64>> = (0..from.number()?).map(|_| from.number()).collect();
            cases.later.insert(number, events?);
        }
        for _ in 0..from.number()? {
            let pair = (u32::from_be_bytes(from.take()?), u32::from_be_bytes(from.take()?));
            let [kind] = from.take()?;
            let kind = KINDS.into_iter().find(|known| *known as u8 == kind)?;
            cases.links.insert(pair, kind);
        }
        cases.waiting.clear();
        for _ in 0..from.number()? {
            let seq = from.number()?;
            cases.waiting.insert(seq, from.case()?);
        }
        let count = usize::try_from(from.number()?).ok()?;
        let entries = from.0.get(..count.checked_mul(12)?)?.as_chunks::<12>().0;
        from.0 = from.0.get(count * 12..)?;
        let keys = Keys::of_entries(entries.iter().map(|entry| {
            let (hash, case) = (entry.first_chunk().copied(), entry.last_chunk().copied());
            (hash.map_or(0, u64::from_be_bytes), case.map_or(0, u32::from_be_bytes))
        }));
        let mut texts = Texts::default();
        for _ in 0..from.number()? {
            let prefecture = from.take()?;
            for _ in 0..from.number()? {
                let case = u32::from_be_bytes(from.take()?);
                let [county] = from.take()?;
                let area = Area { prefecture, county: Some(county).filter(|county| *county != UNKNOWN) };
                texts.add(area, case, Sketch::from_bytes(from.take::<SKETCH_BYTES>()?));
            }
        }
        from.0.is_empty().then_some(Self { at, cases, keys, texts, ..Self::new(key) })
    }
}

fn list<L: IntoIterator<IntoIter: ExactSizeIterator>>(
    out: &mut Vec<u8>,
    list: L,
    mut put: impl FnMut(&mut Vec<u8>, L::Item),
) {
    let list = list.into_iter();
    out.extend((list.len() as u64).to_be_bytes());
    list.for_each(|member| put(out, member));
}

struct In<'a>(&'a [u8]);

impl In<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn case(&mut self) -> Option<CaseId> {
        CaseId::from_bytes(self.take()?)
    }
}

const KINDS: [LinkKind; 3] = [LinkKind::Duplicate, LinkKind::Series, LinkKind::Related];

/// Counts up with every change of the rules by which keys and sketches are made.
const FORMAT: &[u8] = b"nightsafe-links/2\n";
