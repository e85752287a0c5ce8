//! Whatever a report says: no task or copy is in F or below, nobody forbidden sees it, and it is with somebody or sealed.

use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

use crate::world::{WORLD, samples};

const PLACES: [&str; 12] = [
    "",
    "990121",
    "990102",
    "990201",
    "980101",
    "990100",
    "990000",
    "980100",
    "990177",
    "110101",
    "152502900",
    "152531",
];

const SYSTEMS: [&str; 8] = ["PLC", "COURT", "PROC", "POLICE", "STATE_SEC", "JUSTICE", "OTHER_GOV", "UNKNOWN"];

const RANKS: [&str; 10] = [
    "PROVINCIAL",
    "BUREAU_CHIEF",
    "BUREAU_DEPUTY",
    "COUNTY_CHIEF",
    "COUNTY_DEPUTY",
    "TOWNSHIP_CHIEF",
    "TOWNSHIP_DEPUTY",
    "STAFF",
    "OTHER",
    "UNKNOWN",
];

const POSTS: [&str; 10] = ["", "局长", "所长", "副院长", "书记", "民警", "派出所所长", "县长", "主任", "检察长"];

const WORDS: [&str; 14] = [
    "派出所",
    "公安局",
    "局长",
    "持刀",
    "救命",
    "打击报复",
    "松岭市",
    "公安部",
    "法院",
    "不管",
    "云川省公安厅厅长",
    "青禾县",
    "炸药",
    "和他分钱",
];

/// Names as units have them, as people shorten them, and anything else.
fn unit_name() -> impl Strategy<Value = String> {
    let names: Vec<String> = WORLD.units.units().map(|unit| unit.name.clone()).collect();
    let known = select(names).prop_flat_map(|name| {
        let length = name.chars().count();
        (Just(name), 0..length, prop_oneof![Just(""), Just("刑警大队"), Just("局长"), Just("望河分局")])
            .prop_map(|(name, skip, after)| name.chars().skip(skip).collect::<String>() + after)
    });
    let places = select(vec![
        "青禾县人民政府",
        "松岭市委",
        "云川省人民政府",
        "柳叶镇政府",
        "县局",
        "市公安局",
        "省公安厅",
        "不清楚",
        "",
    ]);
    prop_oneof![4 => known, 2 => places.prop_map(str::to_owned), 1 => "[\\PC&&[^\\p{C}]]{0,20}"]
}

fn narrative() -> impl Strategy<Value = String> {
    let word = prop_oneof![3 => select(&WORDS[..]).prop_map(str::to_owned), 1 => unit_name()];
    proptest::collection::vec(word, 0..8).prop_map(|words| format!("这件事情大家都知道，{}。", words.join("，")))
}

fn person() -> impl Strategy<Value = Value> {
    (unit_name(), select(&SYSTEMS[..]), select(&RANKS[..]), select(&POSTS[..]), select(&PLACES[..])).prop_map(
        |(org, system, rank, post, region)| {
            json!({"name": "某", "org_name": org, "system": system, "rank": rank, "post": post, "region_code": region})
        },
    )
}

fn prior() -> impl Strategy<Value = Value> {
    (unit_name(), select(vec!["YES", "NO", "UNKNOWN"])).prop_map(
        |(unit, satisfied)| json!({"receiving_unit": unit, "result": "NOT_SUBSTANTIATED", "satisfied": satisfied}),
    )
}

fn report() -> impl Strategy<Value = Value> {
    let people = proptest::collection::vec(person(), 0..4);
    let priors = proptest::collection::vec(prior(), 0..2);
    (0..3_usize, select(&PLACES[..]), narrative(), people, priors, any::<bool>(), select(&PLACES[..])).prop_map(
        |(flow, place, narrative, people, priors, danger, residence)| {
            let mut document = json!({
                "schema": "report/1",
                "notice_ack": {"notice_version": "N-2026-1", "accepted": true},
                "reporter": {"kind": "individual", "residence_code": residence, "relation": "VICTIM"},
                "facts": {"title": "反映情况", "narrative": narrative, "place": {"code": place, "detail": "某处"},
                    "imminent_danger": danger},
                "declaration": {"truthful": true},
            });
            let anybody = json!({"kind": "individual", "name": "不清楚", "system": "UNKNOWN"});
            match flow {
                0 => {
                    document["flow"] = json!("GANG_CRIME");
                    document["notice_ack"]["rules_version"] = json!("R-2026-1");
                    document["facts"]["categories"] = json!(["GC06"]);
                    document["subjects"] = json!([{"kind": "individual", "name": "不清楚"}]);
                    document["umbrella"] = json!({"known": "UNKNOWN", "persons": people, "acts": []});
                    document["prior_reports"] = json!(priors);
                }
                1 => {
                    document["flow"] = json!("OFFICER_MISCONDUCT");
                    document["facts"]["categories"] = json!(["PD05"]);
                    let officer = |mut person: Value| {
                        person["kind"] = json!("individual");
                        if person["system"] == "OTHER_GOV" {
                            person["system"] = json!("UNKNOWN");
                        }
                        person
                    };
                    let officers: Vec<Value> = people.into_iter().map(officer).collect();
                    document["subjects"] = if officers.is_empty() { json!([anybody]) } else { json!(officers) };
                    document["prior_reports"] = json!(priors);
                }
                _ => {
                    document["flow"] = json!("SECTOR_DISORDER");
                    document["facts"]["categories"] = json!(["SD06"]);
                }
            }
            document
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_task_or_copy_is_ever_forbidden(document in report()) {
        let (_, decision) = WORLD.decide(&document);
        prop_assert_eq!(WORLD.holds(&decision), Ok(()), "{}\n{:#?}", document, decision);
    }

    #[test]
    fn a_taken_over_task_stands_above_every_accused_unit(document in report()) {
        use nightsafe_casework::routing::Outcome;
        let (_, decision) = WORLD.decide(&document);
        let level = |unit: &nightsafe_schema::unit::UnitId| WORLD.units.unit(unit).unwrap().level;
        let accused = decision.forbidden.iter().filter(|entry| entry.why.iter().any(|ground| ground.rule == "F_ACCUSED"));
        let highest = accused.map(|entry| level(&entry.unit)).min();
        for task in &decision.tasks {
            let passed_over = decision.candidates.iter()
                .any(|candidate| candidate.part == task.part && candidate.outcome == Outcome::Forbidden);
            if let (true, Some(highest)) = (passed_over, highest) {
                prop_assert!(level(&task.unit).is_above(highest), "{}\n{:#?}", document, decision);
            }
        }
    }

    #[test]
    fn the_same_report_is_decided_the_same_way(document in report()) {
        prop_assert_eq!(WORLD.decide(&document), WORLD.decide(&document));
    }

    #[test]
    fn any_words_in_any_sample_leave_the_rules_standing(words in "\\PC{10,60}", which in 0_usize..8) {
        let samples = samples();
        let mut document = samples.values().nth(which).unwrap()["report"].clone();
        document["facts"]["narrative"] = json!(words);
        if let Ok(checked) = WORLD.catalog.check(&document, nightsafe_schema::catalog::Strictness::Soft) {
            drop(checked);
            let (_, decision) = WORLD.decide(&document);
            prop_assert_eq!(WORLD.holds(&decision), Ok(()));
        }
    }
}
