//! Attachments as people look at them: copies made by the real program, and originals that two people agree about.

use std::{fs, path::Path};

use nightsafe_schema::item::ItemId;
use serde_json::Value;

use crate::{
    daemon::Daemon,
    damage::damaged,
    gateway::{Media, submission},
    site::{OFFICER, Site, sample},
    work::until,
};

/// What must not come out.
const CANARY: &[u8] = b"nightsafe-canary-4821";

/// A site that knows where the program is that makes copies.
fn site() -> Site {
    let programs =
        std::env::var("NIGHTSAFE_PROGRAMS").expect("NIGHTSAFE_PROGRAMS: run tests/run --only programs first");
    let program = Path::new(&programs).join("nightsafe-safecopy");
    assert!(program.exists(), "{} is not built", program.display());
    let site = Site::new();
    site.configure(&format!("safecopy = \"{}\"\n", program.display()), "");
    site
}

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/media").join(name)).unwrap()
}

/// Hands a report over with these files, as the gateway would have found them.
fn report(site: &mut Site, files: &[(&str, &str, &[u8])]) -> (String, Vec<ItemId>) {
    let media: Vec<Media> =
        files.iter().map(|(media_type, name, bytes)| site.gateway.media_of(media_type, name, bytes)).collect();
    for one in &media {
        site.gateway.hand_over_media(one);
    }
    let sent = site.gateway.submit(&sample("08"), submission(), &media);
    (sent.clue_number.as_str().to_owned(), media.iter().map(|one| one.item).collect())
}

fn shown(daemon: &Daemon<'_>, case: &str) -> Vec<Value> {
    daemon.run(["show", "--json", case]).json()["attachments"].as_array().unwrap().clone()
}

/// The attachments of a case, once something has become of each copy.
fn settled(daemon: &Daemon<'_>, case: &str) -> Vec<Value> {
    until("the copies are made or refused", || {
        let all = shown(daemon, case);
        let open = |one: &Value| matches!(one["copy"]["state"].as_str(), Some("waiting" | "making"));
        (!all.iter().any(open)).then_some(all)
    })
}

/// A part of a copy, as the command line writes it.
fn copy(site: &Site, daemon: &Daemon<'_>, case: &str, item: ItemId, part: u32) -> Vec<u8> {
    let out = site.path("copy");
    let _ = fs::remove_file(&out);
    let (item, part) = (item.to_string(), part.to_string());
    let taken = ["attachment", "copy", case, &item, "--part", &part, "--out", out.to_str().unwrap()];
    daemon.run(taken).expect(0);
    fs::read(out).unwrap()
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// The photograph with a place in its Exif part, and an archive behind its end.
fn telling() -> Vec<u8> {
    let photograph = file("street.jpg");
    let gps = [b"Exif\0\0II*\0\x08\0\0\0\x01\0\x25\x88\x04\0\x01\0\0\0\x1a\0\0\0\0\0\0\0", CANARY].concat();
    let length = u16::try_from(gps.len() + 2).unwrap().to_be_bytes();
    [&photograph[..2], &[0xff, 0xe1], &length, &gps, &photograph[2..], b"PK\x03\x04", CANARY, b"PK\x05\x06"].concat()
}

/// Every file below a folder.
fn below(folder: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![fs::read(path).unwrap()] }).collect()
}

fn kinds(daemon: &Daemon<'_>, kind: &str) -> Vec<Value> {
    let log = daemon.run(["audit", "--json", "--kind", kind]).json();
    log["rows"].as_array().unwrap().clone()
}

#[test]
fn a_picture_is_shown_without_its_place_and_without_what_is_hidden_behind_it() {
    let mut site = site();
    let original = telling();
    assert!(holds(&original, CANARY));
    let (number, items) = report(&mut site, &[("image/jpeg", "a.jpg", &original)]);
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let case = daemon.found(&number).remove(0);
    let copies = settled(&daemon, &case);
    assert_eq!((copies[0]["copy"]["state"].as_str(), copies[0]["copy"]["parts"].as_u64()), (Some("made"), Some(1)));
    let bytes = copy(&site, &daemon, &case, items[0], 1);
    assert!(bytes.starts_with(b"\xff\xd8\xff\xe0") && bytes.ends_with(b"\xff\xd9") && bytes.len() > 1_000);
    assert!(!holds(&bytes, CANARY) && !holds(&bytes, b"PK") && !holds(&bytes, b"Exif"));
    // What lies on the disk is sealed: neither copy nor original is there in plain.
    for stored in below(&site.path("state/copies")) {
        assert!(!holds(&stored, b"JFIF") && !holds(&stored, CANARY));
    }
    daemon.log_in(OFFICER);
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let looks = kinds(&daemon, "ATTACHMENT_VIEWED");
    assert_eq!(
        (looks.len(), looks[0]["case"].as_str(), looks[0]["actor"].as_str()),
        (1, Some(&*case), Some("national"))
    );
    assert!(looks[0]["detail"].as_str().unwrap().contains(&items[0].to_string()));
}

