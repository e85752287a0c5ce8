//! The workflow with the real program: from arrival through both gates to feedback, two people at once, undertakings.

use serde_json::{Value, json};

use crate::{
    daemon::Daemon,
    site::{OFFICER, Site, sample},
};

const DOCUMENT: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Puts an undertaking on file that holds now.
pub(crate) fn undertake(daemon: &Daemon<'_>, name: &str) {
    daemon.log_in(OFFICER);
    let arguments = ["users", "undertake", "--name", name, "--signed", "2026-01-05", "--until", "2031-01-05"];
    daemon.run(arguments.into_iter().chain(["--document", DOCUMENT])).expect(0);
}

pub(crate) fn act(daemon: &Daemon<'_>, name: &str, case: &str, act: &[&str], code: i32) {
    daemon.log_in(name);
    daemon.run(["act", case].into_iter().chain(act.iter().copied())).expect(code);
}

pub(crate) fn shown(daemon: &Daemon<'_>, case: &str) -> Value {
    daemon.run(["show", "--json", case]).json()
}

fn inbox(daemon: &Daemon<'_>, arguments: &[&str]) -> Vec<String> {
    let page = daemon.run(["inbox", "--json"].into_iter().chain(arguments.iter().copied())).json();
    page["rows"].as_array().unwrap().iter().map(|row| row["case"].as_str().unwrap().to_owned()).collect()
}

/// Everybody whom a case of the city's police needs.
pub(crate) fn staff(daemon: &Daemon<'_>) {
    for (name, role, unit) in [
        ("analyst", "analyst", "OFFICE.990000"),
        ("dispatcher", "dispatcher", "OFFICE.990000"),
        ("head", "head", "POLICE.990201"),
        ("verifier", "verifier", "POLICE.990201"),
        ("reviewer", "reviewer", "OFFICE.990000"),
        ("ministry", "reviewer", "POLICE.000000"),
    ] {
        daemon.become_new(name, role, unit);
    }
}

