//! The same with several cases at once, through the command line.

use serde_json::Value;

use crate::{
    daemon::Daemon,
    program::Run,
    site::{Site, sample},
};

const KEY: &str = "000102030405060708090a0b0c0d0e0f";
const ABSENT: &str = "0000-0000-0001";

/// Whether it was done with each, or the code of the refusal.
fn fates(run: &Run) -> Vec<String> {
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    let code = |row: &Value| row["refusal"]["code"].as_str().map(str::to_owned);
    let fate = |row: &Value| if row["done"] == true { "done".to_owned() } else { code(row).unwrap() };
    answer["cases"].as_array().unwrap().iter().map(fate).collect()
}

#[test]
fn several_cases_at_once_each_by_its_own_guards_and_once_a_key() {
    let mut site = Site::new();
    for number in ["02", "04"] {
        site.gateway.report(&sample(number));
    }
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let page = daemon.run(["inbox", "--json", "--show", "all"]).json();
    let cases: Vec<&str> = page["rows"].as_array().unwrap().iter().map(|row| row["case"].as_str().unwrap()).collect();
    let [first, second] = cases[..] else { panic!("two cases: {cases:?}") };
    daemon.run(["act", first, "assess", "--reason", "先单独研判这一条"]).expect(0);
    // One that is assessed already, one that is not, one that does not exist.
    let together = [first, second, ABSENT].join(",");
    let assess =
        || daemon.run(["act", &together, "--once", KEY, "--json", "assess", "--reason", "属于管辖范围"]).expect(2);
    assert_eq!(fates(&assess()), ["INVALID", "done", "NOT_FOUND"]);
    // The same key does nothing anew and says the same; another key meets the guards.
    assert_eq!(fates(&assess()), ["INVALID", "done", "NOT_FOUND"]);
    let another = daemon.run(["act", &together, "--json", "assess", "--reason", "属于管辖范围"]).expect(2);
    assert_eq!(fates(&another), ["INVALID", "INVALID", "NOT_FOUND"]);
    // A note has no guard: only the key keeps it from being written twice.
    let note = || {
        daemon.run([
            "act",
            &format!("{first},{second}"),
            "--once",
            &KEY.replace('0', "f"),
            "--json",
            "note",
            "--text",
            "一起看",
        ])
    };
    for _ in 0..2 {
        assert_eq!(fates(&note().expect(0)), ["done", "done"]);
    }
    for bent in [
        vec!["act", &together, "--expect", "3", "assess", "--reason", "属于管辖范围"],
        vec!["act", &together, "recuse", "--reason", "认识被举报的人"],
        vec!["act", &together, "--once", "key", "star"],
        vec!["act", &together, "--once", &KEY.replace('0', "f"), "star"],
        vec!["act", &format!("{first},{first}"), "star"],
        vec!["act", &[ABSENT; 51].join(","), "star"],
        vec!["act", "", "star"],
    ] {
        daemon.run(bent).expect(2);
    }
    // Whoever may not see them is told as if there were none.
    daemon.become_new("neighbour", "analyst", "OFFICE.150000");
    let seen = daemon.run(["inbox", "--json", "--show", "all"]).json();
    assert_eq!(seen["total"], 0);
    let hidden = daemon.run(["act", &together, "--json", "star"]).expect(2);
    assert_eq!(fates(&hidden), ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]);
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let counted = |case: &str, kind: &str| daemon.run(["audit", "--json", "--case", case, "--kind", kind]).json();
    assert_eq!(
        (counted(second, "TASK_STEPPED")["total"].as_u64(), counted(first, "NOTE_ADDED")["total"].as_u64()),
        (Some(1), Some(1))
    );
    let told = counted(second, "DONE_AMONG_MANY");
    let told: Vec<&str> = told["rows"].as_array().unwrap().iter().map(|row| row["detail"].as_str().unwrap()).collect();
    let noted = format!("note of 2 cases {}", KEY.replace('0', "f"));
    assert_eq!(told, [noted, format!("assess of 3 cases {KEY}")]);
}
