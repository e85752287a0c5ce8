//! A sum over a set of rows that does not depend on their order or history.
//!
//! Each row gives a keyed 256-bit hash; the sum is their sum modulo 2^256 (the additive multiset hash of Clarke et al.,
//! "Incremental Multiset Hash Functions and Their Application to Memory Integrity Checking", section 4). Without the
//! key nobody can find another set with the same sum.

use nightsafe_schema::digest::Digest;

/// The sum of no rows is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowSum([u8; 32]);

impl RowSum {
    pub(super) fn add(&mut self, element: &[u8; 32]) {
        let mut carry = 0_u16;
        for (to, from) in self.0.iter_mut().zip(element) {
            let [low, high] = (u16::from(*to) + u16::from(*from) + carry).to_le_bytes();
            *to = low;
            carry = u16::from(high);
        }
    }

    pub(super) fn subtract(&mut self, element: &[u8; 32]) {
        // Adding the two's complement: every bit turned, plus one.
        self.add(&element.map(|byte| !byte));
        let mut one = [0; 32];
        if let Some(lowest) = one.first_mut() {
            *lowest = 1;
        }
        self.add(&one);
    }

    pub(super) fn digest(self) -> Digest {
        Digest::from_bytes(self.0)
    }
}

impl From<Digest> for RowSum {
    fn from(digest: Digest) -> Self {
        Self(*digest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn order_does_not_matter_and_taking_away_undoes(a: [u8; 32], b: [u8; 32], c: [u8; 32]) {
            let mut there = RowSum::default();
            let mut back = RowSum::default();
            for element in [&a, &b, &c] { there.add(element) }
            for element in [&c, &a, &b] { back.add(element) }
            prop_assert_eq!(there, back);
            for element in [&b, &c, &a] { there.subtract(element) }
            prop_assert_eq!(there, RowSum::default());
        }
    }
}