#[test]
fn pages_sound_and_video_are_shown_and_everything_else_is_listed() {
    let mut site = site();
    let (pdf, voice, door, list) = (file("contract.pdf"), file("voice.mp3"), file("door.mp4"), file("list.docx"));
    let files: [(&str, &str, &[u8]); 4] = [
        ("application/pdf", "a.pdf", &pdf),
        ("audio/mpeg", "a.mp3", &voice),
        ("video/mp4", "a.mp4", &door),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a.docx", &list),
    ];
    let (number, items) = report(&mut site, &files);
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let case = daemon.found(&number).remove(0);
    let all = settled(&daemon, &case);
    let states: Vec<_> = all.iter().map(|one| one["copy"]["state"].as_str()).collect();
    assert_eq!(states, [Some("made"), Some("made"), Some("made"), None], "{all:?}");
    let pages = u32::try_from(all[0]["copy"]["parts"].as_u64().unwrap()).unwrap();
    for page in 1..=pages {
        assert!(copy(&site, &daemon, &case, items[0], page).starts_with(b"\x89PNG\r\n"));
    }
    assert_eq!(copy(&site, &daemon, &case, items[1], 1)[0], 0xff);
    assert_eq!(&copy(&site, &daemon, &case, items[2], 1)[4..8], b"ftyp");
    let out = site.path("none");
    for (item, part) in [(items[0], pages + 1), (items[1], 0), (items[3], 1)] {
        let (item, part) = (item.to_string(), part.to_string());
        daemon.run(["attachment", "copy", &case, &item, "--part", &part, "--out", out.to_str().unwrap()]).expect(1);
        assert!(!out.exists());
    }
}

