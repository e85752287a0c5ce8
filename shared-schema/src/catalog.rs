//! The catalog: what can be reported, in which words and within which limits, as data.
//!
//! The files in `catalog/` are the only place where a field, a code or a limit is written down. From them follow the check of a report
//! ([`Catalog::check`]), the form, the OpenAPI document and the console's labels; nothing here names a field that a catalog could
//! add. This module decides nothing about a case: it only says whether a document is a `report/1`, and what to mend.

use std::collections::BTreeMap;

use serde::Serialize;

mod attachment;
mod build;
mod campaign;
mod check;
mod fault;
mod field;
mod files;
mod flow;
mod list;
mod openapi;
mod problem;

pub use attachment::{AttachmentKind, Attachments};
pub use campaign::Campaign;
pub use check::{AttachmentRules, CheckedReport, Strictness};
pub use fault::{CatalogError, Fault};
pub use field::{Field, FieldKind, Many, Watch};
pub use flow::{Flow, Group, Notice, Page, Part};
pub use list::{CodeList, Entry, Label, WordList};
pub use problem::{FieldProblem, ProblemCode};

/// One edition of the catalog, checked in itself.
#[derive(Clone, Debug, Serialize)]
pub struct Catalog {
    schema: String,
    version: String,
    limits: Limits,
    attachments: Attachments,
    flows: Vec<Flow>,
    campaigns: Vec<Campaign>,
    notices: Vec<Notice>,
    lists: BTreeMap<String, CodeList>,
    fields: Vec<Field>,
    #[serde(skip)]
    words: BTreeMap<String, WordList>,
}

/// What one report may weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of the client's JSON.
    pub document_bytes: usize,
    /// How deep objects and lists may lie in each other.
    pub depth: usize,
    /// Values in all, lists and objects included.
    pub values: usize,
}

impl Catalog {
    /// The built-in catalog.
    pub fn embedded() -> Result<Self, CatalogError> {
        Self::from_files(&files::embedded())
    }

    /// A catalog from the texts of its files, by file name; every file of [`Catalog::FILES`] and no other `.toml`.
    ///
    /// All faults of the entries are reported at once, so that an operator mends them in one go.
    pub fn from_files(texts: &BTreeMap<String, String>) -> Result<Self, CatalogError> {
        build::catalog(&files::parse(texts)?, &files::edition(texts))
    }

    /// The names of the files a catalog consists of.
    pub const FILES: [&str; 7] = files::NAMES;

    /// The edition: the version its authors gave it, `+`, and eight hex digits of its content, so that no two editions share a name.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The report format: `report/1`.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// What one report may weigh.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// The flows, in the order in which the start page offers them.
    pub fn flows(&self) -> &[Flow] {
        &self.flows
    }

    /// The flow of this code.
    pub fn flow(&self, code: &str) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.code == code)
    }

    /// The flow of this slug, as in `/report/{slug}/…`.
    pub fn flow_by_slug(&self, slug: &str) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.slug.as_deref() == Some(slug))
    }

    /// All campaigns.
    pub fn campaigns(&self) -> &[Campaign] {
        &self.campaigns
    }

    /// The campaign of this code.
    pub fn campaign(&self, code: &str) -> Option<&Campaign> {
        self.campaigns.iter().find(|campaign| campaign.code == code)
    }

    /// The text a reporter reads first, by version.
    pub fn notice(&self, version: &str) -> Option<&Notice> {
        self.notices.iter().find(|notice| notice.version == version)
    }

    /// A code list by name.
    pub fn list(&self, name: &str) -> Option<&CodeList> {
        self.lists.get(name)
    }

    /// A word list by name.
    pub fn words(&self, name: &str) -> Option<&WordList> {
        self.words.get(name)
    }

    /// All word lists, by name.
    pub fn word_lists(&self) -> impl Iterator<Item = (&str, &WordList)> {
        self.words.iter().map(|(name, list)| (name.as_str(), list))
    }

    /// The label of a code, whichever list it is in that the field refers to.
    pub fn label(&self, list: &str, code: &str) -> Option<&Label> {
        self.list(list)?.entry(code).map(|entry| &entry.label)
    }

    /// Attachment limits for all flows.
    pub const fn attachments(&self) -> &Attachments {
        &self.attachments
    }

    /// The kinds of attachment a flow takes.
    pub fn attachment_kinds<'a>(&'a self, flow: &'a Flow) -> impl Iterator<Item = &'a AttachmentKind> {
        flow.attachments.iter().filter_map(|code| self.attachments.kind(code))
    }

    /// What this flow takes as attachments, and the words for what it does not take.
    pub fn attachment_rules<'a>(&'a self, flow: &'a Flow) -> AttachmentRules<'a> {
        AttachmentRules::new(&self.attachments, &flow.attachments)
    }

    /// The top of the field tree as this flow has it.
    pub fn fields<'a>(&'a self, flow: &'a str) -> impl Iterator<Item = &'a Field> {
        self.fields.iter().filter(move |field| field.is_in(flow))
    }

    /// The field of this path as this flow has it; the path as in the catalog: `subjects[].name`.
    pub fn field(&self, flow: &str, path: &str) -> Option<&Field> {
        field::find(&self.fields, flow, path)
    }
}
