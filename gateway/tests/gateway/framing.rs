//! Requests that two programs could read in two ways are refused before anything reads them.

use std::io::{Read, Write};

use crate::client::Answer;
use crate::site::{Site, sample};

#[test]
fn ambiguous_requests_are_refused_before_hyper() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let body = "Content-Type: application/json\r\n";
    let long = format!("X: {}\r\n", "a".repeat(20_000));
    for (name, request, status) in [
        ("no host", "GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("two hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n".to_owned(), 400),
        ("bare line feed", "GET / HTTP/1.1\nHost: localhost\n\n".to_owned(), 400),
        ("bare line feed in a field", "GET / HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n".to_owned(), 400),
        ("long head", format!("GET / HTTP/1.1\r\nHost: localhost\r\n{long}\r\n"), 400),
        ("old version", "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n".to_owned(), 400),
        ("absolute target", "GET https://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), 400),
        (
            "length and chunks",
            format!(
                "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\n{body}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{{}}"
            ),
            400,
        ),
        (
            "two lengths",
            format!(
                "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\n{body}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{{}}"
            ),
            400,
        ),
        ("a folded field", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n".to_owned(), 400),
        ("a space before the colon", "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n".to_owned(), 400),
        ("another host in the target", "GET https://other/ HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), 400),
        ("a user in the host", "GET / HTTP/1.1\r\nHost: a@localhost\r\n\r\n".to_owned(), 400),
        ("a tunnel", "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), 400),
        ("HTTP/2 unasked", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 400),
        ("many fields", format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(65)), 400),
        (
            "a coding after chunks",
            format!(
                "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\n{body}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"
            ),
            400,
        ),
        ("no length", format!("POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\n{body}\r\n"), 411),
    ] {
        let answer = client.raw(request.as_bytes()).unwrap_or_else(|| panic!("{name}: no answer"));
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(answer.field("content-type"), Some("application/problem+json"), "{name}");
    }
}

#[test]
fn a_connection_serves_one_request() {
    let site = Site::new();
    let serving = site.serve();
    let twice = "GET /progress HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(2);
    let answer = site.client(&serving).raw(twice.as_bytes()).unwrap();
    assert_eq!(answer.status, 200);
    assert!(!answer.body.contains("HTTP/1.1"), "the second request was answered");
}

#[test]
fn a_refused_upload_still_gets_to_read_the_refusal() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let body = vec![b' '; 900_000];
    let answer = client.request("POST", "/api/v1/reports", &[("Content-Type", "text/plain")], &body);
    assert_eq!(answer.status, 415);
    let fields = [("Content-Type", "application/json")];
    assert_eq!(client.request("POST", "/api/v1/reports", &fields, &body).status, 413);
}

#[test]
fn a_client_that_waits_to_be_told_is_told_before_it_sends() {
    let site = Site::new();
    let serving = site.serve();
    let mut stream = site.client(&serving).connect();
    let head = "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 900000\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 415");
}

#[test]
fn chunks_are_read_one_way_or_not_at_all() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let report = sample("09_sector_minimal_elderly.json").to_string();
    let hex = format!("{:x}", report.len());
    let head = "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let whole = format!("{head}{hex};name=value\r\n{report}\r\n0\r\nX-Trailer: y\r\n\r\n");
    client.raw(whole.as_bytes()).unwrap().number();
    let extension = "x".repeat(20_000);
    let trailers = "X-Y: z\r\n".repeat(5_000);
    for (name, body) in [
        ("a negative size", format!("-1\r\n{report}\r\n0\r\n\r\n")),
        ("a size with a sign", format!("+{hex}\r\n{report}\r\n0\r\n\r\n")),
        ("a size with a prefix", format!("0x{hex}\r\n{report}\r\n0\r\n\r\n")),
        ("a size beyond all bounds", format!("1{}\r\n{report}\r\n0\r\n\r\n", "0".repeat(16))),
        ("no size", format!("\r\n{report}\r\n0\r\n\r\n")),
        ("a bare line feed", format!("{hex}\n{report}\r\n0\r\n\r\n")),
        ("a chunk longer than it says", format!("2\r\n{report}\r\n0\r\n\r\n")),
        ("a line feed in an extension", format!("{hex};a\nb\r\n{report}\r\n0\r\n\r\n")),
        ("an extension without end", format!("{hex};{extension}\r\n{report}\r\n0\r\n\r\n")),
        ("trailers without end", format!("{hex}\r\n{report}\r\n0\r\n{trailers}\r\n")),
        ("cut off", format!("{hex}\r\n{report}")),
    ] {
        let mut stream = client.connect();
        let _ = stream.write_all(format!("{head}{body}").as_bytes());
        stream.conn.send_close_notify();
        let _ = stream.flush();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let status = Answer::parse(&answer).map_or(0, |answer| answer.status);
        assert!(matches!(status, 0 | 400), "{name}: {status}");
    }
    assert_eq!(serving.stop(), Some(0));
    assert_eq!(site.assert_outbox_is_whole(), 1);
}

#[test]
fn a_request_hidden_in_another_is_never_served() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let report = sample("09_sector_minimal_elderly.json").to_string();
    let hidden = format!(
        "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{report}",
        report.len()
    );
    let head = "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    for (name, request, status) in [
        ("behind a length", format!("{head}Content-Length: 2\r\n\r\n{{}}{hidden}"), 422),
        ("behind the last chunk", format!("{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"), 422),
        (
            "behind two framings",
            format!("{head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
            400,
        ),
        ("behind a request without a body", format!("GET /keys HTTP/1.1\r\nHost: localhost\r\n\r\n{hidden}"), 200),
    ] {
        let answer = client.raw(request.as_bytes()).unwrap();
        assert_eq!(answer.status, status, "{name}");
        assert!(!answer.body.contains("HTTP/1.1"), "{name}: two answers");
    }
    assert_eq!(serving.stop(), Some(0));
    assert_eq!(site.assert_outbox_is_whole(), 0);
}