#[test]
fn what_cannot_be_shown_says_why_stops_nothing_and_is_tried_again_by_a_person_alone() {
    let mut site = site();
    let bomb = [&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\xc3\x50\0\0\xc3\x50\x08\x06\0\0\0"[..], &[0; 64]].concat();
    let good = file("screen.png");
    let files: [(&str, &str, &[u8]); 3] = [
        ("image/jpeg", "a.jpg", b"\xff\xd8\xff no picture"),
        ("image/png", "b.png", &bomb),
        ("image/png", "c.png", &good),
    ];
    let (number, items) = report(&mut site, &files);
    site.ingest();
    let case = {
        let daemon = Daemon::start(&site);
        daemon.become_new("national", "analyst", "OFFICE.000000");
        let case = daemon.found(&number).remove(0);
        let all = settled(&daemon, &case);
        let states: Vec<_> = all.iter().map(|one| one["copy"]["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["refused", "refused", "made"], "{all:?}");
        assert_eq!(all[0]["copy"]["why"], "undecodable");
        assert!(!all[1]["copy"]["zh"].as_str().unwrap().is_empty());
        daemon.run(["act", &case, "copy-again", &items[2].to_string()]).expect(2);
        case
    };
    // Neither a restart nor the loss of all copies makes what was refused wanted again; the others are made anew.
    fs::remove_dir_all(site.path("state/copies")).unwrap();
    let unfinished = site.path("state/copies/00/left by a crash.part");
    fs::create_dir_all(&unfinished).unwrap();
    let daemon = Daemon::start(&site);
    daemon.log_in("national");
    let all = settled(&daemon, &case);
    let states: Vec<_> = all.iter().map(|one| one["copy"]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["refused", "refused", "made"]);
    assert!(!unfinished.exists());
    daemon.run(["act", &case, "copy-again", &items[0].to_string()]).expect(0);
    assert_eq!(settled(&daemon, &case)[0]["copy"]["state"], "refused");
    daemon.log_in(OFFICER);
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    assert_eq!((kinds(&daemon, "COPY_REFUSED").len(), kinds(&daemon, "COPY_ASKED").len()), (3, 1));
}

#[test]
fn an_original_takes_two_people_and_is_taken_once() {
    let mut site = site();
    let original = telling();
    let (number, items) = report(&mut site, &[("image/jpeg", "a.jpg", &original)]);
    site.ingest();
    let daemon = Daemon::start(&site);
    for (name, role, unit) in [
        ("second", "reviewer", "OFFICE.000000"),
        ("stranger", "analyst", "MARKET.980101"),
        ("national", "analyst", "OFFICE.000000"),
    ] {
        daemon.become_new(name, role, unit);
    }
    let case = daemon.found(&number).remove(0);
    let item = items[0].to_string();
    let (out, again) = (site.path("original"), site.path("again"));
    let take = |to: &Path, code| {
        daemon.run(["attachment", "original", &case, &item, "--out", to.to_str().unwrap()]).expect(code);
    };
    let act = |words: &[&str], code| {
        daemon.run(["act", &case].iter().chain(words).collect::<Vec<_>>()).expect(code);
    };
    take(&out, 2);
    act(&["original-grant", &item], 2);
    act(&["original-ask", &item, "--reason", "核对照片拍摄时间"], 0);
    act(&["original-ask", &item, "--reason", "核对照片拍摄时间"], 2);
    // Nobody agrees with themselves, and nobody who does not see the case.
    act(&["original-grant", &item], 2);
    take(&out, 2);
    daemon.log_in("stranger");
    act(&["original-grant", &item], 1);
    daemon.log_in("second");
    act(&["original-grant", &item], 0);
    // Agreeing is not asking.
    take(&out, 2);
    daemon.log_in("national");
    take(&out, 0);
    assert_eq!(fs::read(&out).unwrap(), original);
    take(&again, 2);
    assert!(!again.exists());
    daemon.log_in(OFFICER);
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    for kind in ["ORIGINAL_ASKED", "ORIGINAL_GRANTED", "ORIGINAL_TAKEN"] {
        assert_eq!(kinds(&daemon, kind).len(), 1, "{kind}");
    }
}

#[test]
fn without_a_sandbox_nothing_is_decoded_and_the_daemon_serves() {
    let mut site = Site::new();
    site.configure("safecopy = \"/bin/false\"\n", "");
    let (number, items) = report(&mut site, &[("image/jpeg", "a.jpg", &file("street.jpg"))]);
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let case = daemon.found(&number).remove(0);
    assert_eq!(shown(&daemon, &case)[0]["copy"]["state"], "waiting");
    let out = site.path("none");
    let item = items[0].to_string();
    daemon.run(["attachment", "copy", &case, &item, "--out", out.to_str().unwrap()]).expect(1);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn broken_media_end_in_a_copy_or_in_words_and_the_daemon_goes_on() {
    let each = if std::env::var_os("NIGHTSAFE_FULL").is_some() { 400 } else { 20 };
    let kinds = [
        ("image/jpeg", "street.jpg"),
        ("image/png", "screen.png"),
        ("application/pdf", "contract.pdf"),
        ("audio/mpeg", "voice.mp3"),
        ("video/mp4", "door.mp4"),
    ];
    let mut site = site();
    let mut numbers = Vec::new();
    for seed in 0..each {
        let files = kinds.map(|(media_type, name)| (media_type, name, damaged(&file(name), seed)));
        let files: Vec<(&str, &str, &[u8])> =
            files.iter().map(|(media_type, name, bytes)| (*media_type, *name, bytes.as_slice())).collect();
        numbers.push(report(&mut site, &files).0);
    }
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let mut made = 0;
    for number in &numbers {
        let case = daemon.found(number).remove(0);
        for one in settled(&daemon, &case) {
            let copy = &one["copy"];
            made += usize::from(copy["state"] == "made");
            assert!(copy["state"] == "made" || copy["why"].is_string(), "{copy}");
        }
    }
    assert!(made > numbers.len(), "of {} hardly any is a copy: {made}", 5 * numbers.len());
    assert_eq!(daemon.stop(), Some(0));
}
