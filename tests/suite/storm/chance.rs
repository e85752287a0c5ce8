//! Where and when to strike, drawn from a seed: the same seed draws the same.

use std::{
    env,
    hash::{BuildHasher as _, RandomState},
};

/// Numbers that look random (SplitMix64).
pub(super) struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    /// From `NIGHTSAFE_SEED`, else the same every time, else (with `NIGHTSAFE_FULL`) another every time.
    pub(super) fn drawn() -> Self {
        let seed = match env::var("NIGHTSAFE_SEED") {
            Ok(seed) => seed.parse().unwrap(),
            Err(_) if is_full() => RandomState::new().hash_one(0),
            Err(_) => 1,
        };
        Self { seed, state: seed }
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }

    /// One of several.
    pub(super) fn of<T: Copy>(&mut self, several: &[T]) -> T {
        several[self.below(several.len())]
    }
}

/// How many kills.
pub(super) fn rounds() -> usize {
    if is_full() { 200 } else { 20 }
}

fn is_full() -> bool {
    env::var_os("NIGHTSAFE_FULL").is_some()
}
