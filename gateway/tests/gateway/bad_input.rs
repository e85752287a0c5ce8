//! Bad input with attachments: each case has its status, its place and its words, and leaves nothing behind (promise 10).

use std::io::{Read, Write};

use serde_json::json;

use crate::client::{Answer, Client};
use crate::parts::{Body, KIND, jpeg};
use crate::site::{Serving, Site, sample};

const REPORT: &str = "09_sector_minimal_elderly.json";
const OFFICERS: &str = "05_polit_county_police_chief.json";
const PNG: &[u8] = b"\x89PNG\r\n\x1A\n-";
const EXE: &[u8] = b"MZ\x90\0";

/// A running gateway that must have nothing in its folders in the end.
struct Refusing {
    site: Site,
    serving: Serving,
}

impl Refusing {
    fn new() -> Self {
        Self::of(Site::new())
    }

    fn of(site: Site) -> Self {
        let serving = site.serve();
        Self { site, serving }
    }

    fn client(&self) -> Client {
        self.site.client(&self.serving)
    }

    /// Posts the body and expects one error at one place.
    fn expect(&self, name: &str, body: &[u8], status: u16, path: &str, code: &str) -> Answer {
        let answer = self.client().post_parts(None, body);
        assert_eq!(answer.status, status, "{name}: {}", answer.body);
        assert_eq!(answer.codes(), [(path.to_owned(), code.to_owned())], "{name}");
        assert_words(&answer);
        answer
    }

    /// Asks again and again, with a request in between, up to a bound.
    fn wait_until(&self, holds: impl Fn(&Site) -> bool) {
        let held = (0..5000).any(|_| holds(&self.site) || self.client().get("/exit").status != 303);
        assert!(held && holds(&self.site), "{:?}", self.site.staged());
    }

    fn kept_nothing(self) {
        // At once, and not only when the gateway ends.
        self.wait_until(|site| site.staged().is_empty());
        assert_eq!(self.serving.stop(), Some(0));
        assert_eq!(self.site.assert_outbox_is_whole(), 0);
    }
}

/// Every refusal says in both languages what to do, and none blames or quotes a file.
fn assert_words(answer: &Answer) {
    let document = answer.json();
    let errors = document["errors"].as_array().cloned().unwrap_or_default();
    for words in errors.iter().chain([&document]) {
        let (zh, en) = (words["zh"].as_str().unwrap(), words["en"].as_str().unwrap());
        assert!(zh.chars().any(|letter| ('\u{4E00}'..='\u{9FFF}').contains(&letter)), "{zh}");
        assert!(en.is_ascii() && !en.is_empty() && !en.to_lowercase().contains("invalid"), "{en}");
        assert!(!zh.contains("secret-name") && !en.contains("secret-name"));
    }
}

#[test]
fn parts_have_names_and_an_order() {
    let gateway = Refusing::new();
    let report = sample(REPORT);
    let photo = jpeg(2000);
    let json = |body: Body, name: &str| body.part(&format!("name=\"{name}\""), Some("application/json"), b"{}");
    gateway.expect("nothing", &Body::new().end(), 422, "report", "REQUIRED");
    let first = Body::new().attachment("secret-name.jpg", "image/jpeg", &photo).end();
    let answer = gateway.expect("the attachment first", &first, 422, "attachment", "PART_ORDER");
    assert!(answer.body.contains("请先放 report"), "{}", answer.body);
    gateway.expect("another name", &json(Body::new(), "json").end(), 422, "json", "UNKNOWN_PART");
    let twice = json(Body::of(&report), "report").end();
    gateway.expect("two reports", &twice, 422, "report", "DUPLICATE_PART");
    let late = Body::of(&report).attachment("x.jpg", "image/jpeg", &photo).part("name=\"note\"", None, b"x").end();
    gateway.expect("another name, late", &late, 422, "note", "UNKNOWN_PART");
    let long = json(Body::new(), &"n\u{202E}".repeat(200)).end();
    let answer = gateway.client().post_parts(None, &long);
    assert!(answer.codes()[0].0.chars().count() <= 40, "{}", answer.body);
    gateway.kept_nothing();
}

#[test]
fn a_body_that_is_no_multipart_or_not_whole_is_told_so() {
    let gateway = Refusing::new();
    let whole = Body::of(&sample(REPORT)).attachment("x.jpg", "image/jpeg", &jpeg(5000));
    let kinds = |kind: &str, body: &[u8]| {
        let answer = gateway.client().request("POST", "/api/v1/reports", &[("Content-Type", kind)], body);
        assert_words(&answer);
        (answer.status, answer.json()["type"].as_str().unwrap().to_owned())
    };
    let problem = |status: u16, slug: &str| (status, format!("urn:nightsafe:problem:{slug}"));
    let end = whole.clone().end();
    assert_eq!(kinds(KIND, &whole.clone().unfinished()), problem(400, "incomplete"), "no last boundary");
    assert_eq!(kinds(KIND, &end[..end.len() - 3000]), problem(400, "incomplete"), "cut within an attachment");
    assert_eq!(kinds(KIND, &end[..100]), problem(400, "incomplete"), "cut within a head");
    assert_eq!(kinds(KIND, b""), problem(400, "incomplete"), "empty");
    assert_eq!(kinds(KIND, b"{}"), problem(400, "multipart"), "JSON that says it is multipart");
    assert_eq!(kinds("multipart/form-data", &end), problem(400, "multipart"), "no boundary");
    assert_eq!(kinds("multipart/mixed; boundary=x", &end), problem(415, "media-type"));
    let nameless = Body::new().part("filename=\"x\"", None, b"{}").end();
    assert_eq!(kinds(KIND, &nameless), problem(400, "multipart"), "a part without a name");
    let endless = Body::new().part(&format!("name=\"{}\"", "x".repeat(20_000)), None, b"{}").end();
    assert_eq!(kinds(KIND, &endless), problem(400, "multipart"), "a head of 20 kB");
    gateway.kept_nothing();
}

