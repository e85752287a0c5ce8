//! The verbs beside `serve`.

use std::fs;

use serde_json::Value;

use crate::site::{Site, sample};

#[test]
fn init_makes_what_is_missing_and_touches_nothing_else() {
    let site = Site::new();
    let read = || {
        let names = ["gateway.toml", "credentials/site.secret", "credentials/journal.key", "state/stream.json"];
        names.map(|name| fs::read(site.path(name)).unwrap())
    };
    let before = read();
    assert!(site.run(&["init"]).status.success());
    assert_eq!(read(), before);
    fs::remove_file(site.path("gateway.toml")).unwrap();
    let output = site.run(&["init", "--json"]);
    let facts: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(facts["gateway"], "gateway-1");
    assert!(site.path("gateway.toml").exists());
}

#[test]
fn a_second_instance_is_refused() {
    let site = Site::new();
    let _serving = site.serve();
    assert_eq!(site.run(&["serve"]).status.code(), Some(8));
}

#[test]
fn status_tells_how_things_stand() {
    let site = Site::new();
    let serving = site.serve();
    site.client(&serving).post_report(None, &sample("09_sector_minimal_elderly.json").to_string()).number();
    let output = site.run(&["status", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let facts: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&facts["seq"], &facts["waiting_items"], &facts["intake"]), (&1.into(), &1.into(), &"open".into()));
    let words = site.run(&["status"]);
    assert!(String::from_utf8_lossy(&words.stdout).starts_with("● "));
}

#[test]
fn a_catalog_is_checked() {
    let site = Site::new();
    assert_eq!(site.run(&["check-catalog"]).status.code(), Some(0));
    let folder = site.path("catalog");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("catalog.toml"), "schema = 1").unwrap();
    assert_eq!(site.run(&["check-catalog", folder.to_str().unwrap()]).status.code(), Some(2));
}

#[test]
fn a_new_stream_cites_the_head_and_old_items_stay() {
    let site = Site::new();
    let report = sample("09_sector_minimal_elderly.json").to_string();
    let serving = site.serve();
    site.client(&serving).post_report(None, &report).number();
    assert_eq!(serving.stop(), Some(0));
    let old = fs::read_dir(site.path("outbox/journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_str().unwrap().ends_with(".head.json"))
        .unwrap();
    let head: Value = serde_json::from_slice(&fs::read(&old).unwrap()).unwrap();
    assert_eq!(head["seq"], 1);

    assert!(site.run(&["new-stream", "--after", old.to_str().unwrap()]).status.success());
    let serving = site.serve();
    site.client(&serving).post_report(None, &report).number();
    assert_eq!(serving.stop(), Some(0));
    let stream: Value = serde_json::from_slice(&fs::read(site.path("state/stream.json")).unwrap()).unwrap();
    let new = site.path(&format!("outbox/journal/{}.jsonl", stream["stream"].as_str().unwrap()));
    let entry: Value = serde_json::from_slice(fs::read(new).unwrap().strip_suffix(b"\n").unwrap()).unwrap();
    assert_eq!((&entry["seq"], &entry["prev"]), (&1.into(), &head["sha256"]));
    assert_eq!(site.items().len(), 2);

    let forged = fs::read_to_string(&old).unwrap().replace("\"seq\":1", "\"seq\":9");
    fs::write(site.path("forged.json"), forged).unwrap();
    let refused = site.run(&["new-stream", "--after", site.path("forged.json").to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(10));
}
