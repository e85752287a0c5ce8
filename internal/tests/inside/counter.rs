//! The counter: a clerk registers what came by telephone, letter or visit, and it is a case like any other.

use std::fs;

use serde_json::{Value, json};

use crate::{
    daemon::Daemon,
    gateway::{Gateway, submission},
    program::Run,
    site::{Site, sample},
};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 the first page of a letter";
const RECEIVED: &str = "2026-02-03T15:20:00+08:00";

/// Registers a report with these attachments, as whoever is logged in.
pub(crate) fn register(
    daemon: &Daemon<'_>,
    site: &Site,
    channel: &str,
    report: &Value,
    files: &[(&str, &[u8])],
) -> Run {
    fs::write(site.path("report.json"), report.to_string()).unwrap();
    let mut command = vec!["register".to_owned(), channel.to_owned(), "--json".to_owned()];
    command.extend(["--received-at", RECEIVED, "--source", "PETITION"].map(str::to_owned));
    for (name, bytes) in files {
        fs::write(site.path(name), bytes).unwrap();
        command.extend(["--attach".to_owned(), site.path(name).display().to_string()]);
    }
    command.push(site.path("report.json").display().to_string());
    daemon.run(command)
}

/// Whoever calls ticks no box.
pub(crate) fn told(start: &str) -> Value {
    let mut report = sample(start);
    for name in ["notice_ack", "declaration"] {
        report.as_object_mut().unwrap().remove(name);
    }
    report["evidence"]["attachments"] = json!([]);
    report
}

/// The number on a receipt.
pub(crate) fn number(answer: &Value) -> String {
    answer["clue_number"].as_str().unwrap().replace(' ', "")
}

#[test]
fn what_a_clerk_registers_is_a_case_like_any_other() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    daemon.become_new("clerk", "clerk", "OFFICE.990000");
    let files: [(&str, &[u8]); 2] = [("page-1.pdf", JPEG), ("winmail.dat", b"\x78\x9f\x3e\x22 kept as it is")];
    let answer = register(&daemon, &site, "letter", &told("01"), &files).json();
    assert_eq!(
        (&answer["channel"], &answer["attachments"], &answer["before"]),
        (&json!("letter"), &json!(2), &json!(false))
    );
    assert_eq!(daemon.ingest()["quarantined"], 0);

    daemon.become_new("national", "analyst", "OFFICE.000000");
    let case = daemon.found(&number(&answer)).remove(0);
    assert_eq!(daemon.found("霍大椿"), std::slice::from_ref(&case), "it is in the full text");
    let shown = daemon.run(["show", "--json", &case, "--identity", "核实来信人联系方式"]).json();
    let intake = &shown["intake"];
    assert_eq!((&intake["channel"], &intake["registered"]["by"]), (&json!("letter"), &json!("clerk")));
    assert_eq!(intake["registered"]["unit"], "OFFICE.990000");
    assert_eq!(
        (&intake["registered"]["received_at"], &intake["registered"]["source"]),
        (&json!(RECEIVED), &json!("PETITION"))
    );
    assert_eq!(shown["identity"]["reporter"]["name"], "苏木青", "the identity is in its own part");
    assert_eq!(shown["identity"]["clue_number"], answer["clue_number"]);
    let attachments = shown["attachments"].as_array().unwrap();
    let kinds: Vec<&str> = attachments.iter().map(|one| one["supplied"]["media_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["image/jpeg", "application/octet-stream"], "by content, whatever the name says");
    assert!(attachments.iter().all(|one| one["state"] == "arrived"), "{attachments:?}");
    assert!(!shown["forbidden"].as_array().unwrap().is_empty() && !shown["tasks"].as_array().unwrap().is_empty());

    // The umbrella named in it is a station of POLICE.990121.
    for (unit, sees) in [("POLICE.990100", 1), ("DISC.990100", 1), ("POLICE.990121", 0), ("OFFICE.990121", 0)] {
        daemon.become_new(&unit.to_lowercase().replace('.', "-"), "analyst", unit);
        assert_eq!(daemon.count("霍大椿"), sees, "{unit}");
    }

    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let log = daemon.run(["audit", "--json", "--kind", "REPORT_REGISTERED"]).json();
    assert_eq!((&log["total"], &log["rows"][0]["actor"]), (&json!(1), &json!("clerk")));
    assert!(!log.to_string().contains("霍大椿"), "{log}");
}

#[test]
fn the_same_registration_sent_twice_is_one_report() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    daemon.become_new("clerk", "clerk", "OFFICE.990000");
    let first = register(&daemon, &site, "phone", &told("01"), &[("call.mp3", b"ID3\x04 a recording")]).json();
    let at_once = register(&daemon, &site, "phone", &told("01"), &[("call.mp3", b"ID3\x04 a recording")]).json();
    daemon.ingest();
    daemon.log_in("clerk");
    let later = register(&daemon, &site, "phone", &told("01"), &[("call.mp3", b"ID3\x04 a recording")]).json();
    for again in [&at_once, &later] {
        assert_eq!((&again["clue_number"], &again["before"]), (&first["clue_number"], &json!(true)));
    }
    let other = register(&daemon, &site, "phone", &told("01"), &[("call.mp3", b"ID3\x04 another one")]).json();
    assert_ne!(first["clue_number"], other["clue_number"], "another recording is another call");
    daemon.ingest();
    daemon.become_new("national", "analyst", "OFFICE.000000");
    assert_eq!(daemon.count("霍大椿"), 2);
}

