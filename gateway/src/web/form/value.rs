//! Single values of the document that a form makes.

use serde_json::Value;

/// The value at `subjects[0].name`.
pub(super) fn at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    let mut here = document;
    for part in path.split('.') {
        let (name, index) = match part.split_once('[') {
            Some((name, index)) => (name, Some(index.strip_suffix(']')?.parse::<usize>().ok()?)),
            None => (part, None),
        };
        here = here.get(name)?;
        if let Some(index) = index {
            here = here.get(index)?;
        }
    }
    Some(here)
}

/// A text or number as it was typed.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The members of a list, one a line.
pub(super) fn lines(value: Option<&Value>) -> String {
    let members = value.and_then(Value::as_array).into_iter().flatten();
    members.map(plain).collect::<Vec<_>>().join("\n")
}

/// `subjects[0].name` as the catalog writes it: `subjects[].name`.
pub(crate) fn catalog_path(path: &str) -> String {
    let mut written = String::with_capacity(path.len());
    let mut inside = false;
    for letter in path.chars() {
        inside = inside && letter != ']';
        if !inside {
            written.push(letter);
        }
        inside = inside || letter == '[';
    }
    written
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_to_values_or_nowhere() {
        let document = json!({"a": [{"b": "x"}], "c": 7});
        assert_eq!(at(&document, "a[0].b"), Some(&json!("x")));
        for nowhere in ["a[1].b", "a[x].b", "a[0", "c.d", ""] {
            assert_eq!(at(&document, nowhere), None, "{nowhere}");
        }
        assert_eq!(catalog_path("subjects[12].alias[3]"), "subjects[].alias[]");
    }
}
