//! Attachments as declared by the client and as received by the gateway (DESIGN section 4).
//!
//! What the client says about a file is a claim: it is matched to what came by order, differences are recorded and never
//! refused, and a declared file that did not come is kept as "not supplied".

use nightsafe_schema::intake::IntakeAttachment;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One attachment of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Its place in the report, from 1.
    pub position: u32,
    /// What came, as the gateway found it.
    pub supplied: Option<IntakeAttachment>,
    /// What the client said.
    pub declared: Option<Declared>,
    /// In what the two differ.
    pub differences: Vec<Difference>,
}

/// What the client said about a file. All of it is hostile text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Declared {
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Kind code of the catalog.
    pub kind: String,
    /// Length in bytes.
    pub size: Option<u64>,
    /// SHA-256 in hex.
    pub sha256: String,
    /// A note.
    pub note: String,
}

/// A point in which declaration and file differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The file name.
    Name,
    /// The media type, found by content.
    MediaType,
    /// The length.
    Size,
    /// The digest.
    Sha256,
}

/// The attachments of a report: declared and supplied ones, matched by order.
pub fn matched(report: &Value, supplied: &[IntakeAttachment]) -> Vec<Attachment> {
    let declared = declared(report);
    let count = declared.len().max(supplied.len());
    let mut supplied = supplied.iter().cloned();
    let mut declared = declared.into_iter();
    (1..).take(count).map(|position| Attachment::of(position, supplied.next(), declared.next())).collect()
}

impl Attachment {
    fn of(position: u32, supplied: Option<IntakeAttachment>, declared: Option<Declared>) -> Self {
        let differences = match (&supplied, &declared) {
            (Some(supplied), Some(declared)) => differences(supplied, declared),
            _ => Vec::new(),
        };
        Self { position, supplied, declared, differences }
    }
}

fn declared(report: &Value) -> Vec<Declared> {
    let entries = report.pointer("/evidence/attachments").and_then(Value::as_array);
    let text = |entry: &Value, field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    entries
        .into_iter()
        .flatten()
        .map(|entry| Declared {
            name: text(entry, "name"),
            media_type: text(entry, "media_type"),
            kind: text(entry, "kind"),
            size: entry.get("size").and_then(Value::as_u64),
            sha256: text(entry, "sha256"),
            note: text(entry, "note"),
        })
        .collect()
}

fn differences(supplied: &IntakeAttachment, declared: &Declared) -> Vec<Difference> {
    let told = |text: &str| !text.is_empty();
    let checks = [
        (Difference::Name, told(&declared.name) && declared.name != supplied.name),
        (Difference::MediaType, told(&declared.media_type) && declared.media_type != supplied.media_type),
        (Difference::Size, declared.size.is_some_and(|size| size != supplied.length)),
        (Difference::Sha256, told(&declared.sha256) && declared.sha256 != supplied.sha256.to_string()),
    ];
    checks.into_iter().filter_map(|(difference, differs)| differs.then_some(difference)).collect()
}

#[cfg(test)]
mod tests {
    use nightsafe_schema::digest::Digest;
    use serde_json::json;

    use super::*;

    fn file(name: &str) -> IntakeAttachment {
        IntakeAttachment {
            item: "01234567890123456789012345".parse().unwrap(),
            name: name.to_owned(),
            media_type: "image/jpeg".to_owned(),
            length: 3,
            sha256: Digest::of(b"abc"),
            item_sha256: Digest::ZERO,
        }
    }

    #[test]
    fn claims_are_matched_by_order_and_differences_recorded() {
        let report = json!({"evidence": {"attachments": [
            {"name": "a.jpg", "media_type": "image/png", "size": 3, "sha256": Digest::of(b"abc")},
            {"name": "b.jpg", "size": 4},
            {"name": "c.jpg"},
        ]}});
        let attachments = matched(&report, &[file("a.jpg"), file("x.jpg")]);
        assert_eq!(attachments[0].differences, [Difference::MediaType]);
        assert_eq!(attachments[1].differences, [Difference::Name, Difference::Size]);
        assert_eq!((attachments[2].position, attachments[2].supplied.is_none()), (3, true));
    }

    #[test]
    fn files_nobody_declared_are_kept_and_any_shape_of_claim_is_harmless() {
        for report in [json!(null), json!({"evidence": {"attachments": {"0": 1}}}), json!({"evidence": []})] {
            let attachments = matched(&report, &[file("a.jpg")]);
            assert_eq!((attachments.len(), &attachments[0].declared), (1, &None));
        }
        let odd = json!({"evidence": {"attachments": [7, {"size": -1, "name": []}]}});
        assert!(matched(&odd, &[]).iter().all(|attachment| attachment.declared == Some(Declared::default())));
    }
}
