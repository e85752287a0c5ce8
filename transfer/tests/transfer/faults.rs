//! One row a fault: what it is called, which exit code it has, and what heals it (DESIGN section 7, SECURITY T2, T3, T8,
//! T13, T14). Each is named with since when, why and what to do next, in both languages, and everything beside it crosses.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nightsafe_schema::digest::Digest;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::Value;

use crate::fixture::{Gateway, Site};
use crate::program::{command, run, text};

/// Six items in two volumes; the first has been imported, the fault is in the second.
struct Scene {
    gateway: Gateway,
    site: Site,
    _folder: tempfile::TempDir,
}

/// What makes it good again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heal {
    /// Nothing has to.
    Nothing,
    /// The volume is copied again.
    Copy,
    /// The ticket that the trouble's next step gives is taken to the low side.
    Resend,
    /// A person settles what is in quarantine.
    Settle,
    /// The volume is copied again, and a person settles what is in quarantine.
    CopyAndSettle,
}

struct Fault {
    name: &'static str,
    inject: fn(&mut Scene),
    code: i32,
    /// The trouble's word; empty if there is none.
    kind: &'static str,
    heal: Heal,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut gateway = Gateway::new(folder.path(), 1);
        let site = Site::new(&gateway);
        gateway.accept_many(3);
        gateway.write_head();
        assert_eq!(run(&site, "low", &["export"]).code, 0);
        assert_eq!(run(&site, "high", &["import"]).code, 0);
        for number in 4..=6 {
            gateway.accept(format!("item {number}, rather longer than an empty file").repeat(9).as_bytes());
        }
        gateway.write_head();
        assert_eq!(run(&site, "low", &["export"]).json["volumes"][0], "volume-000002");
        Self { gateway, site, _folder: folder }
    }

    fn volume(&self, number: u64) -> PathBuf {
        self.site.path(&format!("medium/volume-{number:06}"))
    }

    fn item(&self, place: u64) -> PathBuf {
        self.volume(2).join("items").join(self.gateway.entries[&place].2.file_name())
    }

    fn bytes(&self, place: u64) -> Vec<u8> {
        self.gateway.entries[&place].1.clone()
    }

    fn entries(&self) -> PathBuf {
        self.volume(2).join("entries.jsonl")
    }

    fn change_entries(&self, change: impl FnOnce(String) -> String) {
        let text = fs::read_to_string(self.entries()).unwrap();
        fs::write(self.entries(), change(text)).unwrap();
    }

    /// What anybody can make who has a public key.
    fn sealed_by_anybody() -> Vec<u8> {
        let keygen = Command::new("age-keygen").stderr(Stdio::null()).output().unwrap();
        let key = String::from_utf8(keygen.stdout).unwrap();
        let recipient = key.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
        let mut age =
            Command::new("age").args(["-r", recipient]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        age.stdin.take().unwrap().write_all(&b"forged ".repeat(500)).unwrap();
        let sealed = age.wait_with_output().unwrap();
        assert!(sealed.status.success());
        sealed.stdout
    }
}

const STRAY: &str = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ.age";

