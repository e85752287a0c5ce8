//! Many at once, slow ones, greedy ones, and an end in the middle of it (SECURITY T4, T5).

mod crowd;

use std::collections::BTreeSet;
use std::env;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use http::StatusCode;
use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;
use serde_json::Value;

use self::crowd::{Crowd, Held, Refused, connect_from};
use crate::client::{Answer, Client};
use crate::site::{Serving, Site, sample, self_signed, write_secret};

const ELDERLY: &str = "09_sector_minimal_elderly.json";
const PARTS: &str = "multipart/form-data; boundary=b";
/// Clients that are served while others are slow.
const FRESH: usize = 100;

#[test]
fn a_fresh_client_is_served_while_thousands_are_slow() {
    let each = if env::var_os("NIGHTSAFE_FULL").is_some() { 3_000 } else { 200 };
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let report = sample(ELDERLY).to_string();
    let crowd = Crowd::new(serving.address, site.certificate());
    // Those whose time is shortest come last. Each kind of waiting ends by a deadline of its own.
    let mut held = crowd.hold(each, Held::Body);
    held.extend(crowd.hold(each, Held::Answer));
    held.extend(crowd.hold(each, Held::Head));

    let clock = SystemClock::start();
    let mut took: Vec<Duration> = (0..FRESH)
        .map(|_| {
            let began = clock.elapsed();
            client.post_report(None, &report).number();
            clock.elapsed().saturating_sub(began)
        })
        .collect();
    assert_eq!(client.get("/").status, 200);
    took.sort();
    let (middle, slowest) = (took[FRESH / 2], took[FRESH - 1]);
    let memory = serving.memory("VmRSS");
    println!(
        "{} connections held: {} MiB resident; of {FRESH} fresh clients half had their number in {} ms, all in {} ms",
        3 * each,
        memory / 1024,
        middle.as_millis(),
        slowest.as_millis()
    );
    assert!(established(&serving) >= 3 * each, "{} of {} connections are left", established(&serving), 3 * each);
    assert!(memory < 300 * 1024, "{memory} KiB");
    drop(held);
    assert_eq!(serving.stop(), Some(0));
    assert_eq!(site.assert_outbox_is_whole(), FRESH);
}

#[test]
fn overload_is_refused_in_time_and_what_is_accepted_is_kept() {
    let site = Site::new();
    let serving = site.serve();
    let report = sample(ELDERLY).to_string();
    // Five times as many at once as may be worked on and wait together.
    let answers = Crowd::new(serving.address, site.certificate()).post_at_once(180, 16, &report);
    assert_eq!(answers.len(), 180 * 16);
    let mut numbers = BTreeSet::new();
    for answer in &answers {
        match answer.status {
            StatusCode::CREATED => {
                let body: Value = serde_json::from_slice(&answer.body).unwrap();
                assert!(numbers.insert(body["clue_number"].as_str().unwrap().to_owned()));
            }
            StatusCode::SERVICE_UNAVAILABLE => assert_eq!(answer.retry_after.as_deref(), Some("60")),
            other => panic!("{other}: {}", String::from_utf8_lossy(&answer.body)),
        }
    }
    assert!(!numbers.is_empty());
    // It is as good as before.
    numbers.insert(site.client(&serving).post_report(None, &report).number());
    serving.kill();
    assert_eq!(site.assert_outbox_is_whole(), numbers.len());
    let kept = site.items().iter().map(|item| site.open(item).intake.clue_number.as_str().to_owned()).collect();
    assert_eq!(numbers, kept, "every number that was given, and no other");
}

#[test]
fn a_source_that_asks_too_much_is_told_when_to_come_back_and_nobody_else_is() {
    let site = Site::new();
    let serving = site.serve();
    let greedy = Ipv4Addr::new(127, 0, 0, 2);
    let crowd = Crowd::new(serving.address, site.certificate());
    let Refused { told: refused, way_out } = crowd.ask_until_refused(greedy, 3_000).expect("the allowance ends");
    assert_eq!(way_out, StatusCode::SEE_OTHER, "whoever is told to wait can leave");
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.retry_after.unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    let problem: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(problem["type"], "urn:nightsafe:problem:too-many");
    assert!(problem["zh"].as_str().unwrap().contains("请求太多") && problem["en"].is_string());

    let other = crowd.ask_until_refused(Ipv4Addr::new(127, 0, 0, 3), 30);
    assert!(other.is_none(), "another source");
    // What stands in front on this machine carries everybody.
    site.client(&serving).post_report(None, &sample(ELDERLY).to_string()).number();
    assert_eq!(serving.stop(), Some(0));
    assert!(!site.log().contains("127.0.0."), "{}", site.log());
}

#[test]
fn a_source_may_keep_so_many_connections_and_no_more() {
    let site = Site::new();
    let serving = site.serve();
    let greedy = Ipv4Addr::new(127, 0, 0, 2);
    let mut open: Vec<TcpStream> = (0..256).map(|_| connect_from(greedy, serving.address)).collect();
    assert_is_closed(connect_from(greedy, serving.address));
    // Others are not concerned.
    site.client(&serving).post_report(None, &sample(ELDERLY).to_string()).number();
    open.clear();
    let crowd = Crowd::new(serving.address, site.certificate());
    // As soon as the gateway has seen that they were closed.
    assert!((0..2500).any(|_| crowd.is_greeted(greedy)), "the places came back");
}

