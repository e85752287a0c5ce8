//! Whatever a report says, the page stays a page.

use std::sync::Arc;

use http::StatusCode;
use nightsafe_console::desk::DeskError;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    desk::{CASE, FakeDesk, reference, sample_report},
};

const HOSTILE: &str = "</title><script>alert(1)</script>\"'&\u{202e}gpj\u{2066}\u{200b}<b onclick=x>";

/// Puts hostile text into every free text of a report.
fn spoiled(mut document: Value) -> Value {
    for pointer in [
        "/facts/title",
        "/facts/narrative",
        "/facts/place/detail",
        "/subjects/0/name",
        "/subjects/0/alias/0",
        "/subjects/0/address",
        "/umbrella/detail",
        "/umbrella/persons/0/post",
        "/prior_reports/0/receiving_unit",
        "/evidence/attachments/0/name",
        "/evidence/attachments/0/note",
        "/reporter/address",
        "/reporter/name",
    ] {
        let limit = if pointer == "/facts/narrative" { 5_000 } else { 48 };
        let text: String = HOSTILE.chars().cycle().take(limit).collect();
        *document.pointer_mut(pointer).expect(pointer) = json!(text);
    }
    document
}

#[tokio::test]
async fn markup_and_direction_marks_are_shown_and_never_obeyed() {
    let document = spoiled(sample_report("01_gang_village_bully_umbrella.json"));
    let desk = Arc::new(FakeDesk::with(&document, &reference()));
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let case = browser.get(&format!("/c/{CASE}")).await;
    let token = case.form_token();
    let path = format!("/c/{CASE}/identity");
    let identity = browser.post(&path, &[("form", &token), ("reason", HOSTILE.trim_matches('\u{202e}'))]).await;
    let pages = [case, identity, browser.get("/q").await, browser.get("/search?q=%3Cscript%3E%E2%80%AE").await];
    for page in pages {
        assert_eq!(page.status, StatusCode::OK);
        for obeyed in ["<script>", "<b onclick", "\u{202e}", "\u{2066}", "\u{200b}", "</title><"] {
            assert!(!page.body.contains(obeyed), "{obeyed:?}");
        }
        assert!(page.body.contains("<span class=\"hidden-character\">U+202E</span>"));
        assert_eq!(page.body.matches("<title>").count(), 1);
        assert_eq!(page.body.matches("<bdi>").count(), page.body.matches("</bdi>").count());
    }
}

#[tokio::test]
async fn a_search_for_markup_goes_to_the_desk_as_it_was_typed() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    browser.get("/search?q=%22%3Cb%3E%22%20%E9%9C%8D&skip=-1").await;
    assert_eq!(desk.asked(), ["search \"<b>\" 霍"]);
}

#[tokio::test]
async fn any_query_of_a_list_is_a_page() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    for query in
        ["?skip=99999999999999999999", "?priority=P9&place=xx&flow=%00", "?%%%", "?order=newest&order=x", "?=&&"]
    {
        assert_eq!(browser.get(&format!("/q{query}")).await.status, StatusCode::OK, "{query}");
    }
}

#[tokio::test]
async fn what_broke_is_in_no_page() {
    let mut desk = FakeDesk::with(&sample_report("09_sector_minimal_elderly.json"), &reference());
    desk.fault = Some(|| DeskError::Failed("sled says /var/lib/secret".into()));
    let desk = Arc::new(desk);
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let page = browser.get("/q").await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.body.contains("系统出错") && !page.body.contains("secret") && !page.body.contains("sled"));
}
