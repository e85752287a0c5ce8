//! Reports with attachments, from the socket to the disk (docs/spec/intake-api.md).

use std::fs;
use std::os::unix::fs::MetadataExt;

use nightsafe_schema::digest::Digest;
use nightsafe_schema::item::{ItemClass, ItemKind, padme};

use crate::parts::{Body, jpeg};
use crate::site::{Site, sample};

const KEY: &str = "00112233445566778899aabbccddeeff";
const REPORT: &str = "09_sector_minimal_elderly.json";

#[test]
fn attachments_are_sealed_journalled_with_their_report_and_open_to_the_byte() {
    let site = Site::new();
    let serving = site.serve();
    let (small, long) = (jpeg(3000), jpeg(1_500_000));
    let body = Body::of(&sample(REPORT)).attachment("一.jpg", "image/jpeg", &small).attachment("", "", &long).end();
    let answer = site.client(&serving).post_parts(Some(KEY), &body);
    answer.number();
    assert_eq!(answer.json()["attachments"], 2);
    // Nothing may be missing the moment the number is shown.
    serving.kill();

    assert_eq!(site.assert_outbox_is_whole(), 3);
    assert!(site.staged().is_empty());
    let entries = site.entries();
    let classes: Vec<_> = entries.iter().map(|entry| entry.fields().class).collect();
    assert_eq!(classes, [ItemClass::Media, ItemClass::Media, ItemClass::Text], "the report last");
    let path = |place: usize| site.path("outbox/items").join(entries[place].fields().item.file_name());
    let opened = site.open(&path(2));
    assert_eq!(opened.report.get(), sample(REPORT).to_string());
    let facts = &opened.intake.attachments;
    assert_eq!(facts.len(), 2);
    for (place, (content, name)) in [(&small, "一.jpg"), (&long, "")].into_iter().enumerate() {
        let (fact, entry) = (&facts[place], entries[place].fields());
        assert_eq!((fact.item, fact.item_sha256), (entry.item, entry.sha256));
        assert_eq!((fact.name.as_str(), fact.media_type.as_str()), (name, "image/jpeg"));
        assert_eq!((fact.length, fact.sha256), (content.len() as u64, Digest::of(content)));
        assert_eq!(entry.size, padme(entry.size), "on the ladder");
        assert_eq!(fs::metadata(path(place)).unwrap().mtime() % 3600, 0);
        let (kind, body) = site.open_item(&path(place));
        assert_eq!(kind, ItemKind::Attachment);
        assert_eq!(&body[..content.len()], content.as_slice());
        assert!(body[content.len()..].iter().all(|byte| *byte == 0));
    }
}
