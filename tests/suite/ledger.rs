//! Whoever changes the ledger, even with the host's own rights, is found out (promise 7).

use std::{fs, path::PathBuf};

use nightsafe_quickstart::layout::Part;

use crate::scene::{Scene, file, files_below, programs, sample};

#[test]
fn a_ledger_line_changed_removed_reordered_or_cut_off_is_found() {
    let base = Scene::prepared(programs());
    let (mut gateway, client) = base.start_gateway();
    for name in ["08", "09"] {
        file(&client, &sample(name).report, None);
    }
    gateway.end();
    base.carry();
    base.start_inside().end();
    assert!(verdict(&base, None).is_ok());

    for (name, tamper) in TAMPERINGS {
        let scene = base.copied(programs());
        let segment = segment(&scene);
        let text = fs::read_to_string(&segment).unwrap();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        assert!(lines.len() > 4, "{} lines", lines.len());
        let tampered: String = tamper(lines).into_iter().map(|line| line + "\n").collect();
        assert_ne!(tampered, text);
        fs::write(&segment, tampered).unwrap();
        assert_eq!(verdict(&scene, None), Err(10), "{name}");
    }
}

#[test]
fn a_tail_cut_off_with_its_heads_is_found_by_an_exported_head() {
    let base = Scene::prepared(programs());
    let early = base.copied(programs());
    let (mut gateway, client) = base.start_gateway();
    file(&client, &sample("08").report, None);
    gateway.end();
    base.carry();
    base.start_inside().end();
    let head = newest_head(&base);
    assert!(verdict(&base, Some(&head)).is_ok());
    // The host's own root puts the whole ledger of yesterday back: it verifies by itself, and not against the head.
    assert!(verdict(&early, None).is_ok());
    assert_eq!(verdict(&early, Some(&head)), Err(10));
}

/// Lines in, other lines out.
type Tampering = fn(Vec<String>) -> Vec<String>;

const TAMPERINGS: [(&str, Tampering); 4] = [
    ("changed", |mut lines| {
        let middle = lines.len() / 2;
        let digit = lines[middle].find(|letter: char| letter.is_ascii_digit()).unwrap();
        let other = if lines[middle].as_bytes()[digit] == b'1' { "2" } else { "1" };
        lines[middle].replace_range(digit..=digit, other);
        lines
    }),
    ("removed", |mut lines| {
        lines.remove(lines.len() / 2);
        lines
    }),
    ("reordered", |mut lines| {
        let middle = lines.len() / 2;
        lines.swap(middle, middle - 1);
        lines
    }),
    ("cut off", |mut lines| {
        lines.truncate(lines.len() - 2);
        lines
    }),
];

/// Whether the ledger verifies; if not, the exit code.
fn verdict(scene: &Scene, against: Option<&PathBuf>) -> Result<(), i32> {
    let mut command = scene.programs().command(nightsafe_quickstart::programs::Program::Internal);
    command.arg("--config").arg(scene.layout().configuration(Part::Internal)).args(["audit", "verify", "--json"]);
    if let Some(head) = against {
        command.arg("--against").arg(head);
    }
    let status = command.output().unwrap().status;
    if status.success() { Ok(()) } else { Err(status.code().unwrap()) }
}

/// The ledger's one segment of events.
fn segment(scene: &Scene) -> PathBuf {
    let files = files_below(&scene.layout().part(Part::Internal).join("ledger"));
    files.into_iter().find(|path| path.extension().is_some_and(|end| end == "jsonl")).expect("a segment")
}

/// The head that was exported last.
fn newest_head(scene: &Scene) -> PathBuf {
    let files = files_below(&scene.layout().part(Part::Internal));
    let mut heads = files.into_iter().filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.contains("head") && path.extension().is_some_and(|end| end == "json")
    });
    heads.next_back().expect("an exported head")
}
