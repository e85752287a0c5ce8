//! What the pages look like, as snapshots. Cookies and form tokens are the same in every run.

use std::sync::Arc;

use http::StatusCode;
use nightsafe_casework::safe_copy::NoCopy;
use nightsafe_console::desk::CopyState;

use crate::{
    browser::Browser,
    desk::{CASE, FakeDesk, item, reference, sample_report},
};

#[tokio::test]
async fn login() {
    let desk = FakeDesk::new();
    let mut browser = Browser::on(&desk, reference());
    insta::assert_snapshot!("login", browser.get("/login").await.body);
    insta::assert_snapshot!("login_refused", browser.log_in("analyst", "wrong").await.body);
}

#[tokio::test]
async fn lists() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    insta::assert_snapshot!(
        "inbox",
        browser.get("/q?flow=GANG_CRIME&priority=P1&category=GC03&order=newest&skip=50").await.body
    );
    insta::assert_snapshot!("search_empty", browser.get("/search").await.body);
    insta::assert_snapshot!("search", browser.get("/search?q=%E9%9C%8D%E4%B8%89%E7%88%B7").await.body);
}

#[tokio::test]
async fn statistics_are_drawn_with_their_tables_and_taken_as_a_file() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let page = browser.get("/stats?period=2026-11").await.body;
    assert!(page.contains("class=\"bars\"") && !page.contains("class=\"tiles\""), "a prefecture compares no provinces");
    let mut browser = Browser::logged_in(&desk, reference(), "dispatcher").await;
    let page = browser.get("/stats?period=2026-11").await.body;
    insta::assert_snapshot!("stats", page);
    assert!(!page.contains(">3<") && page.contains("&#60;5"), "a small number is kept back");
    for svg in page.split("<svg").skip(1) {
        assert!(svg.contains("role=\"img\"") && svg.contains("<title id=") && svg.contains("<desc id="));
    }
    let file = browser.get("/stats/csv?period=2026-11").await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"statistics-2026-11.csv\"");
    assert!(file.body.starts_with('\u{feff}') && file.body.contains("2026-11,flow,按类型,GANG_CRIME,"));
    assert!(file.body.contains(",<5\r\n") && file.body.lines().all(|line| !line.ends_with(",3")));
}

#[tokio::test]
async fn the_period_is_in_the_address_and_one_that_is_not_understood_is_said() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    for (path, asked, said) in [
        ("/stats", "statistics ", false),
        ("/stats?period=2026-Q4", "statistics 2026-Q4", false),
        ("/stats?from=2026-11-03&to=2026-11-22", "statistics 2026-11-03..2026-11-22", false),
        ("/stats?from=2026-11-22&to=2026-11-03", "statistics ", true),
        ("/stats?period=%3Cscript%3E", "statistics ", true),
    ] {
        let page = browser.get(path).await;
        assert_eq!(desk.asked().pop().as_deref(), Some(asked), "{path}");
        assert_eq!(page.body.contains("时段看不懂"), said, "{path}");
    }
}

#[tokio::test]
async fn the_filter_of_the_inbox_reaches_the_desk() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    browser.get("/q?flow=GANG_CRIME&priority=P1&category=GC03&place=990121&order=newest&skip=50").await;
    assert_eq!(
        desk.asked(),
        ["inbox InboxFilter { flow: Some(\"GANG_CRIME\"), priority: Some(P1), place: Some(990121), \
          category: Some(\"GC03\"), worklist: None, stage: None, overdue: false, showing: Waiting, \
          order: Newest, skip: 50 }"]
    );
}

#[tokio::test]
async fn whoever_comes_without_a_question_is_shown_what_waits_and_a_list_or_state_is_shown_whole() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    for (path, expected) in [
        ("/q", "stage: None, overdue: false, showing: Waiting, order: Deadline"),
        ("/q?list=alarm", "stage: None, overdue: false, showing: All, order: Deadline"),
        ("/q?state=VERIFYING", "stage: Some(Verifying), overdue: false, showing: All, order: Deadline"),
        ("/q?overdue=yes&show=mine", "stage: None, overdue: true, showing: Mine, order: Deadline"),
        ("/q?show=nonsense&order=urgency", "stage: None, overdue: false, showing: Waiting, order: Urgency"),
    ] {
        browser.get(path).await;
        let asked = desk.asked().pop().unwrap();
        assert!(asked.contains(expected), "{path}: {asked}");
    }
}

