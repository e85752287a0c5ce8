//! What the gateway's memory holds: little while uploads arrive, and nothing of them once they are acknowledged
//! (promise 2, SECURITY T9). Its memory is read as root reads it from a core or from `/proc`; without root these tests fail.

mod image;
mod upload;

use std::{collections::BTreeSet, env, fs, process::Command, thread};

use serde_json::Value;

use self::{image::Image, upload::Upload};
use crate::{
    gateway::{Gateway, Outside, number, report},
    scene::files_below,
};

#[test]
fn memory_holds_nothing_of_a_report_once_it_is_acknowledged() {
    let outside = Outside::prepared();
    let gateway = outside.start();
    let mut given = file_reports(&outside, &gateway, reports());
    for one in 0..20 {
        let mut upload = Upload::begin(&outside, &gateway, protocol(one), "multipart/form-data; boundary=zz");
        upload.send(&parts(one, 200_000));
        given.insert(upload.end().number());
    }
    refused(&outside, &gateway);

    let canaries = canaries(&given);
    let mut found = Vec::new();
    // Tasks of clients that have left end a moment later.
    let is_clean = (0..20).any(|_| {
        found = Image::of(gateway.id()).places_of(&canaries);
        found.is_empty()
    });
    assert!(is_clean, "{}", found.join("\n"));

    // Control: the same look finds what is under way.
    let mut upload = Upload::begin(&outside, &gateway, "--http1.1", "application/json");
    upload.send(format!("{{\"x\": \"{CANARY}-in-flight").as_bytes());
    let in_flight = [format!("{CANARY}-in-flight")];
    assert!((0..100).any(|_| !Image::of(gateway.id()).places_of(&in_flight).is_empty()), "the look finds nothing");
    upload.abandon();
    assert!((0..20).any(|_| Image::of(gateway.id()).places_of(&canaries).is_empty()), "abandoned");

    assert_eq!(gateway.end(), Some(0));
    outside.assert_is_whole(&outside.folder().join("outbox"), &given);
    assert_rests_nowhere(&outside, &canaries);
    assert_one_size(&outside);
}

#[test]
fn an_upload_of_any_length_takes_little_memory() {
    let outside = Outside::prepared();
    let gateway = outside.start();
    file_reports(&outside, &gateway, 20);
    for protocol in ["--http1.1", "--http2"] {
        let before = resident_before(&gateway);
        let mut upload = Upload::begin(&outside, &gateway, protocol, "multipart/form-data; boundary=zz");
        upload.send(&parts_before(1));
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..long_upload() {
            upload.send(&piece);
        }
        upload.send(END);
        upload.end().number();
        let took = peak(&gateway) - before;
        println!("{protocol}: {} MiB took {took} KiB", long_upload());
        assert!(took <= 8 * 1024, "{took} KiB");
    }
    assert_eq!(gateway.end(), Some(0));
}

#[test]
fn a_hundred_uploads_at_once_take_a_mebibyte_each_at_most() {
    let outside = Outside::prepared();
    let gateway = outside.start();
    file_reports(&outside, &gateway, 20);
    let before = resident_before(&gateway);
    let mut uploads: Vec<Upload> = (0..100)
        .map(|one| Upload::begin(&outside, &gateway, protocol(one), "multipart/form-data; boundary=zz"))
        .collect();
    for (one, upload) in uploads.iter_mut().enumerate() {
        upload.send(&parts_before(one));
    }
    // By turns, so that all of them are under way from beginning to end.
    let piece = vec![b'x'; 64 << 10];
    for _ in 0..48 {
        for upload in &mut uploads {
            upload.send(&piece);
        }
    }
    for upload in &mut uploads {
        upload.send(END);
    }
    let numbers: BTreeSet<String> = uploads.into_iter().map(|upload| upload.end().number()).collect();
    assert_eq!(numbers.len(), 100);
    let took = peak(&gateway) - before;
    println!("100 uploads at once took {took} KiB");
    assert!(took <= 100 * 1024, "{took} KiB");
    assert_eq!(gateway.end(), Some(0));
}

/// Files so many reports with canaries, several at a time; returns the numbers given.
fn file_reports(outside: &Outside, gateway: &Gateway, count: usize) -> BTreeSet<String> {
    let client = outside.client(gateway);
    thread::scope(|scope| {
        let filing: Vec<_> = (0..CLIENTS)
            .map(|first| {
                let client = client.clone();
                scope.spawn(move || {
                    let mine = (first..count).step_by(CLIENTS);
                    let file = |one| number(&client.file_report(planted_report(one).as_bytes(), Some(KEY)).unwrap());
                    mine.map(file).collect::<Vec<_>>()
                })
            })
            .collect();
        filing.into_iter().flat_map(|one| one.join().unwrap()).collect()
    })
}