#[test]
fn one_case_goes_from_arrival_through_both_gates_to_feedback() {
    let mut site = Site::new();
    site.gateway.report(&sample("04"));
    site.ingest();
    let daemon = Daemon::start(&site);
    staff(&daemon);
    undertake(&daemon, "verifier");
    daemon.log_in("analyst");
    let case = inbox(&daemon, &[]).remove(0);
    let case = case.as_str();
    let why = ["--reason", "事实清楚，属于管辖范围"];
    let stage = || shown(&daemon, case)["work"]["parts"]["crime"]["stage"].as_str().unwrap().to_owned();

    act(&daemon, "dispatcher", case, &["hand-over", "--unit", "POLICE.990201", why[0], why[1]], 2);
    act(&daemon, "analyst", case, &["assess", why[0], why[1]], 0);
    act(&daemon, "dispatcher", case, &["hand-over", "--unit", "POLICE.990201", why[0], why[1]], 0);
    act(&daemon, "head", case, &["sign"], 0);
    act(&daemon, "head", case, &["assign", "--account", "verifier"], 0);
    act(&daemon, "verifier", case, &["begin"], 0);
    assert_eq!(inbox(&daemon, &["--show", "mine"]), [case]);
    assert_eq!(inbox(&daemon, &["--state", "verifying"]), [case]);
    let basis = "调取流水三份，询问证人四名，与举报所述一致。";
    let record = ["record", "--result", "SUBSTANTIATED", "--disposals", "CRIMINAL_CASE,LETTERS", "--reason", basis];
    act(&daemon, "verifier", case, &["submit"], 2);
    act(&daemon, "verifier", case, &record, 0);
    act(&daemon, "head", case, &["submit"], 0);
    daemon.log_in("analyst");
    assert_eq!(stage(), "RESULT_SUBMITTED");
    assert_eq!(shown(&daemon, case)["work"]["public_status"], "REVIEWING");

    act(&daemon, "ministry", case, &["pass"], 2);
    act(&daemon, "reviewer", case, &["pass", "--reason", "证据充分"], 0);
    act(&daemon, "reviewer", case, &["pass"], 2);
    act(&daemon, "ministry", case, &["reject", "--reason", "涉案金额没有查清"], 0);
    daemon.log_in("head");
    assert_eq!(stage(), "RETURNED_VERIFY");
    act(&daemon, "verifier", case, &record, 0);
    act(&daemon, "head", case, &["submit"], 0);
    act(&daemon, "reviewer", case, &["pass"], 0);
    act(&daemon, "ministry", case, &["pass"], 0);
    daemon.log_in("head");
    assert_eq!(stage(), "CLOSED");
    act(&daemon, "verifier", case, &["feed-back", "--channel", "phone", "--reason", "举报人表示感谢"], 0);
    daemon.log_in("dispatcher");
    assert!(inbox(&daemon, &["--show", "open"]).is_empty() && inbox(&daemon, &["--show", "all"]) == [case]);
    act(&daemon, "dispatcher", case, &["archive"], 0);
    let after = shown(&daemon, case);
    let part = &after["work"]["parts"]["crime"];
    assert_eq!((&part["stage"], &part["record"]["result"]), (&json!("ARCHIVED"), &json!("SUBSTANTIATED")));
    assert_eq!(part["earlier"].as_array().unwrap().len(), 2, "what the gates said of the first result is kept");
    let steps: Vec<&str> = after["work"]["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .filter(|row| row["kind"] == "TASK_STEPPED")
        .map(|row| row["body"]["step"]["move"].as_str().unwrap())
        .collect();
    let expected = [
        "assess",
        "assign",
        "sign",
        "begin",
        "record",
        "submit",
        "pass",
        "reject",
        "record",
        "submit",
        "pass",
        "pass",
        "close",
        "feed_back",
        "archive",
    ];
    assert_eq!(steps, expected);
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let moves = daemon.run(["audit", "--json", "--case", case, "--kind", "TASK_STEPPED"]).json();
    assert_eq!(moves["total"], expected.len());
}

#[test]
fn of_two_who_act_at_once_the_second_is_told_and_nothing_is_lost() {
    let mut site = Site::new();
    site.gateway.report(&sample("04"));
    site.ingest();
    let daemon = Daemon::start(&site);
    staff(&daemon);
    daemon.become_new("second", "analyst", "OFFICE.990000");
    let case = inbox(&daemon, &[]).remove(0);
    let edition = shown(&daemon, &case)["work"]["edition"].to_string();
    let assess = |reason: &'static str| daemon.run(["act", &case, "--expect", &edition, "assess", "--reason", reason]);
    daemon.log_in("analyst");
    assert_eq!(shown(&daemon, &case)["work"]["edition"].to_string(), edition, "a look makes no page old");
    assess("第一个人的研判意见").expect(0);
    daemon.log_in("second");
    let refused = assess("第二个人的研判意见").expect(1);
    assert!(refused.stderr.contains("analyst") && refused.stderr.contains("TASK_STEPPED"), "{}", refused.stderr);
    let stepped = shown(&daemon, &case);
    assert_eq!(stepped["work"]["timeline"][0]["body"]["step"]["note"], "第一个人的研判意见");
}

#[test]
fn nobody_verifies_or_reads_without_an_undertaking_that_holds() {
    let mut site = Site::new();
    site.gateway.report(&sample("04"));
    site.ingest();
    let daemon = Daemon::start(&site);
    staff(&daemon);
    daemon.log_in("head");
    let case = inbox(&daemon, &[]).remove(0);
    let assign = ["assign", "--account", "verifier"];
    act(&daemon, "head", &case, &assign, 2);
    daemon.log_in("verifier");
    for command in [vec!["show", case.as_str()], vec!["inbox"], vec!["search", "催收"], vec!["alarms"]] {
        let refused = daemon.run(command).expect(1);
        assert!(refused.stderr.contains("undertaking"), "{}", refused.stderr);
    }
    let file = |by: &str, name: &str, signed: &str, until: &str| {
        daemon.log_in(by);
        daemon.run(["users", "undertake", "--name", name, "--signed", signed, "--until", until, "--document", DOCUMENT])
    };
    file("verifier", "verifier", "2026-01-05", "2031-01-05").expect(1);
    file("head", "head", "2026-01-05", "2031-01-05").expect(2);
    file("head", "ministry", "2026-01-05", "2031-01-05").expect(2);
    file("head", "verifier", "2026-01-05", "2031-01-06").expect(2);
    file("head", "verifier", "2999-01-05", "2999-12-31").expect(2);
    file("head", "verifier", "2025-01-05", "2025-12-31").expect(0);
    daemon.log_in("verifier");
    daemon.run(["show", &case]).expect(1);
    file(OFFICER, "verifier", "2026-01-05", "2031-01-05").expect(0);
    act(&daemon, "head", &case, &assign, 0);
    daemon.log_in("verifier");
    daemon.run(["show", &case]).expect(0);
}
