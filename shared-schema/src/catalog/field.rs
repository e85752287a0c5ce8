//! The field tree of a report.
//!
//! A list is a field whose members are all alike; its path ends in `[]`. The same path may stand twice when no flow has both, so that a
//! flow can have its own limits or its own code list.

use serde::{Deserialize, Serialize};

use super::list::Label;

/// One field, with everything below it.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    /// Where it stands: `subjects[].name`.
    pub path: String,
    /// Its name in the object it belongs to.
    pub name: String,
    /// What its value, or each member of its list, is.
    #[serde(flatten)]
    pub kind: FieldKind,
    /// For a list: how many members.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub many: Option<Many>,
    /// The flows that have it.
    pub flows: Vec<String>,
    /// The flows in which it must be there.
    pub required: Vec<String>,
    /// Whether it says who the reporter is.
    pub identity: bool,
    /// A check that only ever warns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watch: Option<Watch>,
    /// The code of another field that makes this one required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed_with: Option<NeededWith>,
    /// Its name for people.
    #[serde(flatten)]
    pub label: Label,
    /// A short help text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Label>,
    /// What to say when it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Label>,
    /// Questions that help to write it, beside its input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<Label>,
    /// What a good answer looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Label>,
    /// The code that a form shows as chosen before anybody has chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// The fields of a group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Field>,
}

/// What a value is. Limits of text count characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FieldKind {
    /// An object of further fields.
    Group,
    /// Text in one line.
    Line {
        /// Fewest characters.
        min: usize,
        /// Most characters.
        max: usize,
    },
    /// Text in several lines.
    Text {
        /// Fewest characters.
        min: usize,
        /// Most characters.
        max: usize,
    },
    /// A code of a list.
    Code {
        /// The list's name.
        list: String,
    },
    /// Yes or no.
    Flag {
        /// Whether only yes will do.
        must: bool,
    },
    /// A date, or the year or month of one; empty = unknown.
    Date,
    /// A date as above, or an instant (RFC 3339); empty = unknown.
    Moment,
    /// An amount in yuan: digits, at most two decimals; empty = unknown.
    Money,
    /// A whole number.
    Whole {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// SHA-256 in 64 hex digits; empty = unknown.
    Digest,
    /// A division code; empty = unknown.
    Division,
    /// Digits and nothing else; empty = none.
    Digits {
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
    },
    /// A clue number of 24 digits.
    ClueNumber,
    /// The code of a flow.
    Flow,
    /// The code of a campaign of the report's flow.
    Campaign,
    /// One fixed text.
    Constant {
        /// The text.
        value: String,
    },
    /// Any single value: it is not looked at.
    Ignored,
}

/// How many members a list may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Many {
    /// Fewest.
    pub floor: usize,
    /// Most.
    pub items: usize,
}

/// A check that only ever warns: a wrong number must not cost a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A resident identity number (GB 11643).
    ResidentId,
    /// A unified social credit code (GB 32100).
    CreditCode,
}

/// The code of another field that makes a field required.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeededWith {
    /// The other field; a list of codes beside this one, by name.
    pub sibling: String,
    /// The code.
    pub code: String,
}

impl Field {
    /// Whether this flow has it.
    pub fn is_in(&self, flow: &str) -> bool {
        self.flows.iter().any(|code| code == flow)
    }

    /// Whether it must be there in this flow.
    pub fn is_required_in(&self, flow: &str) -> bool {
        self.required.iter().any(|code| code == flow)
    }

    /// The fields of a group as this flow has them.
    pub fn fields<'a>(&'a self, flow: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |field| field.is_in(flow))
    }

    /// The name of its code list.
    pub fn list(&self) -> Option<&str> {
        match &self.kind {
            FieldKind::Code { list } => Some(list),
            _ => None,
        }
    }
}

pub(super) fn find<'a>(fields: &'a [Field], flow: &str, path: &str) -> Option<&'a Field> {
    fields.iter().filter(|field| field.is_in(flow)).find_map(|field| {
        if field.path == path {
            return Some(field);
        }
        let below = path.strip_prefix(field.path.as_str())?;
        if below.starts_with('.') { find(&field.children, flow, path) } else { None }
    })
}
