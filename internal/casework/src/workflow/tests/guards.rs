//! Each guard: refused without what it asks for, and let through with it.

use jiff::SignedDuration;

use super::world::{UNITS, World, account, wish};
use crate::{
    case::Worklist,
    event::{AlarmAcknowledged, Body, TaskStepped, Via},
    routing::{Forbidden, Ground, Part, Task, Widening},
    triage::{FiredRule, Priority},
    workflow::{
        Channel, DueKind, EarlierCheck, Gate, GateTable, Move, Protection, Refused, Reported, Reward, RewardAmount,
        Stage, Step, VerificationResult, Who, Wish, decide, due,
    },
};

fn with(act: Move, change: impl FnOnce(&mut Wish)) -> Wish {
    let mut wish = wish(act);
    change(&mut wish);
    wish
}

#[test]
fn a_reason_has_four_to_three_hundred_characters_on_one_line() {
    let world = World::new();
    for bad in ["", "   ", "三个字", &"字".repeat(301), "第一行\n第二行"] {
        let asked = world.asked("analyst", &with(Move::Assess, |wish| wish.note = bad.to_owned()));
        assert_eq!(asked, Err(Refused::Reason), "{bad}");
    }
    assert!(world.asked("analyst", &with(Move::Assess, |wish| wish.note = "四个字了".to_owned())).is_ok());
}

#[test]
fn a_result_needs_a_disposal_and_a_basis() {
    let world = World::verifying();
    for change in [
        (|wish: &mut Wish| wish.result = None) as fn(&mut Wish),
        |wish| wish.disposals.clear(),
        |wish| wish.note = "太短".to_owned(),
        |wish| wish.note = "长".repeat(4001),
    ] {
        assert_eq!(world.asked("verifier", &with(Move::Record, change)), Err(Refused::Basis));
    }
}

#[test]
fn nothing_is_refused_or_held_while_an_alarm_waits() {
    let mut world = World::with(Priority::P0, "anonymous");
    for act in [Move::Refuse, Move::Hold] {
        assert_eq!(world.asked("analyst", &wish(act)), Err(Refused::AlarmOpen));
    }
    let (via, by, note) = (Via::Console, "analyst".parse().unwrap(), "已通知值班室".to_owned());
    world.record(Body::from(AlarmAcknowledged { via, by, note }));
    assert!(world.asked("analyst", &wish(Move::Hold)).is_ok());
    assert_eq!(
        world.asked("analyst", &with(Move::Refuse, |wish| wish.ground = Some("NA7".to_owned()))),
        Err(Refused::Ground)
    );
}

#[test]
fn only_urgent_parts_are_signed_for_before_they_are_assigned() {
    assert_eq!(World::new().asked("head", &wish(Move::Sign)), Err(Refused::NotUrgent));
    assert_eq!(World::with(Priority::P0, "anonymous").asked("head", &wish(Move::Sign)), Ok(vec![Step::Sign]));
}

#[test]
fn a_part_is_given_to_no_forbidden_unit_no_station_and_none_that_does_not_exist() {
    let mut world = World::new();
    world.does("analyst", Move::Assess);
    for act in [Move::Assign, Move::Forward] {
        for (unit, refused) in [
            ("POLICE.990121", Refused::ForbiddenUnit),
            ("POLICE.990121.liuye", Refused::Station),
            ("POLICE.nowhere", Refused::UnknownUnit),
        ] {
            let asked = world.asked("dispatcher", &with(act, |wish| wish.unit = unit.parse().ok()));
            assert_eq!(asked, Err(refused), "{unit}");
        }
        assert_eq!(world.asked("dispatcher", &with(act, |wish| wish.unit = None)), Err(Refused::UnknownUnit));
    }
}