#[tokio::test]
async fn a_case_as_the_analyst_sees_it() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let page = browser.get(&format!("/c/{CASE}")).await;
    for state in ["已到", "尚在传输", "未提供"] {
        assert!(page.body.contains(state), "{state}");
    }
    assert!(page.body.contains("POLICE.990121.liuye") && page.body.contains("回避单位"));
    insta::assert_snapshot!("case", page.body);
    let fields = [("form", page.form_token()), ("reason", "联系举报人核实".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    insta::assert_snapshot!("identity", browser.post(&format!("/c/{CASE}/identity"), &fields).await.body);
}

#[tokio::test]
async fn the_verifier_is_not_shown_the_forbidden_units_nor_the_dispatcher_the_identity() {
    let desk = FakeDesk::new();
    let mut verifier = Browser::logged_in(&desk, reference(), "verifier").await;
    let page = verifier.get(&format!("/c/{CASE}")).await.body;
    assert!(!page.contains("POLICE.990121") && !page.contains("回避单位") && page.contains("查看身份"));
    let mut dispatcher = Browser::logged_in(&desk, reference(), "dispatcher").await;
    let page = dispatcher.get(&format!("/c/{CASE}")).await.body;
    assert!(page.contains("POLICE.990121.liuye") && !page.contains("查看身份"));
}

#[tokio::test]
async fn audit_and_accounts() {
    let desk = FakeDesk::new();
    let mut auditor = Browser::logged_in(&desk, reference(), "auditor").await;
    insta::assert_snapshot!("audit", auditor.get(&format!("/audit?case={CASE}&kind=IDENTITY_VIEWED")).await.body);
    let mut officer = Browser::logged_in(&desk, reference(), "security_officer").await;
    let page = officer.get("/accounts").await;
    assert_eq!(page.status, StatusCode::OK);
    let (start, rest) = page.body.split_once("<datalist id=\"units\">").unwrap();
    let (_, end) = rest.split_once("</datalist>").unwrap();
    insta::assert_snapshot!("accounts", format!("{start}…{end}"));
}

/// Each sample as a page: every value of the report stands on it, none of the reporter's.
#[tokio::test]
async fn every_sample_is_shown_whole_and_without_its_reporter() {
    let samples = [
        "01_gang_village_bully_umbrella.json",
        "02_gang_internet_sextortion_noplace.json",
        "04_gang_soft_violence_collection.json",
        "05_polit_county_police_chief.json",
        "08_sector_construction.json",
        "09_sector_minimal_elderly.json",
        "12_gang_imminent_danger_crossprov.json",
    ];
    for name in samples {
        let document = sample_report(name);
        let desk = Arc::new(FakeDesk::with(&document, &reference()));
        let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
        let page = browser.get(&format!("/c/{CASE}")).await.body;
        for pointer in
            ["/facts/title", "/facts/narrative", "/subjects/0/name", "/evidence/urls/0", "/facts/place/detail"]
        {
            if let Some(text) = document.pointer(pointer).and_then(serde_json::Value::as_str) {
                assert!(page.contains(text), "{name} {pointer}");
            }
        }
        // An address may be the place itself; name and numbers are nobody else's.
        for pointer in ["/reporter/name", "/reporter/phone", "/reporter/id_no"] {
            if let Some(text) = document.pointer(pointer).and_then(serde_json::Value::as_str) {
                assert!(!page.contains(text), "{name} {pointer}");
            }
        }
    }
}

#[tokio::test]
async fn an_alarm_that_nobody_took_up_stands_above_every_page_and_leads_to_its_list() {
    let mut desk = FakeDesk::with(&sample_report("01_gang_village_bully_umbrella.json"), &reference());
    desk.alarmed = true;
    let desk = Arc::new(desk);
    let mut analyst = Browser::logged_in(&desk, reference(), "analyst").await;
    for path in ["/q", "/search", &format!("/c/{CASE}")] {
        let page = analyst.get(path).await.body;
        assert!(page.contains("<p class=\"banner\" role=\"alert\"><a href=\"/q?list=alarm\">"), "{path}");
    }
    analyst.get("/q?list=alarm").await;
    assert!(desk.asked().last().unwrap().contains("worklist: Some(Alarm)"));
    let mut officer = Browser::logged_in(&desk, reference(), "security_officer").await;
    assert!(!officer.get("/accounts").await.body.contains("banner"), "somebody who sees no case hears of no alarm");
}

#[tokio::test]
async fn what_cannot_be_done_is_said_on_the_page_of_the_case() {
    let desk = FakeDesk::new();
    let mut dispatcher = Browser::logged_in(&desk, reference(), "dispatcher").await;
    let token = dispatcher.get(&format!("/c/{CASE}")).await.form_token();
    let act = |unit: &'static str, reason: &'static str| {
        [
            ("form", token.clone()),
            ("act", "transfer".to_owned()),
            ("part", "crime".to_owned()),
            ("unit", unit.to_owned()),
            ("reason", reason.to_owned()),
        ]
    };
    for (unit, reason, words) in [
        ("POLICE.990121", "由县里办理", "这个单位应当回避"),
        ("nowhere", "由县里办理", "没有这个单位"),
        ("POLICE.990100", "", "请写明理由"),
    ] {
        let fields = act(unit, reason);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = dispatcher.post(&format!("/c/{CASE}/act"), &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{unit}");
        assert!(page.body.contains(words), "{unit}");
    }
}

#[tokio::test]
async fn an_attachment_with_its_copy_and_the_way_to_its_original() {
    let desk = FakeDesk::new();
    let file = format!("/c/{CASE}/files/{}", item(1));
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    insta::assert_snapshot!("file", browser.get(&format!("{file}?page=2")).await.body);
    // Whoever asked is not offered to agree.
    let mut asking = Browser::logged_in(&desk, reference(), "verifier").await;
    let page = asking.get(&file).await.body;
    assert!(!page.contains("original-grant") && page.contains("撤回申请"));
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_says_why_and_can_be_asked_for_again() {
    let mut desk = FakeDesk::with(&sample_report("01_gang_village_bully_umbrella.json"), &reference());
    desk.copy = CopyState::Refused(NoCopy::Undecodable);
    let desk = Arc::new(desk);
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let page = browser.get(&format!("/c/{CASE}/files/{}", item(1))).await.body;
    assert!(page.contains("不能显示：文件损坏") && page.contains("copy-again") && !page.contains("<img"));
}

#[tokio::test]
async fn custody_and_sealed_cases() {
    let desk = FakeDesk::new();
    let mut head = Browser::logged_in(&desk, reference(), "head").await;
    insta::assert_snapshot!("custody", head.get("/custody").await.body);
    let mut custodian = Browser::logged_in(&desk, reference(), "reviewer").await;
    insta::assert_snapshot!("sealed", custodian.get("/sealed").await.body);
    let page = custodian.get(&format!("/sealed/{CASE}")).await.body;
    assert!(page.contains("杏花村") && !page.contains("/act") && !page.contains("/identity"));
}

#[tokio::test]
async fn call_backs() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    insta::assert_snapshot!("callbacks", browser.get("/callbacks").await.body);
    let page = browser.get("/callbacks/2026-11").await;
    insta::assert_snapshot!("callback", page.body);
    let token = page.form_token();
    let fields = |act, month| [("form", token.as_str()), ("act", act), ("month", month)];
    let refused = browser.post("/callbacks", &fields("approve", "2026-11")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("须由另一个人同意") && refused.body.contains("2026-11"));
    let typed = browser.post("/callbacks", &fields("commit", "2026-13<b>")).await;
    assert_eq!(typed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(typed.body.contains("月份形如") && !typed.body.contains("<b>"));
    assert_eq!(browser.post("/callbacks", &fields("burn", "2026-11")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get("/callbacks/2026-12").await.status, StatusCode::NOT_FOUND);
    let mut auditor = Browser::logged_in(&desk, reference(), "auditor").await;
    let page = auditor.get("/callbacks/2026-11").await;
    assert!(page.body.contains("随机数") && !page.body.contains("<button type=\"submit\">同意"));
}
