//! What belongs together, through the real program: found on arrival, seen by whoever sees both, merged and undone.

use serde_json::{Value, json};

use crate::{
    daemon::Daemon,
    program::Run,
    site::{Site, sample},
};

/// The first sample told by a neighbour, who writes names as they sound and accuses the police above.
fn retold() -> Value {
    let mut report = sample("01");
    report["reporter"] = json!({ "kind": "undisclosed", "identity_mode": "anonymous" });
    report["subjects"][0]["name"] = "霍大春".into();
    report["facts"]["title"] = "村主任带人强占承包地打人".into();
    report["facts"]["narrative"] = "我们柳叶镇杏花村的村主任霍大春，外号霍三爷，带着铁头等七八人，打着修路、建砖厂的旗号强占我们组二十三户的承包地一百六十亩左右，\
         谁不签字夜里就砸玻璃、堵大门。2023年9月的一天晚上，有个老人不肯在转让协议上签字，被铁头他们用铁锹打断两根肋骨，住院十九天。换届选举前他们挨家收身份证。"
        .into();
    report["umbrella"]["persons"] = json!([{ "name": "韩山", "org_name": "松岭市公安局", "system": "POLICE", "post": "副局长",
        "rank": "COUNTY_DEPUTY", "region_code": "990100" }]);
    report["prior_reports"] = json!([]);
    report["evidence"]["attachments"] = json!([]);
    report
}

fn without_files(mut report: Value) -> Value {
    report["evidence"]["attachments"] = json!([]);
    report
}

fn shown(daemon: &Daemon<'_>, case: &str) -> Value {
    daemon.run(["show", "--json", case]).json()
}

fn refused(run: &Run) {
    assert!(run.code.is_some_and(|code| code != 0), "{}{}", run.stdout, run.stderr);
}

