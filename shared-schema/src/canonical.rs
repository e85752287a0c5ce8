//! Canonical JSON (RFC 8785): the one spelling that signatures and hashes are over.

use serde::Serialize;

/// The value cannot be written as canonical JSON (a number that is no IEEE double, or a map key that is no text).
#[derive(Debug, thiserror::Error)]
#[error("the value has no canonical JSON form")]
pub struct NotCanonical(#[source] serde_json::Error);

/// `value` as canonical JSON.
pub fn canonical_json<T: Serialize>(value: &T) -> Result<Vec<u8>, NotCanonical> {
    serde_json_canonicalizer::to_vec(value).map_err(NotCanonical)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The example of RFC 8785 section 3.2.2, less its numbers (no format here has fractions).
    #[test]
    fn keys_are_sorted_and_strings_escaped_as_the_rfc_says() {
        let value = json!({"b": "\u{20ac}$\u{f}\nA'B\"\\\\\"/", "a": [null, true, 56]});
        let text = String::from_utf8(canonical_json(&value).unwrap()).unwrap();
        assert_eq!(text, "{\"a\":[null,true,56],\"b\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    }
}
