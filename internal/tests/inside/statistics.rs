//! Statistics through the command line: counted for whoever asks, kept back where they are small, recorded.

use serde_json::{Value, json};

use crate::{
    daemon::Daemon,
    site::{Site, sample},
};

/// Whatever day it is.
const PERIOD: &str = "2026-01-01..2035-12-31";

fn counted(daemon: &Daemon<'_>) -> Value {
    let answer = daemon.run(["stats", PERIOD, "--table", "flow", "--json"]).json();
    answer["tables"][0]["sum"]["total"].clone()
}

#[test]
fn statistics_are_counted_for_the_caller_and_recorded() {
    let mut site = Site::new();
    let mut report = |number: usize| {
        let mut report = sample("01");
        report["facts"]["narrative"] = json!(format!("第{number}次：每月都有人到市场收保护费，不给就砸摊。"));
        site.gateway.report(&report);
    };
    (1..=4).for_each(&mut report);
    let few = {
        site.run(["ingest", "--once"]).expect(0);
        let daemon = Daemon::start(&site);
        daemon.become_new("national", "analyst", "OFFICE.000000");
        counted(&daemon)
    };
    assert_eq!(few, json!("<5"));
    let mut report = |number: usize| {
        let mut report = sample("01");
        report["facts"]["narrative"] = json!(format!("第{number}次：每月都有人到市场收保护费，不给就砸摊。"));
        site.gateway.report(&report);
    };
    (5..=7).for_each(&mut report);
    site.run(["ingest", "--once"]).expect(0);
    let daemon = Daemon::start(&site);
    daemon.log_in("national");
    assert_eq!(counted(&daemon), json!(7));
    let file = daemon.run(["stats", PERIOD, "--csv"]).expect(0).stdout;
    assert!(file.starts_with("\u{feff}时段 period,") && file.contains(",flow,按类型,GANG_CRIME,"), "{file}");
    let page = daemon.run(["stats", PERIOD]).expect(0).stdout;
    assert!(page.contains("按类型 By kind (flow)"), "{page}");
    daemon.run(["stats", "2026-13"]).expect(2);
    daemon.become_new("elsewhere", "analyst", "OFFICE.980000");
    assert_eq!(counted(&daemon), json!(0), "nothing of it is theirs");
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    daemon.run(["stats"]).expect(1);
    let looks = daemon.run(["audit", "--json", "--kind", "STATISTICS_VIEWED"]).json();
    assert_eq!(looks["total"], 5);
    assert_eq!(looks["rows"][0]["actor"], "elsewhere");
    assert_eq!(looks["rows"][0]["detail"], format!("command_line {PERIOD}"));
}

#[test]
fn a_recorded_leak_and_the_kinds_of_gangs_are_counted_and_small_numbers_kept_back() {
    let mut site = Site::new();
    for number in 1..=6 {
        let mut report = sample("04");
        report["facts"]["narrative"] = json!(format!("第{number}次：催收的人上门喷漆，换锁，说下次就打断腿。"));
        site.gateway.report(&report);
    }
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "dispatcher", "OFFICE.000000");
    let table = |key: &str, row: &str| {
        let answer = daemon.run(["stats", PERIOD, "--table", key, "--json"]).json();
        let rows = answer["tables"][0]["rows"].as_array().unwrap().clone();
        rows.into_iter().find(|one| one["code"] == row).map(|one| one["total"].clone())
    };
    assert_eq!((table("gang", "GC08"), table("leak", "known")), (Some(json!(6)), None));
    let cases = daemon.found("上门喷漆");
    let reason = ["record-leak", "--part", "crime", "--reason", "举报人姓名被抄送到被举报人所在单位"];
    let leaked = |case: &str| daemon.run(["act", case].into_iter().chain(reason)).expect(0);
    leaked(&cases[0]);
    assert_eq!(table("leak", "known"), Some(json!("<5")));
    cases.iter().skip(1).take(4).for_each(|case| drop(leaked(case)));
    leaked(&cases[0]);
    assert_eq!(table("leak", "known"), Some(json!(5)), "each case once");
    let file = daemon.run(["stats", PERIOD, "--csv"]).expect(0).stdout;
    assert!(file.contains(",leak,泄密与打击报复,known,") && file.contains(",gang,"), "{file}");
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let log = daemon.run(["audit", "--json", "--kind", "TASK_STEPPED"]).json();
    assert_eq!((&log["total"], &log["rows"][0]["detail"]), (&json!(6), &json!("crime record-leak")));
}
