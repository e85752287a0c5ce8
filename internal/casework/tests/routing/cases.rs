//! One case a rule of DOMAIN 7 and 4.4, beyond the samples.

use nightsafe_casework::{routing::Decision, triage::Priority};
use serde_json::{Value, json};

use crate::world::{WORLD, tasks};

/// A gang report without anything that matters, at a place.
pub(crate) fn gang(place: &str) -> Value {
    json!({
        "schema": "report/1", "flow": "GANG_CRIME",
        "notice_ack": {"notice_version": "N-2026-1", "rules_version": "R-2026-1", "accepted": true},
        "reporter": {"kind": "undisclosed"},
        "subjects": [{"sid": "S1", "kind": "individual", "name": "不清楚", "region_code": ""}],
        "facts": {
            "categories": ["GC06"], "title": "市场有人强收钱", "narrative": "每个摊位每月都有人来要钱，大家都怕。",
            "place": {"code": place, "detail": "集市"},
        },
        "declaration": {"truthful": true},
    })
}

fn officer(subject: &Value) -> Value {
    json!({
        "schema": "report/1", "flow": "OFFICER_MISCONDUCT",
        "notice_ack": {"notice_version": "N-2026-1", "accepted": true},
        "reporter": {"kind": "undisclosed"},
        "subjects": [subject],
        "facts": {
            "categories": ["PD05"], "title": "反映收受财物", "narrative": "多次收受请托人的财物，并为其办事。",
            "place": {"code": "990121", "detail": "县城"},
        },
        "declaration": {"truthful": true},
    })
}

pub(crate) fn sector(narrative: &str) -> Value {
    json!({
        "schema": "report/1", "flow": "SECTOR_DISORDER",
        "notice_ack": {"notice_version": "N-2026-1", "accepted": true},
        "reporter": {"kind": "undisclosed"},
        "facts": {
            "categories": ["SD06"], "title": "集市乱收费", "narrative": narrative,
            "place": {"code": "990121", "detail": "集市"},
        },
        "declaration": {"truthful": true},
    })
}

pub(crate) fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().insert(name.to_owned(), value);
    document
}

fn decide(document: &Value) -> Decision {
    let (_, decision) = WORLD.decide(document);
    WORLD.holds(&decision).unwrap();
    decision
}

fn routed(document: &Value) -> Vec<String> {
    tasks(&decide(document))
}

fn forbids(decision: &Decision, unit: &str) -> bool {
    decision.forbidden_units().contains(&unit.parse().unwrap())
}

fn priority(document: &Value) -> Priority {
    WORLD.decide(document).0.priority
}

#[test]
fn an_ordinary_gang_report_goes_to_the_county_and_an_important_one_to_the_prefecture() {
    assert_eq!(routed(&gang("990121")), ["crime POLICE.990121"]);
    let important = with(gang("990121"), "/facts/injury", json!("DEATH"));
    assert_eq!(routed(&important), ["crime POLICE.990100"]);
}

#[test]
fn facts_across_prefectures_go_to_the_province_and_across_provinces_to_the_nation() {
    let subject = |region: &str| json!([{"kind": "individual", "name": "不清楚", "region_code": region}]);
    let report = |region| with(gang("990121"), "/subjects", subject(region));
    assert_eq!(routed(&report("990102")), ["crime POLICE.990121"], "another county of one prefecture");
    assert_eq!(routed(&report("990201")), ["crime POLICE.990000"]);
    assert_eq!(routed(&report("980101")), ["crime POLICE.000000"]);
}

#[test]
fn in_internet_crime_the_victims_home_is_a_place_of_the_crime() {
    let reporter = json!({"kind": "individual", "residence_code": "990201", "relation": "VICTIM"});
    let offline = with(gang("990121"), "/reporter", reporter);
    assert_eq!(routed(&offline), ["crime POLICE.990121"]);
    let online = with(offline, "/facts/categories", json!(["GC11"]));
    let online = with(online, "/facts/internet_types", json!(["NC2"]));
    assert_eq!(routed(&online), ["crime POLICE.990000"]);
}

