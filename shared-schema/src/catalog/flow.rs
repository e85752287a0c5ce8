//! Flows: the kinds of report, their pages, and the notices read before them.

use serde::{Deserialize, Serialize};

use super::list::Label;

/// One kind of report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// As in `flow` of a report.
    pub code: String,
    /// As in `/report/{slug}/…`; a flow without one is not on the start page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Its name.
    #[serde(flatten)]
    pub label: Label,
    /// Which matters belong here.
    pub hint: Label,
    /// The notice read first.
    pub notice_version: String,
    /// The rules read with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules_version: Option<String>,
    /// Kinds of attachment it takes.
    pub attachments: Vec<String>,
    /// Its pages between the start page and the receipt.
    #[serde(rename = "page")]
    pub pages: Vec<Page>,
}

/// One page of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// As in `/report/{slug}/{id}`.
    pub id: String,
    /// Its heading.
    #[serde(flatten)]
    pub label: Label,
    /// Its groups of fields, in order.
    pub groups: Vec<Group>,
}

/// One group of fields on a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Unique on its page.
    pub id: String,
    /// Its heading.
    #[serde(flatten)]
    pub label: Label,
    /// What it holds besides fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// The list whose members it asks for, one block a member: `subjects[]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<String>,
    /// Whether it starts closed and may be skipped.
    #[serde(default)]
    pub fold: bool,
    /// Paths of its fields, in order.
    pub fields: Vec<String>,
    /// Paths of further fields, folded away: for those who know more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<String>,
}

/// What a group holds besides fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The notice and rules to read.
    Notice,
    /// The attachments: list, add, remove.
    Attachments,
    /// Everything answered so far, with a way back to each group.
    Summary,
}

/// A text read before the first question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// As in `notice_ack.notice_version` or `rules_version`.
    pub version: String,
    /// Its heading.
    #[serde(flatten)]
    pub label: Label,
    /// Its paragraphs.
    pub paragraphs: Vec<Label>,
}

impl Flow {
    /// The page of this id.
    pub fn page(&self, id: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == id)
    }

    /// The page on which a field is asked for; `None` for a field that no form shows.
    pub fn page_of(&self, field: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.groups.iter().any(|group| group.asks_for(field)))
    }
}

impl Group {
    /// Paths of all its fields, in order.
    pub fn all_fields(&self) -> impl Iterator<Item = &String> {
        self.fields.iter().chain(&self.more)
    }

    /// Whether it asks for this field, or for the list or group the field stands for.
    fn asks_for(&self, field: &str) -> bool {
        let inside =
            |shown: &str| shown.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.repeat.as_deref().is_some_and(|list| inside(list) || list.strip_suffix("[]") == Some(field))
            || self.all_fields().any(|shown| inside(shown) || shown.strip_suffix("[]") == Some(field))
    }
}
