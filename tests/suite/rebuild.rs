//! The index is worth nothing: whatever is done to it, the same answers come back from vault and ledger (promise 6).

use std::{fs, path::Path};

use nightsafe_quickstart::layout::Part;
use serde_json::Value;

use crate::scene::{Scene, errors, file, files_below, programs, sample};

#[test]
fn a_ruined_index_is_rebuilt_to_the_same_dump_and_answers() {
    let scene = with_three_cases();
    let answers_before = answers(&scene);
    let index = scene.layout().part(Part::Internal).join("index");

    for (name, ruin) in RUINS {
        let before = dump(&scene);
        ruin(&index);
        assert!(dump(&scene) == before, "{name}: not the same canonical dump");
        ruin(&index);
        assert_eq!(answers(&scene), answers_before, "{name}: the daemon starts and answers the same");
    }
}

/// Does something to an index.
type Ruin = fn(&Path);

/// Ways to lose an index.
const RUINS: [(&str, Ruin); 4] = [
    ("deleted", |index| fs::remove_dir_all(index).unwrap()),
    ("truncated", |index| {
        each_file(index, |bytes| bytes.truncate(bytes.len() / 2));
    }),
    ("overwritten", |index| {
        each_file(index, |bytes| {
            for (position, byte) in bytes.iter_mut().enumerate() {
                *byte = byte.wrapping_mul(31).wrapping_add(u8::try_from(position % 251).unwrap());
            }
        });
    }),
    ("emptied", |index| each_file(index, Vec::clear)),
];

fn each_file(folder: &Path, change: impl Fn(&mut Vec<u8>)) {
    let files = files_below(folder);
    assert!(!files.is_empty());
    for path in files {
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
    }
}

fn with_three_cases() -> Scene {
    let scene = Scene::prepared(programs());
    let (mut gateway, client) = scene.start_gateway();
    for name in ["04", "08", "09"] {
        file(&client, &sample(name).report, None);
    }
    gateway.end();
    scene.carry();
    scene
}

fn dump(scene: &Scene) -> String {
    let path = scene.layout().root().join("dump");
    scene.inspector().ask(&["reindex", "--json", "--dump", &path.to_string_lossy()]).unwrap();
    fs::read_to_string(path).unwrap()
}

/// What an analyst is answered, looks not counted.
fn answers(scene: &Scene) -> Vec<Value> {
    let mut inside = scene.start_inside();
    let texts = ["不交就掀摊", "𠮷祥", "围标串标", "no such thing"];
    let answers = texts.map(|text| scene.inspector().ask(&["search", "--json", text]).unwrap()).to_vec();
    let ended = inside.end().unwrap();
    assert!(ended.success(), "{ended}");
    assert!(errors_in_log(scene).is_empty(), "{}", errors_in_log(scene));
    answers
}

fn errors_in_log(scene: &Scene) -> String {
    let log = fs::read_to_string(scene.layout().log(Part::Internal)).unwrap_or_default();
    log.lines().filter(|line| line.contains("panicked")).collect()
}

#[test]
fn a_second_pass_finds_nothing_to_do() {
    let scene = with_three_cases();
    let again = scene.once(Part::Internal, None);
    assert!(again.status.success(), "{}", errors(&again));
    let _inside = scene.start_inside();
    assert_eq!(scene.found("围标串标"), 1);
}
