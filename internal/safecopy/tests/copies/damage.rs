//! Broken files for the tests of safe copies: of the program here, and of the daemon, which includes this file.

/// The file with a few bytes changed, a piece lost, doubled or zeroed, or its end cut off.
pub(crate) fn damaged(original: &[u8], seed: u64) -> Vec<u8> {
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