const FAULTS: &[Fault] = &[
    Fault {
        name: "an item cut short",
        inject: |scene| fs::write(scene.item(5), &scene.bytes(5)[..20]).unwrap(),
        code: 4,
        kind: "half-copied-item",
        heal: Heal::Copy,
    },
    Fault {
        name: "an item with a flipped bit",
        inject: |scene| {
            let mut bytes = scene.bytes(5);
            bytes[11] ^= 4;
            fs::write(scene.item(5), bytes).unwrap();
        },
        code: 3,
        kind: "bytes-differ",
        heal: Heal::Resend,
    },
    Fault {
        name: "an item with a tail",
        inject: |scene| fs::write(scene.item(5), [scene.bytes(5), b"tail".to_vec()].concat()).unwrap(),
        code: 3,
        kind: "bytes-differ",
        heal: Heal::Copy,
    },
    Fault {
        name: "an item forged with the public key in the place of another",
        inject: |scene| fs::write(scene.item(5), Scene::sealed_by_anybody()).unwrap(),
        code: 3,
        kind: "bytes-differ",
        heal: Heal::Resend,
    },
    Fault {
        name: "an item forged with the public key beside the others",
        inject: |scene| fs::write(scene.volume(2).join("items").join(STRAY), Scene::sealed_by_anybody()).unwrap(),
        code: 10,
        kind: "item-without-entry",
        heal: Heal::Settle,
    },
    Fault {
        name: "an item that is missing",
        inject: |scene| fs::remove_file(scene.item(5)).unwrap(),
        code: 4,
        kind: "without-item",
        heal: Heal::Resend,
    },
    Fault {
        name: "a volume that is missing",
        inject: |scene| {
            fs::remove_dir_all(scene.volume(2)).unwrap();
            scene.gateway.accept(b"the seventh");
            scene.gateway.write_head();
            assert_eq!(run(&scene.site, "low", &["export"]).code, 0);
        },
        code: 4,
        kind: "missing",
        heal: Heal::Resend,
    },
    Fault {
        name: "a tail that is withheld",
        inject: |scene| {
            scene.change_entries(|text| text.split_inclusive('\n').take(2).collect());
            fs::remove_file(scene.item(6)).unwrap();
        },
        code: 4,
        kind: "missing",
        heal: Heal::Resend,
    },
    Fault {
        name: "entries.jsonl cut in a line",
        inject: |scene| {
            scene.change_entries(|mut text| {
                text.truncate(text.len() - 30);
                text
            });
        },
        code: 4,
        kind: "half-copied-volume",
        heal: Heal::Copy,
    },
    Fault {
        name: "entries.jsonl not there",
        inject: |scene| fs::remove_file(scene.entries()).unwrap(),
        code: 4,
        kind: "half-copied-volume",
        heal: Heal::Copy,
    },
    Fault {
        name: "entries.jsonl a link",
        inject: |scene| {
            fs::rename(scene.entries(), scene.site.path("elsewhere")).unwrap();
            symlink(scene.site.path("elsewhere"), scene.entries()).unwrap();
        },
        code: 4,
        kind: "half-copied-volume",
        heal: Heal::Copy,
    },
    Fault {
        name: "entries.jsonl edited",
        inject: |scene| scene.change_entries(|text| text.replacen("\"seq\":5", "\"seq\":8", 1)),
        code: 10,
        kind: "bad-signature",
        heal: Heal::CopyAndSettle,
    },
    Fault {
        name: "entries.jsonl with a line of junk",
        inject: |scene| scene.change_entries(|text| format!("junk\n{text}")),
        code: 10,
        kind: "no-entry",
        heal: Heal::Settle,
    },
    Fault {
        name: "another entry for a place",
        inject: |scene| {
            let prev = Digest::of(&scene.gateway.entries[&1].0);
            let (line, item) = scene.gateway.sign_entry(2, prev, b"other");
            fs::write(scene.volume(2).join("items").join(item.file_name()), "other").unwrap();
            scene.change_entries(|text| format!("{text}{}\n", String::from_utf8(line).unwrap()));
        },
        code: 10,
        kind: "other-digest",
        heal: Heal::Settle,
    },
    Fault {
        name: "an entry that does not fit its chain",
        inject: |scene| {
            let (line, item) = scene.gateway.sign_entry(7, Digest::of(b"elsewhere"), b"other");
            fs::write(scene.volume(2).join("items").join(item.file_name()), "other").unwrap();
            scene.change_entries(|text| format!("{text}{}\n", String::from_utf8(line).unwrap()));
        },
        code: 10,
        kind: "broken-chain",
        heal: Heal::Settle,
    },
    Fault {
        name: "entries of an unknown stream",
        inject: |scene| {
            let foreign_outbox = tempfile::tempdir().unwrap();
            let mut foreign = Gateway::new(foreign_outbox.path(), 9);
            foreign.accept(b"foreign");
            let (line, bytes, item) = foreign.entries[&1].clone();
            fs::write(scene.volume(2).join("items").join(item.file_name()), bytes).unwrap();
            scene.change_entries(|text| format!("{text}{}\n", String::from_utf8(line).unwrap()));
        },
        code: 10,
        kind: "unknown-stream",
        heal: Heal::Settle,
    },
    Fault {
        name: "head.json not there",
        inject: |scene| fs::remove_file(scene.volume(2).join("head.json")).unwrap(),
        code: 4,
        kind: "half-copied-volume",
        heal: Heal::Copy,
    },
    Fault {
        name: "head.json forged",
        inject: |scene| {
            let path = scene.volume(2).join("head.json");
            let head = fs::read_to_string(&path).unwrap().replace("\"seq\":6", "\"seq\":4");
            fs::write(path, head).unwrap();
        },
        code: 10,
        kind: "bad-head",
        heal: Heal::Settle,
    },
    Fault {
        name: "head.json of an earlier volume",
        inject: |scene| {
            fs::copy(scene.volume(1).join("head.json"), scene.volume(2).join("head.json")).unwrap();
        },
        code: 0,
        kind: "",
        heal: Heal::Nothing,
    },
    Fault {
        name: "a volume three times",
        inject: |scene| {
            for number in 3..=5 {
                copy_folder(&scene.volume(2), &scene.volume(number));
            }
        },
        code: 0,
        kind: "",
        heal: Heal::Nothing,
    },
    Fault {
        name: "volumes and lines in another order",
        inject: |scene| {
            scene.change_entries(|text| text.split_inclusive('\n').rev().collect());
            fs::rename(scene.volume(1), scene.volume(9)).unwrap();
        },
        code: 0,
        kind: "",
        heal: Heal::Nothing,
    },
    Fault {
        name: "a link in the place of an item",
        inject: |scene| {
            fs::rename(scene.item(5), scene.site.path("elsewhere")).unwrap();
            symlink(scene.site.path("elsewhere"), scene.item(5)).unwrap();
        },
        code: 4,
        kind: "no-file",
        heal: Heal::Copy,
    },
    Fault {
        name: "a pipe in the place of an item",
        inject: |scene| {
            fs::remove_file(scene.item(5)).unwrap();
            mknodat(CWD, scene.item(5), FileType::Fifo, Mode::RUSR, 0).unwrap();
        },
        code: 4,
        kind: "no-file",
        heal: Heal::Copy,
    },
    Fault {
        name: "a folder in the place of an item",
        inject: |scene| {
            fs::remove_file(scene.item(5)).unwrap();
            fs::create_dir(scene.item(5)).unwrap();
        },
        code: 4,
        kind: "no-file",
        heal: Heal::Copy,
    },
    Fault {
        name: "a huge file of holes in the place of an item",
        inject: |scene| fs::File::create(scene.item(5)).unwrap().set_len(1 << 36).unwrap(),
        code: 3,
        kind: "bytes-differ",
        heal: Heal::Copy,
    },
    Fault {
        name: "a link beside the items",
        inject: |scene| symlink("/etc/passwd", scene.volume(2).join("items").join(STRAY)).unwrap(),
        code: 10,
        kind: "item-without-entry",
        heal: Heal::Settle,
    },
    Fault {
        name: "a file beside the items",
        inject: |scene| fs::write(scene.volume(2).join("items/notes.txt"), "notes").unwrap(),
        code: 10,
        kind: "item-without-entry",
        heal: Heal::Settle,
    },
    Fault {
        name: "a name that is no text",
        inject: |scene| {
            let name = OsStr::from_bytes(b"\xff\x1b[2J.age");
            fs::write(scene.volume(2).join("items").join(name), "odd").unwrap();
        },
        code: 10,
        kind: "item-without-entry",
        heal: Heal::Settle,
    },
    Fault {
        name: "a file beside the lists",
        inject: |scene| fs::write(scene.volume(2).join("autorun.inf"), "[autorun]").unwrap(),
        code: 10,
        kind: "foreign-file",
        heal: Heal::Settle,
    },
];

