//! Which strings of a report are searched as text: all that someone wrote, none that a list offered, nothing about the
//! reporter.
//!
//! A field that the catalog gains is searchable without a change here. The report comes without identity already; the
//! reporter's block and the names of files are left out all the same.

use serde_json::Value;

use crate::{folded::Folded, limits};

pub(super) fn of(report: &Value) -> Vec<Folded> {
    let mut texts = Vec::new();
    walk(report, Path { top: None, key: "", depth: 0 }, &mut |_, text| {
        texts.push(Folded::of(text));
        texts.len() < limits::STRINGS_OF_A_REPORT
    });
    texts.retain(|text| !text.is_empty());
    texts
}

/// Where a value stands: the field at the top, the nearest field, the depth.
#[derive(Clone, Copy)]
struct Path<'a> {
    top: Option<&'a str>,
    key: &'a str,
    depth: usize,
}

/// Visits every written string until told to stop.
fn walk(value: &Value, path: Path<'_>, visit: &mut dyn FnMut(&str, &str) -> bool) -> bool {
    if path.depth > limits::DEPTH_OF_A_REPORT {
        return true;
    }
    let deeper = |key| Path { top: path.top.or(Some(key)), key, depth: path.depth + 1 };
    match value {
        Value::String(text) if is_written(path.key, text) => visit(path.key, text),
        Value::Array(values) => values.iter().all(|value| walk(value, Path { depth: path.depth + 1, ..path }, visit)),
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, _)| !(path.top.is_none() && LEFT_OUT.contains(&key.as_str())))
            .filter(|(key, _)| {
                !(path.top == Some("evidence") && FILE_CLAIMS.contains(&key.as_str()) && path.key == "attachments")
            })
            .all(|(key, value)| walk(value, deeper(key), visit)),
        _ => true,
    }
}

/// Codes of lists are capitals, digits and underscores; a plate or an account may look the same and counts as written.
fn is_written(key: &str, text: &str) -> bool {
    let code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let looks_like_a_code = text.starts_with(|first: char| first.is_ascii_uppercase()) && text.bytes().all(code);
    !looks_like_a_code || WRITTEN_IN_CAPITALS.contains(&key)
}

/// Top-level fields in which nothing about the matter is written.
const LEFT_OUT: &[&str] =
    &["schema", "flow", "campaign", "cites", "notice_ack", "declaration", "reporter", "catalog", "$schema"];
/// What a client claims about a file; its name may name the reporter.
const FILE_CLAIMS: &[&str] = &["name", "media_type", "sha256"];
/// Fields whose values may be all capitals without being codes.
const WRITTEN_IN_CAPITALS: &[&str] = &[
    "name",
    "alias",
    "plates",
    "account",
    "holder",
    "id_no",
    "uscc",
    "org_name",
    "narrative",
    "title",
    "detail",
    "package",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_written_is_searched_and_the_reporter_is_not() {
        let report = json!({
            "schema": "report/1", "flow": "GANG_CRIME",
            "reporter": {"name": "张某", "phone": "13900000000", "relation": "VICTIM"},
            "subjects": [{"sid": "s1", "name": "霍三爷", "alias": ["老霍"], "plates": ["ABC123"], "role": "LEADER"}],
            "facts": {"title": "收保护费", "categories": ["GC06"], "place": {"code": "990121", "detail": "东门市场"}},
            "evidence": {"attachments": [{"name": "张某.jpg", "note": "照片"}]},
        });
        let texts: Vec<String> = of(&report).iter().map(|text| text.as_str().to_owned()).collect();
        for written in ["霍三爷", "老霍", "abc123", "收保护费", "东门市场", "照片"] {
            assert!(texts.iter().any(|text| text == written), "{written}: {texts:?}");
        }
        for other in ["张某", "13900000000", "leader", "gc06", "gang_crime", "victim", "report/1"] {
            assert!(texts.iter().all(|text| !text.contains(other)), "{other}: {texts:?}");
        }
    }

    proptest! {
        #[test]
        fn any_shape_is_walked(text in any::<String>(), depth in 0_usize..200) {
            let nested = (0..depth).fold(json!(text), |inner, index| {
                if index % 2 == 0 { json!([inner, 1, null]) } else { json!({"a": inner}) }
            });
            of(&nested);
        }
    }
}
