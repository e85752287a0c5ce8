//! The monthly call-back with the real program, on the days on which it happens: committed before the month, fed back in it,
//! drawn after it, handed over by two people, one of them in the browser, and called.

use std::{fs, io::Read as _};

use jiff::ToSpan as _;
use nightsafe_open::{Identities, payload_reader, unlock};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    browser::{Browser, token},
    clock::LaterDay,
    daemon::Daemon,
    gateway::{INTAKE, recipients},
    site::{Site, sample},
    work::until,
    workflow::{act, shown, staff, undertake},
};

fn opened(sealed: &[u8]) -> String {
    let mut rest = sealed;
    let opened = unlock(&mut rest, &Identities::parse([INTAKE]).unwrap()).unwrap();
    let payload = std::io::Cursor::new(rest.to_vec());
    let mut text = String::new();
    payload_reader(&opened.header, &opened.file_key, payload).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn sha256(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    data_encoding::HEXLOWER.encode(&hash.finalize())
}

fn callback(daemon: &Daemon<'_>, name: &str, arguments: &[&str], code: i32) -> Value {
    daemon.log_in(name);
    let run = daemon.run(["callback"].into_iter().chain(arguments.iter().copied()).chain(["--json"])).expect(code);
    serde_json::from_str(&run.stdout).unwrap_or(Value::Null)
}

#[test]
fn before_the_first_commitment_the_list_says_how_to_begin() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let said = daemon.run(["callback"]).expect(0).stdout;
    assert!(said.contains("[callback]") && said.contains("commit MONTH"), "{said}");
}

#[test]
fn a_reporter_is_drawn_by_the_commitment_handed_over_by_two_and_called_back() {
    let mut site = Site::new();
    let [desk_key, _] = recipients();
    let folder = site.path("sms-desk");
    fs::create_dir(&folder).unwrap();
    let settings = format!("[callback]\nleast = 1\npercent = 10\nrecipient = \"{desk_key}\"\nfolder = \"sms-desk\"\n");
    site.configure("", &settings);
    site.gateway.report(&sample("04"));
    site.ingest();
    let february = LaterDay::of_next_year(2, 20);
    let month = |months: i64| february.date.checked_add(months.months()).unwrap().strftime("%Y-%m").to_string();
    let (this, march, april) = (month(0), month(1), month(2));

    let (case, commitment) = committed_and_closed(&site, &february, &[&this, &march, &april]);
    let case = case.as_str();

    // In the month: the reporter is told, and the case archived as early as it can be.
    let daemon = Daemon::start_on(&site, &LaterDay::of_next_year(3, 10));
    act(&daemon, "verifier", case, &["feed-back", "--channel", "phone", "--reason", "举报人表示感谢"], 0);
    callback(&daemon, "national", &["draw", &march], 2);
    act(&daemon, "dispatcher", case, &["archive"], 0);
    assert_eq!(daemon.stop(), Some(0));

    // After it: drawn by itself.
    let daemon = Daemon::start_on(&site, &LaterDay::of_next_year(4, 2));
    let drawn = until("the month is drawn", || {
        let shown = callback(&daemon, "national", &["show", &march], 0);
        (shown["rows"][0]["stage"] == "FED_BACK").then_some(shown)
    });
    assert_eq!((&drawn["rows"][0]["case"], &drawn["ready"], &drawn["proof"]), (&json!(case), &json!(1), &Value::Null));
    callback(&daemon, "national", &["draw", &march], 2);
    let proof = callback(&daemon, "auditor", &["verify", &march], 0);
    assert_eq!((&proof["check"]["holds"], &proof["rows"], &proof["ready"]), (&json!(true), &json!([]), &json!(0)));
    // Worked out by hand, with nothing but what was published and what is shown now.
    let nonce = data_encoding::HEXLOWER.decode(proof["proof"]["nonce"].as_str().unwrap().as_bytes()).unwrap();
    let again = |label: &str| sha256(&[label.as_bytes(), march.as_bytes(), b"\n", &nonce]);
    assert_eq!(again("nightsafe-callback-commitment/1\n"), commitment);
    assert_eq!(proof["proof"]["seed"], again("nightsafe-callback/1\n"));
    assert_eq!(proof["proof"]["candidates"], proof["proof"]["drawn"]);
    assert_eq!(proof["proof"]["drawn"][0], json!({"case": case, "part": "crime", "province": "990000"}));

    // Two people let the list go out: one at the command line, another in the browser.
    callback(&daemon, "national", &["approve", &april], 2);
    callback(&daemon, "national", &["withdraw", &march], 2);
    callback(&daemon, "national", &["approve", &march], 0);
    callback(&daemon, "second", &["withdraw", &march], 0);
    callback(&daemon, "national", &["approve", &march], 0);
    callback(&daemon, "national", &["approve", &march], 2);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "one person lets nothing go");
    let mut browser = Browser::logged_in(&site, &daemon.address, "second");
    let page = browser.ask("GET", &format!("/callbacks/{march}"), "");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains(case) && page.contains("national 已同意"), "{page}");
    let form = format!("form={}&month={march}&act=approve", token(&page));
    let answer = browser.ask("POST", "/callbacks", &form);
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let file = format!("callback-{march}-1.age");
    let names: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names, [file.as_str()]);
    let sealed = fs::read(folder.join(&file)).unwrap();
    let text = opened(&sealed);
    let after = callback(&daemon, "national", &["show", &march], 0);
    let reference = after["rows"][0]["reference"].as_str().unwrap();
    assert_eq!(text.trim_end(), format!("nightsafe-callback-list/1\n{reference},14400000004"));
    assert_eq!((&after["lists"][0]["sha256"], &after["lists"][0]["entries"]), (&json!(sha256(&[&sealed])), &json!(1)));
    assert_eq!(after["lists"][0]["approved"], json!(["national", "second"]));
    callback(&daemon, "national", &["approve", &march], 2);

    called_and_archived(&daemon, case, reference);
    assert_eq!(daemon.stop(), Some(0));
    site.run(["audit", "verify"]).expect(0);
}