#[test]
fn a_unit_gives_a_part_back_once_and_within_five_working_days() {
    let mut world = World::new();
    world.does("analyst", Move::Assess).does("dispatcher", Move::Assign);
    let mut late = world.clone();
    // Monday; the next Monday is the fifth working day.
    late.wait(SignedDuration::from_hours(7 * 24));
    assert!(late.asked("head", &wish(Move::ReturnRoute)).is_ok());
    late.wait(SignedDuration::from_secs(1));
    assert_eq!(late.asked("head", &wish(Move::ReturnRoute)), Err(Refused::TooLate));
    world.does("head", Move::ReturnRoute).does("dispatcher", Move::Assign);
    assert_eq!(world.asked("head", &wish(Move::ReturnRoute)), Err(Refused::ReturnedBefore));
}

#[test]
fn without_a_valid_undertaking_nobody_verifies_or_speaks_to_the_reporter() {
    let mut world = World::new();
    world.does("analyst", Move::Assess).does("dispatcher", Move::Assign).does("head", Move::Sign);
    world.name_verifier("unsworn");
    for act in [Move::Begin, Move::Contact, Move::TellAcceptance] {
        assert_eq!(world.asked("unsworn", &wish(act)), Err(Refused::NoUndertaking), "{act}");
    }
}

#[test]
fn whoever_signs_a_result_has_not_written_it_and_there_is_one() {
    let mut world = World::verifying();
    assert_eq!(world.asked("head", &wish(Move::Submit)), Err(Refused::NoRecord));
    world.does("verifier", Move::Record).name_verifier("head");
    assert_eq!(world.asked("head", &wish(Move::Submit)), Err(Refused::OwnRecord));
}

#[test]
fn a_gate_that_rejects_says_why() {
    let world = World::submitted();
    let asked = world.asked("reviewer", &with(Move::Reject, |wish| wish.note = String::new()));
    assert_eq!(asked, Err(Refused::Reason));
    assert!(world.asked("reviewer", &with(Move::Pass, |wish| wish.note = String::new())).is_ok());
}

#[test]
fn whoever_verified_decides_at_no_gate() {
    let mut world = World::verifying();
    world.name_verifier("reviewer").name_verifier("verifier");
    world.does("verifier", Move::Record).does("head", Move::Submit);
    assert_eq!(world.asked("reviewer", &wish(Move::Pass)), Err(Refused::NotIndependent));
    assert_eq!(world.asked("reviewer", &wish(Move::Reject)), Err(Refused::NotIndependent));
}

#[test]
fn a_forbidden_gate_is_passed_over_and_one_that_becomes_forbidden_is_replaced() {
    let mut world = World::submitted();
    let ground = Ground { rule: "F_PERSON".to_owned(), from: "亲属".to_owned() };
    let added = vec![Forbidden { unit: "OFFICE.990000".parse().unwrap(), why: vec![ground] }];
    world.record(Body::from(Widening { added }));
    assert_eq!(world.asked("reviewer", &wish(Move::Pass)), Err(Refused::Conflict));
    let national = crate::account::Account { role: crate::role::Role::Dispatcher, ..account("national") };
    let decided = decide(&world.setting(Some(&national)), &wish(Move::Regate)).unwrap();
    let [Step::Regate { gates, .. }] = decided.steps.as_slice() else { panic!("{decided:?}") };
    assert_eq!((gates.unit(Gate::First).as_str(), gates.unit(Gate::Second).as_str()), ("PLC.990000", "POLICE.000000"));
}

#[test]
fn the_gates_are_two_units_neither_the_verifying_one_nor_below_it_and_the_second_not_below_the_first() {
    let task = |unit: &str| vec![Task { part: Part::Crime, unit: unit.parse().unwrap(), copies: vec![] }];
    let gates = |flow: &str, unit: &str| {
        let world = World::of(Priority::P2, "anonymous", flow, task(unit));
        let setting = crate::workflow::Setting { part: Some(Part::Crime), ..world.setting(None) };
        let gates = GateTable::embedded().unwrap().gates(&setting)?;
        Some((gates.first.to_string(), gates.second.to_string()))
    };
    let some = |first: &str, second: &str| Some((first.to_owned(), second.to_owned()));
    assert_eq!(gates("GANG_CRIME", "POLICE.990100"), some("OFFICE.990000", "POLICE.000000"));
    assert_eq!(gates("GANG_CRIME", "POLICE.000000"), some("OFFICE.990000", "PLC.000000"), "it verifies itself");
    assert_eq!(gates("OFFICER_MISCONDUCT", "DISC.990100"), some("PLC.990000", "PLC.000000"));
    assert_eq!(gates("SECTOR_DISORDER", "OFFICE.990121"), some("OFFICE.990000", "OFFICE.000000"));
    assert_eq!(
        gates("SECTOR_DISORDER", "OFFICE.000000"),
        some("PLC.990000", "PLC.000000"),
        "not below the one that verifies"
    );
    assert_eq!(gates("UNHEARD_OF", "POLICE.990100"), None);
}