#[test]
fn without_a_place_the_subject_then_the_reporter_then_the_campaign_then_the_pool() {
    let nowhere = gang("");
    assert_eq!(routed(&nowhere), ["crime OFFICE.000000"]);
    let campaign = with(nowhere.clone(), "/campaign", json!("xilingol-internet"));
    assert_eq!(routed(&campaign), ["crime POLICE.152500"]);
    let reporter = json!({"kind": "individual", "residence_code": "990201"});
    let resident = with(campaign, "/reporter", reporter);
    assert_eq!(routed(&resident), ["crime POLICE.990201"]);
    let subject = json!([{"kind": "individual", "name": "不清楚", "region_code": "990102"}]);
    assert_eq!(routed(&with(resident, "/subjects", subject)), ["crime POLICE.990102"]);
}

#[test]
fn a_place_that_no_table_knows_leads_one_level_up() {
    assert_eq!(routed(&gang("990177")), ["crime POLICE.990100"]);
    assert_eq!(routed(&gang("995577")), ["crime POLICE.990000"]);
    assert_eq!(routed(&gang("010101")), ["crime OFFICE.000000"]);
    assert_eq!(routed(&gang("990100")), ["crime POLICE.990100"], "a prefecture alone");
}

#[test]
fn a_known_place_without_a_unit_leads_upwards() {
    assert_eq!(routed(&gang("110101")), ["crime POLICE.000000"], "no unit of Beijing is in the registry");
}

#[test]
fn the_campaigns_own_places_lead_to_the_units_of_the_notice() {
    assert_eq!(routed(&gang("152571")), ["crime POLICE.152571"], "乌拉盖");
    assert_eq!(routed(&gang("152502900")), ["crime POLICE.152502"], "阿尔善 counts as its county");
}

#[test]
fn an_umbrella_is_a_second_task_for_discipline() {
    let umbrella = json!({"known": "YES", "persons": [], "acts": []});
    let unnamed = with(gang("990121"), "/umbrella", umbrella);
    assert_eq!(routed(&unnamed), ["crime POLICE.990100", "official DISC.990100"], "one level up: nobody is named");
    let category = with(gang("990121"), "/facts/categories", json!(["GC12"]));
    assert_eq!(routed(&category), ["crime POLICE.990100", "official DISC.990100"]);
    let denied = with(gang("990121"), "/umbrella", json!({"known": "NO", "persons": [], "acts": [], "detail": "没有"}));
    assert_eq!(routed(&denied), ["crime POLICE.990121"]);
}

fn official(person: &Value) -> Decision {
    let umbrella = json!({"known": "YES", "persons": [person], "acts": ["UM3"]});
    decide(&with(gang("990121"), "/umbrella", umbrella))
}

#[test]
fn an_accused_prefecture_police_leads_to_the_province() {
    let decision = official(&json!({"name": "某", "org_name": "松岭市公安局", "system": "POLICE", "rank": "STAFF"}));
    assert_eq!(tasks(&decision), ["crime POLICE.990000", "official DISC.990000"]);
    for unit in ["POLICE.990100", "POLICE.990121", "POLICE.990102", "POLICE.990121.liuye"] {
        assert!(forbids(&decision, unit), "{unit}");
    }
    assert!(!forbids(&decision, "POLICE.990201") && !forbids(&decision, "OFFICE.990100"));
}

#[test]
fn an_accused_provincial_police_leads_to_the_nation() {
    let person =
        json!({"name": "某", "org_name": "云川省公安厅", "system": "POLICE", "rank": "BUREAU_CHIEF", "post": "副厅长"});
    let decision = official(&person);
    assert_eq!(tasks(&decision), ["crime POLICE.000000", "official DISC.000000"]);
    assert!(
        forbids(&decision, "OFFICE.990000") && forbids(&decision, "PLC.990121"),
        "its head: the coordinating offices"
    );
}

#[test]
fn an_accused_national_unit_seals_the_case() {
    let decision = official(&json!({"name": "某", "org_name": "公安部", "system": "POLICE", "rank": "BUREAU_CHIEF"}));
    assert!(decision.sealed && decision.tasks.is_empty());
    assert!(decision.rules.contains(&"R_SEALED".to_owned()));
}

#[test]
fn a_forbidden_pool_seals_a_case_without_a_place() {
    let prior = json!([{"receiving_unit": "全国扫黑办", "result": "NOT_SUBSTANTIATED", "satisfied": "NO"}]);
    assert!(decide(&with(gang(""), "/prior_reports", prior)).sealed);
}

