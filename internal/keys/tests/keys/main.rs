//! The ceremony as officers type it: the real program, real files, and Debian's own `age` and `minisign` beside it.

#[cfg(test)]
mod ceremony;

use std::{fs, path::Path, process::Command};

use ceremony::{Ceremony, at};
use serde_json::Value;

#[test]
fn two_of_three_signatures_make_a_ring_that_seals() {
    let ceremony = Ceremony::begin();
    let ring = ceremony.make_ring(&ceremony.spec(&[("intake-2026-11", at(0), at(6))]), None, "1");
    ceremony.sign(&ring, "zhang", 1, None).succeeds();
    let check = ceremony.check(&ring, None);
    assert_eq!(check.code, 6, "one signature is not enough: {}", check.error);
    assert!(check.error.contains("1 of the 2 signatures"), "{}", check.error);

    ceremony.sign(&ring, "li", 1, None).succeeds();
    let facts = ceremony.check(&ring, None).succeeds();
    assert_eq!(facts["version"], 1);
    assert_eq!(facts["intake"]["id"], "intake-2026-11");
    assert_eq!(facts["signed_by"], serde_json::json!(["zhang", "li"]));
    assert_eq!(facts["standing"], "good");
    assert_eq!(facts["testing"], true);
}

#[test]
fn debian_minisign_accepts_every_signature() {
    let ceremony = Ceremony::begin();
    let ring = ceremony.make_ring(&ceremony.spec(&[("intake-a", at(0), at(6))]), None, "1");
    for officer in ["zhang", "li"] {
        ceremony.sign(&ring, officer, 1, None).succeeds();
        let verified = Command::new("minisign")
            .args(["-V", "-q", "-m"])
            .arg(&ring)
            .arg("-x")
            .arg(ring.with_file_name(format!("ring.json.{officer}.minisig")))
            .arg("-p")
            .arg(ceremony.path(&format!("{officer}.pub")))
            .status()
            .expect("Debian's minisign; tests/run installs it");
        assert!(verified.success(), "{officer}");
    }
}

#[test]
fn debian_age_seals_to_a_new_key_and_opens_with_its_file() {
    let ceremony = Ceremony::begin();
    let facts = ceremony.new_identity("intake", "intake-x");
    let plain = ceremony.path("plain.txt");
    fs::write(&plain, "线索\n").unwrap();
    let sealed = ceremony.path("sealed.age");
    let age =
        |arguments: &[&str]| Command::new("age").args(arguments).output().expect("Debian's age; tests/run installs it");
    let recipient = facts["recipient"].as_str().unwrap();
    assert!(age(&["-r", recipient, "-o", sealed.to_str().unwrap(), plain.to_str().unwrap()]).status.success());
    let opened = age(&["-d", "-i", ceremony.path("intake-x.key").to_str().unwrap(), sealed.to_str().unwrap()]);
    assert_eq!(opened.stdout, "线索\n".as_bytes());
}

#[test]
fn a_new_intake_key_overlaps_the_old_one() {
    let ceremony = Ceremony::begin();
    let first = ceremony.make_ring(&ceremony.spec(&[("intake-a", at(0), at(6))]), None, "1");
    ceremony.sign_by_two(&first, 1, None);
    let both = ceremony.spec(&[("intake-a", at(0), at(6)), ("intake-b", at(0), at(10))]);
    let second = ceremony.make_ring(&both, Some(&first), "2");
    ceremony.sign_by_two(&second, 2, Some(&first));

    let facts = ceremony.check(&second, Some(&first)).succeeds();
    assert_eq!(facts["version"], 2);
    let ring: Value = serde_json::from_slice(&fs::read(&second).unwrap()).unwrap();
    let keys: Vec<_> = ring["recipients"].as_array().unwrap().iter().map(|key| key["id"].clone()).collect();
    assert!(keys.contains(&"intake-a".into()) && keys.contains(&"intake-b".into()));
    for identity in ["intake-a.key", "intake-b.key"] {
        assert!(ceremony.path(identity).exists(), "{identity} stays until all it opens is unlocked");
    }
}

#[test]
fn a_ring_that_leaves_a_gap_is_not_made() {
    let ceremony = Ceremony::begin();
    let gap = ceremony.spec(&[("intake-a", at(0), at(2)), ("intake-b", at(3), at(6))]);
    let refused = ceremony.try_make_ring(&gap, None, "1");
    assert_eq!(refused.code, 6);
    assert!(refused.error.contains("收件 intake"), "{}", refused.error);
    assert!(refused.error.contains(&at(2)) && refused.error.contains(&at(3)), "{}", refused.error);
    assert!(!ceremony.path("1/ring.json").exists());
}

