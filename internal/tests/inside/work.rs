//! Working on cases through the command line: alarms, transfers, conflicts, sealed cases, supplements that find their
//! case, and who is told of looks at identities.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    daemon::Daemon,
    gateway::{Gateway, submission},
    site::{Site, sample},
    workflow::undertake,
};

/// The site's gateway, to be used while a daemon has the site.
pub(crate) fn taken(site: &mut Site) -> Gateway {
    let other = Gateway::new(&site.path("elsewhere"));
    std::mem::replace(&mut site.gateway, other)
}

fn analyst_and_case(daemon: &Daemon<'_>, text: &str) -> String {
    daemon.become_new("national", "analyst", "OFFICE.000000");
    daemon.found(text).remove(0)
}

fn shown(daemon: &Daemon<'_>, case: &str) -> Value {
    daemon.run(["show", "--json", case]).json()
}

/// Asks until the answer is there; every asking is a program run to its end.
pub(crate) fn until<T>(what: &str, ask: impl Fn() -> Option<T>) -> T {
    #[expect(clippy::disallowed_methods, reason = "a deadline for a test")]
    let began = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{what}");
    }
}

#[test]
fn an_alarm_is_told_to_a_watching_person_and_to_the_command_and_stays_until_somebody_takes_it_up() {
    let mut site = Site::new();
    let told = site.path("told");
    let script = format!("echo \"$@ $NIGHTSAFE_LEVEL\" >> '{}'", told.display());
    site.configure("", &format!("[alarm]\ncommand = [\"/bin/sh\", \"-c\", {script:?}, \"bell\"]\n"));
    let mut gateway = taken(&mut site);
    let mut watching = {
        let daemon = Daemon::start(&site);
        daemon.become_new("national", "analyst", "OFFICE.000000");
        assert_eq!(daemon.run(["alarms", "--json"]).json()["alarms"], json!([]));
        let mut command = site.command(["alarms", "--watch", "--json"]);
        let mut watching = command.stdout(Stdio::piped()).spawn().unwrap();
        gateway.report(&sample("12"));
        gateway.report(&sample("01"));
        let mut line = String::new();
        BufReader::new(watching.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let alarm: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((alarm["priority"].as_str(), alarm["alarm"].as_bool()), (Some("P0"), Some(true)));
        let case = alarm["case"].as_str().unwrap().to_owned();

        let signals = until("the command is told", || {
            let signals = shown(&daemon, &case)["work"]["alarm"]["signals"].clone();
            signals.as_array().is_some_and(|signals| !signals.is_empty()).then_some(signals)
        });
        assert_eq!(signals, json!(["done"]));
        assert_eq!(fs::read_to_string(&told).unwrap(), format!("{case} P0 P0\n"), "the number and the level, once");

        daemon.run(["act", &case, "acknowledge", "--reason", "x"]).expect(2);
        daemon.run(["act", &case, "acknowledge", "--reason", "已通知星湾市公安局值班室"]).expect(0);
        assert_eq!(daemon.run(["alarms", "--json"]).json()["alarms"], json!([]));
        daemon.run(["act", &case, "acknowledge", "--reason", "再确认一次试试"]).expect(2);
        let alarm = shown(&daemon, &case)["work"]["alarm"].take();
        assert_eq!(alarm["acknowledged"]["by"], "national");

        daemon.become_new("stranger", "analyst", "OFFICE.990000");
        assert_eq!(daemon.run(["alarms", "--json"]).json()["alarms"], json!([]), "another province hears of nothing");
        watching
    };
    watching.kill().unwrap();
    watching.wait().unwrap();
}

#[test]
fn an_alarm_of_an_earlier_run_is_told_at_the_next_start_and_a_command_that_fails_is_shown() {
    let mut site = Site::new();
    site.gateway.report(&sample("12"));
    site.ingest();
    site.configure("", "[alarm]\ncommand = [\"/nonexistent/bell\"]\n");
    let daemon = Daemon::start(&site);
    let case = analyst_and_case(&daemon, "出租屋");
    let signals = until("the command is told", || {
        let signals = shown(&daemon, &case)["work"]["alarm"]["signals"].clone();
        signals.as_array().is_some_and(|signals| !signals.is_empty()).then_some(signals)
    });
    assert_eq!(signals, json!(["not_started"]));
    assert_eq!(daemon.run(["alarms", "--json"]).json()["alarms"][0]["signals"], json!(["not_started"]));
}

#[test]
fn a_part_goes_to_another_unit_but_never_into_the_forbidden_set() {
    let mut site = Site::new();
    site.gateway.report(&sample("01"));
    site.ingest();
    let daemon = Daemon::start(&site);
    let case = analyst_and_case(&daemon, "霍大椿");
    let transfer = |part: &str, unit: &str| {
        daemon.run(["act", &case, "transfer", "--part", part, "--unit", unit, "--reason", "指定管辖，异地办理"])
    };
    transfer("crime", "POLICE.990102").expect(1);
    daemon.become_new("dispatcher", "dispatcher", "OFFICE.990000");
    for (part, unit) in [
        ("crime", "POLICE.990121"),
        ("crime", "POLICE.990121.liuye"),
        ("crime", "POLICE.nowhere"),
        ("sector", "OFFICE.990100"),
        ("crime", "POLICE.990100"),
    ] {
        transfer(part, unit).expect(2);
    }
    transfer("crime", "POLICE.990102").expect(0);
    let after = shown(&daemon, &case);
    assert_eq!(after["tasks"][0], json!({"part": "crime", "unit": "POLICE.990102", "copies": []}));
    assert_eq!(after["work"]["moves"][0]["from"], "POLICE.990100");
    daemon.become_new("river", "analyst", "POLICE.990102");
    assert_eq!(daemon.found("霍大椿"), [case.as_str()]);
    daemon.become_new("county", "analyst", "POLICE.990121");
    assert!(daemon.found("霍大椿").is_empty());
}

#[test]
fn a_unit_that_a_person_forbids_loses_the_case_with_all_below_it_and_somebody_above_has_it() {
    let mut site = Site::new();
    site.gateway.report(&sample("04"));
    site.ingest();
    let daemon = Daemon::start(&site);
    let case = analyst_and_case(&daemon, "催收");
    assert_eq!(shown(&daemon, &case)["tasks"][0]["unit"], "POLICE.990201");
    daemon.become_new("dispatcher", "dispatcher", "OFFICE.990000");
    let forbid =
        |unit: &str| daemon.run(["act", &case, "forbid", "--unit", unit, "--reason", "承办人与对方有亲属关系"]);
    forbid("POLICE.990200").expect(0);
    forbid("POLICE.990201").expect(2);
    let after = shown(&daemon, &case);
    assert_eq!(after["tasks"][0]["unit"], "POLICE.990000", "{after:#}");
    for unit in ["POLICE.990200", "POLICE.990201"] {
        daemon.become_new(&unit.to_lowercase().replace('.', "-"), "analyst", unit);
        assert!(daemon.found("催收").is_empty(), "{unit}");
        daemon.run(["show", &case]).expect(1);
    }
}

#[test]
fn whoever_has_a_conflict_is_off_the_case_and_cannot_be_given_it_again() {
    let mut site = Site::new();
    site.gateway.report(&sample("04"));
    site.ingest();
    let daemon = Daemon::start(&site);
    let case = analyst_and_case(&daemon, "催收");
    daemon.become_new("wang", "verifier", "POLICE.990201");
    daemon.become_new("far", "verifier", "POLICE.990102");
    for name in ["wang", "far"] {
        undertake(&daemon, name);
    }
    daemon.become_new("dispatcher", "dispatcher", "OFFICE.990000");
    daemon.run(["act", &case, "assign", "--account", "far"]).expect(2);
    daemon.run(["act", &case, "assign", "--account", "dispatcher"]).expect(2);
    daemon.run(["act", &case, "assign", "--account", "wang"]).expect(0);
    assert_eq!(shown(&daemon, &case)["work"]["verifier"], "wang");
    daemon.log_in("wang");
    daemon.run(["show", &case]).expect(0);
    daemon.run(["act", &case, "recuse", "--reason", "被举报人是我表弟"]).expect(0);
    daemon.run(["show", &case]).expect(1);
    daemon.run(["show", &case, "--identity", "核对举报人身份"]).expect(1);
    daemon.log_in("dispatcher");
    daemon.run(["act", &case, "assign", "--account", "wang"]).expect(2);
    let work = shown(&daemon, &case)["work"].take();
    assert_eq!((&work["verifier"], &work["recused"]), (&Value::Null, &json!(["wang"])));
}

#[test]
fn sealed_cases_are_for_two_named_people_in_no_search_and_each_look_is_recorded() {
    let mut site = Site::new();
    let mut report = sample("01");
    report["umbrella"]["persons"][0]["org_name"] = json!("公安部");
    let sent = site.gateway.report(&report);
    site.ingest();
    site.configure("custodians = [\"first\", \"second\"]\n", "");
    let daemon = Daemon::start(&site);
    for (name, unit) in [("national", "OFFICE.000000"), ("first", "DISC.000000"), ("second", "POLICE.000000")] {
        daemon.become_new(name, "analyst", unit);
        for text in ["霍大椿", sent.clue_number.as_str()] {
            assert!(daemon.found(text).is_empty(), "{name}: {text}");
        }
    }
    daemon.log_in("national");
    daemon.run(["sealed"]).expect(1);
    daemon.log_in("second");
    let none = daemon.run(["sealed", "--json"]).json();
    assert_eq!(none["cases"], json!([]), "one of the two, but of the accused ministry");
    daemon.log_in("first");
    let case = daemon.run(["sealed", "--json"]).json()["cases"][0]["case"].as_str().unwrap().to_owned();
    let one = daemon.run(["sealed", "--json", &case]).json();
    assert_eq!(one["summary"]["title"], report["facts"]["title"]);
    daemon.run(["show", &case]).expect(1);
    for other in ["second", "national"] {
        daemon.log_in(other);
        daemon.run(["sealed", &case]).expect(1);
    }
    let looks = |kind: &str| daemon.run(["audit", "--json", "--kind", kind]).json()["total"].as_u64();
    daemon.become_new("auditor", "auditor", "DISC.000000");
    assert_eq!((looks("SEALED_LISTED"), looks("CASE_VIEWED")), (Some(2), Some(1)));
    // To the auditor of an office that must not see the case, the look tells nothing.
    daemon.become_new("of-the-office", "auditor", "OFFICE.000000");
    assert_eq!((looks("SEALED_LISTED"), looks("CASE_VIEWED")), (Some(2), Some(0)));
}

fn supplement(cites: &str) -> Value {
    json!({
        "schema": "report/1", "flow": "SUPPLEMENT", "cites": cites,
        "facts": {"narrative": "补充：柳叶派出所所长郭某上个月还开着他们的车。"},
    })
}

#[test]
fn a_supplement_ahead_of_its_case_waits_on_a_list_and_joins_it_by_itself() {
    let mut site = Site::new();
    let id = submission();
    // The number that the report will have: another gateway of the same site would give the same.
    let number = Site::new().gateway.submit(&sample("09"), id, &[]).clue_number;
    site.gateway.report(&supplement(number.as_str()));
    assert_eq!(site.ingest()["opened"], 1);
    let mut gateway = taken(&mut site);
    let daemon = Daemon::start(&site);
    let alone = analyst_and_case(&daemon, "list:unlinked");
    gateway.submit(&sample("09"), id, &[]);
    daemon.ingest();
    daemon.log_in("national");
    until("the supplement is joined", || daemon.found("list:unlinked").is_empty().then_some(()));
    let case = shown(&daemon, &alone)["work"]["joined"].as_str().unwrap().to_owned();
    assert_eq!(daemon.found(number.as_str()), [case.as_str()]);
    let after = shown(&daemon, &case);
    assert_eq!(after["supplements"][0]["cites"], "clue_number");
    // What it says counts in its case: the station, so the county police, are suspected now.
    assert_eq!(after["priority"], "P1", "{after:#}");
    let forbidden: Vec<&str> =
        after["forbidden"].as_array().unwrap().iter().map(|entry| entry["unit"].as_str().unwrap()).collect();
    assert!(forbidden.contains(&"POLICE.990121"), "{forbidden:?}");
}

#[test]
fn a_person_ties_a_supplement_with_a_wrong_number_to_its_case() {
    let mut site = Site::new();
    let elsewhere = Site::new().gateway.report(&sample("09")).clue_number;
    site.gateway.report(&supplement(elsewhere.as_str()));
    site.gateway.report(&sample("04"));
    site.ingest();
    let daemon = Daemon::start(&site);
    let alone = analyst_and_case(&daemon, "list:unlinked");
    let case = daemon.found("催收").remove(0);
    daemon.run(["act", &case, "join", "--to", &alone]).expect(2);
    daemon.run(["act", &alone, "join", "--to", "0000-0000-0000"]).expect(2);
    daemon.run(["act", &alone, "join", "--to", &case]).expect(0);
    daemon.run(["act", &alone, "join", "--to", &case]).expect(2);
    assert!(daemon.found("list:unlinked").is_empty());
    let after = shown(&daemon, &case);
    assert_eq!(after["supplements"][0]["cites"], "person");
    let shown = daemon.run(["show", "--json", &case, "--identity", "核实补充材料来源"]).json();
    assert!(!shown.to_string().contains(elsewhere.as_str()), "no body holds the number");
}

#[test]
fn the_head_of_a_unit_sees_the_looks_of_its_people_and_of_nobody_else() {
    let mut site = Site::new();
    site.gateway.report(&sample("01"));
    site.ingest();
    let daemon = Daemon::start(&site);
    let case = analyst_and_case(&daemon, "霍大椿");
    daemon.run(["show", &case, "--identity", "国家层面核对"]).expect(0);
    daemon.become_new("li", "analyst", "POLICE.990100");
    daemon.run(["show", &case, "--identity", "联系举报人补充材料"]).expect(0);
    let looks = |name: &str, unit: &str| {
        daemon.become_new(name, "head", unit);
        let page = daemon.run(["custody", "--json"]).json();
        page["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["account"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(looks("head-city", "POLICE.990100"), ["li"]);
    assert_eq!(looks("head-ministry", "POLICE.000000"), ["li"]);
    assert_eq!(looks("head-office", "OFFICE.000000"), ["national"]);
    assert_eq!(looks("head-county", "POLICE.990121"), Vec::<String>::new());
    daemon.log_in("li");
    daemon.run(["custody"]).expect(1);
}

#[test]
fn a_note_is_read_by_whoever_sees_the_case_and_a_mark_by_nobody_else() {
    let mut site = Site::new();
    site.gateway.report(&sample("04"));
    site.ingest();
    let starred = |daemon: &Daemon<'_>| -> Vec<String> {
        let page = daemon.run(["inbox", "--json", "--show", "starred"]).json();
        page["rows"].as_array().unwrap().iter().map(|row| row["case"].as_str().unwrap().to_owned()).collect()
    };
    let case = {
        let daemon = Daemon::start(&site);
        daemon.become_new("national", "analyst", "OFFICE.000000");
        let page = daemon.run(["inbox", "--json", "--show", "all"]).json();
        let case = page["rows"][0]["case"].as_str().unwrap().to_owned();
        daemon.run(["act", &case, "note", "--text", " "]).expect(2);
        daemon.run(["act", &case, "note", "--text", "先等县里回话"]).expect(0);
        daemon.run(["act", &case, "unstar"]).expect(2);
        daemon.run(["act", &case, "star"]).expect(0);
        daemon.run(["act", &case, "star"]).expect(2);
        assert_eq!(starred(&daemon), [case.as_str()]);
        daemon.become_new("province", "analyst", "OFFICE.990000");
        let shown = daemon.run(["show", "--json", &case]).json();
        let note = &shown["work"]["timeline"][0];
        assert_eq!(
            (&note["kind"], &note["body"]["text"], &note["actor"]),
            (&"NOTE_ADDED".into(), &"先等县里回话".into(), &"national".into())
        );
        assert!(starred(&daemon).is_empty());
        case
    };
    // Both outlive a restart; what is marked and out of sight is not listed.
    let daemon = Daemon::start(&site);
    daemon.log_in("national");
    assert_eq!(starred(&daemon), [case.as_str()]);
    daemon.run(["act", &case, "recuse", "--reason", "认识被举报的人"]).expect(0);
    assert!(starred(&daemon).is_empty());
}
