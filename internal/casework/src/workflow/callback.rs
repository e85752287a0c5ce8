//! 每月回访: which reporters are asked what they think (the platform article, fact 9).
//!
//! Nobody can choose whom: before the month a nonce is drawn and only its commitment is published; after it
//! `seed = SHA-256("nightsafe-callback/1\n" ‖ month ‖ "\n" ‖ nonce)` puts the candidates of each province into an order
//! that anybody who is given nonce and candidates works out again. How many: the least number or the share, whichever is
//! more, spread over provinces by their share, one each at least while there are enough.

use std::{collections::BTreeMap, fmt};

use nightsafe_schema::{case::CaseId, digest::Digest, division::DivisionCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::month::Month;
use crate::routing::Part;

/// A part of a case whose reporter may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The case.
    pub case: CaseId,
    /// The part that was fed back.
    pub part: Part,
    /// The province of its place; none if it has none.
    pub province: Option<DivisionCode>,
}

/// How many are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleSize {
    /// At least so many.
    pub least: u32,
    /// Or this share of all, in percent, if that is more.
    pub percent: u8,
}

/// A month's commitment: its nonce, kept until the draw, and what is published of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// The month.
    pub month: Month,
    /// 256 random bits.
    pub nonce: Digest,
}

/// What was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Those that were drawn, in order of their cases.
    pub drawn: Vec<Candidate>,
    /// The seed: with the candidates it gives the same draw.
    pub seed: Digest,
}

/// Why there is no draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// More than all.
    #[error("a share is at most 100 percent")]
    Percent,
}

impl Commitment {
    /// What is published before the month.
    pub fn published(&self) -> Digest {
        digest(&[b"nightsafe-callback-commitment/1\n", self.month.to_string().as_bytes(), b"\n", self.nonce.as_bytes()])
    }

    fn seed(&self) -> Digest {
        digest(&[b"nightsafe-callback/1\n", self.month.to_string().as_bytes(), b"\n", self.nonce.as_bytes()])
    }
}

/// Draws. The order in which the candidates are given does not matter.
pub fn draw(commitment: &Commitment, candidates: &[Candidate], size: SampleSize) -> Result<Draw, DrawError> {
    if size.percent > 100 {
        return Err(DrawError::Percent);
    }
    let seed = commitment.seed();
    let mut strata: BTreeMap<Option<DivisionCode>, Vec<(Digest, Candidate)>> = BTreeMap::new();
    for candidate in candidates {
        let lot = digest(&[seed.as_bytes(), &candidate.case.to_bytes(), candidate.part.code().as_bytes()]);
        strata.entry(candidate.province).or_default().push((lot, *candidate));
    }
    for stratum in strata.values_mut() {
        stratum.sort_unstable();
        stratum.dedup();
    }
    let sizes: Vec<usize> = strata.values().map(Vec::len).collect();
    let shares = shares(&sizes, wanted(sizes.iter().sum(), size));
    let chosen = strata.into_values().zip(shares).flat_map(|(stratum, share)| stratum.into_iter().take(share));
    let mut drawn: Vec<Candidate> = chosen.map(|(_lot, candidate)| candidate).collect();
    drawn.sort_unstable();
    Ok(Draw { drawn, seed })
}

/// How many of all.
fn wanted(all: usize, size: SampleSize) -> usize {
    let share = all.saturating_mul(usize::from(size.percent)).div_ceil(100);
    share.max(usize::try_from(size.least).unwrap_or(usize::MAX)).min(all)
}

/// One for each stratum while there are enough, the others by the largest remainder of their share.
fn shares(sizes: &[usize], wanted: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    let size = |at: usize| sizes.get(at).copied().unwrap_or_default();
    // The largest first: if there are fewer than strata, the smallest go without.
    order.sort_by_key(|&at| (std::cmp::Reverse(size(at)), at));
    let mut shares = vec![0; sizes.len()];
    let mut left = wanted;
    while left > 0 {
        // Whoever is furthest behind its share is next: (taken + 1) / size is smallest, compared crosswise.
        let next = order.iter().copied().filter(|&at| taken(&shares, at) < size(at)).min_by(|&a, &b| {
            let behind = |at: usize, other: usize| taken(&shares, at).saturating_mul(size(other));
            let first = |at: usize| taken(&shares, at) > 0;
            first(a).cmp(&first(b)).then_with(|| behind(a, b).cmp(&behind(b, a)))
        });
        let Some(share) = next.and_then(|at| shares.get_mut(at)) else { break };
        *share += 1;
        left -= 1;
    }
    shares
}

fn taken(shares: &[usize], at: usize) -> usize {
    shares.get(at).copied().unwrap_or_default()
}

fn digest(parts: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    Digest::from_bytes(hash.finalize().into())
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commitment({}, ..)", self.month)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidates(provinces: &[u8]) -> Vec<Candidate> {
        let candidate = |(number, province): (u64, &u8)| Candidate {
            case: CaseId::from_bytes((number + 1).to_be_bytes()).unwrap(),
            part: Part::Crime,
            province: format!("{}0000", 11 + province % 5).parse().ok(),
        };
        (0..).zip(provinces).map(candidate).collect()
    }

    fn commitment(nonce: u8) -> Commitment {
        Commitment { month: "2026-11".parse().unwrap(), nonce: Digest::from_bytes([nonce; 32]) }
    }

    const SIZE: SampleSize = SampleSize { least: 3, percent: 10 };

    #[test]
    fn the_draw_is_that_of_the_published_commitment_and_of_no_other() {
        let all = candidates(&[0; 40]);
        let drawn = draw(&commitment(1), &all, SIZE).unwrap();
        assert_eq!(drawn.drawn.len(), 4, "ten percent of forty");
        assert_ne!(drawn, draw(&commitment(2), &all, SIZE).unwrap());
        assert_ne!(commitment(1).published(), commitment(2).published());
        let other_month = Commitment { month: "2026-12".parse().unwrap(), ..commitment(1) };
        assert_ne!(drawn.seed, draw(&other_month, &all, SIZE).unwrap().seed);
    }

    #[test]
    fn more_than_everybody_is_refused() {
        assert_eq!(draw(&commitment(1), &[], SampleSize { least: 0, percent: 101 }), Err(DrawError::Percent));
    }

    proptest! {
        #[test]
        fn a_draw_is_reproducible_complete_and_spread_over_provinces(
            provinces in prop::collection::vec(0_u8..5, 0..80), least in 0_u32..20, percent in 0_u8..=100, nonce: u8,
        ) {
            let (all, size) = (candidates(&provinces), SampleSize { least, percent });
            let drawn = draw(&commitment(nonce), &all, size).unwrap();
            let mut turned = all.clone();
            turned.reverse();
            prop_assert_eq!(&drawn, &draw(&commitment(nonce), &turned, size).unwrap());
            let share = (all.len() * usize::from(percent)).div_ceil(100);
            prop_assert_eq!(drawn.drawn.len(), share.max(least as usize).min(all.len()));
            prop_assert!(drawn.drawn.iter().all(|one| all.contains(one)) && drawn.drawn.is_sorted());
            let strata = |list: &[Candidate]| list.iter().map(|one| one.province).collect::<std::collections::BTreeSet<_>>();
            if drawn.drawn.len() >= strata(&all).len() {
                prop_assert_eq!(strata(&drawn.drawn), strata(&all), "every province has somebody");
            }
        }
    }
}
