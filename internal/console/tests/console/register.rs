//! The clerk's form: it follows from the catalog, keeps what was typed, and ends in a receipt.

use axum::body::Body;
use http::{Method, StatusCode, header};

use crate::{
    browser::{Browser, Page},
    desk::{FakeDesk, reference},
};

const BOUNDARY: &str = "boundary-of-a-test";
const PHONE: &str = "/register/phone/GANG_CRIME";

/// Posts a form with files as a browser does.
async fn post(browser: &mut Browser, path: &str, fields: &[(&str, &str)], files: &[(&str, &str)]) -> Page {
    let part = |head: String, content: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
    };
    let typed = fields.iter().map(|(name, value)| part(format!("name=\"{name}\""), value));
    let chosen = files.iter().map(|(name, content)| part(format!("name=\"attachment\"; filename=\"{name}\""), content));
    let body: String = typed.chain(chosen).chain([format!("--{BOUNDARY}--\r\n")]).collect();
    let request = browser.request(Method::POST, path);
    let request = request.header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"));
    browser.ask(request.body(Body::from(body)).unwrap()).await
}

fn call(form: &str) -> Vec<(&str, &str)> {
    vec![
        ("form", form),
        ("token", "0123456789abcdef0123456789abcdef"),
        ("received_at", "2026-11-22 15:20"),
        ("source", "PETITION"),
        ("subjects[0].kind", "individual"),
        ("subjects[0].name", "霍大椿"),
        ("facts.title", "杏花村霍大椿强收保护费"),
        ("facts.narrative", "来电人说，霍大椿在杏花村强收保护费。"),
        ("facts.categories=GC06", "yes"),
        ("facts.place.detail", "杏花村"),
    ]
}

#[tokio::test]
async fn a_clerk_registers_a_call_by_form_and_gets_a_receipt_to_print() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "clerk").await;
    let list = browser.get("/register").await;
    assert!(list.body.contains(PHONE) && list.body.contains("/register/mail/SECTOR_DISORDER"), "{}", list.body);
    let page = browser.get(PHONE).await;
    assert!(page.body.contains("name=\"subjects[0].name\"") && page.body.contains("欺行霸市"), "{}", page.body);
    assert!(page.body.contains("<h1>") && page.body.contains("Telephone: Gang crime"), "{}", page.body);
    assert!(!page.body.contains("您的情况") && page.body.contains("举报人"), "the reporter is somebody else");
    assert!(!page.body.contains(".sid"), "whom it is about is numbered by itself");
    assert!(!page.body.contains("name=\"declaration.truthful\""), "the clerk agrees to nothing for the caller");
    let form = page.form_token();
    let receipt =
        post(&mut browser, PHONE, &call(&form), &[("scan.jpg", "first"), ("call.mp3", "second"), ("", "")]).await;
    assert_eq!(receipt.status, StatusCode::OK, "{}", receipt.body);
    assert!(receipt.body.contains("0000 0000 0000 0000 0000 0098"), "{}", receipt.body);
    assert!(!receipt.body.contains("霍大椿"), "nothing of the case");
    let asked = desk.asked();
    assert!(asked.iter().any(|asked| asked == "register phone PETITION 2026-11-22T15:20:00+08:00"), "{asked:?}");
    let enclosed: Vec<_> = asked.iter().filter(|asked| asked.starts_with("enclosed")).collect();
    assert!(enclosed[0].contains("scan.jpg") && enclosed[1].contains("call.mp3"), "{enclosed:?}");
    assert_eq!(enclosed.len(), 2);
}

#[tokio::test]
async fn what_is_missing_is_said_and_what_was_typed_stays() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "clerk").await;
    let form = browser.get(PHONE).await.form_token();
    let mut fields = call(&form);
    fields.retain(|(name, _value)| *name != "facts.title");
    let page = post(&mut browser, PHONE, &fields, &[]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("role=\"alert\"") && page.body.contains("value=\"霍大椿\""), "{}", page.body);
    assert!(page.body.contains("0123456789abcdef0123456789abcdef"), "sent again it is the same registration");
    fields.push(("facts.title", "又写上了"));
    let index = fields.iter().position(|(name, _value)| *name == "received_at").unwrap();
    fields[index].1 = "昨天";
    assert_eq!(post(&mut browser, PHONE, &fields, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_form_with_files_is_taken_from_our_own_page_and_from_clerks_only() {
    let desk = FakeDesk::new();
    for role in ["analyst", "head", "auditor"] {
        let mut browser = Browser::logged_in(&desk, reference(), role).await;
        assert_eq!(post(&mut browser, PHONE, &call("x"), &[]).await.status, StatusCode::FORBIDDEN, "{role}");
    }
    let mut browser = Browser::logged_in(&desk, reference(), "clerk").await;
    assert_eq!(post(&mut browser, PHONE, &call("of another session"), &[]).await.status, StatusCode::FORBIDDEN);
    let form = browser.get(PHONE).await.form_token();
    let twice = [call(&form), vec![("source", "PUBLIC")]].concat();
    assert_eq!(post(&mut browser, PHONE, &twice, &[]).await.status, StatusCode::BAD_REQUEST);
    for path in ["/register/web/GANG_CRIME", "/register/phone/NOTHING"] {
        assert_eq!(post(&mut browser, path, &call(&form), &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let plain = browser.post(PHONE, &call(&form)).await;
    assert_eq!(plain.status, StatusCode::BAD_REQUEST, "no multipart");
    assert!(!desk.asked().iter().any(|asked| asked.starts_with("register")));
}

#[tokio::test]
async fn a_mail_is_handed_in_as_a_file() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "clerk").await;
    let path = "/register/mail/SECTOR_DISORDER";
    let page = browser.get(path).await;
    assert!(page.body.contains("type=\"file\"") && !page.body.contains("facts.title"), "{}", page.body);
    let form = page.form_token();
    let fields = [("form", form.as_str()), ("received_at", "2026-11-22 15:20"), ("source", "PUBLIC")];
    let taken = post(&mut browser, path, &fields, &[("a.eml", "From: a@example.test\r\n\r\ntext")]).await;
    assert!(taken.status == StatusCode::OK && taken.body.contains("没有重复登记"), "{}", taken.body);
    for files in [&[("a.png", "PNG")][..], &[]] {
        assert_eq!(post(&mut browser, path, &fields, files).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}
