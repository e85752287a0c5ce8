//! The operating system's random source, behind the `Randomness` that everything else takes as a parameter.

use nightsafe_schema::randomness::{NoRandomness, Randomness};

/// Random bytes of the kernel (`getrandom(2)`).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the kernel for random bytes")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(bytes).map_err(|_| NoRandomness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        let mut first = [0_u8; 32];
        let mut second = [0_u8; 32];
        SystemRandomness.fill(&mut first).unwrap();
        SystemRandomness.fill(&mut second).unwrap();
        assert_ne!(first, second);
    }
}
