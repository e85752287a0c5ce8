//! What each number of a seed is: a new matter, or an older one told again. Known without making any report.

use crate::dice::Dice;

/// What two reports are to each other, as it was planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Planted {
    /// The same submission again, byte for byte.
    Replay,
    /// The same reporter about the same matter.
    Duplicate,
    /// Another reporter about the same matter.
    Series,
    /// The same suspects in another matter.
    Related,
}

/// Where a report comes from. Two with the same matter belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Its number.
    pub number: u64,
    /// The report that first told this matter.
    pub matter: u64,
    /// The report whose suspects these are.
    pub suspects: u64,
    /// The report whose reporter this is.
    pub reporter: u64,
    /// What this report is to the one it was made from; none if it is new.
    pub planted: Option<(Planted, u64)>,
}

/// The part of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Fresh,
    Again(Planted),
}

impl Truth {
    /// What number `number` of a seed is. `suits` says whether an earlier, new matter can be told again so.
    pub(crate) fn of(seed: u64, number: u64, suits: impl Fn(Planted, u64) -> bool) -> Self {
        let fresh = Self { number, matter: number, suspects: number, reporter: number, planted: None };
        let Part::Again(planted) = part(seed, number) else { return fresh };
        let mut dice = Dice::of(seed ^ TARGETS, number);
        // A few throws find one; the first reports of a seed have none before them.
        let target = (0..THROWS)
            .map(|_| dice.below(number))
            .find(|&target| target < number && part(seed, target) == Part::Fresh && suits(planted, target));
        let Some(target) = target else { return fresh };
        let (matter, reporter) = match planted {
            Planted::Replay | Planted::Duplicate => (target, target),
            Planted::Series => (target, number),
            Planted::Related => (number, number),
        };
        Self { number, matter, suspects: target, reporter, planted: Some((planted, target)) }
    }

    /// What two reports are to each other; none if they have nothing to do with each other.
    pub fn between(&self, other: &Self) -> Option<Planted> {
        if self.matter == other.matter {
            Some(if self.reporter == other.reporter { Planted::Duplicate } else { Planted::Series })
        } else {
            (self.suspects == other.suspects).then_some(Planted::Related)
        }
    }
}

fn part(seed: u64, number: u64) -> Part {
    match Dice::of(seed ^ PARTS, number).below(1000) {
        0..40 => Part::Again(Planted::Duplicate),
        40..100 => Part::Again(Planted::Series),
        100..140 => Part::Again(Planted::Related),
        140..150 => Part::Again(Planted::Replay),
        _ => Part::Fresh,
    }
}

const PARTS: u64 = 0x5041_5254;
const TARGETS: u64 = 0x5441_5247;
const THROWS: u64 = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_as_planned_and_everything_told_again_was_told_before() {
        let all: Vec<Truth> = (0..20_000).map(|number| Truth::of(7, number, |_, _| true)).collect();
        let count =
            |wanted| all.iter().filter(|truth| truth.planted.is_some_and(|(planted, _)| planted == wanted)).count();
        assert!((700..900).contains(&count(Planted::Duplicate)), "{}", count(Planted::Duplicate));
        assert!((1100..1300).contains(&count(Planted::Series)), "{}", count(Planted::Series));
        for truth in &all {
            if let Some((planted, target)) = truth.planted {
                let first = all[usize::try_from(target).unwrap()];
                assert!(target < truth.number && first.planted.is_none());
                let expected = if planted == Planted::Replay { Planted::Duplicate } else { planted };
                assert_eq!(truth.between(&first), Some(expected));
            }
        }
        assert_eq!(all[4].between(&all[5]), None);
    }
}
