//! Attachments from the reporter's `curl` to the inside, to the byte; and through a gateway that dies on the way.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use nightsafe_quickstart::{layout::Part, media::Upload, programs::Program, run::workspace};
use nightsafe_schema::digest::Digest;
use serde_json::Value;

use crate::scene::{Scene, assert_killed, errors, failpoint_programs, programs, sample};

/// Small real files and their types.
const FILES: [(&str, &str); 4] = [
    ("street.jpg", "image/jpeg"),
    ("voice.mp3", "audio/mpeg"),
    ("door.mp4", "video/mp4"),
    ("contract.pdf", "application/pdf"),
];
/// Stands before each file's name: a path, a mark that turns the rest around, a character of four bytes.
const DISGUISE: &str = "../../etc/\u{202E}𠮷 ";
const KEY: &str = "00000000000000000000000000000a77";

#[test]
fn files_sent_with_curl_are_listed_inside_and_come_out_to_the_byte() {
    let scene = Scene::prepared(programs());
    let report = scene.layout().root().join("r.json");
    fs::write(&report, sample("09").report.to_string()).unwrap();
    let (mut gateway, address) = scene.start_with_address(Part::Gateway);
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail-with-body", "--cacert"]).arg(scene.layout().authority());
    curl.arg("-F").arg(format!("report=@{};type=application/json", report.display()));
    for (name, _) in FILES {
        curl.arg("-F").arg(format!("attachment=@{};filename=\"{DISGUISE}{name}\"", media(name).display()));
    }
    let answer = curl.arg(format!("https://{address}/api/v1/reports")).output().unwrap();
    assert!(answer.status.success(), "{}{}", String::from_utf8_lossy(&answer.stdout), errors(&answer));
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(answer["attachments"], FILES.len());
    gateway.end();
    scene.carry();

    let mut inside = scene.start_inside();
    let case = scene.inspector().search(answer["clue_number"].as_str().unwrap()).unwrap().remove(0);
    let shown = scene.inspector().wait_for_attachments(&case).unwrap();
    inside.end();
    let listed = shown["attachments"].as_array().unwrap();
    assert_eq!(listed.len(), FILES.len(), "{shown}");
    for (row, (name, media_type)) in listed.iter().zip(FILES) {
        let (supplied, content) = (&row["supplied"], fs::read(media(name)).unwrap());
        assert_eq!(supplied["name"], format!("{DISGUISE}{name}"), "a hostile name is a text like any other");
        assert_eq!(supplied["media_type"], media_type);
        assert_eq!(supplied["length"], content.len());
        assert_eq!(supplied["sha256"], Digest::of(&content).to_string());
        let original = export(&scene, supplied["item"].as_str().unwrap());
        assert_eq!(supplied["item_sha256"], Digest::of(&fs::read(&original).unwrap()).to_string());
        assert_eq!(opened_by_age(&scene, &original, content.len()), content, "{name}");
    }
}

#[test]
fn a_gateway_killed_at_any_step_of_an_attachment_loses_nothing_and_leaves_nothing() {
    let deadly = failpoint_programs();
    let base = Scene::prepared(programs());
    let report = sample("09").report.to_string();
    let uploads: Vec<Upload> = FILES
        .iter()
        .map(|(name, media_type)| Upload {
            name: (*name).to_owned(),
            media_type: (*media_type).to_owned(),
            bytes: fs::read(media(name)).unwrap(),
        })
        .collect();
    let names: Output = Command::output(deadly.command(Program::Gateway).arg("failpoints")).unwrap();
    let names = String::from_utf8(names.stdout).unwrap();
    let names: Vec<_> = names.lines().filter(|name| name.contains("attachment")).collect();
    assert!(names.len() >= 3, "{names:?}");
    for name in names {
        let scene = base.copied(deadly.clone());
        // At the second of four files: one has passed, two are still to come.
        let mut gateway = scene.start_doomed(Part::Gateway, &format!("{name}:2"));
        let address = gateway.wait_until_ready().unwrap().unwrap();
        let cut = scene.client(address).file_with_attachments(report.as_bytes(), &uploads, Some(KEY));
        assert!(cut.is_err(), "{name} was never reached: {cut:?}");
        assert_killed(gateway.wait().unwrap(), name);

        let (mut gateway, client) = scene.start_gateway();
        let file = || client.file_with_attachments(report.as_bytes(), &uploads, Some(KEY)).unwrap();
        let (first, again) = (file(), file());
        assert_eq!((first.status, &first.body["clue_number"]), (201, &again.body["clue_number"]), "{name}");
        gateway.end();
        assert_eq!(scene.leftovers(), Vec::<PathBuf>::new(), "{name}");
        scene.carry();
        let _inside = scene.start_inside();
        let found = scene.inspector().search(first.body["clue_number"].as_str().unwrap()).unwrap();
        assert_eq!(found.len(), 1, "{name}");
        let shown = scene.inspector().wait_for_attachments(&found[0]).unwrap();
        assert_eq!(shown["attachments"].as_array().map(Vec::len), Some(uploads.len()), "{name}");
    }
}

fn media(name: &str) -> PathBuf {
    workspace().join("tests/data/media").join(name)
}

/// The original sealed file of an item, put back together by the inside.
fn export(scene: &Scene, item: &str) -> PathBuf {
    let out = scene.layout().root().join(format!("{item}.age"));
    let mut command = scene.programs().command(Program::Internal);
    command.arg("--config").arg(scene.layout().configuration(Part::Internal));
    let exported = command.args(["item", "export", item, "--out"]).arg(&out).output().unwrap();
    assert!(exported.status.success(), "{}", errors(&exported));
    out
}

/// An attachment's bytes by Debian's `age`, without its first line and its padding.
fn opened_by_age(scene: &Scene, item: &Path, length: usize) -> Vec<u8> {
    let identity = scene.layout().keys().join("intake.key");
    let opened = Command::new("age").args(["-d", "-i"]).arg(identity).arg(item).output().unwrap();
    assert!(opened.status.success(), "{}", errors(&opened));
    let content = opened.stdout.strip_prefix(b"nightsafe-item/1 attachment\n").expect("the first line").to_vec();
    let (content, padding) = content.split_at(length);
    assert!(padding.iter().all(|byte| *byte == 0));
    content.to_vec()
}