#[test]
fn the_part_report_is_json_in_utf_8_and_checked_like_any_report() {
    let gateway = Refusing::new();
    let report = sample(REPORT);
    let with = |kind: Option<&str>, text: &[u8]| Body::new().part("name=\"report\"", kind, text).end();
    let status = |kind: Option<&str>, text: &[u8]| {
        let answer = gateway.client().post_parts(None, &with(kind, text));
        assert_words(&answer);
        (answer.status, answer.json()["type"].as_str().unwrap().rsplit(':').next().unwrap().to_owned())
    };
    let text = report.to_string();
    assert_eq!(status(Some("text/plain"), text.as_bytes()), (415, "media-type".to_owned()));
    assert_eq!(status(Some("application/json; charset=gbk"), text.as_bytes()), (415, "charset".to_owned()));
    let head = [("Content-Type", "application/json; charset=gb18030")];
    let alone = gateway.client().request("POST", "/api/v1/reports", &head, text.as_bytes());
    assert_eq!((alone.status, alone.json()["type"].as_str()), (415, Some("urn:nightsafe:problem:charset")));
    let long = format!("{{\"x\":\"{}\"}}", "a".repeat(300_000));
    assert_eq!(status(None, long.as_bytes()), (413, "too-large".to_owned()));

    for depth in [100, 1_000] {
        let deep = "[".repeat(depth) + &"]".repeat(depth);
        gateway.expect("deep", &with(None, deep.as_bytes()), 422, "", "TOO_LARGE");
    }
    gateway.expect("no JSON", &with(None, b"\xB3\xB5"), 422, "", "NOT_AN_OBJECT");
    let mut unknown = report.clone();
    unknown["facts"]["colour"] = json!("red");
    gateway.expect("unknown", &Body::of(&unknown).end(), 422, "facts.colour", "UNKNOWN_FIELD");
    gateway.expect("empty", &with(Some("application/json"), b""), 422, "", "NOT_AN_OBJECT");
    gateway.kept_nothing();
}

#[test]
fn the_report_is_judged_before_an_attachment_is_read() {
    let gateway = Refusing::new();
    let mut report = sample(REPORT);
    report["facts"]["narrative"] = json!("短");
    let mut upload = gateway.client().connect();
    let begun = Body::of(&report).attachment("x.jpg", "image/jpeg", b"").unfinished();
    let answer = answer_early(&mut upload, 500_000_000, &begun);
    assert_eq!(answer.codes(), [("facts.narrative".to_owned(), "TOO_SHORT".to_owned())]);
    gateway.kept_nothing();
}

#[test]
fn kinds_are_those_of_the_flow_by_content_name_and_type() {
    let gateway = Refusing::new();
    let officers = || Body::of(&sample(OFFICERS)).attachment("a.jpg", "image/jpeg", &jpeg(600));
    let second = |name: &str, kind: &str, data: &[u8]| officers().attachment(name, kind, data).end();
    for (case, name, kind, data) in [
        ("content", "secret-name.jpg", "image/jpeg", EXE),
        ("content of no known kind", "secret-name", "", b"hello".as_slice()),
        ("content of a kind of other flows", "secret-name.jpg", "", PNG),
        ("declared type", "secret-name", "application/pdf", b"\xFF\xD8\xFF\xE0"),
        ("declared type of no kind", "secret-name.jpg", "text/html", b"\xFF\xD8\xFF\xE0"),
        ("declared name", "secret-name.docx", "", b"\xFF\xD8\xFF\xE0"),
    ] {
        let body = second(name, kind, data);
        let answer = gateway.expect(case, &body, 422, "attachment[1]", "ATTACHMENT_FORMAT");
        assert!(answer.body.contains("第 2 个附件的格式不能接收；可用 jpg mp3 mp4"), "{case}: {}", answer.body);
    }
    let empty = second("secret-name.jpg", "image/jpeg", b"");
    gateway.expect("an empty file", &empty, 422, "attachment[1]", "ATTACHMENT_EMPTY");
    gateway.kept_nothing();
}

#[test]
fn two_hundred_files_are_refused_at_the_eleventh() {
    let gateway = Refusing::new();
    let photo = jpeg(700);
    let many = (0..200).fold(Body::of(&sample(REPORT)), |body, _| body.attachment("x.jpg", "", &photo)).end();
    let answer = gateway.expect("200 files", &many, 422, "attachment", "TOO_MANY");
    assert!(answer.body.contains("附件最多 10 个"), "{}", answer.body);
    gateway.kept_nothing();
}