#[test]
fn every_fault_is_named_with_its_exit_code_and_healed() {
    let next = std::sync::Mutex::new(FAULTS.iter());
    let work = || {
        loop {
            let Some(fault) = next.lock().unwrap().next() else { return };
            named_and_healed(fault);
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

fn named_and_healed(fault: &Fault) {
    let name = fault.name;
    let mut scene = Scene::new();
    let spare = scene.site.path("spare");
    copy_folder(&scene.volume(2), &spare);
    (fault.inject)(&mut scene);
    let imported = run(&scene.site, "high", &["import"]);
    assert_eq!(imported.code, fault.code, "{name}: {}", imported.json);
    let status = run(&scene.site, "high", &["status"]);
    assert_eq!(status.code, fault.code, "{name}: {}", status.json);
    if fault.heal == Heal::Nothing {
        assert_eq!(imported.json["troubles"].as_array().map(Vec::len), Some(0), "{name}: {}", imported.json);
    } else {
        for report in [&imported.json, &status.json] {
            is_told(fault, report);
        }
        is_shown(fault, &scene.site);
    }
    heal(fault, &scene, &spare, &status.json);
    let healed = run(&scene.site, "high", &["import"]);
    assert_eq!(healed.code, 0, "{name}: {}", healed.json);
    assert!(text(&scene.site, "high", &["status"]).starts_with("● 正常 OK"), "{name}");
    let places = scene.gateway.entries.len();
    assert!((1..=places as u64).all(|place| scene.site.inbox_has(&scene.gateway, place)), "{name}");
    assert_eq!(scene.site.inbox_lines(&scene.gateway.stream).len(), places, "{name}");
    assert_eq!(fs::read_dir(scene.site.path("high/inbox/items")).unwrap().count(), places, "{name}");
    assert!(scene.site.leftovers("high").is_empty(), "{name}");
}

fn trouble<'a>(fault: &Fault, report: &'a Value) -> &'a Value {
    let troubles = report["troubles"].as_array().unwrap();
    let of_kind = troubles.iter().find(|trouble| trouble["kind"] == fault.kind);
    of_kind.unwrap_or_else(|| panic!("{}: no {} among {troubles:?}", fault.name, fault.kind))
}

/// The report has the trouble, with everything that an operator needs; the worst of all stands first.
fn is_told(fault: &Fault, report: &Value) {
    let trouble = trouble(fault, report);
    assert_eq!((&trouble["exit"], &report["exit"]), (&fault.code.into(), &fault.code.into()), "{}", fault.name);
    assert_eq!(report["troubles"][0]["exit"], report["exit"], "{}", fault.name);
    assert!(trouble["since"].is_string(), "{}: {trouble}", fault.name);
    for language in ["zh", "en"] {
        assert!(!trouble["why"][language].as_str().unwrap().is_empty(), "{}", fault.name);
        assert!(!trouble["next"][language].as_str().unwrap().is_empty(), "{}", fault.name);
    }
}

/// People read the same: the mark first, since when, why, and what to do next.
fn is_shown(fault: &Fault, site: &Site) {
    for (language, lang) in [("zh", "zh_CN.UTF-8"), ("en", "en_US.UTF-8")] {
        let output = command(site, "high").arg("status").env("LANG", lang).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        let mark = if fault.code == 10 { '■' } else { '▲' };
        assert!(shown.starts_with(mark), "{}: {shown}", fault.name);
        let status = run(site, "high", &["status"]);
        let trouble = trouble(fault, &status.json);
        let what = trouble["what"].as_str().unwrap().replace(char::is_control, "\u{fffd}");
        let line = shown
            .lines()
            .skip(1)
            .find(|line| line.contains(&what))
            .unwrap_or_else(|| panic!("{}: {shown}", fault.name));
        assert!(line.starts_with(&format!("  {mark} ")) && line.contains("自 since 20"), "{}: {line}", fault.name);
        for (label, field) in [("原因 why  ", "why"), ("下一步 next  ", "next")] {
            let said = format!("{label}{}", trouble[field][language].as_str().unwrap());
            assert!(shown.contains(&said), "{}: {said}\n{shown}", fault.name);
        }
        assert!(!shown.contains('\x1b'), "{}: {shown}", fault.name);
    }
}

fn heal(fault: &Fault, scene: &Scene, spare: &Path, status: &Value) {
    let site = &scene.site;
    if matches!(fault.heal, Heal::Copy | Heal::CopyAndSettle) {
        fs::remove_dir_all(scene.volume(2)).unwrap();
        copy_folder(spare, &scene.volume(2));
        assert_ne!(run(site, "high", &["import"]).code, 4, "{}", fault.name);
    }
    if matches!(fault.heal, Heal::Settle | Heal::CopyAndSettle) {
        let open = run(site, "high", &["quarantine", "list"]).json["records"].clone();
        for record in open.as_array().unwrap() {
            let id = record["id"].as_str().unwrap();
            assert_eq!(run(site, "high", &["quarantine", "show", id]).code, 0);
            assert_eq!(run(site, "high", &["quarantine", "release", id, "--reason", "test"]).code, 0);
        }
    }
    if fault.heal == Heal::Resend {
        let next = trouble(fault, status)["next"]["en"].as_str().unwrap();
        let (_, command) = next.split_once("nightsafe-transfer resend \"").unwrap();
        let ticket = command.strip_suffix('"').unwrap();
        assert_eq!(run(site, "low", &["resend", ticket]).code, 0, "{}: {ticket}", fault.name);
        assert_eq!(run(site, "low", &["export"]).code, 0, "{}", fault.name);
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn altered_bytes_that_a_person_settled_are_missing_still() {
    let mut scene = Scene::new();
    let fault = FAULTS.iter().find(|fault| fault.kind == "bytes-differ").unwrap();
    (fault.inject)(&mut scene);
    let imported = run(&scene.site, "high", &["import"]);
    assert_eq!(imported.code, 3);
    let id = imported.json["refused"][0]["id"].as_str().unwrap();
    assert_eq!(run(&scene.site, "high", &["quarantine", "release", id, "--reason", "seen"]).code, 0);
    let status = run(&scene.site, "high", &["status"]);
    assert_eq!((status.code, &status.json["troubles"][0]["kind"]), (4, &"missing-differs".into()));
}

#[test]
fn items_without_an_entry_in_the_outbox_are_an_alarm_and_stay_there() {
    let scene = Scene::new();
    let forged = scene.gateway.outbox.join("items").join(STRAY);
    fs::write(&forged, Scene::sealed_by_anybody()).unwrap();
    // Young, it may belong to a submission that is still under way.
    assert_eq!(run(&scene.site, "low", &["verify"]).code, 0);
    let hours_ago = std::time::UNIX_EPOCH + std::time::Duration::from_hours(24);
    fs::File::options().write(true).open(&forged).unwrap().set_modified(hours_ago).unwrap();
    assert_eq!(run(&scene.site, "low", &["verify"]).code, 10);
    fs::remove_file(scene.site.path("low/state/health.json")).unwrap();
    let exported = run(&scene.site, "low", &["export"]);
    assert_eq!((exported.code, &exported.json["troubles"][0]["kind"]), (10, &"item-without-entry".into()));
    assert!(exported.json["troubles"][0]["since"].is_string());
    assert!(forged.exists() && !scene.volume(3).exists());
    assert_eq!(run(&scene.site, "low", &["status"]).code, 10);
    let id = format!("F{}", STRAY.trim_end_matches(".age"));
    assert_eq!(run(&scene.site, "low", &["quarantine", "release", &id, "--reason", "training"]).code, 0);
    assert_eq!(run(&scene.site, "low", &["export"]).code, 0);
    assert_eq!(run(&scene.site, "low", &["status"]).code, 0);
}

/// UX section 4: 10, 6, 7, 4, 3, 5, each under the one before.
#[test]
fn of_several_troubles_the_worst_gives_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept_many(3);
    let site = Site::new(&gateway);
    site.configure("low", "oldest_hours = 0");
    let item = |place: u64| gateway.outbox.join("items").join(gateway.entries[&place].2.file_name());
    let journal = gateway.outbox.join(format!("journal/{}.jsonl", gateway.stream));
    fs::write(&journal, [fs::read(&journal).unwrap(), b"junk\n".to_vec()].concat()).unwrap();
    fs::remove_file(item(2)).unwrap();
    fs::write(item(3), &gateway.entries[&2].1).unwrap();
    assert_eq!(run(&site, "low", &["export"]).code, 10);
    let ring = fs::read(site.path("keys/ring.json")).unwrap();
    fs::write(site.path("keys/ring.json"), [ring.clone(), b" ".to_vec()].concat()).unwrap();
    fs::rename(site.path("medium"), site.path("away")).unwrap();
    let verdict = || {
        let status = run(&site, "low", &["status"]);
        let codes = status.json["troubles"].as_array().unwrap().iter().map(|trouble| trouble["exit"].as_i64().unwrap());
        let mut codes: Vec<_> = codes.collect();
        codes.dedup();
        (status.code, codes)
    };
    assert_eq!(verdict(), (10, vec![10, 6, 7, 4, 3, 5]));
    let flaws = run(&site, "low", &["quarantine", "list"]).json["flaws"].clone();
    let id = format!("F01010101-{}", flaws[0]["position"]);
    assert_eq!(run(&site, "low", &["quarantine", "release", &id, "--reason", "understood"]).code, 0);
    assert_eq!(verdict(), (6, vec![6, 7, 4, 3, 5]));
    fs::write(site.path("keys/ring.json"), ring).unwrap();
    assert_eq!(verdict(), (7, vec![7, 4, 3, 5]));
    fs::rename(site.path("away"), site.path("medium")).unwrap();
    assert_eq!(verdict(), (4, vec![4, 3, 5]));
    fs::write(item(2), &gateway.entries[&2].1).unwrap();
    assert_eq!(run(&site, "low", &["export"]).code, 3);
    assert_eq!(verdict(), (3, vec![3, 5]));
    fs::write(item(3), &gateway.entries[&3].1).unwrap();
    assert_eq!(run(&site, "low", &["export"]).code, 0);
    assert_eq!(verdict(), (5, vec![5]));
    site.configure("low", "oldest_hours = 4000000");
    assert_eq!(verdict(), (0, vec![]));
}