#[test]
fn a_clerk_of_an_accused_unit_gets_a_number_and_sees_nothing() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    daemon.become_new("clerk", "clerk", "POLICE.990121");
    let answer = register(&daemon, &site, "visit", &told("01"), &[]).json();
    assert_eq!(answer.as_object().unwrap().len(), 5, "a receipt, and nothing of the case: {answer}");
    daemon.ingest();
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let case = daemon.found(&number(&answer)).remove(0);
    daemon.log_in("clerk");
    for refused in
        [vec!["show", &case], vec!["search", "霍大椿"], vec!["inbox"], vec!["show", &case, "--identity", "看看是谁"]]
    {
        daemon.run(refused).expect(1);
    }
}

#[test]
fn what_cannot_be_registered_is_refused_with_words_and_leaves_nothing() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    for role in ["analyst", "dispatcher", "head", "administrator", "auditor"] {
        let unit = if role == "auditor" { "OFFICE.000000" } else { "OFFICE.990000" };
        daemon.become_new(&format!("a-{role}"), role, unit);
        register(&daemon, &site, "phone", &told("01"), &[("a.jpg", JPEG)]).expect(1);
    }
    daemon.become_new("clerk", "clerk", "OFFICE.990000");
    let mut nameless = told("01");
    nameless["facts"]["title"] = json!("");
    let refused = register(&daemon, &site, "phone", &nameless, &[("a.jpg", JPEG)]).expect(2);
    assert!(refused.stderr.contains("facts.title"), "{}", refused.stderr);
    let mut gateways = told("01");
    gateways["intake"] = json!({"clue_number": "1"});
    register(&daemon, &site, "phone", &gateways, &[]).expect(2);
    let report = site.path("report.json").display().to_string();
    fs::write(site.path("report.json"), told("01").to_string()).unwrap();
    daemon.run(["register", "phone", "--source", "NOBODY", &report]).expect(2);
    daemon.run(["register", "phone", "--received-at", "2099-01-01T00:00:00+08:00", &report]).expect(2);
    daemon.run(["register", "phone", "--received-at", "2026-01-01T00:00:00", &report]).expect(2);
    daemon.run(["register", "web", &report]).expect(2);
    assert_eq!(fs::read_dir(site.path("state/counter/items")).unwrap().count(), 0);
    daemon.run(["logout"]).expect(0);
    register(&daemon, &site, "phone", &told("01"), &[("a.jpg", JPEG)]).expect(1);
    assert_eq!(daemon.ingest()["opened"], 0);
}

