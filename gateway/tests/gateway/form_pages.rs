//! What is true of every page: headers, sizes, problems, the way out, the number on the receipt.

use std::fs;
use std::io::Read as _;

use crate::client::Client;
use crate::site::{Site, Window};
use crate::walk::{Walk, number};

/// Every page that can be asked for by its address.
const PAGES: [&str; 9] = [
    "/",
    "/report/gang/who",
    "/report/gang/who?campaign=xilingol-internet",
    "/report/officers/who",
    "/report/sector/what",
    "/add",
    "/progress",
    "/contact",
    "/keys",
];

#[test]
fn every_page_has_the_headers_and_no_cookie_and_nothing_inline() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    for path in PAGES.iter().chain(&["/nowhere"]) {
        let page = client.get(path);
        assert!(page.field("content-security-policy").unwrap().starts_with("default-src 'none'"), "{path}");
        assert_eq!(page.field("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(page.field("cache-control"), Some("no-store"), "{path}");
        assert_eq!(page.field("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(page.field("set-cookie").is_none(), "{path}");
        let scripts = page.body.matches("<script").count();
        let ours = page.body.matches("<script src=\"/assets/form.js\" defer></script>").count();
        assert_eq!((scripts, ours), (1, 1), "{path}");
        for inline in ["style=\"", "<style", "onclick", "onload", "http:", "https:", "javascript:"] {
            assert!(!page.body.contains(inline), "{path}: {inline}");
        }
        assert_eq!(page.body.matches("<h1>").count(), 1, "{path}");
        assert!(page.body.contains("110"), "{path}");
    }
    for (name, kind) in [("style.css", "text/css; charset=utf-8"), ("form.js", "text/javascript; charset=utf-8")] {
        assert_eq!(client.get(&format!("/assets/{name}")).field("content-type"), Some(kind));
    }
}

/// Bytes of an answer's body as a browser gets it.
fn weight(client: &Client, path: &str) -> usize {
    let answer = client.raw_body(path, &[("Accept", "text/html"), ("Accept-Encoding", "gzip, br")]);
    assert_eq!(answer.1.as_deref(), Some("gzip"), "{path}");
    let mut text = String::new();
    flate2::read::GzDecoder::new(answer.0.as_slice()).read_to_string(&mut text).unwrap();
    assert!(text.contains('>') || text.contains('{'), "{path}");
    answer.0.len()
}

#[test]
fn pages_are_light() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let assets = weight(&client, "/assets/style.css") + weight(&client, "/assets/form.js");
    assert!(assets + weight(&client, "/") <= 15 * 1024, "the first page with everything");
    for path in PAGES {
        let page = weight(&client, path);
        assert!(page + assets <= 30 * 1024, "{path}: {page} and {assets}");
    }
}

#[test]
fn a_receipt_is_never_compressed() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let check = Walk::begin(&client, "/report/sector").least("sector");
    let receipt = check.send("send", &[]);
    number(&receipt);
    assert!(receipt.field("vary").is_none() && receipt.field("content-encoding").is_none());
}

#[test]
fn forms_of_other_sites_are_refused() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    for path in ["/report/gang/who", "/add", "/progress", "/places", "/receipt/check"] {
        for foreign in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://elsewhere.example")] {
            assert_eq!(client.request("POST", path, &[kind, foreign], b"do=send").status, 400, "{path}");
        }
    }
}

#[test]
fn leaving_is_one_plain_link_away() {
    let site = Site::new();
    let serving = site.serve();
    let answer = site.client(&serving).get("/exit");
    assert_eq!(answer.status, 303);
    assert_eq!(answer.field("clear-site-data"), Some("\"cache\", \"cookies\", \"storage\""));
}

#[test]
fn the_copy_check_names_the_wrong_group_beside_the_number() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let check = |copy: &str| {
        client.post_form("/receipt/check", &[("number", "023407719775987621566832"), ("copy", copy), ("do", "check")])
    };
    let good = check("0234 0771 9775 9876 2156 6832");
    assert!(good.status == 200 && good.body.contains("一致"));
    let wrong = check("0234 0771 9776 9876 2156 6832");
    assert!(wrong.status == 422 && wrong.body.contains("第 3 组") && wrong.body.contains("<span>9775</span>"));
    assert!(wrong.body.contains("<title>出错："));
}

#[test]
fn progress_says_the_same_for_every_number() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let known = Walk::begin(&client, "/report/sector").least("sector").press("send").number();
    let ask = |number: &str| client.post_form("/progress", &[("number", number)]);
    let (known, unknown) = (ask(&known), ask("023407719775987621566832"));
    assert_eq!((known.status, known.body), (unknown.status, unknown.body));
    let typo = ask("023407719775987621566823");
    assert_eq!(typo.status, 422);
    assert!(typo.body.contains("编号可能抄错了"));
}

#[test]
fn places_are_listed_for_pages_with_scripts() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let rows = |code: &str| client.post_form("/places", &[("code", code)]).json();
    assert!(rows("152500").as_array().unwrap().contains(&serde_json::json!(["152531", "多伦县"])));
    for nothing in ["152531", "999999", "x", ""] {
        assert_eq!(rows(nothing), serde_json::json!([]), "{nothing}");
    }
}

