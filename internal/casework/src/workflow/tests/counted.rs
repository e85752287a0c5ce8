//! What statistics count of a case, at every step of its way.

use jiff::SignedDuration;

use super::world::World;
use crate::{
    event::{Body, CasesMerged},
    linking::LinkKind,
    statistics::{
        Admission, Contact, Facts, GateFacts, PartFacts, Satisfaction, Scope, Sign, Standing, TableKey, Tally,
    },
    triage::Priority,
    workflow::{Move, VerificationResult},
};

fn facts(world: &World) -> Facts {
    let facts = Facts::of(&world.state, None);
    assert_eq!(Facts::read(&facts.line()).unwrap(), facts, "a line says all of it");
    facts
}

fn part(world: &World) -> PartFacts {
    let parts = facts(world).parts;
    assert_eq!(parts.len(), 1, "the other part was given to nobody");
    parts.into_iter().next().unwrap()
}

#[test]
fn a_case_is_undecided_until_a_part_of_it_goes_on_and_counts_for_a_unit_once_it_was_given_one() {
    let mut world = World::new();
    let counted = facts(&world);
    assert_eq!((counted.admission, counted.parts.len()), (Admission::Undecided, 0));
    assert_eq!(
        (counted.flow.as_str(), counted.identity.as_str(), counted.province.as_str()),
        ("GANG_CRIME", "real_name", "99")
    );
    assert_eq!(counted.day, 20_514, "2026-03-02");
    world.does("analyst", Move::Assess).does("dispatcher", Move::Assign);
    assert!(matches!(part(&world).standing, Standing::Open(Some(_))));
    assert_eq!((part(&world).unit.as_str(), part(&world).contact), ("POLICE.990100", Contact::None));
    world.does("head", Move::Sign);
    assert!(matches!(part(&world).contact, Contact::Owed(_)));
    world.does("head", Move::ReturnRoute);
    assert_eq!(facts(&world).parts, [], "it was given back");
}

#[test]
fn a_closed_part_says_what_was_found_and_whether_that_was_in_time() {
    let mut world = World::closed();
    let counted = part(&world);
    assert_eq!((counted.standing, counted.result), (Standing::Closed, Some(VerificationResult::Substantiated)));
    assert_eq!((counted.late, counted.fed_back), (false, false));
    assert_eq!((counted.first_gate, counted.second_gate), (GateFacts::Passed, GateFacts::Passed));
    world.does("verifier", Move::FeedBack);
    assert!(part(&world).fed_back && part(&world).satisfaction.is_none());

    let mut world = World::verifying();
    world.wait(SignedDuration::from_hours(24 * 31));
    world.does("verifier", Move::Contact);
    assert_eq!(part(&world).contact, Contact::Late);
    world.wait(SignedDuration::from_hours(24 * 70));
    world.does("verifier", Move::Record).does("head", Move::Submit);
    world.does("reviewer", Move::Pass).does("reviewer.police", Move::Pass);
    assert!(part(&world).late, "a hundred and one days after the signature");
}

#[test]
fn a_gate_that_rejected_once_has_rejected_and_what_the_reporter_says_is_counted() {
    let mut world = World::submitted();
    world.does("reviewer", Move::Reject);
    assert_eq!((part(&world).first_gate, part(&world).result), (GateFacts::Rejected, None));
    world.does("verifier", Move::Record).does("head", Move::Submit);
    world.does("reviewer", Move::Pass).does("reviewer.police", Move::Pass);
    assert_eq!((part(&world).first_gate, part(&world).second_gate), (GateFacts::Rejected, GateFacts::Passed));
    world.does("verifier", Move::FeedBack).draw();
    world.does("national", Move::CallBack);
    assert_eq!(part(&world).satisfaction, Some(Satisfaction::Satisfied));
}

#[test]
fn escalation_and_merges_are_signs_of_the_case() {
    let mut world = World::submitted();
    world.does("reviewer", Move::Reject).does("verifier", Move::Record).does("head", Move::Submit);
    world.does("reviewer", Move::Reject);
    assert!(facts(&world).signs.contains(&Sign::Escalated) && facts(&world).parts.is_empty());
    let other = "0000-0000-0001".parse().unwrap();
    for (kind, relation) in [(LinkKind::Series, LinkKind::Series), (LinkKind::Duplicate, LinkKind::Duplicate)] {
        world.record(Body::from(CasesMerged { other, kind, reason: "同一件事".to_owned(), key: None }));
        assert_eq!(facts(&world).relation, Some(relation));
    }
}

#[test]
fn a_case_is_refused_once_every_part_is_and_who_cannot_be_reached_is_owed_no_contact() {
    let mut world = World::with(Priority::P2, "anonymous");
    world.does("analyst", Move::Assess).does("dispatcher", Move::Assign).does("head", Move::Sign);
    assert_eq!(part(&world).contact, Contact::None);
    assert_eq!(facts(&world).admission, Admission::Undecided, "the other part was not assessed");
}

#[test]
fn a_leak_the_kinds_of_a_gang_and_a_reward_are_counted_once_a_case() {
    let mut world = World::closed();
    let before = facts(&world);
    assert!(!before.signs.contains(&Sign::Known) && before.rewards.is_empty());
    world.state.report["facts"]["categories"] = serde_json::json!(["GC06", "GC08", "PD05", "SD04"]);
    world.does("dispatcher", Move::RecordLeak).does("dispatcher", Move::RecordLeak);
    world.does("head", Move::RecommendReward);
    assert!(facts(&world).rewards.is_empty(), "nobody has approved it");
    world.does("dispatcher", Move::ApproveReward);
    let counted = facts(&world);
    assert_eq!(counted.gangs, ["GC06", "GC08"].map(str::to_owned).into());
    assert_eq!(counted.rewards, ["EVIL_FORCES".to_owned()].into());
    let mut tally = Tally::new("2026".parse().unwrap(), Scope::default(), "2026-12-01T00:00:00Z".parse().unwrap());
    tally.add(&counted, 3);
    let count = |key, row: &str| {
        let table = tally.tables().find(|table| table.key == key).unwrap();
        table.rows.get(row).and_then(|counts| counts.first()).copied().unwrap_or_default()
    };
    for (key, row) in [
        (TableKey::Leak, "known"),
        (TableKey::Gang, "GC06"),
        (TableKey::Gang, "GC08"),
        (TableKey::Reward, "EVIL_FORCES"),
    ] {
        assert_eq!(count(key, row), 3, "{key:?} {row}");
    }
    assert_eq!((count(TableKey::Leak, "leak"), count(TableKey::Gang, "PD05")), (0, 0));
}
