//! The same answers over HTTP/2, several on one connection; and what it allows to ask without end.

mod frames;

use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;

use self::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frames, HEADERS, Outcome, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE,
    fields, request,
};
use crate::client::tls_config;
use crate::site::{Serving, Site, sample};

#[test]
fn reports_and_pages_come_over_one_connection() {
    let site = Site::new();
    let serving = site.serve();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let tcp = TcpStream::connect(serving.address).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(tls_config(site.certificate(), b"h2")));
        let tls = connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
        let group = tls.get_ref().1.negotiated_key_exchange_group().unwrap().name();
        assert_eq!(group, rustls::NamedGroup::X25519MLKEM768, "the key exchange resists quantum computers");
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(tls)).await.unwrap();
        let running = tokio::spawn(connection);

        let report = sample("09_sector_minimal_elderly.json").to_string();
        let posted = Request::post("https://localhost/api/v1/reports")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(report)))
            .unwrap();
        let answer = sender.send_request(posted).await.unwrap();
        assert_eq!(answer.status(), 201);
        let page = Request::get("https://localhost/").body(Full::default()).unwrap();
        let answer = sender.send_request(page).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(!answer.into_body().collect().await.unwrap().to_bytes().is_empty());

        let mixed = Request::get("https://localhost/").header("host", "other").body(Full::default()).unwrap();
        assert_eq!(sender.send_request(mixed).await.unwrap().status(), 400);
        drop((sender, running));
    });
    // The runtime is kept, so the client's side stays open and silent: it must not hold the gateway up.
    assert_eq!(serving.stop(), Some(0));
    drop(runtime);
    assert_eq!(site.assert_outbox_is_whole(), 1);
}

#[test]
fn requests_that_contradict_themselves_are_refused() {
    let site = Site::new();
    let serving = site.serve();
    let get = request("GET", "/");
    let with = |more: &[(&'static str, &'static str)]| [get.clone(), more.to_vec()].concat();
    let without = |name: &str| get.iter().copied().filter(|(field, _)| *field != name).collect::<Vec<_>>();
    let answered = |request: &[(&str, &str)]| {
        let mut frames = Frames::begin(&site, &serving);
        frames.send(HEADERS, END_HEADERS | END_STREAM, 1, &fields(request));
        frames.outcome(1)
    };
    assert_eq!(answered(&get), Some(Outcome::Answered(200)));
    for (name, request) in [
        ("another host", with(&[("host", "other")])),
        ("two hosts", with(&[("host", "localhost"), ("host", "localhost")])),
        ("no authority", without(":authority")),
    ] {
        assert_eq!(answered(&request), Some(Outcome::Answered(400)), "{name}");
    }
    for (name, request) in [
        ("no path", without(":path")),
        ("no method", without(":method")),
        ("a pseudo field twice", with(&[(":path", "/keys")])),
        ("a pseudo field behind another", [vec![("x", "y")], get.clone()].concat()),
        ("a pseudo field of answers", with(&[(":status", "200")])),
        ("a field of HTTP/1.1", with(&[("connection", "close")])),
        ("chunks", with(&[("transfer-encoding", "chunked")])),
        ("capitals", with(&[("X-Y", "z")])),
        ("a line end in a value", with(&[("x", "a\r\nhost: b")])),
    ] {
        let outcome = answered(&request);
        assert!(
            matches!(outcome, Some(Outcome::Reset(PROTOCOL_ERROR) | Outcome::Ended(PROTOCOL_ERROR))),
            "{name}: {outcome:?}"
        );
    }
    assert_serves(&site, &serving);
}

#[test]
fn a_body_of_another_length_than_said_is_no_report() {
    let site = Site::new();
    let serving = site.serve();
    let report = sample("09_sector_minimal_elderly.json").to_string();
    for said in ["1", "999999"] {
        let mut frames = Frames::begin(&site, &serving);
        let mut head = request("POST", "/api/v1/reports");
        head.extend([("content-type", "application/json"), ("content-length", said)]);
        frames.send(HEADERS, END_HEADERS, 1, &fields(&head));
        frames.send(DATA, END_STREAM, 1, report.as_bytes());
        let outcome = frames.outcome(1);
        assert!(
            matches!(outcome, Some(Outcome::Reset(PROTOCOL_ERROR) | Outcome::Answered(400))),
            "{said}: {outcome:?}"
        );
    }
    assert_serves(&site, &serving);
    serving.kill();
    assert_eq!(site.assert_outbox_is_whole(), 1);
}

