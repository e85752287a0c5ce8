//! How much of one text is in another: exactly, by pairs of neighbouring characters, and roughly, by 64 bytes that stand
//! for a text.
//!
//! Pairs need no dictionary and carry names, slang and dialect. Measured on twelve narratives (DOMAIN 5.3): the one true
//! retelling holds 0.61 of the other's pairs, the best false one 0.16.

use crate::spelling::folded;

/// A text as the set of its pairs of neighbouring letters, digits and characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs(Vec<u64>);

/// What stands for a text in the index: one byte a bin of the hashed pairs ("one permutation hashing", Li, Owen and Zhang
/// 2012, with b-bit values), and how many pairs there were.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sketch {
    bins: [u8; BINS],
    pairs: u16,
}

impl Pairs {
    /// The pairs of a text; punctuation and space part them.
    pub fn of(text: &str) -> Self {
        let text = folded(text);
        let mut pairs = Vec::with_capacity(text.len() / 3);
        let mut before: Option<char> = None;
        for character in text.chars() {
            let letter = Some(character).filter(|character| character.is_alphanumeric());
            if let Some((first, second)) = before.zip(letter)
                && pairs.len() < PAIRS_OF_A_TEXT
            {
                pairs.push(u64::from(u32::from(first)) << 32 | u64::from(u32::from(second)));
            }
            before = letter;
        }
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the text is too short to have one.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How much of the shorter text is in the other, in hundredths; 0 if that is too short to say.
    pub fn containment(&self, other: &Self) -> u8 {
        let shorter = self.len().min(other.len());
        if shorter < FEWEST_PAIRS {
            return 0;
        }
        let (mut left, mut right, mut common) = (self.0.iter().peekable(), other.0.iter().peekable(), 0_usize);
        while let (Some(one), Some(another)) = (left.peek(), right.peek()) {
            match one.cmp(another) {
                std::cmp::Ordering::Less => drop(left.next()),
                std::cmp::Ordering::Greater => drop(right.next()),
                std::cmp::Ordering::Equal => {
                    common += 1;
                    left.next();
                    right.next();
                }
            }
        }
        hundredths(common, shorter)
    }

    /// Whether there is enough of it to be found by.
    pub const fn says_something(&self) -> bool {
        self.len() >= FEWEST_PAIRS
    }

    /// What stands for it in the index, hashed under a key: without it nobody can tell which pairs there were.
    pub fn sketch(&self, key: u64) -> Sketch {
        let mut lowest = [u64::MAX; BINS];
        for &pair in &self.0 {
            let hash = mixed(pair ^ key);
            // The upper bits choose the bin, the others compete in it.
            let bin = usize::try_from(hash >> (64 - BIN_BITS)).unwrap_or(0);
            if let Some(lowest) = lowest.get_mut(bin) {
                *lowest = (*lowest).min(hash << BIN_BITS);
            }
        }
        // The lowest hashes begin with zeros: mixed once more their bytes are even. 0 is an empty bin.
        let bins = lowest.map(|lowest| {
            if lowest == u64::MAX { 0 } else { mixed(lowest).to_le_bytes().first().copied().unwrap_or(1).max(1) }
        });
        Sketch { bins, pairs: u16::try_from(self.len()).unwrap_or(u16::MAX) }
    }
}

impl Sketch {
    /// About how much of the shorter text is in the other, in hundredths: within some ten of [`Pairs::containment`].
    pub fn containment(&self, other: &Self) -> u8 {
        // Counted in bytes, which there are not more of than a byte can count: so many are compared at once.
        let (mut equal, mut used) = (0_u8, 0_u8);
        for (one, another) in self.bins.iter().zip(&other.bins) {
            equal += u8::from(one == another) & u8::from(*one != 0);
            used += u8::from(*one | *another != 0);
        }
        let (equal, used) = (u32::from(equal), u32::from(used));
        // Of all bins that differ one in 255 is equal by chance.
        let equal = equal.saturating_sub((used.saturating_sub(equal)) / 255);
        let (smaller, larger) = (u32::from(self.pairs.min(other.pairs)), u32::from(self.pairs.max(other.pairs)));
        if smaller == 0 || used == 0 {
            return 0;
        }
        // J = equal / used; common = J (a + b) / (1 + J); containment = common / min(a, b).
        let common = u64::from(equal) * u64::from(smaller + larger) * 100;
        let containment = common / u64::from(equal + used) / u64::from(smaller);
        u8::try_from(containment.min(100)).unwrap_or(100)
    }

