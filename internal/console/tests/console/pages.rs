//! What the pages look like, as snapshots. Cookies and form tokens are the same in every run.

use std::sync::Arc;

use http::StatusCode;
use nightsafe_casework::safe_copy::NoCopy;
use nightsafe_console::desk::CopyState;

use crate::{
    browser::Browser,
    desk::{CASE, FakeDesk, OTHER, item, reference, sample_report},
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

fn pair() -> Arc<FakeDesk> {
    let first = FakeDesk::with(&sample_report("01_gang_village_bully_umbrella.json"), &reference());
    Arc::new(first.beside(&sample_report("04_gang_soft_violence_collection.json")))
}

#[tokio::test]
async fn two_cases_stand_side_by_side_with_their_differences_marked_and_a_key_for_the_merge() {
    let desk = pair();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let path = format!("/compare?a={CASE}&b={OTHER}");
    let page = browser.get(&path).await;
    assert_eq!(desk.asked(), [format!("compare {CASE} {OTHER}")], "one look");
    assert!(page.body.contains("<mark>") && page.body.contains("杏花村"));
    let key = page.body.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(key.len(), 32);
    let token = page.form_token();
    let fields = [
        ("form", token.as_str()),
        ("act", "merge"),
        ("a", CASE),
        ("case", OTHER),
        ("key", key),
        ("next", "0000-0000-0003"),
    ];
    // Without a reason nothing is done, and the key stays.
    let again = browser.post("/compare", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains(key) && again.body.contains("请写明理由"));
    let with_reason: Vec<(&str, &str)> = fields.into_iter().chain([("reason", "同一村同一伙人")]).collect();
    let merged = browser.post("/compare", &with_reason).await;
    assert_eq!(merged.status, StatusCode::SEE_OTHER);
    assert_eq!(merged.header("location"), format!("/compare?a={CASE}&b=0000-0000-0003&done={OTHER}"));
    let acted = desk.asked().pop().unwrap();
    assert!(acted.contains("Merge") && acted.contains(key) && acted.contains(OTHER), "{acted}");
    // An undo stays where it is.
    let undone: Vec<(&str, &str)> =
        with_reason.iter().map(|&(name, value)| (name, if name == "act" { "unmerge" } else { value })).collect();
    let undone = browser.post("/compare", &undone).await;
    assert_eq!(undone.header("location"), format!("/compare?a={CASE}&b={OTHER}&done={OTHER}"));
    insta::assert_snapshot!("compare", page.body);
}

#[tokio::test]
async fn what_is_done_with_a_case_of_a_list_leads_on_in_that_list_and_a_note_stays() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let list = browser.get("/q?show=open&order=newest").await;
    let open = format!("/c/{CASE}?list=show%3Dopen%26order%3Dnewest&amp;at=0");
    let open = open.replace("&amp;", "&");
    assert!(list.body.contains(&open) || list.body.contains(&open.replace('&', "&#38;")), "{open}");
    let page = browser.get(&open).await;
    let token = page.form_token();
    let act = open.replace(&format!("/c/{CASE}"), &format!("/c/{CASE}/act"));
    assert!(page.body.contains("rel=\"next\"") && page.body.contains("data-key=\"j\""));
    let post = |act: &'static str, reason: &'static str| {
        [("form", token.clone()), ("act", act.to_owned()), ("reason", reason.to_owned())]
    };
    for (name, reason, expected) in [
        (
            "acknowledge",
            "已派人去现场",
            format!("/q/next?list=show%3Dopen%26order%3Dnewest&at=0&from={CASE}&step=next&done={CASE}"),
        ),
        ("note", "先等县里回话", format!("/c/{CASE}?list=show%3Dopen%26order%3Dnewest&at=0")),
        ("star", "", format!("/c/{CASE}?list=show%3Dopen%26order%3Dnewest&at=0")),
    ] {
        let fields = post(name, reason);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let done = browser.post(&act, &fields).await;
        assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, &*expected), "{name}");
    }
    // The one case of the list is behind us: back to the list, which says so.
    let next = format!("/q/next?list=show%3Dopen%26order%3Dnewest&at=0&from={CASE}&step=next&done={CASE}");
    assert_eq!(browser.get(&next).await.header("location"), format!("/q?show=open&order=newest&done={CASE}"));
    // One that left the list leaves its place to the one behind it.
    let next = "/q/next?list=show%3Dopen&at=0&from=0000-0000-0009&step=next";
    assert_eq!(browser.get(next).await.header("location"), format!("/c/{CASE}?list=show%3Dopen&at=0"));
    for bent in [
        "/q/next",
        "/q/next?at=99999999999999999999",
        "/q/next?list=%0D%0Ax&at=0&from=x&done=%0D",
        "/q/next?list=%E9%9C%8D&at=1",
    ] {
        let page = browser.get(bent).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{bent}");
    }
}

