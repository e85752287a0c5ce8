//! Promise 8 of the running program: over HTTPS and at the command line nobody is told of a case that accuses their unit or one
//! above it. Random trees of units, reports, supplements, merges, undos, transfers and conflicts, lived through by the real
//! daemon; every address of the router and every verb of the command line is asked by everybody whom it concerns.
//!
//! The daemon that is asked is the one that ships, so no rule of it can be switched off. That the questions have teeth is shown
//! by keeping from it what a rule works on, one rule after another, while what must be hidden is reckoned as before. The rules
//! themselves are switched off, one by one, in the property of the desk (`src/desk/property.rs`).

mod answers;
mod doors;
#[path = "../../src/desk/property/plan.rs"]
mod plan;
mod world;

use nightsafe_runtime::SystemRandomness;
use nightsafe_schema::randomness::Randomness as _;
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use self::{
    plan::{How, Merged, Oracle, Plan, Planned, Tree, index_of, plans},
    world::World,
};

/// What the daemon is not told, though it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// Whom a report accuses.
    Accusation,
    /// That two cases belong together.
    Merge,
    /// What was added to a report.
    Supplement,
    /// That somebody has a conflict.
    Conflict,
}

/// Everything that somebody was told which they must not be.
fn told(plan: &Plan, kept: Option<Kept>) -> Vec<String> {
    let oracle = Oracle::new(Tree::shaped(&plan.shape));
    let (site, gateway) = world::site(&oracle.tree);
    let mut world = World::of(&site, gateway, oracle, kept);
    world.live_through(plan);
    let mut told = world.leaks();
    if kept.is_none() {
        told.extend(world.differences(plan));
    }
    told
}

#[test]
fn over_https_and_the_command_line_nobody_is_told_of_a_case_that_accuses_their_unit_or_one_above_it() {
    let runs = if std::env::var_os("NIGHTSAFE_FULL").is_some() { MANY } else { FEW };
    let seed = std::env::var("NIGHTSAFE_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(fresh);
    for run in 0..runs {
        let seed = seed.wrapping_add(run);
        let plan = drawn(seed);
        assert_eq!(told(&plan, None), Vec::<String>::new(), "NIGHTSAFE_SEED={seed}: {plan:#?}");
    }
}

/// The plan of a seed: what failed is tried again by its number.
fn drawn(seed: u64) -> Plan {
    let bytes: Vec<u8> = seed.to_le_bytes().repeat(4);
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, random);
    plans(MOST_REPORTS).new_tree(&mut runner).unwrap().current()
}

fn fresh() -> u64 {
    let mut bytes = [0; 8];
    SystemRandomness.fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes)
}

#[test]
fn whatever_is_kept_from_the_running_program_it_tells_somebody_and_that_is_seen() {
    let tree = Tree::shaped(&[]);
    let unit = |id| index_of(id, &tree.accusable());
    let accuses = |id, how| Planned {
        place: "990121",
        accused: unit(id),
        how,
        urgent: true,
        merged: None,
        supplement: None,
        moved: true,
        conflict: false,
    };
    let chief = || accuses("POLICE.990121", How::Umbrella);
    let merged = Some(Merged { with: unit("POLICE.990121"), undone: false });
    let court = Planned { merged, ..accuses("COURT.990121", How::Umbrella) };
    let later = Planned { supplement: Some(unit("COURT.990121")), ..chief() };
    let plans = [
        (Kept::Accusation, vec![chief()]),
        (Kept::Accusation, vec![accuses("POLICE.990121", How::Subject)]),
        (Kept::Accusation, vec![accuses("POLICE.990121", How::Disputed)]),
        (Kept::Accusation, vec![accuses("POLICE.990121", How::Text)]),
        (Kept::Merge, vec![chief(), court]),
        (Kept::Supplement, vec![later]),
        (Kept::Conflict, vec![Planned { conflict: true, ..chief() }]),
    ];
    for (kept, reports) in plans {
        let how = reports[0].how;
        let plan = Plan { shape: vec![], reports };
        let told = told(&plan, Some(kept));
        for door in DOORS {
            assert!(told.iter().any(|told| told.contains(door)), "{kept:?} {how:?}: nothing at {door}: {told:#?}");
        }
    }
}

/// Ways of asking that tell of whatever is seen.
const DOORS: [&str; 12] = [
    " GET /q ",
    " GET /search?q=%E9%92%88 ",
    " GET /c/{case} ",
    " GET /c/{case}/letter ",
    " GET /c/{case}/files/{item} ",
    " GET /stats/csv?period=2026 ",
    " search 针 ",
    " show {case} ",
    " inbox --show all ",
    " alarms ",
    " stats 2026 ",
    " act {case} note",
];
/// Plans in an ordinary run and in a full one; each is a site of its own with some hundreds of questions.
const FEW: u64 = 2;
const MANY: u64 = 40;
const MOST_REPORTS: usize = 3;