#[test]
fn officials_go_above_their_unit_and_by_rank_whichever_is_higher() {
    let goes = |org: &str, system: &str, rank: &str| {
        let subject = json!({"kind": "individual", "name": "某", "org_name": org, "system": system, "rank": rank,
            "region_code": "990121", "role": "OFFICER"});
        routed(&officer(&subject)).remove(0)
    };
    assert_eq!(goes("青禾县公安局", "POLICE", "STAFF"), "official DISC.990100");
    assert_eq!(goes("青禾县公安局", "POLICE", "BUREAU_DEPUTY"), "official DISC.990000");
    assert_eq!(goes("松岭市公安局", "POLICE", "STAFF"), "official DISC.990000");
    assert_eq!(goes("松岭市人民检察院", "PROC", "BUREAU_CHIEF"), "official DISC.990000");
    assert_eq!(goes("云川省高级人民法院", "COURT", "COUNTY_DEPUTY"), "official DISC.000000");
    assert_eq!(goes("云川省高级人民法院", "COURT", "PROVINCIAL"), "official DISC.000000");
    assert_eq!(goes("青禾县人民法院柳叶法庭", "COURT", "TOWNSHIP_CHIEF"), "official DISC.990100");
    assert_eq!(goes("", "JUSTICE", "UNKNOWN"), "official DISC.990100");
    assert_eq!(goes("某地国家安全局", "STATE_SEC", "STAFF"), "official DISC.990100", "no such unit in the registry");
}

#[test]
fn a_township_official_stays_with_the_county() {
    let person = json!({"name": "某", "org_name": "柳叶镇人民政府", "system": "OTHER_GOV", "rank": "TOWNSHIP_CHIEF",
        "post": "镇长", "region_code": "990121"});
    assert_eq!(tasks(&official(&person)), ["crime POLICE.990100", "official DISC.990121"]);
}

#[test]
fn an_accused_government_forbids_every_unit_under_it() {
    let person = json!({"name": "某", "org_name": "青禾县人民政府", "system": "OTHER_GOV", "rank": "COUNTY_CHIEF",
        "post": "县长", "region_code": "990121"});
    let decision = official(&person);
    assert_eq!(tasks(&decision), ["crime POLICE.990100", "official DISC.990100"]);
    for unit in ["POLICE.990121", "DISC.990121", "OFFICE.990121", "COURT.990121", "POLICE.990121.liuye"] {
        assert!(forbids(&decision, unit), "{unit}");
    }
}

