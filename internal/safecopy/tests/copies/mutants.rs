//! Broken files: each good one, damaged in many ways. Whatever is in them, the program ends by itself and either says that
//! there is no copy or makes one.

use crate::program::{make, media};

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

/// The file with a few bytes changed, a piece lost, doubled or zeroed, or its end cut off.
fn damaged(original: &[u8], seed: u64) -> Vec<u8> {
    let mut dice = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x2545_f491_4f6c_dd1d);
    let mut roll = |below: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        usize::try_from(dice % u64::try_from(below.max(1)).unwrap()).unwrap()
    };
    let mut bytes = original.to_vec();
    for _ in 0..=roll(8) {
        let place = roll(bytes.len());
        let length = roll(64).min(bytes.len() - place);
        match roll(6) {
            0 => bytes.truncate(place),
            1 => drop(bytes.drain(place..place + length)),
            2 => bytes[place..place + length].fill(0),
            3 => bytes.splice(place..place, original[..length.min(original.len())].iter().copied()).for_each(drop),
            _ => {
                for byte in &mut bytes[place..place + length] {
                    *byte ^= 1 << (roll(8));
                }
            }
        }
    }
    bytes
}
