//! Nobody is ever shown, told or counted a case that accuses their unit or one above it (promise 8): asked of every page and of
//! every answer of the command line, over random trees of units, reports, supplements, merges, undos, transfers and conflicts.
//!
//! What must hold is reckoned here from what was planted in the reports and from the tree, climbing by hand; nothing of the
//! rules is asked. Transfers to accused units are written into the ledger behind the desk's back, as if the check there had
//! failed. That the check has teeth is shown by leaving out what each rule found, one rule after another.

mod plan;
mod planting;
mod world;

use proptest::{
    prelude::*,
    test_runner::{Config as Runs, TestRunner},
};

use self::{
    plan::{How, Plan, Planned, plans},
    world::World,
};

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

impl Check {
    /// The rule that must find an accusation that is made like this.
    const fn of(how: How) -> Self {
        match how {
            How::Umbrella | How::Subject => Self::Accused,
            How::Disputed => Self::Disputed,
            How::Text => Self::Suspected,
        }
    }
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
    let told = TestRunner::new(runs()).run(&plans(MOST_REPORTS), |plan| {
        let leaks = leaks_of(&plan, None);
        prop_assert!(leaks.is_empty(), "{leaks:#?}");
        Ok(())
    });
    told.unwrap();
}

/// The check above must fail as soon as one rule finds nothing.
#[test]
fn with_any_one_rule_switched_off_somebody_is_told() {
    let chief = |how| Planned::against("POLICE.990121", how);
    let court = Planned::against("COURT.990121", How::Umbrella).merged();
    let plans = [
        (Check::Accused, vec![chief(How::Umbrella)]),
        (Check::Disputed, vec![chief(How::Disputed)]),
        (Check::Suspected, vec![chief(How::Text)]),
        (Check::Series, vec![chief(How::Umbrella), court]),
        (Check::Supplement, vec![chief(How::Umbrella).adding("COURT.990121")]),
        (Check::Conflict, vec![chief(How::Umbrella).conflicted()]),
    ];
    for (check, reports) in plans {
        let plan = Plan { shape: vec![], reports };
        assert_eq!(leaks_of(&plan, None), Vec::<String>::new(), "{check:?}: with the rule nobody is told");
        let leaks = leaks_of(&plan, Some(check));
        for door in
            ["GET /q", "GET /q/many", "GET /search", "GET /c/", "Search", "Show", "ActOnMany", "Alarms", "statistics"]
        {
            assert!(leaks.iter().any(|leak| leak.contains(door)), "{check:?}: nothing at {door}: {leaks:#?}");
        }
    }
}

/// Plans in an ordinary run; each is a site of its own with some hundreds of requests.
const RUNS: u32 = 12;
const MOST_RUNS: u32 = 200;
const MOST_REPORTS: usize = 5;
