//! Triage beyond one report, and the reasons not to admit one.

use jiff::civil::date;
use nightsafe_casework::{
    attachment,
    triage::{Companions, Dossier, Priority, Repeat, Triage, assess, new_facts},
};
use serde_json::{Value, json};

use crate::{
    cases::{gang, sector, with},
    world::WORLD,
};

fn in_company(document: &Value, companions: &Companions) -> Triage {
    let (report, supplied) = WORLD.report(document);
    let attachments = attachment::matched(report.document(), &supplied);
    let accepted = Some(date(2026, 11, 22));
    let dossier = Dossier { report: &report, attachments: &attachments, supplements: &[], companions, accepted };
    assess(&dossier, &WORLD.catalog)
}

fn alone(document: &Value) -> Triage {
    in_company(document, &Companions::default())
}

fn rules(triage: &Triage) -> Vec<&str> {
    triage.rules.iter().map(|fired| fired.rule.as_str()).collect()
}

fn doubts(triage: &Triage) -> Vec<&str> {
    triage.not_admitted.iter().map(|doubt| doubt.rule.as_str()).collect()
}

#[test]
fn three_independent_reports_are_important_and_two_are_not() {
    let series = |independent_reports| Companions { independent_reports, ..Companions::default() };
    let ordinary = gang("990121");
    assert_eq!(in_company(&ordinary, &series(2)).priority, Priority::P3);
    let triage = in_company(&ordinary, &series(3));
    assert_eq!((triage.priority, rules(&triage)), (Priority::P1, vec!["P1_SERIES"]));
    assert_eq!(triage.rules[0].fields, ["links[3]"], "a count, and nothing about the others");
}

#[test]
fn a_matter_closed_as_unsubstantiated_is_important_once_several_report_it_again() {
    let prior = |result: &str| {
        let prior = json!([{"receiving_unit": "某单位", "result": result, "satisfied": "YES"}]);
        with(gang("990121"), "/prior_reports", prior)
    };
    let two = Companions { independent_reports: 2, ..Companions::default() };
    assert_eq!(rules(&in_company(&prior("NOT_SUBSTANTIATED"), &two)), ["P1_AGAIN"]);
    assert_eq!(rules(&in_company(&prior("IN_PROGRESS"), &two)), Vec::<&str>::new());
    assert_eq!(rules(&alone(&prior("NOT_SUBSTANTIATED"))), Vec::<&str>::new(), "one person again is no several");
    let another_says_so = Companions { unsubstantiated_before: true, ..two };
    assert_eq!(rules(&in_company(&gang("990121"), &another_says_so)), ["P1_AGAIN"]);
}

#[test]
fn a_repeat_without_new_facts_is_a_reason_and_one_with_new_facts_is_none() {
    let repeated = |repeat| Companions { repeats: Some(repeat), ..Companions::default() };
    let triage = in_company(&gang("990121"), &repeated(Repeat::NothingNew));
    assert_eq!((triage.disposition(), triage.priority), (Some("NA4"), Priority::P3));
    assert_eq!(in_company(&gang("990121"), &repeated(Repeat::NewFacts)).disposition(), None);
}

#[test]
fn evidence_people_and_another_story_are_new_facts_and_the_same_story_is_none() {
    let none = Companions::default();
    let compare = |later: &Value, earlier: &Value| {
        let ((later, _), (earlier, _)) = (WORLD.report(later), WORLD.report(earlier));
        let dossier =
            |report| Dossier { report, attachments: &[], supplements: &[], companions: &none, accepted: None };
        new_facts(&dossier(&later), &dossier(&earlier))
    };
    let told = |text: &str| with(gang("990121"), "/facts/narrative", json!(text));
    let first = told("去年冬天他们把我家的砖垛推倒，又在门口泼了油漆，还说下次就不是油漆了。");
    assert_eq!(compare(&first, &first), Vec::<&str>::new());
    let again = told("我再说一遍：去年冬天他们把我家的砖垛推倒，在门口泼了油漆。");
    assert_eq!(compare(&again, &first), Vec::<&str>::new(), "fewer words about the same");
    let other = told("本月初同一伙人又到镇上的加油站收钱，站长不给，当天夜里油枪全被剪断。");
    assert_eq!(compare(&other, &first), ["facts.narrative"]);
    let shown = with(first.clone(), "/evidence", json!({"urls": ["http://example.invalid/a"]}));
    assert_eq!(compare(&shown, &first), ["evidence"]);
}