/// The journal lines of a gateway's that stand in its inbox, and the items that lie there, put into the counter's.
fn carry_over(site: &Site, from: &str, to: &str) {
    for kind in ["items", "journal"] {
        for entry in fs::read_dir(site.path(from).join(kind)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), site.path(to).join(kind).join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn a_gateway_cannot_pose_as_the_counter_nor_the_counter_as_a_gateway() {
    let mut site = Site::new();
    // What the counter's inbox would hold, sealed and signed by a gateway of the ring.
    let mut elsewhere = Gateway::new(&site.path("elsewhere"));
    elsewhere.report(&sample("08"));
    // A gateway's item that says it came by telephone.
    let sent = site.gateway.report(&sample("09"));
    assert_eq!(site.ingest()["opened"], 1);
    let mut envelope = json!({
        "intake": {
            "clue_number": sent.clue_number, "submission_id": submission(), "accepted_hour": "2026-11-22T05:00:00Z",
            "gateway": "gateway-1", "channel": "phone", "catalog": "test", "attachments": [],
        },
        "report": sample("09"),
    });
    site.gateway.envelope(&envelope.to_string());
    envelope["intake"]["registered"] =
        json!({"by": "clerk", "unit": "OFFICE.990000", "received_at": RECEIVED, "source": "PUBLIC"});
    site.gateway.envelope(&envelope.to_string());
    envelope["intake"]["channel"] = json!("web");
    site.gateway.envelope(&envelope.to_string());
    let run = site.run(["ingest", "--once", "--json"]).expect(10);
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap()["quarantined"], 3, "{}", run.stdout);

    let daemon = Daemon::start(&site);
    carry_over(&site, "elsewhere", "state/counter");
    assert_eq!(daemon.ingest()["opened"], 0);
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let log = daemon.run(["audit", "--json", "--kind", "ITEM_QUARANTINED"]).json();
    let reasons: Vec<&str> = log["rows"].as_array().unwrap().iter().filter_map(|row| row["detail"].as_str()).collect();
    let of = |reason: &str| reasons.iter().filter(|detail| detail.contains(reason)).count();
    assert_eq!((of("WRONG_DOOR"), of("ENTRY_UNTRUSTED")), (3, 1), "{reasons:?}");
    assert_eq!(daemon.stop(), Some(0));
    // A second stream has no business there: an operator looks before anything is believed.
    site.run(["ingest", "--once"]).expect(10);
}

/// What a clerk registered while nothing could be received, carried to where the transfer puts what comes from outside.
#[test]
fn what_the_counter_sealed_is_not_believed_in_the_transfers_inbox() {
    let site = Site::new();
    fs::rename(site.path("intake.key"), site.path("away.key")).unwrap();
    {
        let daemon = Daemon::start(&site);
        daemon.become_new("clerk", "clerk", "OFFICE.990000");
        register(&daemon, &site, "phone", &told("01"), &[]).json();
        assert_eq!(daemon.stop(), Some(0));
    }
    assert_eq!(fs::read_dir(site.path("state/counter/items")).unwrap().count(), 1, "it waits for an identity");
    carry_over(&site, "state/counter", "inbox");
    fs::rename(site.path("away.key"), site.path("intake.key")).unwrap();
    let run = site.run(["ingest", "--once", "--json"]).expect(10);
    let done: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&done["opened"], &done["quarantined"]), (&json!(1), &json!(1)), "{done}");
}

