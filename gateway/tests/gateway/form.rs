//! The pages for people, walked as a browser without scripts walks them.

use crate::client::{Answer, Client};
use crate::parts::{Body, KIND, jpeg};
use crate::site::{Site, sample};

/// The value of the hidden field `state`.
fn state(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("name=\"state\" value=\"").expect("a form");
    rest.split('"').next().unwrap().to_owned()
}

fn number(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{}", page.body);
    let (_, rest) = page.body.split_once("name=\"number\" value=\"").expect("a receipt");
    rest.split('"').next().unwrap().to_owned()
}

/// What is typed at least, flow by flow.
fn least(slug: &str) -> Vec<(&'static str, &'static str)> {
    let mut fields = vec![
        ("notice_ack.accepted", "yes"),
        ("facts.title", "强收摊位费"),
        ("facts.narrative", "每天早上有三个人来收钱，不交就掀摊。"),
        ("facts.place.detail", "不清楚"),
        ("declaration.truthful", "yes"),
        ("do", "send"),
    ];
    let subject = [("subjects[0].kind", "individual"), ("subjects[0].name", "不清楚")];
    match slug {
        "officers" => {
            fields.extend(subject);
            fields.extend([("subjects[0].system", "POLICE"), ("facts.categories", "PD01")]);
        }
        "gang" => {
            fields.extend(subject);
            fields.push(("facts.categories", "GC06"));
        }
        _ => fields.push(("facts.categories", "SD06")),
    }
    fields
}

#[test]
fn every_flow_can_be_reached_from_the_start_page_and_filed() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let start = client.get("/");
    for slug in ["officers", "gang", "sector"] {
        assert!(start.body.contains(&format!("href=\"/report/{slug}\"")), "{slug}");
        let opened = client.get(&format!("/report/{slug}"));
        assert_eq!(opened.status, 303);
        let path = opened.field("location").unwrap().to_owned();
        let page = client.get(&path);
        let state = state(&page);
        let mut fields = least(slug);
        fields.push(("state", &state));
        let receipt = client.post_form(&path, &fields);
        let first = number(&receipt);
        assert_eq!(receipt.body.matches("<span>").count(), 6, "six groups");
        assert_eq!(number(&client.post_form(&path, &fields)), first, "a second press is the same submission");
    }
    serving.kill();
    assert_eq!(site.assert_outbox_is_whole(), 6);
}

#[test]
fn errors_are_named_first_and_nothing_typed_is_lost() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let state = state(&client.get("/report/gang/form"));
    let fields = [("state", state.as_str()), ("facts.title", "我的标题<b>"), ("facts.narrative", "短"), ("do", "send")];
    let page = client.post_form("/report/gang/form", &fields);
    assert_eq!(page.status, 422);
    assert!(page.body.contains("<title>出错："));
    assert!(page.body.contains("我的标题&#60;b&#62;"), "kept, and escaped");
    assert!(page.body.contains("href=\"#facts-narrative\"") && page.body.contains("id=\"facts-narrative-error\""));
    assert!(page.body.contains("请至少写 10 个字"));
}

#[test]
fn a_page_that_is_too_old_or_not_ours_keeps_the_text() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let mut fields = least("sector");
    fields.push(("state", "forged.state"));
    let page = client.post_form("/report/sector/form", &fields);
    assert_eq!(page.status, 422);
    assert!(page.body.contains("页面放得太久") && page.body.contains("强收摊位费"));
    let fresh = state(&page);
    fields.pop();
    fields.push(("state", &fresh));
    number(&client.post_form("/report/sector/form", &fields));
}

#[test]
fn more_blocks_and_places_come_without_losing_anything() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let state = state(&client.get("/report/gang/form"));
    let fields = [
        ("state", state.as_str()),
        ("subjects[0].name", "张某"),
        ("facts.place.code.1", "150000"),
        ("do", "another:subjects"),
    ];
    let page = client.post_form("/report/gang/form", &fields);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("张某") && page.body.contains("name=\"subjects[1].name\""));
    assert!(page.body.contains("锡林郭勒盟"), "the prefectures of the chosen province");
}

#[test]
fn forms_of_other_sites_are_refused() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    for foreign in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://elsewhere.example")] {
        assert_eq!(client.request("POST", "/report/gang/form", &[kind, foreign], b"do=send").status, 400);
    }
}