#[test]
fn floods_end_the_connection_and_nothing_else() {
    let site = Site::new();
    let serving = site.serve();
    let get = fields(&request("GET", "/"));
    let floods: [(&str, Flood); 9] = [
        ("resets", &|frames, turn| {
            frames.send(HEADERS, END_HEADERS | END_STREAM, 2 * turn + 1, &get)
                && frames.send(RST_STREAM, 0, 2 * turn + 1, &[0, 0, 0, 8])
        }),
        ("continuations", &|frames, turn| {
            if turn == 0 {
                return frames.send(HEADERS, END_STREAM, 1, &get);
            }
            frames.send(CONTINUATION, 0, 1, &fields(&[("x", "y")]))
        }),
        ("pings", &|frames, _| frames.send(PING, 0, 0, &[7; 8])),
        ("settings", &|frames, _| frames.send(SETTINGS, 0, 0, &[])),
        ("priorities", &|frames, _| frames.send(2, 0, 1, &[0, 0, 0, 0, 1])),
        ("windows", &|frames, _| frames.send(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])),
        ("unknown frames", &|frames, _| frames.send(99, 0, 0, b"")),
        ("empty data", &|frames, turn| {
            if turn == 0 {
                return frames.send(HEADERS, END_HEADERS, 1, &fields(&request("POST", "/api/v1/reports")));
            }
            frames.send(DATA, 0, 1, b"")
        }),
        ("empty heads", &|frames, turn| frames.send(HEADERS, END_HEADERS | END_STREAM, 2 * turn + 1, b"")),
    ];
    for (name, flood) in floods {
        let mut frames = Frames::begin(&site, &serving);
        let sent = (0..200_000).take_while(|turn| flood(&mut frames, *turn)).count();
        assert!(sent < 200_000, "{name}: it bears everything");
        while frames.next().is_some() {}
        assert_serves(&site, &serving);
    }
    assert_eq!(serving.stop(), Some(0));
    assert_eq!(site.assert_outbox_is_whole(), 9);
}

#[test]
fn a_window_that_never_opens_holds_nobody_up() {
    let site = Site::new();
    let serving = site.serve();
    let mut stalled = Vec::new();
    for _ in 0..20 {
        let mut frames = Frames::begin(&site, &serving);
        // INITIAL_WINDOW_SIZE 0: no byte of an answer may be sent.
        frames.send(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
        for stream in 0..8 {
            frames.send(
                HEADERS,
                END_HEADERS | END_STREAM,
                2 * stream + 1,
                &fields(&request("GET", "/report/gang/who")),
            );
        }
        assert_eq!(frames.outcome(1), Some(Outcome::Answered(200)));
        stalled.push(frames);
    }
    assert_serves(&site, &serving);
    drop(stalled);
    assert_eq!(serving.stop(), Some(0));
}

#[test]
fn frames_that_break_the_rules_end_the_connection() {
    let site = Site::new();
    let serving = site.serve();
    let get = fields(&request("GET", "/"));
    let long = vec![0; 16_385];
    for (name, kind, flags, stream, payload) in [
        ("data without a request", DATA, END_STREAM, 1, &b"x"[..]),
        ("a request on an even stream", HEADERS, END_HEADERS | END_STREAM, 2, &get),
        ("a request on stream 0", HEADERS, END_HEADERS | END_STREAM, 0, &get),
        ("a long frame", DATA, 0, 1, &long),
        ("a short ping", PING, 0, 0, b"x"),
        ("settings cut short", SETTINGS, 0, 0, b"xxxxx"),
        ("a continuation of nothing", CONTINUATION, END_HEADERS, 1, b""),
        ("a head that cannot be unpacked", HEADERS, END_HEADERS | END_STREAM, 1, b"\xff\xff\xff\xff\xff"),
        ("no window at all", WINDOW_UPDATE, 0, 0, &[0; 4]),
        ("a window beyond all bounds", WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]),
    ] {
        let mut frames = Frames::begin(&site, &serving);
        frames.send(kind, flags, stream, payload);
        let outcome = frames.outcome(1);
        assert!(matches!(outcome, Some(Outcome::Ended(_))), "{name}: {outcome:?}");
    }
    assert_serves(&site, &serving);
}

#[test]
fn an_idle_connection_is_ended() {
    let site = Site::new();
    let serving = site.serve();
    let mut frames = Frames::begin(&site, &serving);
    let report = sample("09_sector_minimal_elderly.json").to_string();
    let mut head = request("POST", "/api/v1/reports");
    head.push(("content-type", "application/json"));
    frames.send(HEADERS, END_HEADERS, 1, &fields(&head));
    frames.send(DATA, END_STREAM, 1, report.as_bytes());
    assert_eq!(frames.outcome(1), Some(Outcome::Answered(201)));
    // It says nothing more, and does not answer the gateway's farewell either.
    while frames.next().is_some() {}
    assert_eq!(serving.stop(), Some(0));
}

/// Others are served as ever.
fn assert_serves(site: &Site, serving: &Serving) {
    site.client(serving).post_report(None, &sample("09_sector_minimal_elderly.json").to_string()).number();
}

/// Sends the next turn of a flood; false once the gateway has closed.
type Flood<'a> = &'a dyn Fn(&mut Frames, u32) -> bool;

/// RFC 9113 section 7.
const PROTOCOL_ERROR: u32 = 1;