#[test]
fn units_are_found_by_the_names_that_people_use() {
    let accused = |org: &str, system: &str| {
        let subject =
            json!({"kind": "organisation", "name": org, "system": system, "region_code": "990102", "role": "UNIT"});
        let units = decide(&officer(&subject)).forbidden_units();
        units.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let county_police = vec!["POLICE.990102".to_owned()];
    assert_eq!(accused("松岭市公安局望河分局", "POLICE"), county_police);
    assert_eq!(accused("望河区公安分局刑警大队", "POLICE"), county_police);
    assert_eq!(accused("望河分局", "POLICE"), county_police);
    assert_eq!(accused("区公安局", "POLICE"), county_police);
    assert_eq!(accused("河东派出所", "POLICE"), county_police);
    assert_eq!(accused("望 河 区 人 民 法 院", "COURT"), ["COURT.990102", "COURT.990102.exec"]);
    assert_eq!(accused("执行局", "COURT"), ["COURT.990102", "COURT.990102.exec"]);
    assert_eq!(accused("锡林浩特市公安局", "POLICE"), ["POLICE.152502", "POLICE.152502.aershan"]);
    assert_eq!(accused("望河区委政法委", "PLC"), ["PLC.990102"]);
    assert_eq!(accused("望河区司法所", "JUSTICE"), ["JUSTICE.990102"]);
    assert!(accused("松岭市公安局", "POLICE").contains(&"POLICE.990100".to_owned()));
    assert!(accused("市局", "POLICE").contains(&"POLICE.990100".to_owned()));
}

#[test]
fn a_city_of_a_league_is_the_county_when_people_say_the_city() {
    let prior = json!([{"receiving_unit": "市公安局", "result": "CLOSED", "satisfied": "NO"}]);
    assert_eq!(routed(&with(gang("152502"), "/prior_reports", prior.clone())), ["crime POLICE.152500"]);
    assert_eq!(routed(&with(gang("990121"), "/prior_reports", prior)), ["crime POLICE.990000"]);
}

#[test]
fn a_name_that_only_sounds_like_the_police_accuses_nobody() {
    let subject = json!([{"kind": "individual", "name": "李警", "alias": ["警长"], "region_code": "990121"}]);
    assert_eq!(routed(&with(gang("990121"), "/subjects", subject)), ["crime POLICE.990121"]);
    let officer = json!([{"kind": "individual", "name": "李某", "occupation": "辅警", "region_code": "990121"}]);
    assert_eq!(routed(&with(gang("990121"), "/subjects", officer)), ["crime POLICE.990100"]);
}

#[test]
fn a_disputed_earlier_handler_is_forbidden_and_a_satisfying_one_is_not() {
    let prior = |result: &str, satisfied: &str| {
        let prior = json!([{"receiving_unit": "青禾县公安局", "result": result, "satisfied": satisfied}]);
        routed(&with(gang("990121"), "/prior_reports", prior))
    };
    assert_eq!(prior("CLOSED", "NO"), ["crime POLICE.990100"]);
    assert_eq!(prior("NOT_FILED", "UNKNOWN"), ["crime POLICE.990100"]);
    assert_eq!(prior("CLOSED", "YES"), ["crime POLICE.990121"]);
    assert_eq!(prior("IN_PROGRESS", "UNKNOWN"), ["crime POLICE.990121"]);
}

#[test]
fn police_in_free_text_count_as_suspected() {
    for words in ["派出所的人从来不管", "报到县公安局也没用", "他和所长是亲戚", "局长是他表哥"]
    {
        let report = with(gang("990121"), "/facts/narrative", json!(format!("每个摊位都有人来要钱，{words}。")));
        let decision = decide(&report);
        assert_eq!(tasks(&decision), ["crime POLICE.990100"], "{words}");
        assert!(forbids(&decision, "POLICE.990121") && forbids(&decision, "POLICE.990121.liuye"));
        assert_eq!(priority(&report), Priority::P1);
    }
    let decision = decide(&sector("摆摊每天要交二十块，派出所的人来了也不管。"));
    assert_eq!(tasks(&decision), ["sector OFFICE.990100"]);
    assert!(forbids(&decision, "POLICE.990121"));
}

#[test]
fn a_named_official_of_another_branch_in_free_text_is_suspected_too() {
    let decision = decide(&sector("摆摊每天要交二十块，青禾县扫黑办副主任每月拿一份。"));
    assert_eq!(tasks(&decision), ["sector OFFICE.990100"]);
    assert!(forbids(&decision, "OFFICE.990121"));
    let mention = decide(&sector("摆摊每天要交二十块，已经告到松岭市扫黑办，还没有回音。"));
    assert_eq!(tasks(&mention), ["sector OFFICE.990121"], "no post behind the name: a mention");
    let nation = decide(&sector("摆摊每天要交二十块，公安部领导讲话要求严打。"));
    assert!(!nation.sealed, "a word about a ministry seals nothing");
}

#[test]
fn violence_in_a_sector_report_is_copied_to_the_police_that_may_have_it() {
    assert_eq!(routed(&sector("不交钱就有人持刀上门威胁摊主。")), ["sector OFFICE.990121 +POLICE.990121"]);
    let suspected = sector("不交钱就有人持刀上门，派出所不出警。");
    assert_eq!(routed(&suspected), ["sector OFFICE.990100 +POLICE.990100"]);
}

#[test]
fn danger_goes_to_the_prefecture_with_copies_and_an_alarm() {
    let report = with(gang("990121"), "/facts/imminent_danger", json!(true));
    let (triage, decision) = WORLD.decide(&report);
    assert!(triage.alarm);
    assert_eq!(tasks(&decision), ["crime POLICE.990100 +POLICE.990000 +POLICE.000000"]);
    let umbrella =
        json!({"known": "YES", "persons": [{"name": "某", "org_name": "松岭市公安局", "post": "局长"}], "acts": []});
    let shielded = with(report.clone(), "/umbrella", umbrella);
    assert_eq!(routed(&shielded), ["crime POLICE.990000 +POLICE.000000", "official DISC.990000"]);
    let nowhere = with(report, "/facts/place", json!({"code": "", "detail": "网络"}));
    assert_eq!(routed(&nowhere), ["crime OFFICE.000000 +POLICE.000000"]);
}

#[test]
fn each_urgent_sign_alone_is_p0_and_a_matter_that_is_over_is_not() {
    let ongoing = |value: &str| with(gang("990121"), "/facts/ongoing", json!(value));
    let act = |report, act: &str| with(report, "/facts/acts", json!([act]));
    assert_eq!(priority(&act(ongoing("YES"), "DETAIN")), Priority::P0);
    assert_eq!(priority(&act(ongoing("NO"), "DETAIN")), Priority::P3);
    assert_eq!(priority(&with(ongoing("YES"), "/facts/minors_involved", json!("YES"))), Priority::P0);
    assert_eq!(priority(&with(ongoing("NO"), "/facts/weapons", json!("GUN"))), Priority::P0);
    assert_eq!(priority(&with(ongoing("NO"), "/facts/weapons", json!("YES"))), Priority::P3);
    let narrative = json!("上次举报后他们打击报复，天天堵在家门口。");
    assert_eq!(priority(&with(ongoing("NO"), "/facts/narrative", narrative)), Priority::P0);
}

#[test]
fn all_four_features_make_a_criminal_organisation() {
    let leader = json!([{"kind": "individual", "name": "某", "role": "LEADER", "region_code": "990121"}]);
    let report = with(gang("990121"), "/subjects", leader);
    let report = with(report, "/facts/acts", json!(["EXTORT", "INJURE", "MONOPOLY"]));
    let large = with(report.clone(), "/facts/member_count", json!("M_11_30"));
    assert_eq!(priority(&large), Priority::P1);
    assert_eq!(priority(&with(report, "/facts/member_count", json!("M_3_5"))), Priority::P3);
}

#[test]
fn a_test_or_an_empty_report_is_p4_with_its_reason() {
    let test = with(gang("990121"), "/facts/narrative", json!("测试测试测试测试测试测试"));
    let (triage, decision) = WORLD.decide(&test);
    assert_eq!(triage.priority, Priority::P4);
    let reasons: Vec<&str> = triage.not_admitted.iter().map(|doubt| doubt.rule.as_str()).collect();
    assert_eq!(reasons, ["NA3", "NA6"]);
    assert_eq!(tasks(&decision), ["crime POLICE.990121"], "it is routed all the same: a person decides");
}

#[test]
fn a_supplement_without_its_case_goes_to_the_pool() {
    let supplement = json!({
        "schema": "report/1", "flow": "SUPPLEMENT", "cites": "000000000000000000000098",
        "facts": {"narrative": "补充一张照片，是昨天拍的。"},
    });
    assert_eq!(routed(&supplement), ["supplement OFFICE.000000"]);
}

#[test]
fn a_supplement_widens_the_forbidden_set_of_its_case() {
    use nightsafe_casework::routing::Router;
    let supplement = json!({
        "schema": "report/1", "flow": "SUPPLEMENT", "cites": "000000000000000000000098",
        "facts": {"narrative": "后来才知道，派出所所长拿了他们的钱。"},
    });
    let (report, _) = WORLD.report(&supplement);
    let router = Router::new(WORLD.tables()).unwrap();
    let place = Some("990121".parse().unwrap());
    let widening = router.widening(&report, place, &std::collections::BTreeSet::new()).unwrap();
    let added: Vec<String> = widening.added.iter().map(|forbidden| forbidden.unit.to_string()).collect();
    assert_eq!(added, ["POLICE.990121", "POLICE.990121.liuye"]);
    let known = widening.added.iter().map(|forbidden| forbidden.unit.clone()).collect();
    assert_eq!(router.widening(&report, place, &known), None);
}

#[test]
fn a_decision_names_its_tables_and_every_candidate() {
    let prior = json!([{"receiving_unit": "青禾县公安局", "result": "CLOSED", "satisfied": "NO"}]);
    let decision = decide(&with(gang("990121"), "/prior_reports", prior));
    assert_eq!(decision.units, WORLD.units.version().to_string());
    let candidates: Vec<String> = decision
        .candidates
        .iter()
        .map(|candidate| {
            let unit = candidate.unit.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} {} {unit} {:?}", candidate.level, candidate.division, candidate.outcome)
        })
        .collect();
    assert_eq!(candidates, ["COUNTY 990121 POLICE.990121 Forbidden", "PREFECTURE 990100 POLICE.990100 Taken"]);
    assert_eq!(decision.rules, ["R_PLACE_FACTS", "R_CLIMB"]);
}

