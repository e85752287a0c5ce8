//! A row of the result: what was measured, against what, and whether it is good enough.

use serde::Serialize;

use crate::{profile::Profile, rounds::Pair};

/// One row.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What `--only` calls it.
    pub bench: &'static str,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// What was measured.
    pub ours: Quantity,
    /// What it is measured against, in the same run.
    pub reference: Option<Reference>,
    /// Ours by reference, in the middle of all rounds.
    pub ratio: Option<f64>,
    /// The smallest and the largest of what the aim is about.
    pub spread: Option<(f64, f64)>,
    /// What it should be.
    pub aim: Aim,
    /// Whether it is.
    pub verdict: Verdict,
    /// What a reader must know to read it.
    pub notes: Vec<String>,
    /// What binds, if it falls short.
    pub profile: Vec<Profile>,
}

/// A value with its unit.
#[derive(Clone, Debug, Serialize)]
pub struct Quantity {
    /// The value.
    pub value: f64,
    /// Its unit, such as `/s`.
    pub unit: &'static str,
}

/// The other side of a ratio.
#[derive(Clone, Debug, Serialize)]
pub struct Reference {
    /// What was done.
    pub what: String,
    /// What it gave.
    pub quantity: Quantity,
}

/// What a row should show.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// A ratio of at least this.
    Ratio(f64),
    /// A value of at least this.
    AtLeast(f64),
    /// A value of at most this.
    AtMost(f64),
    /// It is only told.
    Told,
}

/// Whether the aim is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Reached,
    /// No.
    Short,
    /// There is no aim.
    Told,
}

impl Row {
    /// A row about a ratio.
    pub fn ratio(
        bench: &'static str,
        names: (&str, &str),
        unit: &'static str,
        what: &str,
        pair: &Pair,
        aim: Aim,
    ) -> Self {
        let reference =
            Reference { what: what.to_owned(), quantity: Quantity { value: pair.reference.median(), unit } };
        let mut row = Self::value(bench, names, Quantity { value: pair.ours.median(), unit }, aim);
        row.reference = Some(reference);
        row.ratio = Some(pair.ratios.median());
        row.spread = Some(pair.ratios.range());
        row.verdict = aim.judge(row.ours.value, row.ratio);
        if pair.reference.noise() > NOISY {
            row.notes.push(format!(
                "参照各轮相差 the reference differs between rounds by {:.0} %",
                pair.reference.noise() * 100.0
            ));
        }
        row
    }

    /// A row about a value.
    pub fn value(bench: &'static str, (zh, en): (&str, &str), ours: Quantity, aim: Aim) -> Self {
        let verdict = aim.judge(ours.value, None);
        Self {
            bench,
            zh: zh.to_owned(),
            en: en.to_owned(),
            ours,
            reference: None,
            ratio: None,
            spread: None,
            aim,
            verdict,
            notes: Vec::new(),
            profile: Vec::new(),
        }
    }

    /// With the smallest and the largest value.
    #[must_use]
    pub fn spread(mut self, spread: (f64, f64)) -> Self {
        self.spread = Some(spread);
        self
    }

    /// With one more note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// With a profile, if it falls short; the profile is made only then.
    #[must_use]
    pub fn explained(mut self, profile: impl FnOnce() -> Vec<Profile>) -> Self {
        if self.verdict == Verdict::Short {
            self.profile.extend(profile());
        }
        self
    }
}

impl Aim {
    fn judge(self, value: f64, ratio: Option<f64>) -> Verdict {
        let reached = match self {
            Self::Ratio(least) => ratio.is_some_and(|ratio| ratio >= least),
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
            Self::Told => return Verdict::Told,
        };
        if reached { Verdict::Reached } else { Verdict::Short }
    }
}

/// Rounds further apart than this are told: the machine was not quiet.
const NOISY: f64 = 0.3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_judged_by_its_aim() {
        let pair = Pair::measure(3, || Ok(2.0), || Ok(1.0)).unwrap();
        let row = |aim| Row::ratio("x", ("一", "one"), "/s", "y", &pair, aim).verdict;
        assert_eq!(row(Aim::Ratio(0.5)), Verdict::Reached);
        assert_eq!(row(Aim::Ratio(0.6)), Verdict::Short);
        assert_eq!(row(Aim::AtLeast(2.0)), Verdict::Short);
        assert_eq!(row(Aim::AtMost(1.0)), Verdict::Reached);
        assert_eq!(row(Aim::Told), Verdict::Told);
    }

    #[test]
    fn only_a_short_row_is_explained() {
        let row = Row::value("x", ("一", "one"), Quantity { value: 1.0, unit: "s" }, Aim::AtMost(2.0));
        assert!(row.explained(|| panic!("not asked for")).profile.is_empty());
    }
}
