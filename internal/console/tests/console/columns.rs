//! Columns of lists: chosen at the inbox, remembered with the account.

use http::StatusCode;
use nightsafe_casework::{
    case::Column,
    role::{Permission, Role},
};

use crate::{
    browser::Browser,
    desk::{FakeDesk, reference, sample_report},
};

/// The headings of the page's list but that of the boxes, in order; only their Chinese.
fn heads(page: &str) -> Vec<String> {
    let head = page.split("<thead>").nth(1).unwrap().split("</thead>").next().unwrap();
    let heads = head.split("<th scope=\"col\">").skip(1);
    heads
        .map(|head| head.replace("<bdi>", "").split([' ', '<']).next().unwrap().to_owned())
        .filter(|head| head != "选中")
        .collect()
}

/// Chooses these at the inbox, as its form does.
async fn choose(browser: &mut Browser, columns: &[&str], back: &str) -> crate::browser::Page {
    let token = browser.get("/q").await.form_token();
    let names: Vec<String> = columns.iter().map(|column| format!("column_{column}")).collect();
    let ticked = names.iter().map(|name| (name.as_str(), "yes"));
    let fields: Vec<(&str, &str)> =
        [("form", token.as_str()), ("change", "columns"), ("back", back)].into_iter().chain(ticked).collect();
    browser.post("/me", &fields).await
}

#[tokio::test]
async fn columns_are_chosen_at_the_inbox_and_every_list_has_them() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let all = ["优先级", "标题", "类型", "地区", "状态", "期限", "承办", "接收", "附件", "实名"];
    assert_eq!(heads(&browser.get("/q").await.body), all);
    let back = "/q?show=all&order=newest&skip=50";
    let done = choose(&mut browser, &["state", "place"], back).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, back));
    let page = browser.get(back).await.body;
    // The form leads back to the very list that it stands in.
    assert!(
        page.contains("<input type=\"hidden\" name=\"back\" value=\"/q?show=all&#38;order=newest&#38;skip=50\">"),
        "{page}"
    );
    for page in [page, browser.get("/search?q=x").await.body] {
        assert_eq!(heads(&page), ["标题", "地区", "状态"]);
        let row = page.split("<tr data-row>").nth(1).unwrap().split("</tr>").next().unwrap();
        assert_eq!(row.matches("data-label=").count(), 3, "{row}");
        assert!(!row.contains("优先级") && !row.contains("实名"), "{row}");
    }
    assert!(browser.get("/search?q=x").await.body.contains("<td colspan=\"3\">"));
    let own = browser.get("/me").await.body;
    assert!(own.contains("标题 <span lang=\"en\">Title</span> · <bdi>地区"), "{own}");
    // None is a choice, and so is what there was.
    choose(&mut browser, &[], "/q").await;
    assert_eq!(heads(&browser.get("/q").await.body), ["标题"]);
    let token = browser.get("/q").await.form_token();
    let fields = [("form", token.as_str()), ("change", "columns_default"), ("column_place", "yes"), ("back", "/q")];
    assert_eq!(browser.post("/me", &fields).await.header("location"), "/q");
    assert_eq!(heads(&browser.get("/q").await.body), all);
}

#[tokio::test]
async fn a_column_that_there_is_not_is_refused_with_words_and_changes_nothing() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let before = desk.columns.lock().unwrap().clone();
    for bent in ["title", "PLACE", "", "reporter", "place,state", "../me", "%00"] {
        let page = choose(&mut browser, &["place", bent], "/q").await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{bent}");
        assert!(page.body.contains("没有这一列"), "{bent}");
        assert_eq!(*desk.columns.lock().unwrap(), before, "{bent}");
    }
}

#[tokio::test]
async fn the_choice_leads_back_to_a_list_and_nowhere_else() {
    let mut browser = Browser::logged_in(&FakeDesk::new(), reference(), "analyst").await;
    for bent in ["", "/", "/logout", "//evil.example", "https://evil.example", "/qx", "/q/next", "/q?a\r\nb", "/c/1"] {
        let done = choose(&mut browser, &["place"], bent).await;
        assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/me"), "{bent}");
    }
}

/// All columns at once tell no more of the reporter than whether there is a name, whoever looks.
#[tokio::test]
async fn a_column_shows_nothing_that_its_reader_may_not_see() {
    let report = sample_report("01_gang_village_bully_umbrella.json");
    let reporter = report["reporter"].as_object().unwrap();
    let secrets: Vec<&str> = ["name", "phone", "id_no", "address"]
        .into_iter()
        .filter_map(|field| reporter.get(field).and_then(serde_json::Value::as_str))
        .collect();
    assert!(!secrets.is_empty(), "the sample has somebody to protect: {reporter:?}");
    let every: Vec<&str> = Column::ALL.map(Column::code).to_vec();
    for role in Role::ALL {
        let desk = FakeDesk::new();
        let mut browser = Browser::logged_in(&desk, reference(), role.code()).await;
        let own = browser.get("/me").await.body;
        assert_eq!(own.contains("id=\"columns\""), role.may(Permission::ReadCases), "{role}");
        if !role.may(Permission::ReadCases) {
            continue;
        }
        assert_eq!(choose(&mut browser, &every, "/q").await.status, StatusCode::SEE_OTHER);
        let list = browser.get("/q").await.body;
        for secret in &secrets {
            assert!(!list.contains(secret), "{role}: {secret}");
        }
    }
}
