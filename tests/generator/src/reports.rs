//! The reports of a seed.

use serde_json::Value;

use crate::{
    matter::{Flow, Matter},
    plan::{Planted, Truth},
    telling::{self, Reporter},
};

/// A seed: for making rules, or for measuring them on what they were not made for. No number of one is a number of the
/// other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    /// For setting thresholds and for looking at what goes wrong.
    Tuning(u32),
    /// For measuring, and for nothing else.
    Unseen(u32),
}

/// A seed's reports.
#[derive(Clone, Copy, Debug)]
pub struct Reports {
    seed: u64,
}

/// One report with the truth about it.
#[derive(Clone, Debug)]
pub struct Story {
    /// As a client sends it.
    pub report: Value,
    /// Where it comes from.
    pub truth: Truth,
    /// Outside of what the service is for.
    pub out_of_scope: bool,
}

impl Seed {
    const fn number(self) -> u64 {
        match self {
            Self::Tuning(seed) => (seed as u64) << 1,
            Self::Unseen(seed) => (seed as u64) << 1 | 1 | 1 << 63,
        }
    }
}

impl Reports {
    /// The reports of this seed.
    pub const fn of(seed: Seed) -> Self {
        Self { seed: seed.number() }
    }

    /// The report of this number.
    pub fn report(self, number: u64) -> Value {
        self.story(number).report
    }

    /// The report of this number and the truth about it.
    pub fn story(self, number: u64) -> Story {
        let truth = self.truth(number);
        // A replay is the report it repeats.
        let told = match truth.planted {
            Some((Planted::Replay, target)) => self.truth(target),
            _ => truth,
        };
        let matter = Matter::of(self.seed, told.matter, told.suspects);
        Story { report: telling::tell(self.seed, &matter, &told), truth, out_of_scope: matter.out_of_scope }
    }

    /// The truth about this number, without making the report.
    pub fn truth(self, number: u64) -> Truth {
        Truth::of(self.seed, number, |planted, target| {
            let matter = || Matter::of(self.seed, target, target);
            let suits = || !matter().out_of_scope;
            match planted {
                Planted::Replay => true,
                Planted::Duplicate => Reporter::of(self.seed, target).can_be_found() && suits(),
                Planted::Series => suits(),
                // A disorder names nobody: nothing says that it is the same people.
                Planted::Related => suits() && matter().flow != Flow::Sector,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use nightsafe_schema::{
        catalog::{Catalog, Strictness},
        report::Report,
    };

    use super::*;

    #[test]
    fn every_report_is_good_by_the_catalog_and_no_two_are_alike_but_replays() {
        let catalog = Catalog::embedded().unwrap();
        let reports = Reports::of(Seed::Tuning(42));
        let mut texts = BTreeSet::new();
        let mut flows = BTreeSet::new();
        for number in 0..3000 {
            let Story { report, truth, .. } = reports.story(number);
            let checked =
                catalog.check(&report, Strictness::Strict).unwrap_or_else(|faults| panic!("{faults:?} {report:#}"));
            assert!(checked.warnings().is_empty(), "{:?} {report:#}", checked.warnings());
            flows.insert(report["flow"].as_str().unwrap().to_owned());
            let replay = truth.planted.is_some_and(|(planted, _)| planted == Planted::Replay);
            assert_eq!(texts.insert(report.to_string()), !replay, "{report:#}");
            Report::try_from(checked).unwrap();
        }
        assert_eq!(flows.len(), 3, "{flows:?}");
    }

    #[test]
    fn a_number_is_the_same_report_again_and_seeds_have_none_in_common() {
        let [one, other, unseen] = [Seed::Tuning(1), Seed::Tuning(2), Seed::Unseen(1)].map(Reports::of);
        assert_eq!(one.report(77), one.report(77));
        assert_ne!(one.report(77), other.report(77));
        assert_ne!(one.report(77), unseen.report(77));
        let numbers: BTreeSet<u64> =
            (0..1000).flat_map(|seed| [Seed::Tuning(seed), Seed::Unseen(seed)]).map(Seed::number).collect();
        assert_eq!(numbers.len(), 2000);
    }

    #[test]
    fn they_are_as_long_as_people_write() {
        let reports = Reports::of(Seed::Tuning(3));
        let lengths: Vec<usize> = (0..500)
            .map(|number| reports.report(number)["facts"]["narrative"].as_str().unwrap().chars().count())
            .collect();
        let mean = lengths.iter().sum::<usize>() / lengths.len();
        assert!((100..400).contains(&mean), "{mean}");
    }
}
