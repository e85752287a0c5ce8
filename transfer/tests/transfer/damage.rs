//! Damaged, forged, incomplete media: what is right still crosses, what is not is named or kept.

use std::fs;
use std::path::{Path, PathBuf};

use nightsafe_schema::digest::Digest;

use crate::fixture::{Gateway, Site};
use crate::program::run;

fn site(items: usize) -> (tempfile::TempDir, Gateway, Site) {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept_many(items);
    let site = Site::new(&gateway);
    (folder, gateway, site)
}

fn volume(gateway: &Gateway, site: &Site, number: u64, places: &[u64]) -> PathBuf {
    gateway.write_volume(&site.path("medium"), number, places)
}

fn item(gateway: &Gateway, volume: &Path, seq: u64) -> PathBuf {
    volume.join("items").join(gateway.entries[&seq].2.file_name())
}

#[test]
fn a_dropped_volume_is_named_and_healed_by_its_return() {
    let (_folder, gateway, site) = site(6);
    volume(&gateway, &site, 1, &[1, 2]);
    volume(&gateway, &site, 3, &[5, 6]);
    let imported = run(&site, "high", &["import"]);
    assert_eq!(imported.code, 4);
    assert_eq!((&imported.json["missing"][0]["first"], &imported.json["missing"][0]["last"]), (&3.into(), &4.into()));
    volume(&gateway, &site, 2, &[3, 4]);
    assert_eq!(run(&site, "high", &["import"]).code, 0);
    assert_eq!(run(&site, "high", &["status"]).code, 0);
    assert_eq!(site.inbox_lines(&gateway.stream).len(), 6);
}

#[test]
fn a_withheld_tail_is_named_by_the_signed_head() {
    let (_folder, gateway, site) = site(4);
    volume(&gateway, &site, 1, &[1, 2]);
    let imported = run(&site, "high", &["import"]);
    assert_eq!(imported.code, 4);
    assert_eq!((&imported.json["missing"][0]["first"], &imported.json["missing"][0]["last"]), (&3.into(), &4.into()));
}

#[test]
fn an_entry_without_its_item_is_named_without_any_head() {
    let (_folder, gateway, site) = site(3);
    let path = volume(&gateway, &site, 1, &[1, 2, 3]);
    fs::remove_file(item(&gateway, &path, 3)).unwrap();
    fs::write(path.join("head.json"), "").unwrap();
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["missing"][0]["first"]), (4, &3.into()));
    assert_eq!(imported.json["missing"][0]["why"]["volume"], "volume-000001");
}

#[test]
fn altered_bytes_are_quarantined_and_healed_by_a_good_copy() {
    let (_folder, gateway, site) = site(3);
    let first = volume(&gateway, &site, 1, &[1, 2, 3]);
    let path = item(&gateway, &first, 2);
    let mut bytes = fs::read(&path).unwrap();
    bytes[7] ^= 1;
    fs::write(&path, bytes).unwrap();
    let imported = run(&site, "high", &["import"]);
    // What came altered has come: the verdict is about the bytes (3), and not a gap (4).
    assert_eq!((imported.code, &imported.json["handed_over"]), (3, &2.into()));
    assert_eq!(imported.json["refused"][0]["why"], "bytes-differ");
    assert!(!site.inbox_has(&gateway, 2));
    volume(&gateway, &site, 2, &[2]);
    let healed = run(&site, "high", &["import"]);
    assert_eq!((healed.code, &healed.json["healed"]), (0, &1.into()));
    assert!(site.inbox_has(&gateway, 2));
    assert_eq!(run(&site, "high", &["quarantine", "list"]).json["records"].as_array().unwrap().len(), 0);
}

#[test]
fn an_item_without_an_entry_is_an_integrity_failure_until_a_person_settles_it() {
    let (_folder, gateway, site) = site(2);
    let first = volume(&gateway, &site, 1, &[1, 2]);
    fs::write(first.join("items/7ZZZZZZZZZZZZZZZZZZZZZZZZZ.age"), "forged").unwrap();
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["handed_over"]), (10, &2.into()));
    assert_eq!(imported.json["refused"][0]["why"], "item-without-entry");
    assert!(!site.path("high/inbox/items/7ZZZZZZZZZZZZZZZZZZZZZZZZZ.age").exists());
    let id = imported.json["refused"][0]["id"].as_str().unwrap().to_owned();
    let shown = run(&site, "high", &["quarantine", "show", &id]);
    let folder = PathBuf::from(shown.json["folder"].as_str().unwrap());
    assert_eq!(fs::read_to_string(folder.join("item.age")).unwrap(), "forged");
    assert_eq!(run(&site, "high", &["import"]).code, 10);
    assert_eq!(run(&site, "high", &["quarantine", "release", &id, "--reason", "training"]).code, 0);
    assert_eq!(run(&site, "high", &["import"]).code, 0);
    // Found again later, it is settled still.
    fs::remove_file(site.path("high/state/volumes.json")).unwrap();
    assert_eq!(run(&site, "high", &["import"]).code, 0);
}