fn planted_report(one: usize) -> String {
    let mut report: Value = serde_json::from_str(&report(one)).unwrap();
    report["facts"]["narrative"] = format!("{CANARY}-{one:06} 每天早上来收钱，不交就不让摆摊。").into();
    report["facts"]["title"] = format!("{CANARY_IN_CHINESE}{one}").into();
    report.to_string()
}

/// A multipart body with one picture.
fn parts(one: usize, length: usize) -> Vec<u8> {
    let mut parts = parts_before(one);
    let line = format!("{CANARY}-content-{one} ");
    parts.extend(line.bytes().cycle().take(length));
    parts.extend_from_slice(END);
    parts
}

/// Up to where the attachment's bytes go on.
fn parts_before(one: usize) -> Vec<u8> {
    let report = planted_report(one);
    let mut parts = format!(
        "--zz\r\nContent-Disposition: form-data; name=\"report\"\r\nContent-Type: application/json\r\n\r\n{report}\r\n\
         --zz\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"{CANARY}-{one}.mp4\"\r\n\
         Content-Type: video/mp4\r\n\r\n"
    )
    .into_bytes();
    parts.extend_from_slice(b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2");
    parts
}

/// Requests that are refused at every stage; their words must not stay either.
fn refused(outside: &Outside, gateway: &Gateway) {
    let client = outside.client(gateway);
    let cut = planted_report(1).replace("declaration", "declined");
    for body in [format!("{{\"{CANARY}\": 1}}"), format!("{CANARY} is no JSON"), cut] {
        assert_eq!(client.file_report(body.as_bytes(), None).unwrap().status, 422);
    }
    let address = format!("https://{}/{CANARY}?{CANARY}=1", gateway.address);
    for protocol in ["--http1.1", "--http2"] {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--output", "/dev/null", protocol, "-A", CANARY, "-H", &format!("referer: {CANARY}")]);
        curl.args(["-H", &format!("x-forwarded-for: {CANARY}"), "-b", &format!("c={CANARY}"), &address]);
        assert!(curl.arg("--cacert").arg(outside.layout().authority()).status().unwrap().success());
    }
}

/// Everything that must be nowhere.
fn canaries(given: &BTreeSet<String>) -> Vec<String> {
    let mut canaries = vec![CANARY.to_owned(), CANARY_IN_CHINESE.to_owned(), KEY.to_owned()];
    canaries.extend(given.iter().cloned());
    canaries
}

/// Nothing planted, and no address, lies in the gateway's folder, its log or the folder for temporary files.
fn assert_rests_nowhere(outside: &Outside, canaries: &[String]) {
    let configuration = outside.folder().join("gateway.toml");
    let mut looked = files_below(&outside.folder());
    looked.retain(|path| *path != configuration);
    looked.extend(files_below(&outside.layout().logs()));
    assert!(looked.len() > 200, "{}", looked.len());
    let mut wanted: Vec<&[u8]> = canaries.iter().map(String::as_bytes).collect();
    wanted.push(b"127.0.0.1");
    for path in looked {
        // Its first line says where it listens.
        let bytes = fs::read(&path).unwrap();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"ready ")).collect::<Vec<_>>();
        let found = image::first_of(&lines.join(&b'\n'), &wanted);
        assert_eq!(found, None, "{}", path.display());
    }
}

/// Ordinary text reports are all alike from outside.
fn assert_one_size(outside: &Outside) {
    let items = files_below(&outside.folder().join("outbox/items"));
    let small = items.iter().map(|path| fs::metadata(path).unwrap().len()).filter(|length| *length <= 64 * 1024);
    let sizes: BTreeSet<u64> = small.collect();
    assert_eq!(sizes, BTreeSet::from([32 * 1024]));
}

/// Resident memory in KiB now; from here on a new peak is counted.
fn resident_before(gateway: &Gateway) -> u64 {
    fs::write(format!("/proc/{}/clear_refs", gateway.id()), "5").expect("only root may reset the peak");
    fact(gateway, "VmRSS")
}

fn peak(gateway: &Gateway) -> u64 {
    fact(gateway, "VmHWM")
}

fn fact(gateway: &Gateway, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", gateway.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn protocol(one: usize) -> &'static str {
    if one.is_multiple_of(2) { "--http1.1" } else { "--http2" }
}

fn reports() -> usize {
    if is_full() { 1_000 } else { 200 }
}

/// MiB of the longest upload.
fn long_upload() -> usize {
    if is_full() { 499 } else { 100 }
}

fn is_full() -> bool {
    env::var_os("NIGHTSAFE_FULL").is_some()
}

const CLIENTS: usize = 8;
const CANARY: &str = "canary-zq7x";
const CANARY_IN_CHINESE: &str = "金丝雀藏在第七块青石板下面";
const KEY: &str = "c0ffee00c0ffee11c0ffee22c0ffee33";
const END: &[u8] = b"\r\n--zz--\r\n";
