//! Posted forms: login, tokens, and what comes from elsewhere.

use axum::body::Body;
use http::{Method, StatusCode, header};

use crate::{
    browser::{Browser, encoded, escaped},
    desk::{CASE, FakeDesk, reference},
};

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn logging_in_opens_a_session_in_a_host_cookie_and_goes_on_to_the_page_that_was_asked() {
    let desk = FakeDesk::new();
    let mut browser = Browser::on(&desk, reference());
    let form = browser.get("/login?next=%2Fsearch%3Fq%3Dx").await;
    assert!(form.body.contains("name=\"next\" value=\"/search?q=x\""));
    let fields = [
        ("form", form.form_token()),
        ("name", "analyst".to_owned()),
        ("password", "correct horse battery".to_owned()),
        ("next", "/search?q=x".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = browser.post("/login", &fields).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/search?q=x"));
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Host-nightsafe="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{cookie}");
    assert_eq!(browser.cookies(), ["__Host-nightsafe"], "the form's nonce is gone");
}

#[tokio::test]
async fn a_refused_login_says_what_to_do_and_not_what_was_wrong() {
    let desk = FakeDesk::new();
    let mut browser = Browser::on(&desk, reference());
    let wrong_password = browser.log_in("analyst", "wrong").await;
    let wrong_name = browser.log_in("nobody", "wrong").await;
    assert_eq!(wrong_password.status, StatusCode::FORBIDDEN);
    assert_eq!(wrong_password.body.replace("analyst", "nobody"), wrong_name.body);
    assert!(wrong_password.body.contains("账号名或密码不对") && wrong_password.body.contains("value=\"analyst\""));
    assert!(!wrong_password.body.contains("wrong\""), "the password is not sent back");
    assert_eq!(browser.cookies(), ["__Host-nightsafe-entrance"]);
}

#[tokio::test]
async fn a_throttled_login_says_to_wait_and_how_long() {
    let desk = FakeDesk::new();
    let page = Browser::on(&desk, reference()).log_in("throttled", "x").await;
    assert_eq!((page.status, page.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "90"));
    assert!(page.body.contains("过几分钟再试"));
}

#[tokio::test]
async fn nobody_is_sent_to_another_site_after_logging_in() {
    let desk = FakeDesk::new();
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let mut browser = Browser::on(&desk, reference());
        let path = format!("/login?next={}", escaped(next));
        let form = browser.get(&path).await;
        assert!(!form.body.contains("evil") && !form.body.contains("alert"));
        let token = form.form_token();
        let fields =
            [("form", token.as_str()), ("name", "analyst"), ("password", "correct horse battery"), ("next", next)];
        assert_eq!(browser.post("/login", &fields).await.header("location"), "/");
    }
}

