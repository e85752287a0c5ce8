//! Several gateways, and a gateway that starts a new stream.

use std::fs;

use nightsafe_schema::digest::Digest;

use crate::fixture::{Gateway, Site};
use crate::program::run;

#[test]
fn two_gateways_are_merged_and_each_keeps_its_own_journal() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Gateway::new(folder.path(), 1);
    let mut second = Gateway::new(folder.path(), 2);
    first.accept_many(3);
    second.accept_many(2);
    let mut site = Site::new(&first);
    site.put_ring(&[&first, &second]);
    first.write_volume(&site.path("medium"), 1, &[1, 2, 3]);
    second.write_volume(&site.path("medium"), 2, &[2]);
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["handed_over"]), (4, &4.into()));
    assert_eq!(imported.json["missing"][0]["stream"], second.stream.to_string());
    second.write_volume(&site.path("medium"), 3, &[1]);
    assert_eq!(run(&site, "high", &["import"]).code, 0);
    assert_eq!((site.inbox_lines(&first.stream).len(), site.inbox_lines(&second.stream).len()), (3, 2));
}

#[test]
fn a_new_stream_that_cites_the_old_head_is_connected_in_either_order() {
    for new_first in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let mut old = Gateway::new(folder.path(), 1);
        old.accept_many(2);
        let mut new = old.new_stream(9, old.last());
        new.accept_many(2);
        let site = Site::new(&old);
        let (medium, order) = (site.path("medium"), if new_first { [&new, &old] } else { [&old, &new] });
        for (number, gateway) in (1..).zip(order) {
            gateway.write_volume(&medium, number, &[1, 2]);
            let imported = run(&site, "high", &["import"]);
            let unconnected = new_first && number == 1;
            assert_eq!(imported.code, if unconnected { 4 } else { 0 }, "{}", imported.json);
            assert_eq!(imported.json["unconnected"].as_array().unwrap().len(), usize::from(unconnected));
        }
    }
}

#[test]
fn a_second_stream_that_starts_at_zeros_or_forks_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = Gateway::new(folder.path(), 1);
    old.accept_many(2);
    let mut unannounced = old.new_stream(8, Digest::ZERO);
    unannounced.accept(b"unannounced");
    let mut new = old.new_stream(9, old.last());
    new.accept(b"new");
    let mut fork = old.new_stream(10, old.last());
    fork.accept(b"fork");
    let site = Site::new(&old);
    old.write_volume(&site.path("medium"), 1, &[1, 2]);
    new.write_volume(&site.path("medium"), 2, &[1]);
    assert_eq!(run(&site, "high", &["import"]).code, 0);
    for (number, forged) in [(3, &unannounced), (4, &fork)] {
        let path = forged.write_volume(&site.path("medium"), number, &[1]);
        fs::write(path.join("head.json"), "").unwrap();
        let imported = run(&site, "high", &["import"]);
        assert_eq!((imported.code, &imported.json["refused"][0]["why"]), (10, &"unannounced-stream".into()));
        assert!(site.inbox_lines(&forged.stream).is_empty());
    }
}

#[test]
fn a_gateway_cannot_sign_for_the_stream_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Gateway::new(folder.path(), 1);
    let second = Gateway::new(folder.path(), 2);
    first.accept_many(1);
    let mut site = Site::new(&first);
    site.put_ring(&[&first, &second]);
    first.write_volume(&site.path("medium"), 1, &[1]);
    run(&site, "high", &["import"]);
    // The second gateway's key, the first one's stream.
    let mut forged = second.new_stream(1, first.last());
    forged.entries = first.entries.clone();
    forged.accept(b"forged");
    let path = forged.write_volume(&site.path("medium"), 2, &[2]);
    fs::write(path.join("head.json"), "").unwrap();
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["refused"][0]["why"]), (10, &"other-gateway".into()));
}
