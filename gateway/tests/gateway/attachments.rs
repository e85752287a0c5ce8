//! Reports with attachments, from the socket to the disk (docs/spec/intake-api.md).

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::item::{ItemClass, ItemKind, padme};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;

use crate::client::tls_config;
use crate::parts::{Body, KIND, jpeg};
use crate::site::{Site, sample};

const KEY: &str = "00112233445566778899aabbccddeeff";
const REPORT: &str = "09_sector_minimal_elderly.json";

#[test]
fn attachments_are_sealed_journalled_with_their_report_and_open_to_the_byte() {
    let site = Site::new();
    let serving = site.serve();
    let (small, long) = (jpeg(3000), jpeg(1_500_000));
    let body = Body::of(&sample(REPORT)).attachment("一.jpg", "image/jpeg", &small).attachment("", "", &long).end();
    let answer = site.client(&serving).post_parts(Some(KEY), &body);
    answer.number();
    assert_eq!(answer.json()["attachments"], 2);
    // Nothing may be missing the moment the number is shown.
    serving.kill();

    assert_eq!(site.assert_outbox_is_whole(), 3);
    assert!(site.staged().is_empty());
    let entries = site.entries();
    let classes: Vec<_> = entries.iter().map(|entry| entry.fields().class).collect();
    assert_eq!(classes, [ItemClass::Media, ItemClass::Media, ItemClass::Text], "the report last");
    let path = |place: usize| site.path("outbox/items").join(entries[place].fields().item.file_name());
    let opened = site.open(&path(2));
    assert_eq!(opened.report.get(), sample(REPORT).to_string());
    let facts = &opened.intake.attachments;
    assert_eq!(facts.len(), 2);
    for (place, (content, name)) in [(&small, "一.jpg"), (&long, "")].into_iter().enumerate() {
        let (fact, entry) = (&facts[place], entries[place].fields());
        assert_eq!((fact.item, fact.item_sha256), (entry.item, entry.sha256));
        assert_eq!((fact.name.as_str(), fact.media_type.as_str()), (name, "image/jpeg"));
        assert_eq!((fact.length, fact.sha256), (content.len() as u64, Digest::of(content)));
        assert_eq!(entry.size, padme(entry.size), "on the ladder");
        assert_eq!(fs::metadata(path(place)).unwrap().mtime() % 3600, 0);
        let (kind, body) = site.open_item(&path(place));
        assert_eq!(kind, ItemKind::Attachment);
        assert_eq!(&body[..content.len()], content.as_slice());
        assert!(body[content.len()..].iter().all(|byte| *byte == 0));
    }
}

#[test]
fn a_retry_with_the_same_attachments_gets_the_same_number_and_nothing_else_does() {
    let site = Site::new();
    let serving = site.serve();
    let (report, first, second) = (sample(REPORT), jpeg(2000), jpeg(2001));
    let post = |key: Option<&str>, files: &[&[u8]]| {
        let body = files.iter().fold(Body::of(&report), |body, file| body.attachment("x.jpg", "", file));
        site.client(&serving).post_parts(key, &body.end()).number()
    };
    let number = post(Some(KEY), &[&first, &second]);
    assert_eq!(post(Some(KEY), &[&first, &second]), number);
    let others = [
        post(Some(KEY), &[&second, &first]),
        post(Some(KEY), &[&first]),
        post(Some(KEY), &[]),
        post(None, &[&first, &second]),
    ];
    assert!(others.iter().all(|other| *other != number));
    // Without attachments it is the number of the same report sent as JSON.
    assert_eq!(site.client(&serving).post_report(Some(KEY), &report.to_string()).number(), others[2]);
}

#[test]
fn a_supplement_takes_attachments_and_returns_the_number_it_cites() {
    let site = Site::new();
    let serving = site.serve();
    let number = site.client(&serving).post_report(None, &sample(REPORT).to_string()).number();
    let supplement = serde_json::json!({
        "schema": "report/1", "flow": "SUPPLEMENT", "cites": number,
        "evidence": {"attachments": [{}]}, "declaration": {"truthful": true},
    });
    let body = Body::of(&supplement).attachment("x.jpg", "", &jpeg(2000)).end();
    let answer = site.client(&serving).post_parts(None, &body);
    assert_eq!((answer.number(), answer.json()["attachments"].as_u64()), (number, Some(1)));
}

