//! The erasure code: systematic Reed–Solomon over the shards of one block. Any `data` shards of the block and of one code
//! give it back, however many others are lost.

use std::ops::Range;

use reed_solomon_simd::{ReedSolomonDecoder, ReedSolomonEncoder};

/// Makes recovery shards; what it works in is kept from block to block.
#[derive(Default)]
pub struct Encoder(Option<ReedSolomonEncoder>);

/// Restores data shards.
#[derive(Default)]
pub struct Decoder(Option<ReedSolomonDecoder>);

/// The shards do not fit the code. Lengths and counts were checked before, so that nothing which came over the link leads
/// here.
#[derive(Debug, thiserror::Error)]
#[error("the shards do not fit the code")]
pub struct CodeError(#[source] reed_solomon_simd::Error);

/// The counts of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// Data shards.
    pub data: u16,
    /// Recovery shards.
    pub parity: u16,
    /// Bytes of a shard; even.
    pub shard: usize,
}

impl Encoder {
    /// The recovery shards of `data`, which is whole shards long, one behind the other.
    pub fn parity(&mut self, code: Code, data: &[u8]) -> Result<Vec<u8>, CodeError> {
        self.parity_within(Vec::new(), code, data)
    }

    /// The same in memory that was used before; nothing of what stood there is kept.
    pub fn parity_within(&mut self, mut memory: Vec<u8>, code: Code, data: &[u8]) -> Result<Vec<u8>, CodeError> {
        let (originals, recovery) = (usize::from(code.data), usize::from(code.parity));
        let encoder = match &mut self.0 {
            Some(encoder) => {
                encoder.reset(originals, recovery, code.shard).map_err(CodeError)?;
                encoder
            }
            none => none.insert(ReedSolomonEncoder::new(originals, recovery, code.shard).map_err(CodeError)?),
        };
        for shard in data.chunks_exact(code.shard) {
            encoder.add_original_shard(shard).map_err(CodeError)?;
        }
        let made = encoder.encode().map_err(CodeError)?;
        memory.clear();
        memory.reserve_exact(recovery * code.shard);
        made.recovery_iter().for_each(|shard| memory.extend_from_slice(shard));
        Ok(memory)
    }
}

impl Decoder {
    /// Fills the data shards that `has` says are missing. `parity` holds recovery shards one behind the other, `indexes`
    /// which ones they are.
    pub fn restore(
        &mut self,
        code: Code,
        data: &mut [u8],
        has: &[bool],
        parity: &[u8],
        indexes: &[u16],
    ) -> Result<(), CodeError> {
        let (originals, recovery) = (usize::from(code.data), usize::from(code.parity));
        let decoder = match &mut self.0 {
            Some(decoder) => {
                decoder.reset(originals, recovery, code.shard).map_err(CodeError)?;
                decoder
            }
            none => none.insert(ReedSolomonDecoder::new(originals, recovery, code.shard).map_err(CodeError)?),
        };
        for ((index, shard), _) in data.chunks_exact(code.shard).enumerate().zip(has).filter(|(_, has)| **has) {
            decoder.add_original_shard(index, shard).map_err(CodeError)?;
        }
        for (shard, index) in parity.chunks_exact(code.shard).zip(indexes) {
            decoder.add_recovery_shard(usize::from(*index), shard).map_err(CodeError)?;
        }
        let restored = decoder.decode().map_err(CodeError)?;
        for (index, bytes) in restored.restored_original_iter() {
            if let Some(shard) = shard_mut(data, index, code.shard) {
                shard.copy_from_slice(bytes);
            }
        }
        Ok(())
    }
}

/// A shard's bytes in a block.
pub fn shard_of(block: &[u8], index: usize, shard: usize) -> Option<&[u8]> {
    block.get(range(index, shard)?)
}

pub(crate) fn shard_mut(block: &mut [u8], index: usize, shard: usize) -> Option<&mut [u8]> {
    block.get_mut(range(index, shard)?)
}

fn range(index: usize, shard: usize) -> Option<Range<usize>> {
    let start = index.checked_mul(shard)?;
    Some(start..start.checked_add(shard)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHARD: usize = 66;

    proptest! {
        /// Any k of k + r, whichever are lost, with one encoder and one decoder for blocks of every shape.
        #[test]
        fn any_data_count_of_shards_restores_a_block(
            blocks in prop::collection::vec((1_u16..40, 1_u16..40, any::<u64>()), 1..4),
        ) {
            let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
            for (data, parity, seed) in blocks {
                let code = Code { data, parity, shard: SHARD };
                let content: Vec<u8> = (0..usize::from(data) * SHARD).map(|place| (place as u64 ^ seed).to_le_bytes()[0]).collect();
                let recovery = encoder.parity_within(vec![7; 100], code, &content).unwrap();
                // A permutation that follows from the seed decides which shards arrive.
                let mut order: Vec<u16> = (0..data + parity).collect();
                order.sort_by_key(|index| (u64::from(*index) + 1).wrapping_mul(seed | 1).rotate_left(17));
                let arrived = &order[..usize::from(data)];
                let mut block = vec![0; content.len()];
                let mut has = vec![false; usize::from(data)];
                let (mut kept, mut indexes) = (Vec::new(), Vec::new());
                for index in arrived.iter().map(|index| usize::from(*index)) {
                    if let Some(place) = index.checked_sub(usize::from(data)) {
                        kept.extend_from_slice(shard_of(&recovery, place, SHARD).unwrap());
                        indexes.push(u16::try_from(place).unwrap());
                    } else {
                        has[index] = true;
                        block[index * SHARD..][..SHARD].copy_from_slice(shard_of(&content, index, SHARD).unwrap());
                    }
                }
                decoder.restore(code, &mut block, &has, &kept, &indexes).unwrap();
                prop_assert_eq!(block, content);
            }
        }
    }

    #[test]
    fn one_shard_too_few_is_an_error_and_no_panic() {
        let code = Code { data: 4, parity: 4, shard: SHARD };
        let mut block = vec![0; 4 * SHARD];
        let lost = Decoder::default().restore(code, &mut block, &[true, true, true, false], &[], &[]);
        assert!(lost.is_err());
    }
}