#[test]
fn matters_of_other_offices_are_proposed_for_a_person_to_refuse() {
    for text in [
        "楼上邻居半夜放音乐，噪音吵得睡不着，物业不管。",
        "网购的手机用了三天就坏，客服不给退款。",
        "前夫离婚以后一直不给抚养费。",
        "公司拖欠工资三个月，还不交社保。",
        "小区门口路灯坏了半年，垃圾清运也没人管。",
    ] {
        let report = with(sector(text), "/facts/categories", json!(["SD99"]));
        let triage = alone(&report);
        assert_eq!(doubts(&triage), ["NA1"], "{text}");
        assert_eq!((triage.priority, rules(&triage)), (Priority::P4, vec!["P4_OUT_OF_SCOPE"]), "{text}");
        let (_, decision) = WORLD.decide(&report);
        assert!(!decision.tasks.is_empty(), "it is routed all the same: a person decides");
    }
}

#[test]
fn a_quarrel_in_which_a_gang_shows_is_in_scope() {
    for text in ["隔壁邻居带一伙人持刀来收保护费。", "楼上楼下的商户不交就掀摊，邻居都怕。"]
    {
        assert_eq!(doubts(&alone(&with(sector(text), "/facts/categories", json!(["SD99"])))), Vec::<&str>::new());
    }
    let other_category =
        with(sector("市场里邻居摊位占楼道、堆杂物，管理方不管。"), "/facts/categories", json!(["SD04"]));
    assert_eq!(doubts(&alone(&other_category)), Vec::<&str>::new(), "the list is for other categories");
    let one_word = with(sector("邻居说工地上的车每天超载，没有人查。"), "/facts/categories", json!(["SD99"]));
    assert_eq!(doubts(&alone(&one_word)), Vec::<&str>::new(), "one word alone says nothing");
}

#[test]
fn a_question_is_a_question_unless_somebody_is_accused() {
    let question = with(sector("请问怎么申请低保，需要什么材料？"), "/facts/categories", json!(["SD99"]));
    assert_eq!(doubts(&alone(&question)), ["NA5"]);
    let accusing = with(gang("990121"), "/facts/narrative", json!("想咨询一下，这伙人天天堵门要钱该找谁？"));
    let accusing = with(accusing, "/facts/acts", json!(["SOFT_VIOLENCE"]));
    assert_eq!(doubts(&alone(&accusing)), Vec::<&str>::new());
}

#[test]
fn fear_of_retaliation_is_no_retaliation_and_marks_hide_none() {
    let told = |text: &str| alone(&with(gang("990121"), "/facts/narrative", json!(text))).priority;
    assert_eq!(told("我害怕他们打击报复，所以不留名字，请保密。"), Priority::P3);
    assert_eq!(told("我害怕。上次举报之后就遭到打击报复，车胎被扎了三回。"), Priority::P0);
    assert_eq!(told("上次举报以后，他们打\u{202e}击<b>报</b>复我家。"), Priority::P0);
}

#[test]
fn a_campaign_that_was_not_open_is_noted_and_refuses_nothing() {
    let report = with(gang("152502"), "/campaign", json!("xilingol-internet"));
    let on = |day| {
        let (report, _) = WORLD.report(&report);
        let companions = Companions::default();
        let dossier = Dossier {
            report: &report,
            attachments: &[],
            supplements: &[],
            companions: &companions,
            accepted: Some(day),
        };
        assess(&dossier, &WORLD.catalog).notes.iter().map(|note| note.rule.clone()).collect::<Vec<_>>()
    };
    assert_eq!(on(date(2022, 12, 31)), ["N_CAMPAIGN_CLOSED"]);
    assert_eq!(on(date(2023, 1, 1)), Vec::<String>::new());
}