/// Before the month: the system commits to it, and nobody commits to one that has begun; a case comes to its end.
fn committed_and_closed(site: &Site, day: &LaterDay, [this, march, april]: &[&str; 3]) -> (String, String) {
    let why = ["--reason", "事实清楚，属于管辖范围"];
    let daemon = Daemon::start_on(site, day);
    staff(&daemon);
    for (name, role) in [("national", "analyst"), ("second", "dispatcher"), ("auditor", "auditor")] {
        daemon.become_new(name, role, "OFFICE.000000");
    }
    undertake(&daemon, "verifier");
    let committed = until("the next month has its commitment", || {
        let months = callback(&daemon, "national", &[], 0)["months"].clone();
        months.as_array().unwrap().iter().find(|row| row["month"] == *march).cloned()
    });
    let commitment = committed["commitment"].as_str().unwrap().to_owned();
    callback(&daemon, "national", &["commit", this], 2);
    callback(&daemon, "national", &["commit", march], 2);
    callback(&daemon, "national", &["commit", "2026-13"], 2);
    callback(&daemon, "national", &["commit", april], 0);
    callback(&daemon, "national", &["draw", march], 2);
    for name in ["analyst", "dispatcher", "head", "verifier", "reviewer"] {
        callback(&daemon, name, &[], 1);
        callback(&daemon, name, &["show", march], 1);
        callback(&daemon, name, &["approve", march], 1);
    }
    callback(&daemon, "auditor", &["draw", march], 1);
    let case = daemon_case(&daemon);
    let case = case.as_str();
    for (name, moved) in [
        ("analyst", vec!["assess", why[0], why[1]]),
        ("dispatcher", vec!["hand-over", "--unit", "POLICE.990201", why[0], why[1]]),
        ("head", vec!["sign"]),
        ("head", vec!["assign", "--account", "verifier"]),
        ("verifier", vec!["begin"]),
        (
            "verifier",
            vec![
                "record",
                "--result",
                "SUBSTANTIATED",
                "--disposals",
                "CRIMINAL_CASE",
                "--reason",
                "调取流水三份，询问证人四名，与举报所述一致。",
            ],
        ),
        ("head", vec!["submit"]),
        ("reviewer", vec!["pass"]),
        ("ministry", vec!["pass"]),
    ] {
        act(&daemon, name, case, &moved, 0);
    }
    assert_eq!(daemon.stop(), Some(0));
    (case.to_owned(), commitment)
}

/// The answer of the reporter, and what the log says of all of it.
fn called_and_archived(daemon: &Daemon<'_>, case: &str, reference: &str) {
    // The answer: recorded by the national office and by nobody of the unit that verified.
    let opinion = ["call-back", "--opinion", "satisfied", "--reason", "满意，希望继续打击"];
    for name in ["head", "verifier", "analyst", "dispatcher"] {
        act(daemon, name, case, &opinion, 2);
    }
    act(daemon, "national", case, &opinion, 0);
    assert_eq!(shown(daemon, case)["work"]["parts"]["crime"]["stage"], "CALLED_BACK");
    act(daemon, "national", case, &["archive"], 0);
    let part = shown(daemon, case)["work"]["parts"]["crime"].clone();
    assert_eq!((&part["stage"], &part["opinion"][0]), (&json!("ARCHIVED"), &json!("satisfied")));

    // Every look and every decision is in the log, and no number is.
    daemon.log_in("auditor");
    let log = |kind: &str| daemon.run(["audit", "--json", "--kind", kind]).json();
    let looks = log("IDENTITY_VIEWED");
    assert_eq!(
        (&looks["total"], &looks["rows"][0]["actor"], &looks["rows"][0]["case"]),
        (&json!(1), &json!("second"), &json!(case))
    );
    for (kind, count) in [
        ("CALLBACK_DRAWN", 1),
        ("CALLBACK_CANDIDATES", 1),
        ("CALLBACK_APPROVED", 3),
        ("CALLBACK_WITHDRAWN", 1),
        ("CALLBACK_HANDED_OVER", 1),
    ] {
        assert_eq!(log(kind)["total"], count, "{kind}");
    }
    let log = daemon.run(["audit", "--json"]).json().to_string();
    assert!(!log.contains("14400000004") && !log.contains(reference));
}

/// The only case there is.
fn daemon_case(daemon: &Daemon<'_>) -> String {
    daemon.log_in("analyst");
    let page = daemon.run(["inbox", "--json"]).json();
    page["rows"][0]["case"].as_str().unwrap().to_owned()
}