#[test]
fn entries_of_a_foreign_gateway_are_refused_and_believed_once_the_ring_lists_it() {
    let (folder, gateway, mut site) = site(1);
    let mut foreign = Gateway::new(folder.path(), 2);
    foreign.accept_many(2);
    let mut lines = Vec::new();
    let path = volume(&gateway, &site, 1, &[1]);
    for (line, bytes, item) in foreign.entries.values() {
        lines.extend_from_slice(line);
        lines.push(b'\n');
        fs::write(path.join("items").join(item.file_name()), bytes).unwrap();
    }
    let own = fs::read(path.join("entries.jsonl")).unwrap();
    fs::write(path.join("entries.jsonl"), [own, lines].concat()).unwrap();
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["handed_over"]), (10, &1.into()));
    assert_eq!(imported.json["refused"][0]["why"], "unknown-stream");
    assert!(site.inbox_lines(&foreign.stream).is_empty());
    site.put_ring(&[&gateway, &foreign]);
    let trusted = run(&site, "high", &["import"]);
    assert_eq!((trusted.code, &trusted.json["handed_over"]), (0, &2.into()), "{}", trusted.json);
}

#[test]
fn another_entry_for_a_place_is_refused() {
    let (_folder, gateway, site) = site(3);
    let path = volume(&gateway, &site, 1, &[1, 2, 3]);
    run(&site, "high", &["import"]);
    let (line, item) = gateway.sign_entry(2, Digest::of(&gateway.entries[&1].0), b"other");
    fs::remove_dir_all(&path).unwrap();
    let path = volume(&gateway, &site, 2, &[]);
    fs::write(path.join("entries.jsonl"), [line, b"\n".to_vec()].concat()).unwrap();
    fs::write(path.join("items").join(item.file_name()), "other").unwrap();
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["refused"][0]["why"]), (10, &"other-digest".into()));
    assert_eq!(site.inbox_lines(&gateway.stream).len(), 3);
}

#[test]
fn an_entry_that_does_not_fit_its_neighbours_is_refused_in_either_order() {
    for late in [2, 3] {
        let (_folder, gateway, site) = site(3);
        let (line, item) = gateway.sign_entry(late, Digest::of(b"elsewhere"), b"other");
        let early: Vec<u64> = (1..=3).filter(|seq| *seq != late).collect();
        volume(&gateway, &site, 1, &early);
        run(&site, "high", &["import"]);
        let path = volume(&gateway, &site, 2, &[]);
        fs::write(path.join("entries.jsonl"), [line, b"\n".to_vec()].concat()).unwrap();
        fs::write(path.join("items").join(item.file_name()), "other").unwrap();
        let imported = run(&site, "high", &["import"]);
        assert_eq!((imported.code, &imported.json["refused"][0]["why"]), (10, &"broken-chain".into()));
        volume(&gateway, &site, 3, &[late]);
        run(&site, "high", &["import"]);
        assert!(site.inbox_has(&gateway, late));
    }
}

#[test]
fn a_changed_signature_and_junk_are_refused_and_the_rest_crosses() {
    let (_folder, gateway, site) = site(3);
    volume(&gateway, &site, 1, &[1]);
    run(&site, "high", &["import"]);
    let path = volume(&gateway, &site, 2, &[2, 3]);
    let text = fs::read_to_string(path.join("entries.jsonl")).unwrap();
    let text = text.replacen("\"seq\":2", "\"seq\":9", 1);
    fs::write(path.join("entries.jsonl"), format!("junk\n{text}")).unwrap();
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["handed_over"]), (10, &1.into()));
    let whys: Vec<_> = imported.json["refused"].as_array().unwrap().iter().map(|one| one["why"].clone()).collect();
    assert!(whys.contains(&"no-entry".into()) && whys.contains(&"bad-signature".into()), "{whys:?}");
    assert!(site.inbox_has(&gateway, 3));
}

#[test]
fn a_forged_head_is_refused() {
    let (_folder, gateway, site) = site(2);
    let path = volume(&gateway, &site, 1, &[1, 2]);
    let head = fs::read_to_string(path.join("head.json")).unwrap().replace("\"seq\":2", "\"seq\":1");
    fs::write(path.join("head.json"), head).unwrap();
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["refused"][0]["why"]), (10, &"bad-head".into()));
    assert_eq!(site.inbox_lines(&gateway.stream).len(), 2);
}