#[test]
fn every_page_has_the_headers_and_none_has_a_cookie_or_a_script() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    for path in [
        "/",
        "/report/gang/form",
        "/report/officers/form",
        "/report/sector/form",
        "/add",
        "/progress",
        "/keys",
        "/nowhere",
    ] {
        let page = client.get(path);
        assert!(page.field("content-security-policy").unwrap().starts_with("default-src 'none'"), "{path}");
        assert_eq!(page.field("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(page.field("cache-control"), Some("no-store"), "{path}");
        assert_eq!(page.field("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(page.field("set-cookie").is_none(), "{path}");
        assert!(
            !page.body.contains("<script") && !page.body.contains("style=\"") && !page.body.contains("http"),
            "{path}"
        );
        assert!(page.body.matches("<h1>").count() == 1, "{path}");
        // A whole flow on one page; its pages of their own will stay below 30 KiB each.
        assert!(page.body.len() <= 50 * 1024, "{path}: {} bytes", page.body.len());
    }
    assert_eq!(client.get("/assets/style.css").field("content-type"), Some("text/css; charset=utf-8"));
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
fn the_copy_check_names_the_wrong_group() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let number = "023407719775987621566832";
    let good = client.post_form("/receipt/check", &[("number", number), ("copy", "0234 0771 9775 9876 2156 6832")]);
    assert!(good.body.contains("一致"));
    let wrong = client.post_form("/receipt/check", &[("number", number), ("copy", "0234 0771 9776 9876 2156 6832")]);
    assert!(wrong.body.contains("第 3 组"));
}

#[test]
fn progress_says_the_same_for_every_number() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let mut fields = least("sector");
    let state = state(&client.get("/report/sector/form"));
    fields.push(("state", &state));
    let known = number(&client.post_form("/report/sector/form", &fields));
    let ask = |number: &str| client.post_form("/progress", &[("number", number)]);
    let (known, unknown) = (ask(&known), ask("023407719775987621566832"));
    assert_eq!((known.status, known.body), (unknown.status, unknown.body));
    let typo = ask("023407719775987621566823");
    assert_eq!(typo.status, 422);
    assert!(typo.body.contains("编号可能抄错了"));
}

/// What a browser makes of the fields, with `files` in the input at the end of the page and the button after it.
fn with_files(fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let (buttons, fields): (Vec<_>, Vec<_>) = fields.iter().partition(|(name, _)| *name == "do");
    let text =
        |body: Body, (name, value): &(&str, &str)| body.part(&format!("name=\"{name}\""), None, value.as_bytes());
    let body = fields.into_iter().fold(Body::new(), &text);
    let nothing_chosen: &[(&str, &[u8])] = &[("", b"")];
    let files = if files.is_empty() { nothing_chosen } else { files };
    let body = files.iter().fold(body, |body, (name, data)| body.attachment(name, "application/octet-stream", data));
    buttons.into_iter().fold(body, text).end()
}

fn post_with_files(client: &Client, path: &str, body: &[u8]) -> Answer {
    let head = [("Content-Type", KIND), ("Accept", "text/html"), ("Origin", "null"), ("Sec-Fetch-Site", "same-origin")];
    client.request("POST", path, &head, body)
}

#[test]
fn files_are_sent_with_the_form() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    for (slug, count) in [("sector", 2), ("gang", 0)] {
        let path = format!("/report/{slug}/form");
        let page = client.get(&path);
        assert!(page.body.contains("enctype=\"multipart/form-data\"") && page.body.contains("type=\"file\""));
        let state = state(&page);
        let mut fields = least(slug);
        fields.push(("state", &state));
        let photos = [jpeg(3000), jpeg(400_000)];
        let files: Vec<(&str, &[u8])> = photos.iter().take(count).map(|photo| ("名.jpg", photo.as_slice())).collect();
        let body = with_files(&fields, &files);
        let first = number(&post_with_files(&client, &path, &body));
        assert_eq!(number(&post_with_files(&client, &path, &body)), first, "a second press is the same submission");
        let opened = site.open_report();
        let facts = &opened.intake.attachments;
        assert_eq!(facts.len(), count);
        assert!(facts.iter().zip(&photos).all(|(fact, photo)| fact.length == photo.len() as u64));
        assert!(facts.iter().all(|fact| fact.name == "名.jpg" && fact.media_type == "image/jpeg"));
    }
    assert_eq!(serving.stop(), Some(0));
    assert_eq!(site.assert_outbox_is_whole(), 8);
}

#[test]
fn a_supplement_may_be_files_alone() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let cited = client.post_report(None, &sample("09_sector_minimal_elderly.json").to_string()).number();
    let state = state(&client.get("/add"));
    let fields = [("state", state.as_str()), ("cites", &cited), ("do", "send")];
    let receipt = post_with_files(&client, "/add", &with_files(&fields, &[("x.jpg", &jpeg(3000))]));
    assert_eq!(number(&receipt), cited);
    let refused = post_with_files(&client, "/add", &with_files(&fields, &[]));
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("或添加附件"));
}

#[test]
fn a_file_that_is_not_taken_costs_no_text() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let state = state(&client.get("/report/officers/form"));
    let mut fields = least("officers");
    fields.push(("state", &state));
    let photo = jpeg(3000);
    let post = |fields: &[(&str, &str)], second: (&str, &[u8])| {
        let body = with_files(fields, &[("secret-name.jpg", &photo), second]);
        let page = post_with_files(&client, "/report/officers/form", &body);
        assert!(page.body.contains("附件需要重新添加") && page.body.contains("强收摊位费"), "{}", page.body);
        assert!(!page.body.contains("secret-name"));
        page
    };
    let page = post(&fields, ("x.jpg", b"%PDF-1.7"));
    assert_eq!(page.status, 422);
    assert!(page.body.contains("href=\"#attachment\"") && page.body.contains("第 2 个附件的格式不能接收"));
    let page = post(&fields, ("empty.jpg", b""));
    assert!(page.body.contains("第 2 个附件是空的"));
    // What has to be mended in the fields is told before the files are read; an old page is drawn anew.
    let short: Vec<_> =
        fields.iter().map(|(name, value)| (*name, if *name == "facts.narrative" { "短" } else { value })).collect();
    let page = post(&short, ("y.jpg", &photo));
    assert!(page.status == 422 && page.body.contains("请至少写 10 个字"));
    let forged: Vec<_> =
        fields.iter().map(|(name, value)| (*name, if *name == "state" { "forged.state" } else { value })).collect();
    assert!(post(&forged, ("y.jpg", &photo)).body.contains("页面放得太久"));
    assert_eq!(serving.stop(), Some(0));
    assert!(site.staged().is_empty());
    assert_eq!(site.assert_outbox_is_whole(), 0);
}
