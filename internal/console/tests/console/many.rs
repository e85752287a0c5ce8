//! The same with several cases of the inbox.

use http::StatusCode;
use nightsafe_console::PAGE_ROWS;

use crate::{
    browser::{Browser, Page},
    desk::{CASE, FakeDesk, NO_CASE, OTHER, reference},
};

const KEY: &str = "09090909090909090909090909090909";

async fn send(browser: &mut Browser, act: &str, cases: &[(&str, &str)], more: &[(&str, &str)]) -> Page {
    let token = browser.get("/q").await.form_token();
    let names: Vec<(String, &str)> =
        cases.iter().map(|(case, edition)| (format!("edition_{case}"), *edition)).collect();
    let fixed = [("form", token.as_str()), ("act", act), ("key", KEY), ("back", "/q?show=all")];
    let editions = names.iter().map(|(name, edition)| (name.as_str(), *edition));
    let fields: Vec<(&str, &str)> = fixed.into_iter().chain(editions).chain(more.iter().copied()).collect();
    browser.post("/q/many", &fields).await
}

#[tokio::test]
async fn the_inbox_offers_what_its_reader_may_do_and_every_row_can_be_chosen_without_a_script() {
    for (role, there, not) in [
        ("analyst", vec!["assess", "hold", "star", "note"], vec!["forward", "sign", "assign", "supervise"]),
        ("dispatcher", vec!["hand-over", "forward", "supervise", "escalate"], vec!["assess", "sign", "begin"]),
        ("head", vec!["sign", "assign", "extend"], vec!["forward", "begin", "assess"]),
        ("verifier", vec!["begin", "sign"], vec!["assign", "forward", "hold"]),
    ] {
        let mut browser = Browser::logged_in(&FakeDesk::new(), reference(), role).await;
        let page = browser.get("/q?show=all").await.body;
        assert!(page.contains(&format!("<input type=\"checkbox\" name=\"c_{CASE}\">")), "{role}");
        let offered = |act: &str| page.contains(&format!("name=\"act\" value=\"{act}\""));
        assert!(there.iter().all(|act| offered(act)), "{role}");
        assert!(!not.iter().any(|act| offered(act)), "{role}");
        for never in ["refuse", "pass", "reject", "submit", "record", "recuse", "forbid", "merge", "acknowledge"] {
            assert!(!offered(never), "{role} {never}");
        }
        let all = browser.get("/q?show=all&choose=all").await.body;
        assert!(all.contains(&format!("name=\"c_{CASE}\" checked")), "{role}");
    }
    // What is found is only read there.
    let mut browser = Browser::logged_in(&FakeDesk::new(), reference(), "analyst").await;
    assert!(!browser.get("/search?q=x").await.body.contains("name=\"c_"));
}

#[tokio::test]
async fn the_first_page_says_with_how_many_and_names_those_with_which_it_cannot_be_done() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "dispatcher").await;
    let path = format!("/q/many?act=forward&c_{CASE}=on&c_{OTHER}=on&c_{NO_CASE}=on&c_bent=on&back=/q%3Fshow%3Dall");
    let page = browser.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("1 条") && page.body.contains(&format!("name=\"edition_{CASE}\"")));
    assert!(!page.body.contains(&format!("name=\"edition_{OTHER}\"")));
    assert!(page.body.contains(OTHER) && page.body.contains("另有 1 条没有找到"));
    // What does not exist, or not for this reader, is counted and not named.
    assert!(!page.body.contains(NO_CASE) && !page.body.contains("bent"));
    assert!(page.body.contains("name=\"unit\"") && page.body.contains("name=\"reason\""));
    assert!(page.body.contains("href=\"/q?show=all\""));
    assert!(!desk.asked().iter().any(|asked| asked.starts_with("act")), "nothing is done yet");
    insta::assert_snapshot!("many", page.body);
}

#[tokio::test]
async fn nothing_chosen_more_than_a_page_and_what_is_about_one_case_are_refused() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "dispatcher").await;
    let none = browser.get("/q/many?act=star").await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.body.contains("请选 1 到 50 条"));
    let numbers: Vec<String> = (0..=PAGE_ROWS).map(|number| format!("0000-0000-{:04}", 1000 + number)).collect();
    let ticked: Vec<String> = numbers.iter().map(|number| format!("c_{number}=on")).collect();
    let many = browser.get(&format!("/q/many?act=star&{}", ticked.join("&"))).await;
    assert_eq!(many.status, StatusCode::UNPROCESSABLE_ENTITY);
    let cases: Vec<(&str, &str)> = numbers.iter().map(|number| (number.as_str(), "")).collect();
    assert_eq!(send(&mut browser, "star", &cases, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(send(&mut browser, "star", &[], &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for act in ["", "refuse", "pass", "merge", "original-grant", "acknowledge", "nonsense"] {
        assert_eq!(
            browser.get(&format!("/q/many?act={act}&c_{CASE}=on")).await.status,
            StatusCode::BAD_REQUEST,
            "{act}"
        );
        assert_eq!(send(&mut browser, act, &[(CASE, "")], &[]).await.status, StatusCode::BAD_REQUEST, "{act}");
    }
    for (case, edition) in [("bent", ""), (CASE, "x"), (CASE, "-1")] {
        assert_eq!(send(&mut browser, "star", &[(case, edition)], &[]).await.status, StatusCode::BAD_REQUEST);
    }
    assert!(!desk.asked().iter().any(|asked| asked.starts_with("act")));
}

#[tokio::test]
async fn what_is_typed_wrongly_comes_again_with_everything_that_was_typed() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "dispatcher").await;
    let typed = [("unit", "not a unit"), ("reason", "按管辖分办")];
    let page = send(&mut browser, "forward", &[(CASE, "3")], &typed).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in ["没有这个单位", "value=\"not a unit\"", "value=\"按管辖分办\"", KEY] {
        assert!(page.body.contains(kept), "{kept}: {}", page.body);
    }
    assert!(!desk.asked().iter().any(|asked| asked.starts_with("act")));
}

#[tokio::test]
async fn one_that_is_stale_or_out_of_sight_is_named_and_the_others_go_through() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let reason = [("reason", "事实清楚，属于管辖范围")];
    let page = send(&mut browser, "assess", &[(CASE, ""), (NO_CASE, "5")], &reason).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("已办 1 条，没有办成 1 条"), "{}", page.body);
    assert!(page.body.contains("没有这条线索，或者不在您单位的范围内") && page.body.contains(NO_CASE));
    assert!(page.body.contains("href=\"/q?show=all\""));
    let stale = send(&mut browser, "assess", &[(CASE, "1")], &reason).await;
    assert!(stale.body.contains("已办 0 条，没有办成 1 条") && stale.body.contains("别人改动了这条线索"));
    assert!(stale.body.contains("指派核查员"), "it says what was done meanwhile");
    assert!(stale.body.contains("事实清楚，属于管辖范围"), "what was typed is not lost");
    insta::assert_snapshot!("many_done", page.body);
}
