//! Check digits of Chinese identity numbers.
//!
//! Soft use only: a wrong number is a warning to the reporter and never a reason to refuse a report (DOMAIN section 5.2).

/// Whether the text is a resident identity number of 18 characters whose check character fits (GB 11643-1999).
///
/// Only the check character is looked at: region and birthday may be mistyped in ways no check can judge.
pub fn is_resident_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((check, digits)) = bytes.split_last() else { return false };
    if digits.len() != RESIDENT_WEIGHTS.len() || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = digits.iter().zip(RESIDENT_WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let expected = RESIDENT_CHECKS.get((sum % 11) as usize);
    expected == Some(&check.to_ascii_uppercase())
}

/// Whether the text is a unified social credit code of 18 characters whose check character fits (GB 32100-2015).
pub fn is_credit_code(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((check, body)) = bytes.split_last() else { return false };
    if body.len() != CREDIT_WEIGHTS.len() {
        return false;
    }
    let mut sum = 0;
    for (byte, weight) in body.iter().zip(CREDIT_WEIGHTS) {
        let Some(value) = credit_value(*byte) else { return false };
        sum += value * weight;
    }
    credit_value(*check) == Some((31 - sum % 31) % 31)
}

/// The place of a character in the alphabet of GB 32100, which has no I, O, S, V and Z.
fn credit_value(byte: u8) -> Option<u32> {
    CREDIT_ALPHABET.iter().zip(0..).find_map(|(&letter, value)| (letter == byte.to_ascii_uppercase()).then_some(value))
}

const RESIDENT_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const RESIDENT_CHECKS: &[u8; 11] = b"10X98765432";
const CREDIT_WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn resident_numbers_of_the_samples_fit() {
        for number in [
            "990121198506123212",
            "99020119951103442X",
            "99020119951103442x",
            "990121197902201142",
            "990201199001012271",
            "990201199905056680",
        ] {
            assert!(is_resident_id(number), "{number}");
        }
    }

    #[test]
    fn the_published_credit_code_fits() {
        assert!(is_credit_code("91350100M000100Y43"));
        assert!(is_credit_code("91350100m000100y43"));
        assert!(!is_credit_code("91350100M000100Y44"));
    }

    #[test]
    fn a_credit_code_whose_check_character_is_zero_fits() {
        // Weight 1 and weight 30 of the same digit sum to 31 of it.
        assert!(is_credit_code("100000000000000100"));
    }

    #[test]
    fn other_lengths_and_alphabets_do_not_fit() {
        for text in [
            "",
            "9901211985061232",
            "9901211985061232120",
            "９９０１２１１９８５０６１２３２１２",
            "I1350100M000100Y43",
        ] {
            assert!(!is_resident_id(text) && !is_credit_code(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_found(place in 0_usize..17, digit in 0_u8..10) {
            let mut number = *b"990121198506123212";
            prop_assume!(number[place] != b'0' + digit);
            number[place] = b'0' + digit;
            prop_assert!(!is_resident_id(str::from_utf8(&number).unwrap()));
        }

        #[test]
        fn any_text_never_panics(text in "\\PC*") {
            let _ = (is_resident_id(&text), is_credit_code(&text));
        }
    }
}