#[test]
fn without_two_gates_nothing_is_submitted() {
    let mut world = World::of(
        Priority::P2,
        "anonymous",
        "UNHEARD_OF",
        vec![Task { part: Part::Crime, unit: "POLICE.990100".parse().unwrap(), copies: vec![] }],
    );
    world.does("analyst", Move::Assess).does("dispatcher", Move::Assign).does("head", Move::Sign);
    world.name_verifier("verifier").does("verifier", Move::Begin).does("verifier", Move::Record);
    assert_eq!(world.asked("head", &wish(Move::Submit)), Err(Refused::NoGates));
}

#[test]
fn a_reporter_who_left_nothing_is_not_spoken_to_and_one_who_did_is_told_once() {
    let mut anonymous = World::with(Priority::P0, "anonymous");
    anonymous.does("head", Move::Sign);
    assert_eq!(anonymous.asked("head", &wish(Move::Contact)), Err(Refused::NoContact));
    let mut world = World::verifying();
    world.does("head", Move::Contact);
    assert_eq!(world.asked("head", &wish(Move::Contact)), Err(Refused::NoContact));
    let mut closed = World::closed();
    let silent = with(Move::FeedBack, |wish| (wish.channel, wish.note) = (Some(Channel::Unreachable), String::new()));
    assert_eq!(closed.asked("head", &silent), Err(Refused::Channel));
    assert_eq!(closed.asked("head", &with(Move::FeedBack, |wish| wish.channel = None)), Err(Refused::Channel));
    assert_eq!(closed.does("head", Move::FeedBack).stage(), Stage::FedBack);
}

#[test]
fn an_extension_is_asked_for_once_and_granted_by_somebody_else() {
    let mut world = World::verifying();
    assert_eq!(world.asked("dispatcher", &wish(Move::Extend)), Err(Refused::NotAsked));
    world.does("head", Move::AskExtension);
    assert_eq!(world.asked("verifier", &wish(Move::AskExtension)), Err(Refused::ExtendedBefore));
    world.does("dispatcher", Move::Extend);
    assert_eq!(world.asked("head", &wish(Move::AskExtension)), Err(Refused::ExtendedBefore));
}

#[test]
fn only_real_names_that_consented_are_drawn_and_only_the_drawn_are_called() {
    let mut world = World::closed();
    world.does("head", Move::FeedBack);
    assert_eq!(world.asked("national", &wish(Move::CallBack)), Err(Refused::NotDrawn));
    assert!(decide(&world.setting(None), &wish(Move::Draw)).is_ok());
    let mut hidden = world.clone();
    hidden.state.report["reporter"]["consent_sms_callback"] = false.into();
    assert_eq!(decide(&hidden.setting(None), &wish(Move::Draw)).unwrap_err(), Refused::NotCallable);
    hidden.state.report["reporter"] = serde_json::json!({"identity_mode": "anonymous", "consent_sms_callback": true});
    assert_eq!(decide(&hidden.setting(None), &wish(Move::Draw)).unwrap_err(), Refused::NotCallable);
    for month in ["2026-02", "2026-04"] {
        let other = with(Move::Draw, |wish| wish.month = month.parse().ok());
        assert_eq!(decide(&world.setting(None), &other).unwrap_err(), Refused::NotCallable, "told in March");
    }
}

