//! The program is killed at every named step, then runs again: nothing is lost, doubled or partial.
//!
//! Needs the program built with failpoints (`NIGHTSAFE_FAILPOINT_PROGRAMS`, or this package's feature).

use std::fs;

use crate::fixture::{Gateway, Site};
use crate::program::{command_with_failpoints, run};

/// An item that no gateway ever acknowledged.
const FORGED: &str = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ.age";

fn failpoints(site: &Site) -> Vec<String> {
    let output = command_with_failpoints(site, "low").arg("failpoints").output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn killed(site: &Site, on: &str, verb: &str, failpoint: &str) {
    use std::os::unix::process::ExitStatusExt as _;
    let status =
        command_with_failpoints(site, on).arg(verb).env("NIGHTSAFE_FAILPOINT", failpoint).output().unwrap().status;
    assert_eq!(status.signal(), Some(9), "{failpoint} is never passed");
}

fn assert_no_part_of_an_item(site: &Site, gateway: &Gateway) {
    for folder in ["high/inbox/items", "medium/volume-000001/items"] {
        for entry in fs::read_dir(site.path(folder)).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "age") && !path.ends_with(FORGED) {
                let bytes = fs::read(&path).unwrap();
                assert!(gateway.entries.values().any(|(_, known, _)| *known == bytes), "{}", path.display());
            }
        }
    }
}

#[test]
fn killed_anywhere_both_sides_finish_the_next_time() {
    let probe_folder = tempfile::tempdir().unwrap();
    let probe = Site::new(&Gateway::new(probe_folder.path(), 1));
    let names = failpoints(&probe);
    assert!(names.len() >= 16);
    let of_volumes = names.iter().filter(|name| name.starts_with("export.") || name.starts_with("import."));
    for name in of_volumes.flat_map(|name| [name.clone(), format!("{name}:2")]) {
        let folder = tempfile::tempdir().unwrap();
        let mut gateway = Gateway::new(folder.path(), 1);
        gateway.accept_many(5);
        gateway.write_head();
        let site = Site::new(&gateway);
        let once_a_run = !name.contains("item-") && !name.contains("line-appended");
        if name.ends_with(":2") && once_a_run {
            continue;
        }
        if name.starts_with("export.") {
            killed(&site, "low", "export", &name);
            assert_no_part_of_an_item(&site, &gateway);
            assert_eq!(run(&site, "low", &["export"]).code, 0, "{name}");
        } else {
            assert_eq!(run(&site, "low", &["export"]).code, 0, "{name}");
            if name.starts_with("import.quarantine") {
                fs::write(site.path("medium/volume-000001/items").join(FORGED), "forged").unwrap();
            }
            killed(&site, "high", "import", &name);
            assert_no_part_of_an_item(&site, &gateway);
        }
        let imported = run(&site, "high", &["import"]);
        let expected = if name.starts_with("import.quarantine") { 10 } else { 0 };
        assert_eq!(imported.code, expected, "{name}: {}", imported.stderr);
        let lines = site.inbox_lines(&gateway.stream);
        assert_eq!(lines.len(), 5, "{name}");
        assert!((1..=5).all(|seq| site.inbox_has(&gateway, seq)), "{name}");
        assert!(site.leftovers("high").is_empty() && site.leftovers("medium").is_empty(), "{name}");
        assert!(site.leftovers("low").is_empty(), "{name}");
        assert_eq!(run(&site, "high", &["verify"]).code, 0, "{name}");
        assert!(!site.path("high/inbox/items").join(FORGED).exists(), "{name}");
    }
}