/// A site with the first sample, its retelling and another report; the numbers of the first two.
fn linked(site: &mut Site) -> [String; 2] {
    for report in [without_files(sample("01")), retold(), sample("09")] {
        site.gateway.report(&report);
        site.ingest();
    }
    let daemon = Daemon::start(site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    ["纠集外号", "打着修路"].map(|text| {
        let found = daemon.found(text);
        assert_eq!(found.len(), 1, "{text}");
        found[0].clone()
    })
}

#[test]
fn a_retelling_is_linked_from_both_sides_and_shown_to_whoever_sees_both() {
    let mut site = Site::new();
    let [first, second] = linked(&mut site);
    let daemon = Daemon::start(&site);
    daemon.log_in("national");
    for (case, other) in [(&first, &second), (&second, &first)] {
        let links = shown(&daemon, case)["links"].clone();
        assert_eq!(links.as_array().unwrap().len(), 1, "{links:#}");
        assert_eq!((links[0]["kind"].as_str(), links[0]["to"].as_str()), (Some("SERIES"), Some(other.as_str())));
        let codes: Vec<&str> =
            links[0]["reasons"].as_array().unwrap().iter().map(|why| why["code"].as_str().unwrap()).collect();
        for code in ["SAME_SOUND", "SAME_ALIAS", "SAME_COUNTY", "TEXT"] {
            assert!(codes.contains(&code), "{code}: {codes:?}");
        }
    }
    let printed = daemon.run(["show", &first]).expect(0).stdout;
    assert!(printed.contains("文字包含 0."), "{printed}");
    // The police of the prefecture hold the first one and are accused in the second.
    daemon.become_new("prefecture", "analyst", "POLICE.990100");
    assert_eq!(shown(&daemon, &first)["links"], json!([]));
    refused(&daemon.run(["show", "--json", &second]));
    // A daemon that starts again compares nothing twice.
    drop(daemon);
    site.gateway.report(&sample("09"));
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.log_in("national");
    assert_eq!(shown(&daemon, &first)["links"].as_array().unwrap().len(), 1);
}

#[test]
fn one_reporter_is_recognised_by_what_cannot_be_read_and_shares_what_is_forbidden_at_once() {
    let mut site = Site::new();
    let mut again = retold();
    again["reporter"] = sample("01")["reporter"].clone();
    again["reporter"]["phone"] = "+86 144-0000-0001".into();
    for report in [without_files(sample("01")), again] {
        site.gateway.report(&report);
    }
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let first = daemon.found("纠集外号")[0].clone();
    let detail = shown(&daemon, &first);
    assert_eq!(detail["links"][0]["kind"], "DUPLICATE", "{detail:#}");
    let forbidden = detail["forbidden"].to_string();
    assert!(forbidden.contains("POLICE.990100") && forbidden.contains("F_SERIES"), "{forbidden}");
    assert!(!detail.to_string().contains("14400000001") && !detail.to_string().contains("\"hash\""));
    // Whoever may not ask who reported is not told that it was the same person.
    daemon.become_new("dispatcher", "dispatcher", "OFFICE.000000");
    let told = shown(&daemon, &first)["links"][0].clone();
    assert_eq!(told["kind"], "SERIES");
    assert!(!told.to_string().contains("SAME_REPORTER"), "{told}");
    // The accused police had the first report until the second came.
    daemon.become_new("prefecture", "analyst", "POLICE.990100");
    refused(&daemon.run(["show", "--json", &first]));
}

#[test]
fn a_merge_keeps_both_and_is_undone() {
    let mut site = Site::new();
    let [first, second] = linked(&mut site);
    let daemon = Daemon::start(&site);
    let act = |verb: &str, case: &str, with: &str| {
        daemon.run(["act", "--json", case, verb, with, "--reason", "同一村同一伙人，核对过两份材料"])
    };
    daemon.become_new("prefecture", "analyst", "POLICE.990100");
    assert_eq!(shown(&daemon, &first)["case"], *first);
    refused(&act("merge", &first, &second));
    daemon.become_new("county", "analyst", "OFFICE.990121");
    refused(&act("merge", &first, &second));
    daemon.become_new("dispatcher", "dispatcher", "OFFICE.000000");
    refused(&act("merge", &first, &second));

    daemon.log_in("national");
    refused(&act("merge", &first, &first));
    refused(&act("unmerge", &first, &second));
    act("merge", &second, &first).expect(0);
    refused(&act("merge", &first, &second));
    for case in [&first, &second] {
        let detail = shown(&daemon, case);
        assert_eq!(detail["links"][0]["merged"], true, "{detail:#}");
        assert_eq!(detail["series"], json!([first, second]), "the first report leads");
        let forbidden = detail["forbidden"].to_string();
        assert!(forbidden.contains("POLICE.990100") && forbidden.contains("POLICE.990121"), "{forbidden}");
    }
    daemon.log_in("prefecture");
    refused(&daemon.run(["show", "--json", &first]));
    assert_eq!(daemon.count("纠集外号"), 0, "what is forbidden to one is forbidden to both");

    daemon.log_in("national");
    act("unmerge", &first, &second).expect(0);
    refused(&act("unmerge", &first, &second));
    let detail = shown(&daemon, &first);
    assert_eq!((&detail["links"][0]["merged"], &detail["series"]), (&json!(false), &json!([])));
    assert!(detail["forbidden"].to_string().contains("POLICE.990100"), "what was forbidden stays forbidden");
    daemon.log_in("prefecture");
    assert_eq!(daemon.count("纠集外号"), 0);
}

#[test]
fn a_merge_that_is_sent_again_with_its_key_merges_nothing_anew_not_even_after_an_undo() {
    let mut site = Site::new();
    let [first, second] = linked(&mut site);
    let daemon = Daemon::start(&site);
    daemon.log_in("national");
    let merge =
        |key: &str| daemon.run(["act", "--json", &first, "merge", &second, "--reason", "同一村同一伙人", "--key", key]);
    let merged = || shown(&daemon, &first)["links"][0]["merged"].clone();
    let (key, other) = ("000102030405060708090a0b0c0d0e0f", "000102030405060708090a0b0c0d0e10");
    refused(&merge("no key"));
    for _ in 0..3 {
        merge(key).expect(0);
        assert_eq!(merged(), true);
    }
    refused(&merge(other));
    daemon.run(["act", "--json", &second, "unmerge", &first, "--reason", "核对后不是一伙人"]).expect(0);
    merge(key).expect(0);
    assert_eq!(merged(), false, "an old page does not undo an undo");
    merge(other).expect(0);
    assert_eq!(merged(), true);
}
