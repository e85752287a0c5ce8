//! What the fuzzer once found, or was given to start from, again as ordinary tests.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected fails")]

#[path = "../../tests/fuzz/src/parsers.rs"]
mod parsers;

use std::{fs, path::Path};

#[test]
fn every_parser_survives_its_corpus() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus");
    for (name, parser) in parsers::PARSERS {
        let mut files = 0;
        for file in fs::read_dir(corpora.join(name)).unwrap() {
            parser(&fs::read(file.unwrap().path()).unwrap());
            files += 1;
        }
        assert!(files > 0, "the corpus of {name} is empty");
    }
}
