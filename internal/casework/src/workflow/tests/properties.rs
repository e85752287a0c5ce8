//! Random sequences of moves by random people, with conflicts, transfers and further forbidden units between them.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::world::{PEOPLE, UNITS, World, wish};
use crate::{
    event::{Body, TaskStepped, VerifierAssigned, Via},
    routing::{Part, Widening},
    visibility::closed,
    workflow::{Move, Stage, Step, Verdict, Wish, open_moves},
};

/// What may happen next.
#[derive(Clone, Debug)]
enum Next {
    /// Somebody tries some move.
    Try {
        person: usize,
        act: usize,
        part: bool,
        unit: usize,
    },
    /// Somebody makes one of the moves that are open to them.
    Open {
        person: usize,
        which: usize,
        unit: usize,
    },
    Name {
        person: usize,
        part: bool,
    },
    Recuse {
        person: usize,
    },
    Forbid {
        unit: usize,
    },
    Draw,
    Wait {
        hours: i64,
    },
}

const TARGETS: [&str; 8] = [
    "POLICE.990100",
    "POLICE.990121",
    "POLICE.990102",
    "POLICE.990200",
    "POLICE.990000",
    "POLICE.000000",
    "DISC.990100",
    "DISC.990000",
];

fn next() -> impl Strategy<Value = Next> {
    let person = 0..PEOPLE.len();
    prop_oneof![
        3 => (person.clone(), 0..Move::ALL.len(), any::<bool>(), 0..TARGETS.len())
            .prop_map(|(person, act, part, unit)| Next::Try { person, act, part, unit }),
        20 => (person.clone(), 0_usize..12, 0..TARGETS.len()).prop_map(|(person, which, unit)| Next::Open { person, which, unit }),
        3 => (person.clone(), any::<bool>()).prop_map(|(person, part)| Next::Name { person, part }),
        1 => person.prop_map(|person| Next::Recuse { person }),
        1 => (0..TARGETS.len()).prop_map(|unit| Next::Forbid { unit }),
        1 => Just(Next::Draw),
        1 => (0_i64..200).prop_map(|hours| Next::Wait { hours }),
    ]
}

fn filled(act: Move, part: Part, unit: usize) -> Wish {
    Wish { part: Some(part), unit: TARGETS[unit].parse().ok(), ..wish(act) }
}

fn step(world: &mut World, next: &Next) {
    let part = |official: bool| if official { Part::Official } else { Part::Crime };
    match *next {
        Next::Try { person, act, part: official, unit } => {
            let _refused = world.try_to(PEOPLE[person].0, &filled(Move::ALL[act], part(official), unit));
        }
        Next::Open { person, which, unit } => {
            let actor = super::world::account(PEOPLE[person].0);
            let open = open_moves(&world.setting(Some(&actor)));
            if let Some(&(part, act)) = open.get(which % open.len().max(1)) {
                let _refused = world.try_to(PEOPLE[person].0, &filled(act, part, unit));
            }
        }
        Next::Name { person, part: official } => {
            let (verifier, by) = (PEOPLE[person].0.parse().unwrap(), "head".parse().unwrap());
            world.record(Body::from(VerifierAssigned { via: Via::Console, part: Some(part(official)), verifier, by }));
        }
        Next::Recuse { person } => world.recuse(PEOPLE[person].0),
        Next::Forbid { unit } => {
            let unit = TARGETS[unit].parse().unwrap();
            // A unit that holds a part loses it in the same batch: the daemon's part of it is tested there.
            if !world.holders().iter().any(|holder| UNITS.is_at_or_below(holder, &unit)) {
                world.record(Body::from(Widening::by_a_person(&unit, "亲属关系", &UNITS)));
            }
        }
        Next::Draw => {
            if let Ok(decided) = crate::workflow::decide(&world.setting(None), &wish(Move::Draw)) {
                for step in decided.steps {
                    let part = decided.part;
                    world.record(Body::from(TaskStepped { via: Via::CommandLine, part, by: None, unit: None, step }));
                }
            }
        }
        Next::Wait { hours } => world.wait(SignedDuration::from_hours(hours)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_moves_closes_a_part_without_two_independent_gates_or_reaches_a_forbidden_unit(
        sequence in prop::collection::vec(next(), 0..120), start in 0..3,
    ) {
        let mut world = match start {
            0 => World::new(),
            1 => World::verifying(),
            _ => World::submitted(),
        };
        for next in &sequence {
            let before = world.stages();
            step(&mut world, next);
            let forbidden = closed(&world.state.forbidden_units(), &UNITS);
            let tasks = &world.state.decision.as_ref().unwrap().tasks;
            prop_assert!(tasks.iter().all(|task| !forbidden.contains(&task.unit)), "{next:?}");
            for (part, progress) in &world.state.progress {
                let unit = &tasks.iter().find(|task| task.part == *part).unwrap().unit;
                if progress.stage == Stage::Closed && before[part] != Stage::Closed {
                    let [first, second] = progress.decisions.as_slice() else { panic!("{progress:?}") };
                    let record = progress.record.as_ref().unwrap();
                    let signed = progress.submitted.as_ref().unwrap();
                    prop_assert!(first.by != second.by && first.unit != second.unit);
                    for decision in [first, second] {
                        prop_assert_eq!(decision.verdict, Verdict::Passed);
                        prop_assert!(decision.by != record.by && decision.by != signed.by);
                        prop_assert!(!progress.verifiers.contains(&decision.by));
                        prop_assert!(!UNITS.is_at_or_below(&decision.unit, unit), "{} {unit}", decision.unit);
                        prop_assert!(!forbidden.contains(&decision.unit));
                    }
                    prop_assert!(record.by != signed.by);
                }
                prop_assert!(progress.stage != Stage::GateMps, "the system closes at once");
            }
        }
        prop_assert_eq!(&world.folded(), &world.state);
        prop_assert_eq!(world.folded(), world.folded());
    }

    #[test]
    fn what_is_offered_can_be_done_and_what_is_done_was_offered(sequence in prop::collection::vec(next(), 0..60)) {
        let mut world = World::new();
        for next in &sequence {
            step(&mut world, next);
        }
        for (name, ..) in PEOPLE {
            let actor = super::world::account(name);
            let open = open_moves(&world.setting(Some(&actor)));
            for act in Move::ALL {
                for part in [Part::Crime, Part::Official] {
                    let done = (0..TARGETS.len()).any(|unit| world.asked(name, &filled(act, part, unit)).is_ok());
                    prop_assert!(!done || open.contains(&(part, act)), "{name} {act}");
                }
            }
        }
    }

    #[test]
    fn a_step_is_read_as_it_was_written(sequence in prop::collection::vec(next(), 0..80)) {
        let mut world = World::new();
        for next in &sequence {
            step(&mut world, next);
        }
        for (_, body) in &world.bodies {
            let written = serde_json::to_vec(body).unwrap();
            prop_assert_eq!(&Body::read(body.kind(), &written).unwrap(), body);
            if let Body::TaskStepped(TaskStepped { step: Step::Close, by, .. }) = body {
                prop_assert!(by.is_none());
            }
        }
    }
}
