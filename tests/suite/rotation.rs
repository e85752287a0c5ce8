//! A second intake key takes over while items sealed to the first are still on their way.

use std::{fs, path::Path, process::Command};

use nightsafe_quickstart::{
    layout::Part,
    programs::{Program, Programs},
};
use serde_json::Value;

use crate::scene::{Scene, file, items_below, programs, sample};

#[test]
fn a_new_intake_key_takes_over_with_items_in_flight() {
    let scene = Scene::prepared(programs());
    let (mut gateway, client) = scene.start_gateway();
    let before = file(&client, &sample("08").report, None);
    gateway.end();
    let outbox = scene.layout().part(Part::Gateway).join("outbox");
    let old_items = items_below(&outbox);

    publish_second_ring(&scene);
    let internal = scene.layout().configuration(Part::Internal);
    let text = fs::read_to_string(&internal).unwrap();
    fs::write(&internal, text.replace("\"../keys/intake.key\"", "\"../keys/intake.key\", \"../keys/intake-2.key\""))
        .unwrap();

    let (mut gateway, client) = scene.start_gateway();
    let after = file(&client, &sample("09").report, None);
    gateway.end();
    let new_item = items_below(&outbox).into_iter().find(|path| !old_items.contains(path)).unwrap();
    let keys = scene.layout().keys();
    assert!(opens(&keys.join("intake-2.key"), &new_item), "sealed to the new key");
    assert!(!opens(&keys.join("intake.key"), &new_item), "and not to the old one any more");
    assert!(opens(&keys.join("intake.key"), &old_items[0]));

    scene.carry();
    let _inside = scene.start_inside();
    assert_eq!(scene.found(&before), 1);
    assert_eq!(scene.found(&after), 1);
}

/// Makes the key, ring version 2 with both keys, two signatures, and puts it all where the programs look.
fn publish_second_ring(scene: &Scene) {
    let keys = scene.layout().keys();
    let tool = |arguments: &[&str]| ask(scene.programs(), &keys, arguments);
    let made = tool(&["intake", "new", "--id", "intake-2", "--out", "intake-2.key"]);
    let spec = fs::read_to_string(keys.join("ring.toml")).unwrap();
    let window = |name: &str| {
        let line = spec.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_once(" = ").unwrap().1.to_owned()
    };
    // Younger than the first key, so it is the one that is sealed to.
    let from = window("not_before").replace("00:00Z", "00:01Z");
    let second = format!(
        "{spec}\n[[recipients]]\nid = \"intake-2\"\nuse = \"intake\"\nrecipient = {}\nnot_before = {from}\nnot_after = {}\n",
        made["recipient"],
        window("not_after")
    );
    fs::create_dir(keys.join("2")).unwrap();
    fs::write(keys.join("2/ring.toml"), second).unwrap();
    tool(&["ring", "make", "--spec", "2/ring.toml", "--previous", "ring.json", "--out", "2/ring.json"]);
    for officer in ["officer-1", "officer-3"] {
        let key = format!("{officer}.key");
        tool(&[
            "ring",
            "sign",
            "--ring",
            "2/ring.json",
            "--previous",
            "ring.json",
            "--officer",
            officer,
            "--key",
            &key,
            "--version",
            "2",
        ]);
    }
    for entry in fs::read_dir(&keys).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "minisig") {
            fs::remove_file(path).unwrap();
        }
    }
    for name in ["ring.json", "ring.json.officer-1.minisig", "ring.json.officer-3.minisig"] {
        fs::rename(keys.join("2").join(name), keys.join(name)).unwrap();
    }
}

fn ask(programs: &Programs, folder: &Path, arguments: &[&str]) -> Value {
    let mut command = programs.command(Program::Keys);
    let output = command.args(["--json", "--i-am-testing"]).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn opens(identity: &Path, item: &Path) -> bool {
    Command::new("age").arg("-d").arg("-i").arg(identity).arg(item).output().unwrap().status.success()
}
