//! Every route by every role: exactly the table.

use std::{collections::BTreeSet, sync::Arc};

use http::{Method, StatusCode};
use nightsafe_casework::role::Role;

use crate::{
    browser::Browser,
    desk::{CASE, FakeDesk, NO_CASE, OTHER, item, reference, sample_report},
};

/// 200 a page, 3 a redirect, 4 refused for the role.
const TABLE: [(&str, [(&str, u16); 42]); 9] = {
    struct Gets {
        cases: u16,
        compare: u16,
        merge: u16,
        original: u16,
        identity: u16,
        work: u16,
        dispatch: u16,
        custody: u16,
        sealed: u16,
        audit: u16,
        accounts: u16,
        add: u16,
        home: u16,
        undertakings: u16,
        undertake: u16,
        calls: u16,
        call: u16,
        register: u16,
    }
    const fn row(gets: &Gets) -> [(&'static str, u16); 42] {
        let Gets {
            cases,
            compare,
            merge,
            original,
            identity,
            work,
            dispatch,
            custody,
            sealed,
            audit,
            accounts,
            add,
            home,
            undertakings,
            undertake,
            calls,
            call,
            register,
        } = *gets;
        // Only a dispatcher forwards.
        let forward = if dispatch == 303 && calls == 200 { 200 } else { 403 };
        [
            ("GET /", home),
            ("GET /q", cases),
            ("GET /q/next?at=0", if cases == 200 { 303 } else { cases }),
            ("GET /compare?a=7K2M-9QXW-3T5A&b=0000-0000-0002", compare),
            ("POST /compare?merge", merge),
            ("GET /q/many?act=star&c_7K2M-9QXW-3T5A=on", cases),
            ("GET /q/many?act=forward&c_7K2M-9QXW-3T5A=on", forward),
            ("POST /q/many?star", cases),
            ("POST /q/many?forward", forward),
            ("POST /q/many?assign", if dispatch == 303 { 200 } else { dispatch }),
            ("GET /help/keys", 200),
            ("GET /assets/console.js", 200),
            ("GET /search", cases),
            ("GET /search?q=x", cases),
            ("GET /c/7K2M-9QXW-3T5A", cases),
            ("GET /c/7K2M-9QXW-3T5A/files/01040G2081040G2081040G2081", cases),
            ("GET /c/7K2M-9QXW-3T5A/files/01040G2081040G2081040G2081/1", cases),
            ("POST /c/7K2M-9QXW-3T5A/files/01040G2081040G2081040G2081/original", original),
            ("POST /c/7K2M-9QXW-3T5A/identity", identity),
            ("POST /c/7K2M-9QXW-3T5A/act?acknowledge", work),
            ("POST /c/7K2M-9QXW-3T5A/act?forbid", dispatch),
            ("POST /c/7K2M-9QXW-3T5A/act?supervise", work),
            ("GET /c/7K2M-9QXW-3T5A/letter", cases),
            ("GET /c/7K2M-9QXW-3T5A/file", cases),
            ("GET /undertakings", undertakings),
            ("POST /undertakings", undertake),
            ("GET /register", register),
            ("GET /register/phone/GANG_CRIME", register),
            ("GET /custody", custody),
            ("GET /callbacks", calls),
            ("GET /callbacks/2026-11", calls),
            ("POST /callbacks?commit", call),
            ("POST /callbacks?approve", if call == 303 { 422 } else { call }),
            ("GET /sealed", sealed),
            ("GET /sealed/7K2M-9QXW-3T5A", sealed),
            ("GET /stats", cases),
            ("GET /stats/csv?period=2026", cases),
            ("GET /audit", audit),
            ("GET /accounts", accounts),
            ("POST /accounts", add),
            ("POST /accounts/analyst", add),
            ("GET /me", 200),
        ]
    }
    [
        (
            "analyst",
            row(&Gets {
                cases: 200,
                compare: 200,
                merge: 303,
                original: 200,
                identity: 200,
                work: 303,
                dispatch: 403,
                custody: 403,
                sealed: 404,
                audit: 403,
                accounts: 403,
                add: 403,
                home: 303,
                undertakings: 403,
                undertake: 403,
                calls: 200,
                call: 303,
                register: 403,
            }),
        ),
        (
            "dispatcher",
            row(&Gets {
                cases: 200,
                compare: 200,
                merge: 403,
                original: 422,
                identity: 403,
                work: 303,
                dispatch: 303,
                custody: 403,
                sealed: 404,
                audit: 403,
                accounts: 403,
                add: 403,
                home: 303,
                undertakings: 403,
                undertake: 403,
                calls: 200,
                call: 303,
                register: 403,
            }),
        ),
        (
            "verifier",
            row(&Gets {
                cases: 200,
                compare: 200,
                merge: 403,
                original: 422,
                identity: 200,
                work: 303,
                dispatch: 403,
                custody: 403,
                sealed: 404,
                audit: 403,
                accounts: 403,
                add: 403,
                home: 303,
                undertakings: 403,
                undertake: 403,
                calls: 403,
                call: 403,
                register: 403,
            }),
        ),
        (
            "reviewer",
            row(&Gets {
                cases: 200,
                compare: 200,
                merge: 403,
                original: 422,
                identity: 200,
                work: 303,
                dispatch: 403,
                custody: 403,
                sealed: 200,
                audit: 403,
                accounts: 403,
                add: 403,
                home: 303,
                undertakings: 403,
                undertake: 403,
                calls: 403,
                call: 403,
                register: 403,
            }),
        ),
        (
            "head",
            row(&Gets {
                cases: 200,
                compare: 200,
                merge: 403,
                original: 422,
                identity: 403,
                work: 303,
                dispatch: 303,
                custody: 200,
                sealed: 404,
                audit: 403,
                accounts: 403,
                add: 403,
                home: 303,
                undertakings: 200,
                undertake: 303,
                calls: 403,
                call: 403,
                register: 403,
            }),
        ),
        (
            "clerk",
            row(&Gets {
                cases: 403,
                compare: 403,
                merge: 403,
                original: 403,
                identity: 403,
                work: 403,
                dispatch: 403,
                custody: 403,
                sealed: 404,
                audit: 403,
                accounts: 403,
                add: 403,
                home: 303,
                undertakings: 403,
                undertake: 403,
                calls: 403,
                call: 403,
                register: 200,
            }),
        ),
        (
            "administrator",
            row(&Gets {
                cases: 403,
                compare: 403,
                merge: 403,
                original: 403,
                identity: 403,
                work: 403,
                dispatch: 403,
                custody: 403,
                sealed: 404,
                audit: 403,
                accounts: 403,
                add: 403,
                home: 200,
                undertakings: 403,
                undertake: 403,
                calls: 403,
                call: 403,
                register: 403,
            }),
        ),
        (
            "security_officer",
            row(&Gets {
                cases: 403,
                compare: 403,
                merge: 403,
                original: 403,
                identity: 403,
                work: 403,
                dispatch: 403,
                custody: 403,
                sealed: 404,
                audit: 403,
                accounts: 200,
                add: 303,
                home: 303,
                undertakings: 200,
                undertake: 303,
                calls: 403,
                call: 403,
                register: 403,
            }),
        ),
        (
            "auditor",
            row(&Gets {
                cases: 403,
                compare: 403,
                merge: 403,
                original: 403,
                identity: 403,
                work: 403,
                dispatch: 403,
                custody: 403,
                sealed: 404,
                audit: 200,
                accounts: 403,
                add: 403,
                home: 303,
                undertakings: 403,
                undertake: 403,
                calls: 200,
                call: 403,
                register: 403,
            }),
        ),
    ]
};

const FIELDS: [(&str, &str); 15] = [
    ("key", "000102030405060708090a0b0c0d0e0f"),
    ("edition_7K2M-9QXW-3T5A", ""),
    ("month", "2026-11"),
    ("a", "7K2M-9QXW-3T5A"),
    ("case", "0000-0000-0002"),
    ("account", "verifier"),
    ("signed", "2026-11-01"),
    ("until", "2027-11-01"),
    ("document", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
    ("reason", "联系举报人核实"),
    ("name", "new.analyst"),
    ("role", "analyst"),
    ("unit", "DISC.990100"),
    ("password", "a long enough one"),
    ("change", "end_sessions"),
];

#[tokio::test]
async fn every_role_gets_exactly_its_pages() {
    assert_eq!(TABLE.map(|(role, _)| role), Role::ALL.map(Role::code));
    for (role, row) in TABLE {
        let desk = Arc::new(
            FakeDesk::with(&sample_report("01_gang_village_bully_umbrella.json"), &reference())
                .beside(&sample_report("09_sector_minimal_elderly.json")),
        );
        let mut browser = Browser::logged_in(&desk, reference(), role).await;
        for (route, expected) in row {
            let (method, path) = route.split_once(' ').unwrap();
            let page = if method == "GET" {
                browser.get(path).await
            } else {
                let form = browser.get("/").await;
                let form =
                    if form.status == StatusCode::OK { form } else { browser.get(form.header("location")).await };
                let token = form.form_token();
                let (path, act) = path.split_once('?').unwrap_or((path, ""));
                let more = [("form", token.as_str()), ("act", act)];
                let fields: Vec<(&str, &str)> = FIELDS.into_iter().chain(more).collect();
                browser.post(path, &fields).await
            };
            assert_eq!(page.status.as_u16(), expected, "{role} {route}");
        }
    }
}

#[tokio::test]
async fn a_refused_page_does_not_even_ask_the_desk() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "administrator").await;
    for path in [
        "/q",
        "/search?q=x",
        &format!("/c/{CASE}"),
        "/custody",
        "/stats",
        "/stats/csv",
        "/audit",
        "/accounts",
        "/undertakings",
        "/callbacks",
    ] {
        browser.get(path).await;
    }
    assert_eq!(desk.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_gets_anything_without_a_session() {
    let desk = FakeDesk::new();
    for path in ["/", "/q", "/search?q=%E9%9C%8D", &format!("/c/{CASE}"), "/stats", "/stats/csv", "/audit", "/accounts"]
    {
        let mut browser = Browser::on(&desk, reference());
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert!(page.header("location").starts_with("/login?next=%2F"), "{}", page.header("location"));
        assert_eq!(page.body, "");
    }
    assert_eq!(desk.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn an_ended_session_leads_to_the_login_page_and_back() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let inbox = browser.get("/q").await;
    let mut elsewhere = Browser::on(&desk, reference());
    let cookies = browser.request(Method::GET, "/q").body(axum::body::Body::empty()).unwrap();
    browser.post("/logout", &[("form", &inbox.form_token())]).await;
    let page = elsewhere.ask(cookies).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/login?next=%2Fq"));
    assert!(page.header("set-cookie").starts_with("__Host-nightsafe=; Max-Age=0"));
}

#[tokio::test]
async fn a_case_that_does_not_exist_a_forbidden_one_and_a_bent_number_look_alike() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let absent = browser.get(&format!("/c/{NO_CASE}")).await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
    for path in ["/c/not-a-number", "/c/%F0%9F%92%A9", "/c/..%2Fq"] {
        let bent = browser.get(path).await;
        assert_eq!((bent.status, &bent.body), (absent.status, &absent.body), "{path}");
    }
    assert!(!absent.body.contains(NO_CASE));
}

#[tokio::test]
async fn paths_that_are_no_page_and_methods_that_fit_none_are_pages_with_words() {
    let desk = FakeDesk::new();
    let mut browser = Browser::on(&desk, reference());
    let nowhere = browser.get("/nowhere").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert!(nowhere.body.contains("没有找到") && nowhere.body.contains("Not found"));
    let deleted = browser.request(Method::DELETE, "/q").body(axum::body::Body::empty()).unwrap();
    let deleted = browser.ask(deleted).await;
    assert_eq!(deleted.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(deleted.body.contains("不能这样打开"));
}

#[tokio::test]
async fn every_answer_has_the_security_headers_and_asks_for_nothing_outside() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let case = format!("/c/{CASE}");
    for path in ["/login", "/q", "/search?q=x", &case, "/stats", "/audit", "/nowhere", "/assets/console.css", "/"] {
        let page = browser.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'; img-src"), "{path}");
        assert!(!policy.contains("unsafe") && !policy.contains("data:"), "{path}: {policy}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(!page.header("permissions-policy").is_empty(), "{path}");
        assert!(
            page.body.split("src=").skip(1).all(|after| after.starts_with("\"/c/") || after.starts_with("\"/assets/")),
            "{path}"
        );
        for outside in
            ["<script>", "http://", "https://", "srcset=", "style=", "url(", "@import", "onclick", "javascript:"]
        {
            assert!(!page.body.contains(outside), "{path}: {outside}");
        }
    }
}

#[tokio::test]
async fn a_copy_is_sent_under_a_type_of_ours_in_a_sandbox() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let file = format!("/c/{CASE}/files/{}", item(1));
    let copy = browser.get(&format!("{file}/1")).await;
    assert_eq!((copy.status, copy.body.as_str()), (StatusCode::OK, "pixel"));
    assert_eq!((copy.header("content-type"), copy.header("content-length")), ("image/png", "5"));
    assert_eq!(copy.header("content-disposition"), "inline");
    let page = browser.get(&file).await;
    let token = page.form_token();
    let original = browser.post(&format!("{file}/original"), &[("form", &token)]).await;
    assert_eq!((original.status, original.header("content-type")), (StatusCode::OK, "application/octet-stream"));
    assert!(original.header("content-disposition").starts_with("attachment; filename=\""));
    for answer in [&copy, &original] {
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'; sandbox;"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert!(!page.header("content-security-policy").contains("sandbox"));
    // By a plain link nobody takes an original, and there is no other part.
    assert_eq!(browser.get(&format!("{file}/original")).await.status, StatusCode::METHOD_NOT_ALLOWED);
    for path in [format!("{file}/2"), format!("{file}/x"), format!("/c/{CASE}/files/none/1")] {
        assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_router_answers_nothing_that_the_table_does_not_have() {
    let mut listed: BTreeSet<String> =
        TABLE[0].1.iter().map(|(route, _)| route.split_once(' ').unwrap().1.to_owned()).collect();
    listed.extend(["/login", "/logout", "/assets/console.css"].map(str::to_owned));
    let fits = |template: &str, path: &str| {
        let path = path.split('?').next().unwrap();
        let (parts, given) = (template.split('/'), path.split('/'));
        parts.clone().count() == given.clone().count()
            && parts.zip(given).all(|(part, given)| part == given || (part.starts_with('{') && !given.is_empty()))
    };
    for route in nightsafe_console::Console::addresses() {
        assert!(listed.iter().any(|path| fits(route.path, path)), "no row for {}", route.path);
    }
}

#[tokio::test]
async fn a_pair_of_which_one_is_out_of_sight_is_no_page() {
    let desk = FakeDesk::new();
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let absent = browser.get(&format!("/c/{NO_CASE}")).await;
    for query in [
        format!("?a={CASE}&b={OTHER}"),
        format!("?a={CASE}&b={NO_CASE}"),
        format!("?a={NO_CASE}&b={CASE}"),
        format!("?a={CASE}"),
        "?a=x&b=%F0%9F%92%A9".to_owned(),
        String::new(),
    ] {
        let page = browser.get(&format!("/compare{query}")).await;
        assert_eq!((page.status, &page.body), (StatusCode::NOT_FOUND, &absent.body), "{query}");
    }
}

#[tokio::test]
async fn sound_and_video_are_sent_in_the_pieces_that_a_player_asks_for_and_pictures_whole() {
    for (media_type, range, status, body, said) in [
        ("video/mp4", "bytes=1-2", 206, "ix", "bytes 1-2/5"),
        ("audio/mpeg", "bytes=3-", 206, "el", "bytes 3-4/5"),
        ("video/mp4", "bytes=-1", 206, "l", "bytes 4-4/5"),
        ("video/mp4", "bytes=5-", 416, "", "bytes */5"),
        ("video/mp4", "bytes=0-1,3-4", 200, "pixel", ""),
        ("image/png", "bytes=1-2", 200, "pixel", ""),
    ] {
        let mut desk = FakeDesk::with(&sample_report("01_gang_village_bully_umbrella.json"), &reference());
        desk.media_type = media_type;
        let mut browser = Browser::logged_in(&Arc::new(desk), reference(), "analyst").await;
        let path = format!("/c/{CASE}/files/{}/1", item(1));
        let request = browser.request(Method::GET, &path).header("range", range);
        let copy = browser.ask(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!((copy.status.as_u16(), copy.body.as_str()), (status, body), "{media_type} {range}");
        assert_eq!(copy.header("content-range"), said, "{media_type} {range}");
        assert_eq!(copy.header("accept-ranges"), if media_type == "image/png" { "" } else { "bytes" });
        assert!(copy.header("content-security-policy").starts_with("default-src 'none'; sandbox;"), "{range}");
    }
}