#[test]
fn nothing_registered_stands_on_the_disk_in_plain() {
    let site = Site::new();
    fs::rename(site.path("intake.key"), site.path("away.key")).unwrap();
    let daemon = Daemon::start(&site);
    daemon.become_new("clerk", "clerk", "OFFICE.990000");
    let scan = [JPEG, b"planted canary".repeat(9000).as_slice()].concat();
    register(&daemon, &site, "letter", &told("01"), &[("letter.jpg", &scan)]).json();
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(fs::read_dir(site.path("state/counter/items")).unwrap().count(), 2);
    for folder in ["vault", "ledger", "state", "index"] {
        for (path, bytes) in crate::hostile::files_under(&site.path(folder)) {
            for canary in ["霍大椿", "苏木青", "planted canary", "letter.jpg"] {
                let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
                assert!(!found, "{canary} stands in {}", path.display());
            }
        }
    }
}

fn mail(name: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/mail");
    folder.join(name).display().to_string()
}

#[test]
fn a_mail_is_registered_with_its_attachments_and_kept_as_it_came() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    daemon.become_new("clerk", "clerk", "OFFICE.990000");
    let known = json!({"subjects": [{"kind": "individual", "name": "霍大椿"}], "facts": {"place": {"code": "990121", "detail": "杏花村"}}});
    fs::write(site.path("known.json"), known.to_string()).unwrap();
    let known = site.path("known.json").display().to_string();
    let registered = daemon.run(["register", "mail", "--json", "--known", &known, &mail("gb2312")]).json();
    assert_eq!((&registered["channel"], &registered["attachments"]), (&json!("mail"), &json!(1)));
    let again = daemon.run(["register", "mail", "--json", "--known", &known, &mail("gb2312")]).json();
    assert_eq!((&again["clue_number"], &again["before"]), (&registered["clue_number"], &json!(true)));
    let files = daemon.run(["register", "mail", "--json", "--flow", "SECTOR_DISORDER", &mail("names")]).json();
    assert_eq!(files["attachments"], 5);
    assert_eq!(daemon.ingest()["quarantined"], 0);
    daemon.become_new("colleague", "clerk", "OFFICE.990000");
    let again = daemon.run(["register", "mail", "--json", "--known", &known, &mail("gb2312")]).json();
    assert_eq!((&again["clue_number"], &again["before"]), (&registered["clue_number"], &json!(true)));
    let otherwise = daemon.run(["register", "mail", &mail("gb2312")]).expect(2);
    assert!(otherwise.stderr.contains("已登记"), "{}", otherwise.stderr);
    for (refused, words) in [("broken", ""), ("../../src/lib.rs", "不是邮件")] {
        let run = daemon.run(["register", "mail", "--json", &mail(refused)]);
        assert_eq!(run.code == Some(2), !words.is_empty(), "{}", run.stderr);
        assert!(run.stderr.contains(words));
    }

    daemon.become_new("national", "analyst", "OFFICE.000000");
    let case = daemon.found(&number(&registered)).remove(0);
    assert_eq!(daemon.found("channel:mail 保护费"), std::slice::from_ref(&case));
    assert_eq!(daemon.count("su@example.test"), 0, "who wrote it is in no index");
    let shown = daemon.run(["show", "--json", &case, "--identity", "核实来信人联系方式"]).json();
    assert_eq!(shown["summary"]["title"], "举报杏花村霍大椿");
    assert_eq!(shown["identity"]["reporter"]["email"], "su@example.test");
    let note = &shown["intake"]["registered"]["mail"];
    assert_eq!((&note["remarks"], &note["sent"]), (&json!(["FROM_UNVERIFIED"]), &json!("2026-02-03T07:20:00Z")));
    let original = &shown["attachments"][0]["supplied"];
    assert_eq!((&original["media_type"], &original["sha256"]), (&json!("message/rfc822"), &note["sha256"]));
    assert_eq!(shown["attachments"][0]["copy"], Value::Null, "it is listed, and never shown");

    let case = daemon.found(&number(&files)).remove(0);
    let shown = daemon.run(["show", "--json", &case]).json();
    let kinds: Vec<_> =
        shown["attachments"].as_array().unwrap().iter().map(|one| one["supplied"]["media_type"].clone()).collect();
    assert_eq!(kinds[1..3], [json!("image/jpeg"), json!("application/vnd.microsoft.portable-executable")], "{kinds:?}");
}
