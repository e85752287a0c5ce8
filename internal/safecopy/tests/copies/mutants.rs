//! Broken files: each good one, damaged in many ways. Whatever is in them, the program ends by itself and either says that
//! there is no copy or makes one.

use crate::{
    damage::damaged,
    program::{make, media},
};

const ORIGINALS: [(&str, &str); 5] = [
    ("picture", "street.jpg"),
    ("picture", "screen.png"),
    ("page", "contract.pdf"),
    ("audio", "voice.mp3"),
    ("video", "door.mp4"),
];

#[test]
fn broken_files_end_in_a_copy_or_in_words() {
    let each = if std::env::var_os("NIGHTSAFE_FULL").is_some() { 400 } else { 20 };
    for (kind, name) in ORIGINALS {
        let original = media(name);
        for seed in 0..each {
            let copy = make(&[kind], &damaged(&original, seed));
            let place = format!("{name}, seed {seed}: {:?} {}", copy.code, copy.said);
            match copy.code {
                Some(0) => assert!(!copy.bytes.is_empty(), "{place}"),
                Some(_) => assert!(!copy.said.is_empty(), "{place}"),
                // Out of memory or time: the limit ended it.
                None => assert!(copy.said.is_empty() || copy.said.contains("memory"), "{place}"),
            }
        }
    }
}