#[tokio::test]
async fn a_post_without_the_sessions_own_token_changes_nothing() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let mut other = Browser::logged_in(&desk, reference(), "reviewer").await;
    let foreign = other.get("/q").await.form_token();
    let own = browser.get("/q").await.form_token();
    assert_ne!(own, foreign);
    let path = format!("/c/{CASE}/identity");
    let asked = desk.asked().len();
    for token in ["", "A", &foreign, &own.to_lowercase(), &own[1..]] {
        let page = browser.post(&path, &[("form", token), ("reason", "联系举报人核实")]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{token}");
        assert!(page.body.contains("页面已过期"));
        assert_eq!(browser.post("/logout", &[("form", token)]).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(desk.asked().len(), asked, "the desk was not asked");
    assert_eq!(browser.get("/q").await.status, StatusCode::OK, "still logged in");
    assert_eq!(browser.post(&path, &[("form", &own), ("reason", "联系举报人核实")]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_login_form_of_another_browser_is_refused() {
    let desk = FakeDesk::new();
    let token = Browser::on(&desk, reference()).get("/login").await.form_token();
    let mut without_cookie = Browser::on(&desk, reference());
    let fields = [("form", token.as_str()), ("name", "analyst"), ("password", "correct horse battery")];
    assert_eq!(without_cookie.post("/login", &fields).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_post_that_says_it_comes_from_elsewhere_is_refused() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let token = browser.get("/q").await.form_token();
    let body = encoded(&[("form", &token), ("reason", "联系举报人核实")]);
    let cases = [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "none", 403),
        ("sec-fetch-site", "same-origin", 200),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 200), // what browsers send with our own forms: pages go out with no-referrer
        ("origin", "http://console.example", 403),
        ("origin", "https://console.example", 200),
    ];
    for (name, value, expected) in cases {
        let request = browser.request(Method::POST, &format!("/c/{CASE}/identity"));
        let request = request.header(header::CONTENT_TYPE, FORM).header(name, value);
        let page = browser.ask(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(page.status.as_u16(), expected, "{name}: {value}");
    }
}

#[tokio::test]
async fn forms_that_cannot_be_read_are_pages_with_words() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let token = browser.get("/q").await.form_token();
    let path = format!("/c/{CASE}/identity");
    let long = encoded(&[("form", &token), ("reason", &"长".repeat(20_000))]);
    let twice = encoded(&[("form", &token), ("form", &token)]);
    let cases = [
        (FORM, long, StatusCode::PAYLOAD_TOO_LARGE),
        (FORM, twice, StatusCode::BAD_REQUEST),
        ("application/json", "{}".to_owned(), StatusCode::BAD_REQUEST),
        ("", String::new(), StatusCode::BAD_REQUEST),
    ];
    for (kind, body, expected) in cases {
        let request = browser.request(Method::POST, &path).header(header::CONTENT_TYPE, kind);
        let page = browser.ask(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(page.status, expected, "{kind}");
        assert!(page.body.contains("<h1>"));
    }
}

#[tokio::test]
async fn an_identity_is_shown_only_after_a_reason() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let case = browser.get(&format!("/c/{CASE}")).await;
    assert!(!case.body.contains("苏木青") && !case.body.contains("14400000001") && !case.body.contains("0000 0000"));
    let path = format!("/c/{CASE}/identity");
    let token = case.form_token();
    for reason in ["", "  ", "短", "一\u{0}二三四", &"长".repeat(301)] {
        let page = browser.post(&path, &[("form", &token), ("reason", reason)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.body.contains("<title>出错：") && page.body.contains("请写明为什么要看举报人身份"));
        assert!(!page.body.contains("苏木青"));
    }
    assert!(desk.asked().iter().all(|question| !question.starts_with("identity")));
    let page = browser.post(&path, &[("form", &token), ("reason", "联系举报人核实")]).await;
    assert!(page.body.contains("苏木青") && page.body.contains("0000 0000 0000 0000 0000 0098"));
    assert!(desk.asked().contains(&format!("identity {CASE} 联系举报人核实")));
}

#[tokio::test]
async fn an_account_is_added_or_every_mistake_is_named() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "security_officer").await;
    let token = browser.get("/accounts").await.form_token();
    let mut add = async |name: &str, role: &str, unit: &str, password: &str| {
        let fields = [("form", token.as_str()), ("name", name), ("role", role), ("unit", unit), ("password", password)];
        browser.post("/accounts", &fields).await
    };
    let added = add("li.wei", "analyst", "DISC.990100", "a long enough one").await;
    assert_eq!((added.status, added.header("location")), (StatusCode::SEE_OTHER, "/accounts"));
    assert!(desk.asked().contains(&"add li.wei DISC.990100".to_owned()));
    let wrong = add("李伟", "root", "no unit", "short").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["name", "role", "unit", "password"] {
        assert!(wrong.body.contains(&format!("<a href=\"#{field}\">")), "{field}");
    }
    assert!(wrong.body.contains("value=\"李伟\"") && !wrong.body.contains("value=\"short\""));
    let again = add("analyst", "analyst", "DISC.990100", "a long enough one").await;
    assert!(again.status == StatusCode::UNPROCESSABLE_ENTITY && again.body.contains("已有人用"));
}

#[tokio::test]
async fn a_secret_is_shown_once_and_a_wrong_password_shows_none() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let page = browser.get("/me").await;
    assert!(page.body.contains("结束其他会话") && page.body.contains("totp_confirm"));
    let token = page.form_token();
    let begin = |password| [("form", token.as_str()), ("change", "totp_begin"), ("current", password)];
    let refused = browser.post("/me", &begin("wrong")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("密码不对") && !refused.body.contains("otpauth"));
    let shown = browser.post("/me", &begin("correct horse battery")).await;
    assert!(shown.body.contains("ABCD EFGH IJ") && shown.body.contains("otpauth://totp/"));
    assert!(!browser.get("/me").await.body.contains("ABCD"));
    let nothing = browser.post("/me", &[("form", token.as_str()), ("change", "everything")]).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_account_is_closed_by_the_security_officer_and_the_last_one_stays() {
    let desk = FakeDesk::new();
    let mut officer = Browser::logged_in(&desk, reference(), "security_officer").await;
    let token = officer.get("/accounts").await.form_token();
    let close = [("form", token.as_str()), ("change", "close")];
    let closed = officer.post("/accounts/analyst", &close).await;
    assert_eq!((closed.status, closed.header("location")), (StatusCode::SEE_OTHER, "/accounts"));
    let kept = officer.post("/accounts/security_officer", &close).await;
    assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(kept.body.contains("至少要留一名安全员"));
    assert!(desk.asked().contains(&"change analyst Close".to_owned()));
}

#[tokio::test]
async fn whoever_comes_second_sees_what_the_first_did_and_loses_nothing() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let path = format!("/c/{CASE}");
    let form = browser.get(&path).await;
    assert!(form.body.contains("name=\"edition\" value=\"3\""), "the page says what it was made from");
    let token = form.form_token();
    let note = "这是我写了很久的研判意见";
    let fields = [("form", token.as_str()), ("act", "assess"), ("part", "crime"), ("reason", note), ("edition", "2")];
    let page = browser.post(&format!("{path}/act"), &fields).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains(note), "what was typed is there");
    assert!(page.body.contains("指派核查员") && page.body.contains("head"), "and what the other one did");
    let fields = [("form", token.as_str()), ("act", "assess"), ("part", "crime"), ("reason", note), ("edition", "3")];
    assert_eq!(browser.post(&format!("{path}/act"), &fields).await.status, StatusCode::SEE_OTHER);
    let fields = [("form", token.as_str()), ("act", "assess"), ("reason", note), ("edition", "latest")];
    assert_eq!(browser.post(&format!("{path}/act"), &fields).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_result_is_read_from_boxes_and_lines_and_what_cannot_be_read_comes_back() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "verifier").await;
    let path = format!("/c/{CASE}");
    let token = browser.get(&path).await.form_token();
    let record = |basis: &'static str, result: &'static str| {
        [
            ("form", token.clone()),
            ("act", "record".to_owned()),
            ("part", "crime".to_owned()),
            ("edition", "3".to_owned()),
            ("result", result.to_owned()),
            ("disposal_LETTERS", "yes".to_owned()),
            ("disposal_CLEARED", "yes".to_owned()),
            ("reason", basis.to_owned()),
        ]
    };
    for (basis, result, status) in [
        ("第一行。\r\n第二行，依据见材料。", "PARTLY", StatusCode::SEE_OTHER),
        ("第一行。\u{7}第二行，依据见材料。", "PARTLY", StatusCode::UNPROCESSABLE_ENTITY),
        ("第一行。第二行，依据见材料。", "MAYBE", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let fields = record(basis, result);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = browser.post(&format!("{path}/act"), &fields).await;
        assert_eq!(page.status, status, "{basis:?} {result}");
        if status != StatusCode::SEE_OTHER {
            assert!(page.body.contains("第二行，依据见材料。") && page.body.contains("value=\"yes\" checked"));
        }
    }
    let asked = desk.asked().into_iter().find(|asked| asked.starts_with("act")).unwrap();
    assert!(asked.contains("[Letters, Cleared]") && asked.contains("第一行。\\n第二行"), "{asked}");
}

#[tokio::test]
async fn an_undertaking_is_filed_by_head_and_officer_and_what_is_wrong_is_said() {
    let desk = FakeDesk::new();
    for role in ["head", "security_officer"] {
        let mut browser = Browser::logged_in(&desk, reference(), role).await;
        let form = browser.get("/undertakings").await;
        assert!(form.body.contains("2027-02-28"), "{}", form.body);
        let token = form.form_token();
        let digest = "0123456789abcdef".repeat(4);
        let fields = |account: &'static str, until: &'static str| {
            [
                ("form", token.clone()),
                ("account", account.to_owned()),
                ("signed", "2026-11-01".to_owned()),
                ("until", until.to_owned()),
                ("document", digest.clone()),
            ]
        };
        for (account, until, status) in [
            ("verifier", "2027-11-01", StatusCode::SEE_OTHER),
            ("nobody", "2027-11-01", StatusCode::UNPROCESSABLE_ENTITY),
            ("verifier", "tomorrow", StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            let fields = fields(account, until);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(browser.post("/undertakings", &fields).await.status, status, "{role} {account} {until}");
        }
    }
}
