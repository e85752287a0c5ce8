//! Crockford base32, upper case, as this product uses it: fixed lengths, no check symbol, one spelling.

/// The 32 symbols in order; I, L, O and U are left out because they are misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `value`'s lowest `5 * digits` bits, most significant first.
pub(crate) fn encode(value: u128, digits: u32) -> String {
    let symbol = |place: u32| {
        let five_bits = usize::try_from((value >> (5 * place)) & 31).unwrap_or_default();
        char::from(ALPHABET.get(five_bits).copied().unwrap_or(b'0'))
    };
    (0..digits).rev().map(symbol).collect()
}

/// The number that `text` spells; `None` for any other symbol, a lower-case one included, and past 128 bits.
pub(crate) fn decode(text: &str) -> Option<u128> {
    text.bytes().try_fold(0_u128, |value, byte| {
        let five_bits = ALPHABET.iter().position(|&symbol| symbol == byte)?;
        if value >> 123 != 0 {
            return None;
        }
        Some((value << 5) | u128::try_from(five_bits).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(value: u128) {
            prop_assert_eq!(decode(&encode(value, 26)), Some(value));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = decode(&text);
        }
    }

    #[test]
    fn misread_letters_and_lower_case_are_refused() {
        for text in ["I", "L", "O", "U", "a", "-", "８"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
