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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{
        catalog::{Catalog, Strictness},
        report::{
            IdentityMode,
            samples::{self, report},
        },
    };

    fn read(document: &Value) -> Report {
        Catalog::embedded().unwrap().check(document, Strictness::Strict).unwrap().try_into().unwrap()
    }

    #[test]
    fn the_two_halves_are_the_document_again() {
        for (name, text) in samples::ACCEPTED {
            let whole = read(&report(text));
            assert_eq!(*whole.document(), report(text), "{name}: the samples state the derived mode");
            assert_eq!(reunited(whole.without_identity(), whole.identity()), *whole.document(), "{name}");
        }
    }

    #[test]
    fn what_stays_does_not_say_who_it_was() {
        let whole = read(&report(samples::VILLAGE_BULLY));
        let open = whole.without_identity();
        let kept: Vec<&String> = open["reporter"].as_object().unwrap().keys().collect();
        assert_eq!(
            kept,
            [
                "kind",
                "identity_mode",
                "relation",
                "consent_contact",
                "consent_sms_callback",
                "consent_disclose_identity",
                "protection_requested"
            ]
        );
        let closed = whole.identity();
        assert_eq!(closed["reporter"]["name"], "苏木青");
        assert_eq!(closed.as_object().unwrap().len(), 1);
        for (name, value) in closed["reporter"].as_object().unwrap() {
            assert!(!open.to_string().contains(&value.to_string()) || name == "residence_code", "{name}");
        }
    }

    #[test]
    fn the_sent_mode_is_replaced_by_the_derived_one() {
        let mut document = report(samples::VILLAGE_BULLY);
        document["reporter"]["identity_mode"] = json!("anonymous");
        let whole = read(&document);
        assert_eq!(whole.reporter().identity_mode, IdentityMode::RealName);
        assert_eq!(whole.document()["reporter"]["identity_mode"], "real_name");
    }

    #[test]
    fn a_recorded_report_keeps_the_mode_and_has_no_identity_left() {
        let whole = read(&report(samples::VILLAGE_BULLY));
        let recorded = Report::recorded(whole.without_identity()).unwrap();
        assert_eq!(recorded.reporter().identity_mode, IdentityMode::RealName);
        assert_eq!(recorded.reporter().name, "");
        assert_eq!(recorded.identity(), json!({}));
        assert_eq!(recorded.facts(), whole.facts());
    }

    #[test]
    fn a_report_without_a_reporter_has_no_identity() {
        let mut document = report(samples::SECTOR);
        document.as_object_mut().unwrap().shift_remove("reporter");
        let whole = read(&document);
        assert_eq!(whole.identity(), json!({}));
        assert_eq!(whole.without_identity(), document);
        assert_eq!(whole.reporter().identity_mode, IdentityMode::Anonymous);
    }

    proptest! {
        #[test]
        fn halves_of_any_reporter_are_the_document_again(name in "[a-z]{0,9}", phone in "[0-9]{0,11}", fields in proptest::sample::subsequence(vec!["email", "address", "id_no", "org_name"], 0..=4)) {
            let mut document = report(samples::SECTOR);
            let reporter = document["reporter"].as_object_mut().unwrap();
            reporter.clear();
            reporter.insert("kind".to_owned(), json!("individual"));
            reporter.insert("name".to_owned(), json!(name));
            reporter.insert("phone".to_owned(), json!(phone));
            for field in fields {
                reporter.insert(field.to_owned(), json!("一些内容"));
            }
            let whole = read(&document);
            prop_assert_eq!(&reunited(whole.without_identity(), whole.identity()), whole.document());
            prop_assert!(!whole.without_identity().to_string().contains("一些内容"));
        }
    }
}
