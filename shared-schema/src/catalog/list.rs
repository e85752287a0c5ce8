//! Words for people: labels, code lists, word lists.

use serde::{Deserialize, Serialize};

/// The same words in Chinese and English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
}

/// A list of codes a field may take, in the order in which forms show them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeList {
    /// What the list is about.
    #[serde(flatten)]
    pub label: Label,
    /// Why the list has no `UNKNOWN` 不清楚; every other list has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<String>,
    /// The codes.
    pub entries: Vec<Entry>,
}

/// One code of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// As it travels.
    pub code: String,
    /// As people read it.
    #[serde(flatten)]
    pub label: Label,
    /// The flows whose forms offer it; empty = all. The check accepts it wherever the field exists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown_in: Vec<String>,
    /// For a category of sector disorder: the sector it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector: Option<String>,
}

/// Words that rules look for in a reporter's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordList {
    /// What the list is about.
    #[serde(flatten)]
    pub label: Label,
    /// A code to show to the analyst when a word fires.
    #[serde(default)]
    pub suggests: Option<String>,
    /// The words of matters that another office handles: a reason to consider not admitting the report (NA1).
    #[serde(default)]
    pub out_of_scope: bool,
    /// Categories in which the list counts; empty = in all.
    #[serde(default)]
    pub within: Vec<String>,
    /// So many different words must occur; 0 counts as 1.
    #[serde(default)]
    pub least: usize,
    /// Words that take the meaning away when they stand just before: 怕打击报复 is no retaliation.
    #[serde(default)]
    pub unless_after: Vec<String>,
    /// The words.
    pub words: Vec<String>,
}

impl CodeList {
    /// The entry of this code.
    pub fn entry(&self, code: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.code == code)
    }

    /// The entries that the form of this flow offers.
    pub fn shown_in<'a>(&'a self, flow: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.shown_in.is_empty() || entry.shown_in.iter().any(|f| f == flow))
    }
}

impl WordList {
    /// The words that occur in `text`, in the order of the list.
    pub fn found_in<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        self.words.iter().map(String::as_str).filter(move |word| self.says(word, text))
    }

    /// Whether `text` says one of the list's words, somewhere without a word before it that takes its meaning away.
    pub fn says(&self, word: &str, text: &str) -> bool {
        if self.unless_after.is_empty() {
            return text.contains(word);
        }
        text.match_indices(word).any(|(at, _)| {
            let before = text.get(..at).unwrap_or_default();
            let near = before.char_indices().rev().nth(CHARACTERS_BEFORE - 1).map_or(0, |(at, _)| at);
            let near = before.get(near..).unwrap_or_default();
            !self.unless_after.iter().any(|denial| near.contains(denial.as_str()))
        })
    }
}

/// How far before a word another still changes what it says.
const CHARACTERS_BEFORE: usize = 5;

/// The code that says 不清楚 in every list.
pub(super) const UNKNOWN: &str = "UNKNOWN";
