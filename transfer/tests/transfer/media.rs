//! Media and disks that are full, read-only or absent. A full one is a small real tmpfs in a mount namespace of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use nightsafe_schema::item::ItemId;
use serde_json::Value;

use crate::fixture::{Gateway, Site};
use crate::program::run;

const ITEM: usize = 400 * 1024;

fn site(items: usize) -> (tempfile::TempDir, Gateway, Site) {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    for number in 0..items {
        gateway.accept(&vec![u8::try_from(number).unwrap(); ITEM]);
    }
    gateway.write_head();
    let site = Site::new(&gateway);
    (folder, gateway, site)
}

/// Runs shell lines with a file system of so many KiB in the place of `folder`; `$on SIDE VERB` runs the program.
fn with_small_disk(site: &Site, folder: &Path, kibibytes: u32, lines: &str) -> Vec<Value> {
    let script = format!(
        "set -eu; on() {{ side=$1; shift; \"$PROGRAM\" --json --config \"$SITE/$side/transfer.toml\" \"$@\" || true; }}\n\
         mount -t tmpfs -o size={kibibytes}k tmpfs \"$FOLDER\"\n{lines}"
    );
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    command.env("PROGRAM", env!("CARGO_BIN_EXE_nightsafe-transfer")).env("SITE", site.path("")).env("FOLDER", folder);
    let output = command.env("LANG", "en_US.UTF-8").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_medium_that_is_nearly_full_takes_whole_volumes_and_the_rest_waits() {
    let (_folder, gateway, site) = site(5);
    let medium = site.path("medium");
    let lines = "on low export; on low export; mkdir \"$SITE/kept\"; cp -r \"$FOLDER\"/. \"$SITE/kept\"";
    let reports = with_small_disk(&site, &medium, 2048, lines);
    let [first, second] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!(
        (&first["exit"], &first["volumes"][0], &first["items"]),
        (&7.into(), &"volume-000001".into(), &3.into())
    );
    assert_eq!((&first["waiting"], &first["waiting_bytes"]), (&2.into(), &(2 * ITEM).into()));
    let trouble = &first["troubles"][0];
    assert_eq!((&trouble["kind"], &first["stopped"]["needed"]), (&"medium-full".into(), &ITEM.into()));
    assert!(trouble["what"].as_str().unwrap().contains("待发 waiting 2 件 items"), "{trouble}");
    // Nothing changed: nothing more is written, and nothing half.
    assert_eq!(
        (&second["exit"], second["volumes"].as_array().map(Vec::len), &second["waiting"]),
        (&7.into(), Some(0), &2.into())
    );
    let names: Vec<_> = fs::read_dir(site.path("kept")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["volume-000001"]);
    assert_eq!(fs::read_dir(site.path("kept/volume-000001/items")).unwrap().count(), 3);
    // The next medium takes the rest, and together they are everything.
    let rest = run(&site, "low", &["export"]);
    assert_eq!((rest.code, &rest.json["volumes"][0], &rest.json["items"]), (0, &"volume-000002".into(), &2.into()));
    fs::rename(site.path("kept/volume-000001"), site.path("medium/volume-000001")).unwrap();
    assert_eq!(run(&site, "high", &["import"]).code, 0);
    assert!((1..=5).all(|place| site.inbox_has(&gateway, place)));
}

#[test]
fn a_read_only_medium_is_said_and_leaves_everything_waiting() {
    let (_folder, _gateway, site) = site(2);
    let lines = "mount -o remount,ro \"$FOLDER\"; on low export; on high import; on low doctor";
    let reports = with_small_disk(&site, &site.path("medium"), 2048, lines);
    let [exported, imported, doctor] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!((&exported["exit"], &exported["waiting"]), (&7.into(), &2.into()));
    assert_eq!(exported["troubles"][0]["kind"], "medium-failed");
    // Write-once discs are read-only too: there is nothing on this one, and that is all.
    assert_eq!(imported["exit"], 0);
    assert_eq!(doctor["exit"], 7);
    assert_eq!(run(&site, "low", &["export"]).json["items"], 2);
}

#[test]
fn a_medium_that_is_not_there_is_said_with_what_waits() {
    let (_folder, _gateway, site) = site(2);
    fs::remove_dir_all(site.path("medium")).unwrap();
    let exported = run(&site, "low", &["export"]);
    assert_eq!((exported.code, &exported.json["waiting"], &exported.json["verdict"]), (7, &2.into(), &"disk".into()));
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["troubles"][0]["kind"]), (7, &"medium-failed".into()));
    assert!(!site.path("medium").exists());
}

#[test]
fn a_full_inbox_takes_what_fits_and_the_rest_when_there_is_room() {
    let (_folder, _gateway, site) = site(5);
    assert_eq!(run(&site, "low", &["export"]).code, 0);
    fs::create_dir_all(site.path("high/inbox")).unwrap();
    let lines = "on high import; ls \"$FOLDER/items\" >\"$SITE/first\"\n\
                 on high import; rm \"$FOLDER\"/items/*.age; on high import; ls \"$FOLDER/items\" >\"$SITE/rest\"";
    let reports = with_small_disk(&site, &site.path("high/inbox"), 2048, lines);
    let [first, again, rest] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!((&first["exit"], &first["handed_over"], &first["waiting"]), (&7.into(), &3.into(), &2.into()));
    assert_eq!((&first["troubles"][0]["kind"], &first["stopped"]["needed"]), (&"inbox-full".into(), &ITEM.into()));
    assert_eq!((&again["exit"], &again["handed_over"], &again["waiting"]), (&7.into(), &0.into(), &2.into()));
    assert_eq!((&rest["exit"], &rest["handed_over"], &rest["waiting"]), (&0.into(), &2.into(), &0.into()));
    let names = |file| fs::read_to_string(site.path(file)).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!((names("first").len(), names("rest").len()), (3, 2));
    assert!(names("first").iter().chain(&names("rest")).all(|name| ItemId::from_file_name(name).is_ok()));
}

/// The size of a file is bounded by the process's own limit: the copy fails half-way, as on a disk that lies about its room.
#[test]
fn a_write_that_fails_half_way_leaves_no_part_and_nothing_is_lost() {
    let (_folder, gateway, site) = site(2);
    let limited = |side: &str, verb: &str| {
        let script = "trap '' XFSZ; ulimit -f 300; exec \"$@\"";
        let config = site.path(&format!("{side}/transfer.toml"));
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_nightsafe-transfer"), "--json", "--config"]);
        let output = command.arg(config).arg(verb).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(7), "{report}");
        report
    };
    let exported = limited("low", "export");
    assert_eq!((&exported["troubles"][0]["kind"], &exported["waiting"]), (&"medium-failed".into(), &2.into()));
    assert!(site.leftovers("medium").is_empty() && site.leftovers("low").is_empty());
    assert_eq!(run(&site, "low", &["export"]).json["items"], 2);
    let imported = limited("high", "import");
    assert_eq!((&imported["troubles"][0]["kind"], &imported["waiting"]), (&"inbox-failed".into(), &2.into()));
    assert_eq!(fs::read_dir(site.path("high/inbox/items")).unwrap().count(), 0);
    assert_eq!(run(&site, "high", &["import"]).code, 0);
    assert!((1..=2).all(|place| site.inbox_has(&gateway, place)));
}