#[tokio::test]
async fn a_sealed_case_and_its_attachments_offer_nothing_that_is_not_answered() {
    let mut desk = FakeDesk::with(&sample_report("01_gang_village_bully_umbrella.json"), &reference());
    desk.sealed = true;
    let desk = Arc::new(desk);
    let mut custodian = Browser::logged_in(&desk, reference(), "reviewer").await;
    let pages = [format!("/sealed/{CASE}"), format!("/c/{CASE}/files/{}", item(1))];
    for path in pages {
        let page = custodian.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        for form in page.body.split("<form").skip(1) {
            let target = form.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(["/search", "/logout"].contains(&target), "{path}: {target}");
        }
        assert!(!page.body.contains(&format!("href=\"/c/{CASE}\"")) && !page.body.contains(&format!("/c/{CASE}#")));
    }
    assert_eq!(custodian.get(&format!("/c/{CASE}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_document_says_how_many_pages_it_has_and_where_drawing_ended() {
    let mut desk = FakeDesk::with(&sample_report("01_gang_village_bully_umbrella.json"), &reference());
    desk.copy = CopyState::Made { parts: 200 };
    let file = format!("/c/{CASE}/files/{}", item(1));
    let mut browser = Browser::logged_in(&Arc::new(desk), reference(), "analyst").await;
    let page = browser.get(&format!("{file}?page=2")).await.body;
    assert!(page.contains("第 2 页，共 200 页") && page.contains("只画前 200 页"));
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    assert!(!browser.get(&file).await.body.contains("只画前"));
    assert_eq!(desk.asked(), [format!("case {CASE} Part({:?}, 1)", item(1))]);
}

#[tokio::test]
async fn the_script_of_the_keys_is_on_every_page_but_ones_own_and_on_none_for_whoever_turned_it_off() {
    let mut browser = Browser::logged_in(&FakeDesk::new(), reference(), "analyst").await;
    let mut off = FakeDesk::with(&sample_report("01_gang_village_bully_umbrella.json"), &reference());
    off.shortcuts = false;
    let mut without = Browser::logged_in(&Arc::new(off), reference(), "analyst").await;
    let script = "<script src=\"/assets/console.js\" defer></script>";
    for path in ["/q", "/search", "/help/keys", &format!("/c/{CASE}")] {
        assert_eq!(browser.get(path).await.body.matches("<script").count(), 1, "{path}");
        assert!(
            browser.get(path).await.body.contains(script) && !without.get(path).await.body.contains("<script"),
            "{path}"
        );
    }
    assert!(!browser.get("/me").await.body.contains("<script"));
    assert!(without.get("/me").await.body.contains("shortcuts_on"));
    insta::assert_snapshot!("keys", browser.get("/help/keys").await.body);
}

#[tokio::test]
async fn the_longest_basis_reaches_the_desk() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "verifier").await;
    let token = browser.get(&format!("/c/{CASE}")).await.form_token();
    let basis = "据".repeat(4_000);
    let fields = [
        ("form", token.as_str()),
        ("act", "record"),
        ("part", "crime"),
        ("result", "SUBSTANTIATED"),
        ("disposal_LETTERS", "yes"),
        ("reason", &*basis),
    ];
    let page = browser.post(&format!("/c/{CASE}/act"), &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
    assert!(desk.asked().pop().unwrap().contains(&basis));
}
