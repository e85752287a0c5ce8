//! Requests that two programs could read in two ways are refused before anything reads them.

use std::io::{Read, Write};

use crate::site::Site;

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