    /// As it is stored.
    pub fn to_bytes(&self) -> [u8; SKETCH_BYTES] {
        let mut bytes = [0; SKETCH_BYTES];
        for (to, from) in bytes.iter_mut().zip(self.bins.into_iter().chain(self.pairs.to_be_bytes())) {
            *to = from;
        }
        bytes
    }

    /// As it was stored.
    pub fn from_bytes(bytes: [u8; SKETCH_BYTES]) -> Self {
        let mut bins = [0; BINS];
        for (to, from) in bins.iter_mut().zip(bytes) {
            *to = from;
        }
        let pairs = bytes.last_chunk().copied().map_or(0, u16::from_be_bytes);
        Self { bins, pairs }
    }
}

impl std::fmt::Debug for Sketch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sketch({} pairs)", self.pairs)
    }
}

fn hundredths(part: usize, whole: usize) -> u8 {
    (part * 100).checked_div(whole).and_then(|share| u8::try_from(share).ok()).unwrap_or(0)
}

/// The finaliser of `SplitMix64`: every bit of the input moves every bit of the output.
const fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

const BINS: usize = 64;
const BIN_BITS: u32 = 6;
/// Length of a stored [`Sketch`].
pub const SKETCH_BYTES: usize = BINS + 2;
/// A sentence of a dozen characters resembles many others.
const FEWEST_PAIRS: usize = 12;
/// Far more than a narrative of 5,000 characters has.
const PAIRS_OF_A_TEXT: usize = 20_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIRST: &str = "杏花村村委会主任霍大椿（外号“霍三爷”）纠集外号“铁头”等七八人，以修路、建砖厂为名强占我组二十三户承包地约一百六十亩，\
                         不签字的就夜里砸玻璃、堵大门。";
    const RETOLD: &str = "我们杏花村的村主任霍大春，人称霍三爷，带着铁头那伙人，打着修路、建砖厂的旗号强占承包地一百六十亩，谁不签字夜里就砸玻璃堵大门。";
    const OTHER: &str =
        "2026年6月在“云速贷”借3000元，实际到账2100元，七天还3300元，到期让我再借别的平台还。三个月滚到4.6万元。";

    #[test]
    fn a_retelling_holds_most_of_the_pairs_and_another_story_few() {
        let [first, retold, other] = [FIRST, RETOLD, OTHER].map(Pairs::of);
        assert!(first.containment(&retold) >= 45, "{}", first.containment(&retold));
        assert!(first.containment(&other) <= 10, "{}", first.containment(&other));
        assert_eq!(first.containment(&first), 100);
        assert_eq!(Pairs::of("太短了").containment(&first), 0);
    }

    #[test]
    fn a_sketch_says_about_the_same() {
        let [first, retold, other] = [FIRST, RETOLD, OTHER].map(|text| Pairs::of(text).sketch(7));
        assert_eq!(first.containment(&first), 100);
        assert!(first.containment(&retold) >= 30, "{}", first.containment(&retold));
        assert!(first.containment(&other) <= 20, "{}", first.containment(&other));
    }

    proptest! {
        #[test]
        fn sketches_are_stored_whole_and_depend_on_the_key(text in "\\PC{40,80}", key: u64) {
            let pairs = Pairs::of(&text);
            let sketch = pairs.sketch(key);
            prop_assert_eq!(Sketch::from_bytes(sketch.to_bytes()), sketch);
            if pairs.len() > 20 {
                prop_assert_ne!(pairs.sketch(key ^ 1), sketch);
            }
        }

        #[test]
        fn containment_is_the_same_from_both_sides(one in any::<String>(), other in any::<String>()) {
            let (one, other) = (Pairs::of(&one), Pairs::of(&other));
            prop_assert_eq!(one.containment(&other), other.containment(&one));
            prop_assert_eq!(one.sketch(1).containment(&other.sketch(1)), other.sketch(1).containment(&one.sketch(1)));
        }
    }
}