#[test]
fn every_problem_has_a_page_that_says_what_is_kept_and_what_to_do() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let page = |method: &str, path: &str, head: &[(&str, &str)], body: &[u8], status: u16, words: [&str; 3]| {
        let mut fields = vec![("Accept", "text/html")];
        fields.extend_from_slice(head);
        let answer = client.request(method, path, &fields, body);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(answer.body.contains("<title>出错："), "{path}");
        for words in words {
            assert!(answer.body.contains(words), "{path}: {words}: {}", answer.body);
        }
    };
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let long = vec![b'a'; 800 * 1024];
    page("GET", "/nowhere", &[], b"", 404, ["没有这个页面", "没有提交任何内容", "回到开始页"]);
    page("GET", "/places", &[], b"", 405, ["不能直接打开", "没有提交任何内容", "回到开始页"]);
    page("POST", "/exit", &[form], b"", 405, ["不能直接打开", "没有收下", "回到开始页"]);
    page("POST", "/add", &[form], &long, 413, ["太长了", "没有收下", "缩短后"]);
    page("POST", "/add", &[("Content-Type", "text/plain")], b"x", 415, ["没有读懂", "没有收下", "再试一次"]);
    page("POST", "/add", &[form, ("Sec-Fetch-Site", "cross-site")], b"", 400, ["不是从本站", "没有收下", "再试一次"]);
}

#[test]
fn a_form_that_cannot_be_taken_now_keeps_its_text_on_the_page() {
    let site = Site::with_ring(Window { began_days_ago: 100, ends_in_days: -20 });
    let serving = site.serve();
    let client = site.client(&serving);
    let page = Walk::begin(&client, "/report/sector").least("sector").press("send").expect(503);
    assert!(page.page.body.contains("现在不能接收") && page.page.body.contains("强收摊位费"));
    assert!(page.page.field("retry-after").is_some());
}

#[test]
fn what_is_not_open_says_so_to_people_and_programs() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let begun = Walk::begin(&client, "/report/sector").least("sector");
    let open = begun.page.clone();
    serving.kill();
    let config = fs::read_to_string(site.config()).unwrap();
    let closed = "[[open]]\nwhat = \"SECTOR_DISORDER\"\nuntil = \"2020\"\n[[open]]\nwhat = \"xilingol-internet\"\nfrom = \"2099\"\n";
    fs::write(site.config(), format!("{config}\n{closed}")).unwrap();
    let serving = site.serve();
    let client = site.client(&serving);
    let start = client.get("/").body;
    assert!(
        start.contains("现在没有开放") && !start.contains("/report/sector") && !start.contains("xilingol-internet")
    );
    for path in ["/report/sector/what", "/report/gang/who?campaign=xilingol-internet"] {
        let page = client.get(path);
        assert!(
            page.status == 403 && page.body.contains("现在没有开放") && page.body.contains("其他举报方式"),
            "{path}"
        );
    }
    assert_eq!(client.get("/report/gang/who").status, 200);
    // The page was drawn when the flow had been closed already, by its new days.
    let late = Walk::resume(&client, open).tick("declaration.truthful", "yes").press("send");
    assert_eq!(late.page.status, 403);
    let report = crate::site::sample("09_sector_minimal_elderly.json").to_string();
    let refused = client.post_report(None, &report);
    assert_eq!(refused.codes(), [("flow".to_owned(), "NOT_OPEN".to_owned())]);
}

#[test]
fn the_configuration_names_the_service_and_its_other_ways() {
    let site = Site::new();
    let config = fs::read_to_string(site.config()).unwrap();
    let service = "name = { zh = \"青禾举报台\", en = \"Qinghe line\" }\n\
                   onion = \"http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.onion\"\n\
                   [[service.contact]]\nname = { zh = \"举报电话\", en = \"Telephone\" }\nreach = \"12337\"\n";
    fs::write(site.config(), config.replacen("[service]\n", &format!("[service]\n{service}"), 1)).unwrap();
    let serving = site.serve();
    let client = site.client(&serving);
    let start = client.get("/");
    assert!(start.body.contains("青禾举报台") && start.body.contains(".onion</code>"));
    assert!(start.field("onion-location").unwrap().starts_with("http://aaaa"));
    let contact = client.get("/contact").body;
    assert!(contact.contains("12337") && contact.contains("0479-8241095") && contact.contains("阿尔善分局扫黑办"));
}

#[test]
fn what_is_wrong_with_the_configuration_is_named_before_anything_is_served() {
    let site = Site::new();
    let config = fs::read_to_string(site.config()).unwrap();
    fs::write(site.config(), format!("{config}\n[[open]]\nwhat = \"NOWHERE\"\nuntil = \"soon\"\n")).unwrap();
    for verb in ["check-catalog", "serve"] {
        let output = site.run(&[verb]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{verb}: {said}");
        assert!(said.contains("NOWHERE is no flow") && said.contains("soon is no day"), "{verb}: {said}");
    }
}