#[test]
fn a_half_copied_volume_is_named_and_finished_later() {
    let (_folder, gateway, site) = site(3);
    let path = volume(&gateway, &site, 1, &[1, 2, 3]);
    let entries = fs::read(path.join("entries.jsonl")).unwrap();
    let third = fs::read(item(&gateway, &path, 3)).unwrap();
    fs::write(path.join("entries.jsonl"), &entries[..entries.len() - 40]).unwrap();
    fs::write(item(&gateway, &path, 2), "only the beg").unwrap();
    fs::remove_file(path.join("head.json")).unwrap();
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["handed_over"]), (4, &1.into()), "{}", imported.json);
    assert_eq!(imported.json["half_copied"][0]["volume"], "volume-000001");
    assert_eq!(imported.json["refused"].as_array().unwrap().len(), 0);
    fs::remove_dir_all(&path).unwrap();
    let path = volume(&gateway, &site, 1, &[1, 2, 3]);
    assert_eq!(fs::read(item(&gateway, &path, 3)).unwrap(), third);
    let finished = run(&site, "high", &["import"]);
    assert_eq!((finished.code, &finished.json["handed_over"]), (0, &2.into()));
}

#[test]
fn links_and_pipes_on_a_medium_are_not_followed() {
    let (_folder, gateway, site) = site(2);
    let path = volume(&gateway, &site, 1, &[1, 2]);
    let target = item(&gateway, &path, 2);
    let elsewhere = site.path("elsewhere");
    fs::rename(&target, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &target).unwrap();
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["handed_over"]), (4, &1.into()));
    assert!(!site.inbox_has(&gateway, 2));
}

#[test]
fn an_outbox_that_lost_an_item_sends_the_entry_and_says_so() {
    let (_folder, mut gateway, site) = site(3);
    gateway.write_head();
    let lost = gateway.outbox.join("items").join(gateway.entries[&2].2.file_name());
    fs::remove_file(&lost).unwrap();
    let exported = run(&site, "low", &["export"]);
    assert_eq!((exported.code, &exported.json["held"][0]["seq"]), (4, &2.into()));
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["missing"][0]["why"]["reason"]), (4, &"without-item".into()));
    // Again without the item: no volume. With it: one.
    assert_eq!(run(&site, "low", &["export"]).json["volumes"].as_array().unwrap().len(), 0);
    fs::write(&lost, &gateway.entries[&2].1).unwrap();
    assert_eq!(run(&site, "low", &["export"]).code, 0);
    assert_eq!(run(&site, "high", &["import"]).code, 0);
    gateway.accept(b"goes on");
    assert_eq!(run(&site, "low", &["export"]).json["entries"], 1);
}

#[test]
fn a_line_that_the_gateway_did_not_sign_is_not_exported() {
    let (_folder, gateway, site) = site(3);
    let journal = gateway.outbox.join(format!("journal/{}.jsonl", gateway.stream));
    let text = fs::read_to_string(&journal).unwrap().replacen("\"seq\":2", "\"seq\":7", 1);
    fs::write(&journal, text).unwrap();
    let exported = run(&site, "low", &["export"]);
    assert_eq!((exported.code, &exported.json["entries"]), (10, &2.into()));
    assert_eq!(exported.json["flaws"][0]["kind"], "bad-signature");
    assert_eq!(run(&site, "low", &["status"]).code, 10);
    let listed = run(&site, "low", &["quarantine", "list"]);
    assert_eq!((listed.code, &listed.json["flaws"][0]["kind"]), (10, &"bad-signature".into()));
    let position = &listed.json["flaws"][0]["position"];
    let id = format!("F01010101-{position}");
    assert_eq!(run(&site, "low", &["quarantine", "release", &id, "--reason", "disk repaired"]).code, 0);
    assert_eq!(run(&site, "low", &["status"]).code, 0);
    assert_eq!(run(&site, "low", &["export"]).code, 0);
}

#[test]
fn a_journal_that_was_put_back_is_an_integrity_failure() {
    let (_folder, gateway, site) = site(3);
    run(&site, "low", &["export"]);
    let journal = gateway.outbox.join(format!("journal/{}.jsonl", gateway.stream));
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, &text[..text.len() / 2]).unwrap();
    let exported = run(&site, "low", &["export"]);
    assert_eq!((exported.code, &exported.json["flaws"][0]["kind"]), (10, &"shortened".into()));
}

#[test]
fn verify_finds_a_changed_inbox() {
    let (_folder, gateway, site) = site(3);
    volume(&gateway, &site, 1, &[1, 2, 3]);
    run(&site, "high", &["import"]);
    let path = site.path("high/inbox/items").join(gateway.entries[&1].2.file_name());
    fs::write(&path, "changed").unwrap();
    let found = run(&site, "high", &["verify"]);
    assert_eq!((found.code, found.json["altered"].as_array().unwrap().len()), (3, 1));
}
