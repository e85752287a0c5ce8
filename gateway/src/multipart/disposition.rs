//! Parameters of a header field: `; name=value; name="quoted value"`.

/// The text is no list of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MalformedParameters;

/// Names in lower case with their values; no name twice.
///
/// In quotes, `\"` and `\\` stand for one character, as `curl` writes them; any other backslash stands for itself, as
/// browsers write it. Percent signs are left alone: nobody can tell which of them browsers have made.
pub(super) fn parameters(text: &[u8]) -> Result<Vec<(String, Vec<u8>)>, MalformedParameters> {
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let mut rest = text.trim_ascii();
    while !rest.is_empty() {
        let equals = rest.iter().position(|byte| *byte == b'=').ok_or(MalformedParameters)?;
        let (name, after) = rest.split_at_checked(equals).ok_or(MalformedParameters)?;
        let name = name_of(name)?;
        let (value, after) = value_of(after.get(1..).unwrap_or_default().trim_ascii_start())?;
        if found.iter().any(|(other, _)| *other == name) || found.len() == MOST {
            return Err(MalformedParameters);
        }
        found.push((name, value));
        rest = match after.trim_ascii_start() {
            [] => &[],
            [b';', more @ ..] => more.trim_ascii(),
            _ => return Err(MalformedParameters),
        };
    }
    Ok(found)
}

fn name_of(name: &[u8]) -> Result<String, MalformedParameters> {
    let name = name.trim_ascii();
    let good = !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic() && !b";\"".contains(byte));
    if good { Ok(String::from_utf8_lossy(name).to_ascii_lowercase()) } else { Err(MalformedParameters) }
}

/// The value, and what follows it.
fn value_of(text: &[u8]) -> Result<(Vec<u8>, &[u8]), MalformedParameters> {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let end = text.iter().position(|byte| *byte == b';').unwrap_or(text.len());
        let (value, after) = text.split_at_checked(end).ok_or(MalformedParameters)?;
        return Ok((value.trim_ascii_end().to_vec(), after));
    };
    let mut value = Vec::new();
    let mut rest = quoted;
    loop {
        rest = match rest {
            [b'"', after @ ..] => return Ok((value, after)),
            [b'\\', escaped @ (b'"' | b'\\'), after @ ..] => {
                value.push(*escaped);
                after
            }
            [byte, after @ ..] => {
                value.push(*byte);
                after
            }
            [] => return Err(MalformedParameters),
        };
    }
}

/// More than any program writes.
const MOST: usize = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(text: &str) -> Result<Vec<(String, String)>, MalformedParameters> {
        let text_of = |(name, value): (String, Vec<u8>)| (name, String::from_utf8(value).unwrap());
        parameters(text.as_bytes()).map(|found| found.into_iter().map(text_of).collect())
    }

    fn one(text: &str) -> String {
        values(text).unwrap().swap_remove(0).1
    }

    #[test]
    fn tokens_and_quoted_texts_are_values() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(values(" name=a ; FileName = \"b;c\" "), Ok(vec![pair("name", "a"), pair("filename", "b;c")]));
        assert_eq!(values(""), Ok(vec![]));
    }

    #[test]
    fn backslashes_are_read_as_curl_and_browsers_write_them() {
        assert_eq!(one(r#"filename="a\"b.jpg""#), r#"a"b.jpg"#);
        assert_eq!(one(r#"filename="C:\x\y.jpg""#), r"C:\x\y.jpg");
        assert_eq!(one(r#"filename="a\\b""#), r"a\b");
        assert_eq!(one(r#"filename="a%22b""#), "a%22b");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in ["a", "a=\"b", "a=\"b\"c", "a=1; a=2", "=1", "a b=1;;", "\"=1", "a=1;;b=2"] {
            assert_eq!(values(text), Err(MalformedParameters), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = parameters(&bytes);
        }

        #[test]
        fn any_text_comes_back_as_curl_quotes_it(text in "[^\r\n]{0,40}") {
            let quoted = text.replace('\\', r"\\").replace('"', "\\\"");
            prop_assert_eq!(one(&format!("filename=\"{quoted}\"")), text);
        }
    }
}