#[test]
fn an_early_archive_takes_nobody_out_of_the_draw() {
    let mut world = World::closed();
    world.does("head", Move::FeedBack).does("dispatcher", Move::Archive);
    let decided = decide(&world.setting(None), &wish(Move::Draw)).unwrap();
    let [step] = decided.steps.try_into().unwrap();
    world.record(Body::from(TaskStepped { via: Via::Console, part: Part::Crime, by: None, unit: None, step }));
    assert_eq!(world.stage(), Stage::FedBack);
    assert_eq!(world.does("national", Move::CallBack).stage(), Stage::CalledBack);
}

#[test]
fn whoever_had_a_hand_in_the_result_does_not_ask_what_the_reporter_thinks() {
    let mut world = World::closed();
    world.does("head", Move::FeedBack);
    let drawn = |world: &mut World| {
        let step = Step::Draw { month: "2026-03".parse().unwrap() };
        world.record(Body::from(TaskStepped { via: Via::Console, part: Part::Crime, by: None, unit: None, step }));
    };
    // Forbidden after the draw, it is as if it had none.
    let mut accused = world.clone();
    drawn(&mut accused);
    let unit = "OFFICE.000000".parse().unwrap();
    accused.record(Body::from(Widening::by_a_person(&unit, "举报了这个单位", &UNITS)));
    assert_eq!(accused.asked("national", &wish(Move::CallBack)), Err(Refused::Conflict));
    accused.state.progress.get_mut(&Part::Crime).unwrap().drawn = None;
    assert_eq!(decide(&accused.setting(None), &wish(Move::Draw)).unwrap_err(), Refused::NotCallable);
    // It verified the part itself.
    let mut own = world.clone();
    drawn(&mut own);
    own.state.decision.as_mut().unwrap().tasks[0].unit = "OFFICE.000000".parse().unwrap();
    assert_eq!(own.asked("national", &wish(Move::CallBack)), Err(Refused::NotApart));
    // The person did.
    let mut person = world.clone();
    drawn(&mut person);
    person.state.progress.get_mut(&Part::Crime).unwrap().verifiers.insert("national".parse().unwrap());
    assert_eq!(person.asked("national", &wish(Move::CallBack)), Err(Refused::NotApart));
    drawn(&mut world);
    assert!(world.asked("national", &wish(Move::CallBack)).is_ok());
}

#[test]
fn of_several_parts_one_is_named() {
    let world = World::new();
    assert_eq!(world.asked("analyst", &Wish { part: None, ..wish(Move::Assess) }), Err(Refused::NoSuchPart));
    assert_eq!(
        world.asked("analyst", &Wish { part: Some(Part::Sector), ..wish(Move::Assess) }),
        Err(Refused::NoSuchPart)
    );
}

#[test]
fn a_reporter_is_protected_by_somebody_above_who_did_not_ask_for_it() {
    let mut world = World::verifying();
    for act in [Move::Protect, Move::RefuseProtection] {
        assert_eq!(world.asked("dispatcher", &wish(act)), Err(Refused::ProtectionNotAsked));
    }
    assert_eq!(world.asked("head", &wish(Move::TakeMeasure)), Err(Refused::NotProtected));
    assert_eq!(world.asked("head.above", &wish(Move::EndProtection)), Err(Refused::NotProtected));
    world.does("dispatcher", Move::AskProtection);
    assert!(world.state.worklists().contains(&Worklist::Protection));
    assert_eq!(world.asked("analyst", &wish(Move::AskProtection)), Err(Refused::ProtectedAlready));
    assert_eq!(world.asked("dispatcher", &wish(Move::Protect)), Err(Refused::ProtectionNotAsked), "who asked");
    let none = with(Move::Protect, |wish| wish.measures.clear());
    assert_eq!(world.asked("head.above", &none), Err(Refused::NoMeasure));
    world.does("head.above", Move::Protect).does("head", Move::TakeMeasure);
    let Protection::Granted { measures, taken, .. } = &world.state.progress[&Part::Crime].protection else { panic!() };
    assert_eq!((measures.len(), taken.len()), (1, 1));
    assert_eq!(world.asked("analyst", &wish(Move::AskProtection)), Err(Refused::ProtectedAlready));
    world.does("dispatcher", Move::EndProtection);
    assert!(!world.state.worklists().contains(&Worklist::Protection));
    assert!(world.asked("analyst", &wish(Move::AskProtection)).is_ok(), "danger can come again");
    assert_eq!(world.folded(), world.state);
}