#[test]
fn what_is_too_large_is_refused_while_it_arrives() {
    let small = |text: String| {
        text.replace("total_bytes = 629145600", "total_bytes = 3145728").replace("= 20971520", "= 2097152")
    };
    let gateway = Refusing::of(Site::with_catalog(small));
    let report = || Body::of(&sample(REPORT));
    let (two, more) = (jpeg(2 * 1024 * 1024), jpeg(2 * 1024 * 1024 + 1));

    // Only as much is sent as it takes; the length says that much more would come.
    let begun = report().attachment("x.jpg", "", &more).unfinished();
    let answer = answer_early(&mut gateway.client().connect(), 3_500_000, &begun);
    assert_eq!(answer.status, 413);
    assert_eq!(answer.codes(), [("attachment[0]".to_owned(), "TOO_LARGE".to_owned())]);
    assert!(answer.body.contains("第 1 个附件超过 2 MB；可以压缩或分段"), "{}", answer.body);

    let begun = report().attachment("x.jpg", "", &two).attachment("y.jpg", "", &two).unfinished();
    let answer = answer_early(&mut gateway.client().connect(), 3_600_000, &begun[..begun.len() - 10]);
    assert_eq!((answer.status, answer.codes()), (413, vec![("attachment".to_owned(), "TOO_LARGE".to_owned())]));
    assert!(answer.body.contains("附件合计超过 3 MB"), "{}", answer.body);

    // More than all attachments together may have is refused by its length alone.
    let answer = answer_early(&mut gateway.client().connect(), 700_000_000, b"");
    assert_eq!((answer.status, answer.json()["type"].as_str()), (413, Some("urn:nightsafe:problem:too-large")));
    gateway.kept_nothing();
}

/// Sends a head that states `length`, then `begun` of it, and reads the answer without sending the rest.
fn answer_early(stream: &mut (impl Read + Write), length: usize, begun: &[u8]) -> Answer {
    let head = format!(
        "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: {KIND}\r\nContent-Length: {length}\r\n\r\n"
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(begun)).and_then(|()| stream.flush());
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    let answer = Answer::parse(&text).expect("an answer");
    assert_words(&answer);
    answer
}

#[test]
fn a_client_that_was_told_to_go_on_still_gets_to_read_the_refusal() {
    let gateway = Refusing::new();
    let mut upload = gateway.client().connect();
    let body = Body::of(&sample(OFFICERS)).attachment("a.jpg", "", EXE).attachment("b.jpg", "", &jpeg(900_000)).end();
    let head = format!(
        "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: {KIND}\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    upload.write_all(head.as_bytes()).unwrap();
    let mut told = [0; 25];
    upload.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    upload.write_all(&body).unwrap();
    upload.flush().unwrap();
    let mut text = Vec::new();
    let _ = upload.read_to_end(&mut text);
    let answer = Answer::parse(&text).expect("an answer");
    assert_eq!(answer.codes(), [("attachment[0]".to_owned(), "ATTACHMENT_FORMAT".to_owned())]);
    gateway.kept_nothing();
}

#[test]
fn a_client_that_vanishes_leaves_nothing() {
    let gateway = Refusing::new();
    let begun = Body::of(&sample(REPORT))
        .attachment("a.jpg", "", &jpeg(300_000))
        .attachment("b.jpg", "", &jpeg(1_000_000))
        .unfinished();
    let mut upload = gateway.client().connect();
    let head = format!(
        "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: {KIND}\r\nContent-Length: 2000000\r\n\r\n"
    );
    upload.write_all(head.as_bytes()).unwrap();
    upload.write_all(&begun[..begun.len() - 10]).unwrap();
    upload.flush().unwrap();
    gateway.wait_until(|site| site.staged().len() == 2);
    drop(upload);
    gateway.wait_until(|site| site.staged().is_empty());
    // The place it had is free again, and nobody else noticed.
    let whole = Body::of(&sample(REPORT)).attachment("a.jpg", "", &jpeg(3000)).end();
    gateway.client().post_parts(None, &whole).number();
    gateway.serving.kill();
    assert_eq!(gateway.site.assert_outbox_is_whole(), 2);
}

#[test]
fn a_gateway_killed_in_an_upload_sweeps_it_when_it_starts() {
    let gateway = Refusing::new();
    let mut upload = gateway.client().connect();
    let begun = Body::of(&sample(REPORT)).attachment("a.jpg", "", &jpeg(1_000_000)).unfinished();
    let head = format!(
        "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: {KIND}\r\nContent-Length: 2000000\r\n\r\n"
    );
    upload.write_all(head.as_bytes()).unwrap();
    upload.write_all(&begun).unwrap();
    upload.flush().unwrap();
    gateway.wait_until(|site| site.staged().len() == 1);
    let Refusing { site, serving } = gateway;
    serving.kill();
    assert_eq!(site.staged().len(), 1);
    Refusing::of(site).kept_nothing();
}
