//! How many shards a block has, and which of them are sent in which pass.
//!
//! The first pass sends every data shard and some recovery shards. A repeat sends mostly recovery shards of a second code
//! with as many of them as there are data shards: whoever has part of the block needs only what is missing, whoever has
//! nothing can restore it from one repeat alone.

use crate::limits;

/// How much parity the first pass adds to a full block, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParityPercent(u16);

/// It is not from 2 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parity is from 2 to 100 percent")]
pub struct ParityPercentError;

impl TryFrom<u16> for ParityPercent {
    type Error = ParityPercentError;

    fn try_from(percent: u16) -> Result<Self, ParityPercentError> {
        if (2..=100).contains(&percent) { Ok(Self(percent)) } else { Err(ParityPercentError) }
    }
}

impl ParityPercent {
    /// Recovery shards of the first pass of a block with this many data shards. Few shards are lost together more easily:
    /// a block that is not full gets a quarter more, and at least four.
    pub fn of(self, data: u16) -> u16 {
        let share = |percent: u16| u32::from(data).saturating_mul(percent.into()).div_ceil(100);
        let share = |percent| u16::try_from(share(percent)).unwrap_or(limits::MOST_PARITY);
        let wanted = if data >= limits::MOST_SHARDS { share(self.0) } else { share(self.0.max(SMALL_PERCENT)) };
        wanted.clamp(LEAST, limits::MOST_PARITY)
    }
}

/// Recovery shards of the code of repeats.
pub fn repeat_parity(data: u16) -> u16 {
    data.clamp(LEAST_OF_REPEATS, limits::MOST_PARITY)
}

/// The shards that a repeat sends, by their index: a window that goes on where the repeat before ended, over recovery
/// shards first and data shards after them. It has as many shards as the block, and a tenth more.
pub fn repeat_window(data: u16, pass: u16) -> impl Iterator<Item = u16> {
    let parity = repeat_parity(data);
    let all = u32::from(data) + u32::from(parity);
    let size = u32::from(data) + u32::from(data.div_ceil(10).max(LEAST));
    let start = u32::from(pass.saturating_sub(1)).saturating_mul(size);
    (0..size.min(all)).map(move |step| {
        let place = u16::try_from((start + step) % all.max(1)).unwrap_or(0);
        if place < parity { data + place } else { place - parity }
    })
}

/// Recovery shards that even the smallest block has.
const LEAST: u16 = 4;
/// Parity of a block that is not full, in percent.
const SMALL_PERCENT: u16 = 25;
/// Of a block with one data shard there would else be nothing fresh after one repeat.
const LEAST_OF_REPEATS: u16 = 16;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_repeat_alone_is_enough_and_the_next_one_is_fresh(data in 1_u16..=512, pass in 1_u16..9) {
            let window: BTreeSet<u16> = repeat_window(data, pass).collect();
            prop_assert!(window.len() > usize::from(data));
            prop_assert!(window.iter().all(|index| *index < data + repeat_parity(data)));
            let two: BTreeSet<u16> = window.iter().copied().chain(repeat_window(data, pass + 1)).collect();
            let all = usize::from(data + repeat_parity(data));
            prop_assert!(two.len() >= (2 * usize::from(data)).min(all));
        }

        #[test]
        fn parity_is_bounded(data in 1_u16..=512, percent in 2_u16..=100) {
            let parity = ParityPercent::try_from(percent).unwrap().of(data);
            prop_assert!((4..=512).contains(&parity));
            prop_assert!(u32::from(parity) * 100 >= u32::from(data) * u32::from(percent));
        }
    }

    #[test]
    fn a_full_block_has_ten_percent_and_a_small_one_more() {
        let parity = ParityPercent::try_from(10).unwrap();
        assert_eq!([512, 511, 100, 8, 1].map(|data| parity.of(data)), [52, 128, 25, 4, 4]);
        assert!(ParityPercent::try_from(1).is_err() && ParityPercent::try_from(101).is_err());
    }
}
