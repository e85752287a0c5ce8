//! Nobody is ever shown, told or counted a case that accuses their unit or one above it (promise 8): asked of every page and of
//! every answer of the command line, over random trees of units, reports, supplements, merges, undos, transfers and conflicts.
//!
//! What must hold is reckoned here from what was planted in the reports and from the tree, climbing by hand; nothing of the
//! rules is asked. Transfers to accused units are written into the ledger behind the desk's back, as if the check there had
//! failed. That the check has teeth is shown by leaving out what each rule found, one rule after another.

mod planting;
mod world;

use proptest::{
    prelude::*,
    sample::{Index, select},
    strategy::ValueTree as _,
    test_runner::{Config as Runs, TestRunner},
};

use self::{planting::accusable, world::World};

/// A tree of units over the fictional provinces, and reports about them.
#[derive(Debug, Clone)]
struct Plan {
    /// Counties under their province instead of their prefecture, and stations that are added.
    shape: Vec<(Index, bool)>,
    reports: Vec<Planned>,
}

/// A report, whom it accuses and how, and what becomes of its case.
#[derive(Debug, Clone)]
struct Planned {
    place: &'static str,
    accused: Index,
    how: How,
    urgent: bool,
    /// Merged with an earlier one.
    merged: Option<Merged>,
    /// A supplement accuses another unit.
    supplement: Option<Index>,
    /// Given to an accused unit behind the desk's back, at last.
    moved: bool,
    /// Everybody who sees it says that they have a conflict with it.
    conflict: bool,
}

/// With which of the earlier reports, and whether that is undone.
#[derive(Debug, Clone)]
struct Merged {
    with: Index,
    undone: bool,
}

/// In which of its fields a report accuses a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Umbrella,
    Subject,
    Disputed,
    Text,
}

impl How {
    const ALL: [Self; 4] = [Self::Umbrella, Self::Subject, Self::Disputed, Self::Text];

    /// The rule that must find it there.
    const fn check(self) -> Check {
        match self {
            Self::Umbrella | Self::Subject => Check::Accused,
            Self::Disputed => Check::Disputed,
            Self::Text => Check::Suspected,
        }
    }
}

/// Something that keeps a case from somebody, and that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// F_ACCUSED
    Accused,
    /// F_DISPUTED
    Disputed,
    /// F_SUSPECTED
    Suspected,
    /// F_SERIES
    Series,
    /// Whatever a supplement accuses.
    Supplement,
    /// A person's own conflict.
    Conflict,
}

fn plans() -> impl Strategy<Value = Plan> {
    let merged = (any::<Index>(), any::<bool>()).prop_map(|(with, undone)| Merged { with, undone });
    let later = (
        proptest::option::weighted(0.4, merged),
        proptest::option::weighted(0.3, any::<Index>()),
        proptest::bool::weighted(0.7),
        proptest::bool::weighted(0.15),
    );
    let places = select(vec!["990121", "990102", "990201", "980101", ""]);
    let report = (places, any::<Index>(), select(&How::ALL[..]), any::<bool>(), later);
    let report = report.prop_map(|(place, accused, how, urgent, (merged, supplement, moved, conflict))| Planned {
        place,
        accused,
        how,
        urgent,
        merged,
        supplement,
        moved,
        conflict,
    });
    (proptest::collection::vec((any::<Index>(), any::<bool>()), 0..6), proptest::collection::vec(report, 1..6))
        .prop_map(|(shape, reports)| Plan { shape, reports })
}

fn leaks_of(plan: &Plan, switched_off: Option<Check>) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(World::of(plan, switched_off).leaks())
}

fn runs() -> Runs {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(RUNS);
    Runs { cases: cases.min(MOST_RUNS), max_shrink_iters: 30, failure_persistence: None, ..Runs::default() }
}

#[test]
fn nobody_is_told_of_a_case_that_accuses_their_unit_or_one_above_it() {
    let told = TestRunner::new(runs()).run(&plans(), |plan| {
        let leaks = leaks_of(&plan, None);
        prop_assert!(leaks.is_empty(), "{leaks:#?}");
        Ok(())
    });
    told.unwrap();
}

/// The check above must fail as soon as one rule finds nothing.
#[test]
fn with_any_one_rule_switched_off_somebody_is_told() {
    let accuses = |unit, how| Planned {
        place: "990121",
        accused: index_of(unit),
        how,
        urgent: true,
        merged: None,
        supplement: None,
        moved: true,
        conflict: false,
    };
    let chief = || accuses("POLICE.990121", How::Umbrella);
    let merged = Some(Merged { with: index_of("POLICE.990121"), undone: false });
    let court = Planned { merged, ..accuses("COURT.990121", How::Umbrella) };
    let later = Planned { supplement: Some(index_of("COURT.990121")), ..chief() };
    let plans = [
        (Check::Accused, vec![chief()]),
        (Check::Disputed, vec![accuses("POLICE.990121", How::Disputed)]),
        (Check::Suspected, vec![accuses("POLICE.990121", How::Text)]),
        (Check::Series, vec![chief(), court]),
        (Check::Supplement, vec![later]),
        (Check::Conflict, vec![Planned { conflict: true, ..chief() }]),
    ];
    for (check, reports) in plans {
        let plan = Plan { shape: vec![], reports };
        assert_eq!(leaks_of(&plan, None), Vec::<String>::new(), "{check:?}: with the rule nobody is told");
        let leaks = leaks_of(&plan, Some(check));
        for door in ["GET /q", "GET /search", "GET /c/", "Search", "Show", "Alarms", "statistics"] {
            assert!(leaks.iter().any(|leak| leak.contains(door)), "{check:?}: nothing at {door}: {leaks:#?}");
        }
    }
}

/// The index by which a plan names a unit.
fn index_of(unit: &str) -> Index {
    let all: Vec<String> = {
        let plan = Plan { shape: vec![], reports: vec![] };
        let world = World::of(&plan, None);
        accusable(&world.site).iter().map(ToString::to_string).collect()
    };
    let wanted = all.iter().position(|id| id == unit).unwrap();
    let mut runner = TestRunner::deterministic();
    loop {
        let index = any::<Index>().new_tree(&mut runner).unwrap().current();
        if index.index(all.len()) == wanted {
            return index;
        }
    }
}

/// Plans in an ordinary run; each is a site of its own with some hundreds of requests.
const RUNS: u32 = 12;
const MOST_RUNS: u32 = 200;