#[test]
fn a_table_without_a_needed_row_makes_no_router() {
    use nightsafe_casework::routing::{Router, Tables};
    use nightsafe_schema::routing_table::RoutingTable;
    let table =
        RoutingTable::from_csv("queue,system,level,division,unit\ncrime,POLICE,COUNTY,,POLICE.{county}\n").unwrap();
    assert!(Router::new(Tables { table: &table, ..WORLD.tables() }).is_err());
}

#[test]
fn units_where_a_named_officer_worked_within_two_years_are_forbidden() {
    use nightsafe_casework::routing::Router;
    use nightsafe_schema::officer::Officers;
    let rows = "name,unit,from,to,head\n\
                郭某,POLICE.990102,2020-01-01,2025-02-28,yes\n\
                郭某,POLICE.990200,2019-01-01,2024-11-21,no\n\
                郭某,POLICE.980101,2020-01-01,,no\n\
                郭某,COURT.990121,2020-01-01,,no\n";
    let officers = Officers::from_csv(rows, &WORLD.units).unwrap();
    let person = json!({"name": "郭 某", "org_name": "青禾县公安局", "system": "POLICE", "post": "民警",
        "rank": "STAFF", "region_code": "990121"});
    let report = with(gang("990102"), "/umbrella", json!({"known": "YES", "persons": [person], "acts": []}));
    let (report, _) = WORLD.report(&report);
    let triage = nightsafe_casework::triage::triage(&report, &[], &WORLD.catalog);
    let on = jiff::civil::date(2026, 11, 22);
    let router = Router::new(WORLD.tables()).unwrap();
    let before = router.route(&report, &triage);
    let after = Router::new(WORLD.tables()).unwrap().with_officers(&officers, on).route(&report, &triage);
    assert!(!forbids(&before, "POLICE.990102") && forbids(&after, "POLICE.990102"), "until last year");
    assert!(forbids(&after, "OFFICE.990102"), "it was headed by the officer: the office beside it");
    assert!(!forbids(&after, "POLICE.990200"), "longer than two years ago");
    assert!(!forbids(&after, "POLICE.980101") && !forbids(&after, "COURT.990121"), "others of that name");
    assert_eq!((before.officers.as_str(), after.officers), ("", officers.version().to_string()));
    WORLD.holds(&router.route(&report, &triage)).unwrap();
}

#[test]
fn a_case_that_is_routed_again_keeps_what_was_forbidden_and_takes_what_a_supplement_says() {
    use nightsafe_casework::routing::{Router, Widening};
    let (report, _) = WORLD.report(&gang("990121"));
    let supplement = json!({
        "schema": "report/1", "flow": "SUPPLEMENT", "cites": "000000000000000000000098",
        "facts": {"narrative": "后来才知道，派出所所长拿了他们的钱。"},
    });
    let (supplement, _) = WORLD.report(&supplement);
    let triage = nightsafe_casework::triage::triage(&report, &[], &WORLD.catalog);
    let router = Router::new(WORLD.tables()).unwrap();
    let place = Some("990121".parse().unwrap());
    let by_a_person = Widening::by_a_person(&"POLICE.990100".parse().unwrap(), "有利害关系", &WORLD.units);
    let again = router.route_again(&report, &[supplement], &triage, place, &by_a_person.added);
    WORLD.holds(&again).unwrap();
    assert!(forbids(&again, "POLICE.990100") && forbids(&again, "POLICE.990102") && forbids(&again, "POLICE.990121"));
    assert_eq!(tasks(&again), ["crime POLICE.990000"]);
}
