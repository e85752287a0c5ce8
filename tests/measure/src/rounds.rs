//! Rounds: reference and ours in turn, so that whatever else the machine does hits both alike.

use anyhow::Result;
use serde::Serialize;

/// The same thing measured several times.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds a measurement.
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The middle one; 0 if there is none.
    pub fn median(&self) -> f64 {
        self.at(50.0)
    }

    /// The mean; 0 if there is none.
    pub fn mean(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let count = self.0.len().max(1) as f64;
        self.0.iter().sum::<f64>() / count
    }

    /// The value that this many in a hundred do not exceed.
    pub fn at(&self, percent: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a list of some thousands"
        )]
        let place = (last as f64 * percent / 100.0).round() as usize;
        sorted.get(place).copied().unwrap_or(0.0)
    }

    /// The smallest and the largest.
    pub fn range(&self) -> (f64, f64) {
        (self.at(0.0), self.at(100.0))
    }

    /// How far smallest and largest are apart, as a share of the median.
    pub fn noise(&self) -> f64 {
        let (least, most) = self.range();
        let median = self.median();
        if median > 0.0 { (most - least) / median } else { 0.0 }
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// Reference and ours, round by round.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pair {
    /// The reference.
    pub reference: Samples,
    /// Ours.
    pub ours: Samples,
    /// Ours by the reference of the same round.
    pub ratios: Samples,
}

impl Pair {
    /// Measures in turn. The order changes from round to round: neither always follows the other.
    pub fn measure(
        rounds: usize,
        mut reference: impl FnMut() -> Result<f64>,
        mut ours: impl FnMut() -> Result<f64>,
    ) -> Result<Self> {
        let mut pair = Self::default();
        for round in 0..rounds {
            let (theirs, own) = if round % 2 == 0 {
                let theirs = reference()?;
                (theirs, ours()?)
            } else {
                let own = ours()?;
                (reference()?, own)
            };
            pair.reference.add(theirs);
            pair.ours.add(own);
            pair.ratios.add(own / theirs);
        }
        Ok(pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_percentiles() {
        let samples: Samples = (1..=100).rev().map(f64::from).collect();
        assert!((samples.median() - 51.0).abs() < 1.1);
        assert!((samples.at(99.0) - 99.0).abs() < 1.1);
        assert_eq!(samples.range(), (1.0, 100.0));
        assert!(Samples::default().median().abs() < f64::EPSILON);
    }

    #[test]
    fn rounds_alternate() {
        let order = std::cell::RefCell::new(String::new());
        let note = |letter: char| {
            order.borrow_mut().push(letter);
            Ok(1.0)
        };
        let pair = Pair::measure(3, || note('r'), || note('o')).unwrap();
        assert_eq!(order.into_inner(), "roorro");
        assert!((pair.ratios.median() - 1.0).abs() < f64::EPSILON);
    }
}