#[test]
fn a_leak_is_recorded_from_above_and_asks_for_protection() {
    let mut world = World::verifying();
    for name in ["head", "verifier", "analyst", "reviewer"] {
        assert!(matches!(world.asked(name, &wish(Move::RecordLeak)), Err(Refused::NotYours(_))), "{name}");
    }
    let silent = with(Move::RecordLeak, |wish| wish.note.clear());
    assert_eq!(world.asked("dispatcher", &silent), Err(Refused::Reason));
    world.does("dispatcher", Move::RecordLeak).does("head.above", Move::RecordLeak);
    assert_eq!(world.state.progress[&Part::Crime].leaks.len(), 2);
    assert!(world.state.worklists().contains(&Worklist::Protection));
    assert!(due(&world.state, None).iter().any(|due| due.kind == DueKind::Protection));
    assert_eq!(world.asked("analyst", &wish(Move::AskProtection)), Err(Refused::ProtectedAlready), "it is asked for");
    assert_eq!(world.asked("dispatcher", &wish(Move::Protect)), Err(Refused::ProtectionNotAsked), "by the same person");
    assert!(world.asked("head.above", &wish(Move::Protect)).is_ok());
    assert_eq!(world.folded(), world.state);
}

#[test]
fn a_leak_after_protection_was_refused_asks_for_it_anew() {
    let mut world = World::verifying();
    world.does("analyst", Move::AskProtection).does("dispatcher", Move::RefuseProtection);
    assert!(!world.state.worklists().contains(&Worklist::Protection));
    world.does("head.above", Move::RecordLeak);
    assert!(world.state.worklists().contains(&Worklist::Protection));
    assert!(due(&world.state, None).iter().any(|due| due.kind == DueKind::Protection));
    assert!(world.asked("dispatcher", &wish(Move::Protect)).is_ok());
    assert_eq!(world.folded(), world.state);
}

#[test]
fn a_reporter_who_ticked_the_box_or_was_threatened_need_not_be_asked_for() {
    for asks in [
        |world: &mut World| world.state.report["reporter"]["protection_requested"] = true.into(),
        |world: &mut World| {
            let rule = FiredRule { rule: "P0_RETALIATION".to_owned(), fields: vec!["“报复”".to_owned()] };
            world.state.triage.as_mut().unwrap().rules.push(rule);
        },
    ] {
        let mut world = World::verifying();
        let kinds = |world: &World| due(&world.state, None).into_iter().map(|due| due.kind).collect::<Vec<_>>();
        assert!(!kinds(&world).contains(&DueKind::Protection));
        asks(&mut world);
        assert!(world.state.worklists().contains(&Worklist::Protection));
        assert!(kinds(&world).contains(&DueKind::Protection));
        assert_eq!(world.asked("analyst", &wish(Move::AskProtection)), Err(Refused::ProtectedAlready));
        world.does("dispatcher", Move::Protect);
        let crime = |world: &World, kind| {
            due(&world.state, None).into_iter().any(|due| due.kind == kind && due.part == Some(Part::Crime))
        };
        assert!(crime(&world, DueKind::Measure) && !crime(&world, DueKind::Protection));
        world.does("head", Move::TakeMeasure);
        assert!(!crime(&world, DueKind::Measure));
    }
}

