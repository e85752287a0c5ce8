//! Who the reporter is, apart from what they report.
//!
//! The two halves are stored under different keys from the first event on. Together they are the document again. Which fields are
//! identity is catalog data; a report already recorded has none left.

use serde_json::{Map, Value};

use super::Report;

impl Report {
    /// The document without who the reporter is: kind, mode, relation and consents stay.
    pub fn without_identity(&self) -> Value {
        let mut document = self.document.clone();
        for path in &self.identity_paths {
            take(&mut document, path);
        }
        document
    }

    /// Only who the reporter is: the fields [`Report::without_identity`] leaves out, where they stood.
    pub fn identity(&self) -> Value {
        let mut document = self.document.clone();
        let mut identity = Value::Object(Map::new());
        for path in &self.identity_paths {
            if let Some(value) = take(&mut document, path) {
                put(&mut identity, path, value);
            }
        }
        identity
    }
}

/// The document again from its two halves. Only the order of names may differ.
pub fn reunited(without_identity: Value, identity: Value) -> Value {
    match (without_identity, identity) {
        (Value::Object(mut open), Value::Object(closed)) => {
            for (name, value) in closed {
                let merged = match open.remove(&name) {
                    Some(beside) => reunited(beside, value),
                    None => value,
                };
                open.insert(name, merged);
            }
            Value::Object(open)
        }
        (_, identity) => identity,
    }
}

fn take(document: &mut Value, path: &[String]) -> Option<Value> {
    let (last, above) = path.split_last()?;
    let parent = above.iter().try_fold(document, |value, name| value.get_mut(name))?;
    parent.as_object_mut()?.shift_remove(last)
}

fn put(document: &mut Value, path: &[String], value: Value) {
    let Some((last, above)) = path.split_last() else { return };
    let parent = above.iter().fold(document, |at, name| &mut at[name.as_str()]);
    if parent.is_null() {
        *parent = Value::Object(Map::new());
    }
    if let Some(object) = parent.as_object_mut() {
        object.insert(last.clone(), value);
    }
}
