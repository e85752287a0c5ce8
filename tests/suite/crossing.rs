//! One report from the reporter's `curl` to an analyst, checked on the way with tools that are not ours.

use std::{fs, process::Command};

use nightsafe_quickstart::layout::Part;
use nightsafe_schema::clue::ClueNumber;
use serde_json::Value;

use crate::scene::{Scene, file, items_below, programs, sample};

#[test]
fn a_report_filed_with_curl_is_opened_by_age_and_seen_by_an_analyst() {
    let scene = Scene::prepared(programs());
    let (mut gateway, address) = scene.start_with_address(Part::Gateway);
    let report = sample("09").report;
    let posted = scene.layout().root().join("posted.json");
    fs::write(&posted, report.to_string()).unwrap();

    let answer = Command::new("curl")
        .args(["--silent", "--show-error", "--fail-with-body", "--cacert"])
        .arg(scene.layout().authority())
        .args(["-H", "content-type: application/json", "--data-binary"])
        .arg(format!("@{}", posted.display()))
        .arg(format!("https://{address}/api/v1/reports"))
        .output()
        .unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let number: ClueNumber = answer["clue_number"].as_str().unwrap().parse().expect("a number with good check digits");
    gateway.end();

    scene.carry();
    // The volume is still there: the items of a medium are opened without any software of ours.
    let items = items_below(&scene.layout().medium());
    assert_eq!(items.len(), 1);
    let opened = shell(&format!(
        "age -d -i '{}' '{}' | tail -n +2 | jq -cS .report",
        scene.layout().keys().join("intake.key").display(),
        items[0].display()
    ));
    let sent = shell(&format!("jq -cS . '{}'", posted.display()));
    assert_eq!(opened, sent);

    let _inside = scene.start_inside();
    assert_eq!(scene.found(number.as_str()), 1);
    assert_eq!(scene.found("不交就掀摊"), 1);
}

#[test]
fn debian_minisign_verifies_the_ring_of_a_site() {
    let scene = Scene::prepared(programs());
    let keys = scene.layout().keys();
    for officer in ["officer-1", "officer-2"] {
        let verified = Command::new("minisign")
            .args(["-V", "-q", "-p"])
            .arg(keys.join(format!("{officer}.pub")))
            .arg("-m")
            .arg(scene.layout().ring())
            .arg("-x")
            .arg(keys.join(format!("ring.json.{officer}.minisig")))
            .status()
            .unwrap();
        assert!(verified.success(), "{officer}");
    }
}

#[test]
fn the_same_submission_again_gets_the_same_number_and_stays_one_case() {
    let scene = Scene::prepared(programs());
    let (mut gateway, client) = scene.start_gateway();
    let report = sample("08").report;
    let key = "0123456789abcdef0123456789abcdef";
    let first = file(&client, &report, Some(key));
    assert_eq!(file(&client, &report, Some(key)), first);
    let other = file(&client, &report, Some("ffffffffffffffffffffffffffffffff"));
    assert_ne!(other, first);
    gateway.end();
    scene.carry();
    let _inside = scene.start_inside();
    assert_eq!(scene.found(&first), 1);
    assert_eq!(scene.found("围标串标"), 2, "two submissions, one of them twice");
}

fn shell(pipeline: &str) -> String {
    let output = Command::new("bash").args(["-o", "pipefail", "-c", pipeline]).output().unwrap();
    assert!(output.status.success(), "{pipeline}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