#[test]
fn when_every_place_is_taken_a_client_is_told_so_at_once() {
    let site = Site::new();
    // Half of the files are for connections.
    let serving = site.serve_with_files(200);
    let client = site.client(&serving);
    let mut places: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(serving.address).unwrap()).collect();
    let answer = client.post_report(None, &sample(ELDERLY).to_string());
    assert_busy(&answer);
    assert_busy(&client.request("GET", "/", &[], b""));
    assert!(client.get("/").body.contains("现在很忙"), "people get a page");
    places.clear();
    assert!((0..5000).any(|_| client.get("/").status == 200), "the places came back");
    client.post_report(None, &sample(ELDERLY).to_string()).number();
    assert_eq!(serving.stop(), Some(0));
    assert!(site.log().contains("connections were turned away"), "{}", site.log());
}

#[test]
fn a_source_has_a_share_of_the_places_for_uploads_and_no_more() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let greedy = || client.greet(connect_from(Ipv4Addr::new(127, 0, 0, 2), serving.address));
    let mut slow: Vec<_> = (0..32).map(|_| begin_upload(greedy(), PARTS, 1_000, b"--b\r\n")).collect();
    let upload = || {
        let mut stream = greedy();
        let head = format!("POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: {PARTS}\r\n");
        stream.write_all(format!("{head}Content-Length: 7\r\n\r\n--b--\r\n").as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Answer::parse(&answer).unwrap()
    };
    let answer = upload();
    assert_eq!((answer.status, answer.field("retry-after")), (429, Some("60")), "{}", answer.body);
    // Others are not concerned.
    let mut other = begin_upload(client.connect(), PARTS, 7, b"--b--\r\n");
    assert!(other.read(&mut [0; 64]).unwrap() > 0);
    slow.clear();
    assert!((0..500).any(|_| upload().status == 422), "the share came back");
    assert_eq!(serving.stop(), Some(0));
}

#[test]
fn an_upload_that_has_begun_is_finished_after_sigterm() {
    let site = Site::new();
    let serving = site.serve();
    let report = sample(ELDERLY).to_string();
    let (begun, rest) = report.as_bytes().split_at(report.len() / 2);
    let mut upload = begin_upload(site.client(&serving).connect(), "application/json", report.len(), begun);
    serving.ask_to_stop();
    // The listener goes first.
    assert!((0..5000).any(|_| TcpStream::connect(serving.address).is_err()), "it still listens");
    upload.write_all(rest).unwrap();
    let mut answer = Vec::new();
    let _ = upload.read_to_end(&mut answer);
    Answer::parse(&answer).unwrap().number();
    assert_eq!(serving.code(), Some(0));
    assert_eq!(site.assert_outbox_is_whole(), 1);
}

#[test]
fn clients_that_have_asked_nothing_do_not_hold_up_the_end() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let mut greeted = client.connect();
    greeted.write_all(b"GET / HT").unwrap();
    let silent: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(serving.address).unwrap()).collect();
    client.post_report(None, &sample(ELDERLY).to_string()).number();
    serving.ask_to_stop();
    assert_eq!(greeted.read(&mut [0]).unwrap_or(0), 0);
    silent.into_iter().for_each(assert_is_closed);
    assert_eq!(serving.code(), Some(0));
}

#[test]
fn a_second_signal_ends_at_once() {
    let site = Site::new();
    let serving = site.serve();
    let mut upload = begin_upload(site.client(&serving).connect(), "application/json", 1_000, b"{");
    serving.ask_to_stop();
    assert!((0..5000).any(|_| TcpStream::connect(serving.address).is_err()), "it still listens");
    assert_eq!(serving.stop(), Some(1));
    assert!(upload.read(&mut [0]).map_or(true, |read| read == 0));
    assert_eq!(site.assert_outbox_is_whole(), 0);
}

#[test]
fn a_new_certificate_is_taken_up_and_a_bad_one_is_not() {
    let site = Site::new();
    let serving = site.serve();
    let (certificate, key) = self_signed();
    write_secret(&site.path("tls/gateway.key"), &key);
    std::fs::write(site.path("tls/gateway.pem"), &certificate).unwrap();
    let renewed = Client::new(serving.address, &certificate);
    assert!((0..5000).any(|_| renewed.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").is_some()), "not taken up");

    // Whose key is another: the last good one serves on.
    std::fs::write(site.path("tls/gateway.pem"), self_signed().0).unwrap();
    serving.hang_up();
    assert!((0..5000).any(|_| renewed.get("/").status == 200 && site.log().contains("alarm=certificate")));
    renewed.post_report(None, &sample(ELDERLY).to_string()).number();
    assert_eq!(serving.stop(), Some(0));
}

/// An upload of `length` bytes that has arrived up to a point.
fn begin_upload(mut stream: impl Read + Write, kind: &str, length: usize, begun: &[u8]) -> impl Read + Write {
    // The answer to the expectation shows that the handler has begun with the body.
    let head = format!(
        "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut told = [0; 25];
    stream.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(begun).unwrap();
    stream
}

fn assert_busy(answer: &Answer) {
    assert_eq!((answer.status, answer.field("retry-after")), (503, Some("60")), "{}", answer.body);
    assert_eq!(answer.json()["type"], "urn:nightsafe:problem:busy");
}

/// Closed without a word: neither a handshake nor a wait for one.
fn assert_is_closed(mut stream: TcpStream) {
    match stream.read(&mut [0]) {
        Ok(read) => assert_eq!(read, 0),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
    }
}

/// Connections that the gateway's side holds open, as the kernel tells.
fn established(serving: &Serving) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port = format!(":{:04X}", serving.address.port());
    let is_ours = |line: &&str| {
        let mut fields = line.split_whitespace().skip(1);
        fields.next().is_some_and(|local| local.ends_with(&port)) && fields.nth(1) == Some("01")
    };
    table.lines().filter(is_ours).count()
}
