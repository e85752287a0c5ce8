//! By what two reports are found to come from one reporter, without the inside knowing who that is.
//!
//! A mark is a keyed hash of an identity or telephone number, or of a clue number: the reporter's own, or one that only
//! they were given and that they cite. The hash is made while the report is taken in and stands sealed in the case; the
//! values themselves are in the identity part and nowhere else.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::named::{IdentifierKind, entries, text};
use crate::spelling::{bare, folded, names_nobody};

/// What a mark is the hash of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// Identity or credit number.
    Identity,
    /// Telephone or e-mail.
    Contact,
    /// A clue number or the number of another service: the report's own, or one that it cites as its own earlier report.
    Number,
}

/// One mark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// What it is the hash of.
    pub kind: MarkKind,
    /// The first 16 bytes of a keyed hash, in hex.
    pub hash: String,
}

/// Makes marks under a key.
pub trait Marker {
    /// The keyed hash of a value of this kind.
    fn mark(&self, kind: MarkKind, plain: &str) -> String;
}

/// The marks of a report: of its reporter's block, of its own number, of the numbers that it cites.
pub fn marks(reporter: &Value, own_number: &str, report: &Value, marker: &dyn Marker) -> Vec<Mark> {
    let number = |value: &str| IdentifierKind::Number.plain(value).filter(|plain| !names_nobody(plain));
    let identities = ["id_no", "uscc"].into_iter().filter_map(|field| number(text(reporter, field)));
    let phone = IdentifierKind::Phone.plain(text(reporter, "phone")).filter(|digits| digits.len() >= SHORTEST_NUMBER);
    let email = Some(folded(text(reporter, "email"))).filter(|email| email.contains('@'));
    let cited = entries(report, "/prior_reports").map(|prior| bare(&folded(text(prior, "clue_no"))));
    let cited =
        cited.filter(|number| number.len() >= SHORTEST_NUMBER && number.bytes().any(|byte| byte.is_ascii_digit()));
    let all = identities.map(|plain| (MarkKind::Identity, plain));
    let all = all.chain(phone.into_iter().chain(email).map(|plain| (MarkKind::Contact, plain)));
    let all = all.chain(cited.chain([bare(own_number)]).map(|plain| (MarkKind::Number, plain)));
    let mut marks: Vec<Mark> =
        all.take(MARKS_OF_A_REPORT).map(|(kind, plain)| Mark { kind, hash: marker.mark(kind, &plain) }).collect();
    marks.sort();
    marks.dedup();
    marks
}

/// Fewer digits are an extension or a slip.
const SHORTEST_NUMBER: usize = 7;
/// Two identity numbers, two contacts, ten cited numbers and the report's own.
const MARKS_OF_A_REPORT: usize = 16;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Plain;

    impl Marker for Plain {
        fn mark(&self, _kind: MarkKind, plain: &str) -> String {
            plain.to_owned()
        }
    }

    #[test]
    fn a_reporter_is_marked_by_numbers_alone() {
        let reporter = json!({"name": "苏木青", "id_no": "99012119850612321x", "phone": "+86 144-0000-0001"});
        let report = json!({"prior_reports": [{"clue_no": "1234 5678 9012"}, {"clue_no": "不清楚"}]});
        let marks = marks(&reporter, "2222 3333", &report, &Plain);
        let of =
            |kind| marks.iter().filter(|mark| mark.kind == kind).map(|mark| mark.hash.as_str()).collect::<Vec<_>>();
        assert_eq!(of(MarkKind::Identity), ["99012119850612321x"]);
        assert_eq!(of(MarkKind::Contact), ["14400000001"]);
        assert_eq!(of(MarkKind::Number), ["123456789012", "22223333"]);
    }

    #[test]
    fn whoever_says_nothing_is_marked_by_the_own_number_alone() {
        let marks = marks(&Value::Null, "22223333", &json!({}), &Plain);
        assert_eq!(marks.len(), 1);
    }
}
