//! What the fuzzer once found in the link's format, or was given to start from, again as an ordinary test.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test that meets the unexpected fails")]

#[path = "../../../tests/fuzz/src/link.rs"]
mod link;

use std::{fs, path::Path};

#[test]
fn the_link_survives_its_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/link");
    let mut files = 0;
    for file in fs::read_dir(corpus).unwrap() {
        link::call(&fs::read(file.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files > 0, "the corpus is empty");
}