#[test]
fn names_and_texts_are_kept_as_they_came_however_hostile() {
    let site = Site::new();
    let serving = site.serve();
    let mut report = sample(REPORT);
    report["facts"]["narrative"] = "𠮷野家旁边，\u{202E}反写\u{202C}的名字，👮‍♂️ 三个人。".into();
    let long = "长".repeat(3400);
    let names =
        ["../../etc/passwd", "a\0b", "\u{202E}gpj.exe", r"C:\dir\x.jpg", "<b>&\"quoted\"", "e\u{301}👩‍👩‍👧", &long, ".jpg"];
    let body = names.iter().fold(Body::of(&report), |body, name| {
        body.attachment(&name.replace('\\', r"\\").replace('"', "\\\""), "", &jpeg(2000))
    });
    let answer = site.client(&serving).post_parts(None, &body.end());
    answer.number();
    let opened = site.open_report();
    assert_eq!(opened.report.get(), report.to_string());
    let found: Vec<_> = opened.intake.attachments.iter().map(|attachment| attachment.name.as_str()).collect();
    let kept: Vec<String> = names.iter().map(|name| name.chars().take(255).collect()).collect();
    assert_eq!(found, kept);
    assert!(!site.log().contains("passwd"), "{}", site.log());
}

#[test]
fn claims_are_kept_as_claims_and_differences_refuse_nothing() {
    let site = Site::new();
    let serving = site.serve();
    let mut report = sample(REPORT);
    report["evidence"] = serde_json::json!({"attachments": [
        {"name": "other.png", "media_type": "image/png", "size": 7, "sha256": "0".repeat(64)},
        {"name": "never-sent.mp4"},
    ]});
    let body = Body::of(&report).attachment("liar.png", "image/png", &jpeg(2000)).end();
    let answer = site.client(&serving).post_parts(None, &body);
    answer.number();
    assert_eq!(answer.json()["attachments"], 1);
    let opened = site.open_report();
    assert_eq!(opened.intake.attachments[0].media_type, "image/jpeg", "what the bytes are");
    assert_eq!(opened.intake.attachments[0].name, "liar.png", "what was said");
    assert_eq!(opened.report.get(), report.to_string());
}

#[test]
fn a_body_in_chunks_of_any_size_is_the_same_body() {
    let site = Site::new();
    let serving = site.serve();
    let body = Body::of(&sample(REPORT)).attachment("x.jpg", "", &jpeg(40_000)).end();
    let whole = site.client(&serving).post_parts(Some(KEY), &body).number();
    for size in [1, 7, 1000, 16 * 1024] {
        let mut request = format!(
            "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: {KIND}\r\nIdempotency-Key: {KEY}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        .into_bytes();
        for chunk in body.chunks(size) {
            request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            request.extend_from_slice(chunk);
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"0\r\n\r\n");
        assert_eq!(site.client(&serving).raw(&request).unwrap().number(), whole, "chunks of {size}");
    }
}

#[test]
fn several_uploads_share_one_http2_connection() {
    let site = Site::new();
    let serving = site.serve();
    let body = Body::of(&sample(REPORT)).attachment("x.jpg", "", &jpeg(700_000)).end();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let tcp = TcpStream::connect(serving.address).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(tls_config(site.certificate(), b"h2")));
        let tls = connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(tls)).await.unwrap();
        tokio::spawn(connection);
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (mut sender, body) = (sender.clone(), Bytes::from(body.clone()));
            running.spawn(async move {
                let request = Request::post("https://localhost/api/v1/reports").header("content-type", KIND);
                sender.send_request(request.body(Full::new(body)).unwrap()).await.unwrap().status()
            });
        }
        assert_eq!(running.join_all().await, [201; 4]);
    });
    serving.kill();
    assert_eq!(site.assert_outbox_is_whole(), 8);
}

#[test]
fn without_a_folder_uploads_are_refused_in_words_and_taken_again_once_it_is_back() {
    let site = Site::new();
    let serving = site.serve();
    let body = Body::of(&sample(REPORT)).attachment("x.jpg", "", &jpeg(300_000)).end();
    for folder in ["staging", "outbox/items"] {
        let (here, away) = (site.path(folder), site.path("away"));
        fs::rename(&here, &away).unwrap();
        let refused = site.client(&serving).post_parts(Some(KEY), &body);
        assert_eq!((refused.status, refused.field("retry-after")), (503, Some("60")), "{folder}: {}", refused.body);
        assert!(refused.body.contains("请过一分钟再试"), "{}", refused.body);
        fs::rename(&away, &here).unwrap();
        assert!(site.staged().is_empty(), "{folder}: {:?}", site.staged());
        site.client(&serving).post_parts(Some(KEY), &body).number();
    }
    assert_eq!(serving.stop(), Some(0));
    assert_eq!(site.assert_outbox_is_whole(), 4);
}

#[test]
fn the_two_folders_must_be_on_one_file_system() {
    let memory = tempfile::tempdir_in("/dev/shm").unwrap();
    let site = Site::new();
    if fs::metadata(memory.path()).unwrap().dev() == fs::metadata(site.path("")).unwrap().dev() {
        return;
    }
    let config = fs::read_to_string(site.config()).unwrap();
    let elsewhere = format!("staging = \"{}\"", memory.path().display());
    fs::write(site.config(), config.replace("staging = \"staging\"", &elsewhere)).unwrap();
    let refused = site.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("one file system"));
}