#[test]
fn a_reward_is_for_the_first_report_of_what_proved_true_and_takes_two_people() {
    let mut world = World::closed();
    let outside = with(Move::RecommendReward, |wish| {
        wish.amount = Some(RewardAmount { band: "EVIL_FORCES".to_owned(), yuan: 50_001 });
    });
    assert_eq!(world.asked("head", &outside), Err(Refused::Band));
    assert_eq!(world.asked("head", &with(Move::RecommendReward, |wish| wish.amount = None)), Err(Refused::Band));
    let mut later = world.clone();
    later.reported = Reported::Later;
    assert_eq!(later.asked("head", &wish(Move::RecommendReward)), Err(Refused::NotFirst));
    let mut untrue = world.clone();
    let record = untrue.state.progress.get_mut(&Part::Crime).unwrap().record.as_mut().unwrap();
    record.result = VerificationResult::Unsubstantiated;
    assert_eq!(untrue.asked("head", &wish(Move::RecommendReward)), Err(Refused::NotSubstantiated));
    assert_eq!(world.asked("dispatcher", &wish(Move::ApproveReward)), Err(Refused::NotRecommended));
    world.does("head", Move::RecommendReward);
    assert_eq!(world.asked("head", &wish(Move::RecommendReward)), Err(Refused::RecommendedBefore));
    let mut refused = world.clone();
    refused.does("dispatcher", Move::RefuseReward);
    assert!(refused.asked("head", &wish(Move::RecommendReward)).is_ok());
    world.does("head.above", Move::ApproveReward);
    let Reward::Approved(amount, heard) = &world.state.progress[&Part::Crime].reward else { panic!() };
    assert_eq!((amount.yuan, heard.by.as_str()), (20_000, "head.above"));
    assert_eq!(world.asked("head", &wish(Move::RecommendReward)), Err(Refused::RecommendedBefore));
    assert_eq!(world.folded(), world.state);
}

#[test]
fn an_earlier_report_that_came_to_nothing_is_checked_by_a_unit_apart_from_the_one_complained_of() {
    let mut world = World::verifying();
    let give = |unit: &str| with(Move::CheckEarlier, |wish| wish.unit = unit.parse().ok());
    assert_eq!(world.asked("dispatcher", &give("POLICE.990200")), Err(Refused::NothingEarlier));
    let city = UNITS.units().find(|unit| unit.id.as_str() == "POLICE.990200").unwrap().name.clone();
    world.state.report["prior_reports"] =
        serde_json::json!([{"receiving_unit": city, "result": "NO_REPLY", "clue_no": "A-1"}]);
    assert!(world.state.worklists().contains(&Worklist::Earlier));
    let kinds = |world: &World| due(&world.state, None).into_iter().map(|due| due.kind).collect::<Vec<_>>();
    assert!(kinds(&world).contains(&DueKind::EarlierAssignment));
    for (unit, why) in [
        ("POLICE.990200", Refused::ForbiddenUnit),
        ("POLICE.990201", Refused::ForbiddenUnit),
        ("POLICE.990121", Refused::ForbiddenUnit),
        ("POLICE.nowhere", Refused::UnknownUnit),
    ] {
        assert_eq!(world.asked("dispatcher", &give(unit)), Err(why), "{unit}");
    }
    world.does_with("dispatcher", &give("POLICE.990000"));
    assert!(world.holders().contains(&"POLICE.990000".parse().unwrap()), "whoever checks has a copy");
    assert_eq!(world.asked("dispatcher", &give("POLICE.990102")), Err(Refused::NothingEarlier));
    assert!(kinds(&world).contains(&DueKind::EarlierCheck));
    let record = wish(Move::RecordEarlier);
    assert_eq!(world.asked("head", &record), Err(Refused::NotYours(Who::Checker)));
    world.does_with("head.above", &record);
    assert!(!world.state.worklists().contains(&Worklist::Earlier));
    assert!(
        matches!(&world.state.progress[&Part::Crime].complaint, EarlierCheck::Done { unit, .. } if unit.as_str() == "POLICE.990000")
    );
    let mut content = World::verifying();
    content.state.report["prior_reports"] = serde_json::json!([{"result": "NO_REPLY", "satisfied": "YES"}]);
    assert!(!content.state.worklists().contains(&Worklist::Earlier));
}
