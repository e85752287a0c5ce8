//! Reproducible chance: the same seed gives the same reports on every machine. Never for secrets.

/// `SplitMix64`.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice for one thing out of many: neighbours do not resemble each other.
    pub fn of(seed: u64, number: u64) -> Self {
        let mut dice = Self(seed ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        dice.roll();
        dice
    }

    /// 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.roll().checked_rem(end).unwrap_or(0)
    }

    /// Whether something of this many in a hundred happens.
    pub fn happens(&mut self, in_a_hundred: u64) -> bool {
        self.below(100) < in_a_hundred
    }

    /// One of these.
    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        let place = self.below(of.len() as u64);
        usize::try_from(place).ok().and_then(|place| of.get(place)).copied().unwrap_or_default()
    }

    /// This many decimal digits.
    pub fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or(0))).collect()
    }

    /// This many lower-case letters.
    pub fn letters(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'a' + u8::try_from(self.below(26)).unwrap_or(0))).collect()
    }

    /// One character of a text.
    pub fn character(&mut self, of: &str) -> char {
        let place = usize::try_from(self.below(of.chars().count() as u64)).unwrap_or(0);
        of.chars().nth(place).unwrap_or('一')
    }

    /// `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            for (byte, rolled) in chunk.iter_mut().zip(self.roll().to_le_bytes()) {
                *byte = rolled;
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_differ_and_the_same_is_the_same() {
        assert_eq!(Dice::of(1, 2).roll(), Dice::of(1, 2).roll());
        let first: std::collections::BTreeSet<u64> = (0..10_000).map(|number| Dice::of(1, number).roll()).collect();
        assert_eq!(first.len(), 10_000);
        assert!((0..1000).all(|number| Dice::of(7, number).below(3) < 3));
    }
}
