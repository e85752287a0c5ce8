//! Each case is seen by exactly the units that may see it, through every way of looking (promise 8).

use std::fs;

use serde_json::{Value, json};

use crate::{
    daemon::Daemon,
    site::{Site, sample, samples},
};

#[test]
fn a_case_is_seen_where_it_went_and_above_and_nowhere_it_accuses() {
    let mut site = Site::new();
    // The umbrella named in it is a station of POLICE.990121.
    let sent = site.gateway.report(&sample("01"));
    let other = site.gateway.report(&sample("04"));
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let all = daemon.found(sent.clue_number.as_str());
    assert_eq!(all.len(), 1);
    let case = &all[0];

    for (unit, sees) in [
        ("POLICE.990100", true),
        ("POLICE.990000", true),
        ("POLICE.000000", true),
        ("DISC.990100", true),
        ("DISC.000000", true),
        ("OFFICE.990000", true),
        ("POLICE.990121", false),
        ("POLICE.990121.liuye", false),
        ("OFFICE.990121", false),
        ("OFFICE.990100", false),
        ("POLICE.990201", false),
        ("OFFICE.980000", false),
    ] {
        let name = unit.to_lowercase().replace('.', "-");
        daemon.become_new(&name, "analyst", unit);
        let expected: Vec<String> = sees.then(|| case.clone()).into_iter().collect();
        assert_eq!(daemon.found("霍大椿"), expected, "{unit} by text");
        assert_eq!(daemon.found(sent.clue_number.as_str()), expected, "{unit} by number");
        let shown = daemon.run(["show", "--json", case]);
        if sees {
            assert_eq!(shown.json()["summary"]["case"], case.as_str());
        } else {
            // What may not be seen and what does not exist are one answer.
            let absent = daemon.run(["show", "--json", "0000-0000-0000"]).expect(1);
            assert_eq!((shown.code, shown.stderr), (Some(1), absent.stderr), "{unit}");
        }
    }
    drop(other);
}

#[test]
fn what_lacked_a_unit_or_may_not_be_admitted_stands_on_a_list_for_whoever_may_see_it() {
    let mut site = Site::new();
    let text = fs::read_to_string(samples().join("units.json")).unwrap();
    let mut units: Value = serde_json::from_str(&text).unwrap();
    units["units"].as_array_mut().unwrap().retain(|unit| unit["id"] != "POLICE.990201");
    fs::write(site.path("units.json"), units.to_string()).unwrap();
    let configured = fs::read_to_string(site.config()).unwrap();
    let whole = samples().join("units.json").display().to_string();
    fs::write(site.config(), configured.replace(&whole, &site.path("units.json").display().to_string())).unwrap();
    let [lacking, doubtful, plain] = ["04", "10", "09"].map(|name| site.gateway.report(&sample(name)));
    site.ingest();
    let daemon = Daemon::start(&site);
    let listed = |list: &str| daemon.found(&format!("list:{list}"));
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let [lacking, doubtful, plain] =
        [lacking, doubtful, plain].map(|sent| daemon.found(sent.clue_number.as_str()).remove(0));
    assert_eq!(listed("missing"), [lacking]);
    assert_eq!(listed("doubtful"), [doubtful]);
    assert_eq!(daemon.run(["show", "--json", &plain]).json()["summary"]["worklists"], json!([]));
    daemon.become_new("neighbour", "analyst", "OFFICE.980000");
    assert_eq!(
        (listed("missing"), listed("doubtful")),
        (Vec::<String>::new(), Vec::<String>::new()),
        "another province is told of none"
    );
}

#[test]
fn the_three_offices_see_no_report() {
    let mut site = Site::new();
    let sent = site.gateway.report(&sample("09"));
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let case = daemon.found(sent.clue_number.as_str()).remove(0);
    for role in ["administrator", "security_officer", "auditor"] {
        daemon.become_new(&format!("a-{}", role.replace('_', "-")), role, "OFFICE.000000");
        daemon.run(["search", "菜市场"]).expect(1);
        daemon.run(["show", &case]).expect(1);
        daemon.run(["show", &case, "--identity", "核对举报人身份"]).expect(1);
    }
}

#[test]
fn of_a_case_that_accuses_the_national_office_its_auditor_reads_no_number() {
    let mut site = Site::new();
    let sent = site.gateway.report(&sample("09"));
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "dispatcher", "OFFICE.000000");
    let case = daemon.found(sent.clue_number.as_str()).remove(0);
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let told = |options: &[&str]| {
        let log = daemon.run([&["audit", "--json"], options].concat()).json();
        log["rows"].as_array().unwrap().iter().filter(|row| row["case"] == case.as_str()).count()
    };
    let kind = ["--kind", "CASE_ROUTED"];
    assert!(told(&[]) > 0 && told(&["--case", &case]) > 0 && told(&kind) > 0);
    daemon.log_in("national");
    daemon.run(["act", &case, "forbid", "--unit", "OFFICE.000000", "--reason", "举报人说办公室有人通风报信"]).expect(0);
    daemon.log_in("auditor");
    assert_eq!((told(&[]), told(&["--case", &case]), told(&kind)), (0, 0, 0));
    let whole = daemon.run(["audit", "--json"]).json();
    let routed = whole["rows"].as_array().unwrap().iter().filter(|row| row["kind"] == "CASE_ROUTED").count();
    let withheld = whole["rows"].as_array().unwrap().iter().filter(|row| row["kind"] == "WITHHELD").count();
    assert!(routed == 0 && withheld > 2 && !whole.to_string().contains(&case), "{whole}");
    for kind in ["CASE_ROUTED", "FORBIDDEN_WIDENED", "WITHHELD"] {
        assert_eq!(daemon.run(["audit", "--json", "--kind", kind]).json()["total"], 0, "{kind}");
    }
}

#[test]
fn identity_is_apart_shown_for_a_reason_and_never_found_by_search() {
    let mut site = Site::new();
    site.gateway.report(&sample("01"));
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    assert!(daemon.found("苏木青").is_empty(), "the reporter's name is in no index");
    let case = daemon.found("霍大椿").remove(0);
    let shown = daemon.run(["show", "--json", &case]).json();
    assert!(!shown.to_string().contains("苏木青"));
    daemon.run(["show", &case, "--identity", "a"]).expect(2);
    let shown = daemon.run(["show", "--json", &case, "--identity", "核实受害人联系方式"]).json();
    assert_eq!(shown["identity"]["reporter"]["name"], "苏木青");

    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let log = daemon.run(["audit", "--json", "--case", &case]).json();
    let kinds: Vec<&str> = log["rows"].as_array().unwrap().iter().filter_map(|row| row["kind"].as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "IDENTITY_VIEWED").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| **kind == "CASE_VIEWED").count(), 2);
    let reason = |row: &&Value| row["kind"] == "IDENTITY_VIEWED";
    assert_eq!(log["rows"].as_array().unwrap().iter().find(reason).unwrap()["detail"], "核实受害人联系方式");
    assert!(!log.to_string().contains("苏木青"));
}