#[test]
fn nothing_is_ever_overwritten() {
    let ceremony = Ceremony::begin();
    let before = fs::read(ceremony.path("zhang.key")).unwrap();
    let key = ceremony.path("zhang.key");
    let again =
        ceremony.run(&["officer", "new", "--id", "zhang", "--name", "张", "--without-password", "--out"], &[&key]);
    assert_eq!(again.code, 2, "{}", again.error);
    assert_eq!(fs::read(&key).unwrap(), before);

    let spec = ceremony.spec(&[("intake-a", at(0), at(6))]);
    let ring = ceremony.make_ring(&spec, None, "1");
    assert_eq!(ceremony.try_make_ring(&spec, None, "1").code, 2);
    ceremony.sign(&ring, "zhang", 1, None).succeeds();
    assert_eq!(ceremony.sign(&ring, "zhang", 1, None).code, 2);
    let identity = ceremony.path("intake-a.key");
    assert_eq!(ceremony.run(&["intake", "new", "--id", "intake-a", "--out"], &[&identity]).code, 2);
}

#[test]
fn the_officer_says_which_version_is_signed() {
    let ceremony = Ceremony::begin();
    let ring = ceremony.make_ring(&ceremony.spec(&[("intake-a", at(0), at(6))]), None, "1");
    let wrong = ceremony.sign(&ring, "zhang", 2, None);
    assert_eq!(wrong.code, 2);
    assert!(wrong.error.contains("version 1, not 2"), "{}", wrong.error);
}

#[test]
fn another_officers_key_signs_nothing() {
    let ceremony = Ceremony::begin();
    let ring = ceremony.make_ring(&ceremony.spec(&[("intake-a", at(0), at(6))]), None, "1");
    let swapped = ceremony.run(
        &["ring", "sign", "--officer", "zhang", "--version", "1", "--key"],
        &[&ceremony.path("li.key"), Path::new("--ring"), &ring],
    );
    assert_eq!(swapped.code, 6, "{}", swapped.error);
    assert_eq!(ceremony.sign(&ring, "mallory", 1, None).code, 6);
}

#[test]
fn a_successor_is_signed_beside_the_ring_it_follows() {
    let ceremony = Ceremony::begin();
    let spec = ceremony.spec(&[("intake-a", at(0), at(6))]);
    let first = ceremony.make_ring(&spec, None, "1");
    ceremony.sign_by_two(&first, 1, None);
    let second = ceremony.make_ring(&spec, Some(&first), "2");
    assert_eq!(ceremony.sign(&second, "zhang", 2, None).code, 2, "the previous ring was not given");
    assert_eq!(ceremony.sign(&second, "zhang", 2, Some(&second)).code, 2, "another ring was given");
    ceremony.sign(&second, "zhang", 2, Some(&first)).succeeds();
}

#[test]
fn a_ring_follows_only_one_that_is_in_force() {
    let ceremony = Ceremony::begin();
    let spec = ceremony.spec(&[("intake-a", at(0), at(6))]);
    let unsigned = ceremony.make_ring(&spec, None, "1");
    assert_eq!(ceremony.try_make_ring(&spec, Some(&unsigned), "2").code, 6);
}

#[test]
fn a_changed_byte_is_untrusted() {
    let ceremony = Ceremony::begin();
    let ring = ceremony.make_ring(&ceremony.spec(&[("intake-a", at(0), at(6))]), None, "1");
    ceremony.sign_by_two(&ring, 1, None);
    let text = fs::read_to_string(&ring).unwrap();
    fs::write(&ring, text.replace("\"threshold\":2", "\"threshold\":3")).unwrap();
    assert_eq!(ceremony.check(&ring, None).code, 6);
}

#[test]
fn an_encrypted_key_needs_its_password() {
    let ceremony = Ceremony::begin();
    let (right, wrong) = (ceremony.secret("right", "correct horse\n"), ceremony.secret("wrong", "battery staple\n"));
    let key = ceremony.path("wang.key");
    fs::remove_file(&key).unwrap();
    fs::remove_file(ceremony.path("wang.pub")).unwrap();
    let made = ceremony.run(
        &["officer", "new", "--id", "wang", "--name", "王", "--out"],
        &[&key, Path::new("--password-file"), &right],
    );
    ceremony.remember_officer(&made.succeeds());
    let ring = ceremony.make_ring(&ceremony.spec(&[("intake-a", at(0), at(6))]), None, "1");
    let sign = |password: &Path| {
        ceremony.run(
            &["ring", "sign", "--officer", "wang", "--version", "1", "--ring"],
            &[&ring, Path::new("--key"), &key, Path::new("--password-file"), password],
        )
    };
    assert_eq!(sign(&wrong).code, 6);
    sign(&right).succeeds();
}

#[test]
fn a_networked_machine_is_refused_before_anything_is_made() {
    // A machine that runs tests may well be offline; then there is nothing to refuse.
    let up = fs::read_dir("/sys/class/net").unwrap().any(|entry| {
        let entry = entry.unwrap();
        let flags = fs::read_to_string(entry.path().join("flags")).unwrap_or_default();
        let flags = u32::from_str_radix(flags.trim().trim_start_matches("0x"), 16).unwrap_or(0);
        flags & 1 == 1 && entry.file_name() != "lo"
    });
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("intake.key");
    let output = Command::new(env!("CARGO_BIN_EXE_nightsafe-keys"))
        .args(["intake", "new", "--id", "intake-a", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(if up { 2 } else { 0 }));
    assert_eq!(out.exists(), !up);
}
