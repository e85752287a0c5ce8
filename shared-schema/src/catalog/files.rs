//! The catalog's files as they are written, before they are checked against each other.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Limits,
    attachment::Attachments,
    campaign::Campaign,
    fault::CatalogError,
    field::{NeededWith, Watch},
    flow::{Flow, Notice},
    list::{CodeList, Label, WordList},
};
use crate::digest::Digest;

/// Every file, read.
pub(super) struct Files {
    pub(super) head: Head,
    pub(super) lists: BTreeMap<String, CodeList>,
    pub(super) fields: Vec<RawField>,
    pub(super) flows: Vec<Flow>,
    pub(super) campaigns: Vec<Campaign>,
    pub(super) notices: Vec<Notice>,
    pub(super) words: BTreeMap<String, WordList>,
}

/// `catalog.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) schema: String,
    pub(super) version: String,
    pub(super) limits: Limits,
    pub(super) attachments: Attachments,
}

/// One entry of `fields.toml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    pub(super) path: String,
    pub(super) kind: RawKind,
    pub(super) value: Option<String>,
    pub(super) list: Option<String>,
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
    pub(super) floor: Option<usize>,
    pub(super) items: Option<usize>,
    #[serde(default)]
    pub(super) must: bool,
    pub(super) identity: Option<bool>,
    pub(super) watch: Option<Watch>,
    pub(super) needed_with: Option<NeededWith>,
    #[serde(default)]
    pub(super) required: Required,
    pub(super) flows: Option<Vec<String>>,
    #[serde(flatten)]
    pub(super) label: Label,
    pub(super) hint: Option<Label>,
    pub(super) ask: Option<Label>,
    #[serde(default)]
    pub(super) prompts: Vec<Label>,
    pub(super) example: Option<Label>,
    pub(super) preset: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawKind {
    Group,
    Line,
    Text,
    Code,
    Flag,
    Date,
    Moment,
    Money,
    Whole,
    Digest,
    Division,
    Digits,
    ClueNumber,
    Flow,
    Campaign,
    Constant,
    Ignored,
}

/// `true`, or the flows in which a field is required.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Required {
    Everywhere(bool),
    In(Vec<String>),
}

impl Default for Required {
    fn default() -> Self {
        Self::Everywhere(false)
    }
}

pub(super) fn embedded() -> BTreeMap<String, String> {
    NAMES.into_iter().zip(EMBEDDED).map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

pub(super) fn parse(texts: &BTreeMap<String, String>) -> Result<Files, CatalogError> {
    let is_toml = |file: &str| Path::new(file).extension().is_some_and(|ending| ending == "toml");
    if let Some(file) = texts.keys().find(|file| is_toml(file) && !NAMES.contains(&file.as_str())) {
        return Err(CatalogError::StrangeFile { file: file.clone() });
    }
    let FieldFile { fields } = read(texts, FIELDS)?;
    let FlowFile { flows } = read(texts, FLOWS)?;
    let CampaignFile { campaigns } = read(texts, CAMPAIGNS)?;
    let NoticeFile { notices } = read(texts, NOTICES)?;
    Ok(Files {
        head: read(texts, CATALOG)?,
        lists: read(texts, LISTS)?,
        fields,
        flows,
        campaigns,
        notices,
        words: read(texts, WORDS)?,
    })
}

/// Eight hex digits that differ when any file differs.
pub(super) fn edition(texts: &BTreeMap<String, String>) -> String {
    let each: String =
        NAMES.iter().filter_map(|name| texts.get(*name)).map(|text| Digest::of(text.as_bytes()).to_string()).collect();
    Digest::of(each.as_bytes()).to_string().chars().take(8).collect()
}

fn read<T: DeserializeOwned>(texts: &BTreeMap<String, String>, file: &'static str) -> Result<T, CatalogError> {
    let text = texts.get(file).ok_or(CatalogError::MissingFile { file })?;
    toml::from_str(text).map_err(|source| CatalogError::Malformed { file, source: Box::new(source) })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldFile {
    #[serde(rename = "field")]
    fields: Vec<RawField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlowFile {
    #[serde(rename = "flow")]
    flows: Vec<Flow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CampaignFile {
    #[serde(rename = "campaign", default)]
    campaigns: Vec<Campaign>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeFile {
    #[serde(rename = "notice")]
    notices: Vec<Notice>,
}

pub(super) const CATALOG: &str = "catalog.toml";
pub(super) const LISTS: &str = "lists.toml";
pub(super) const FIELDS: &str = "fields.toml";
pub(super) const FLOWS: &str = "flows.toml";
pub(super) const CAMPAIGNS: &str = "campaigns.toml";
pub(super) const NOTICES: &str = "notices.toml";
pub(super) const WORDS: &str = "words.toml";

pub(super) const NAMES: [&str; 7] = [CATALOG, LISTS, FIELDS, FLOWS, CAMPAIGNS, NOTICES, WORDS];

const EMBEDDED: [&str; 7] = [
    include_str!("../../catalog/catalog.toml"),
    include_str!("../../catalog/lists.toml"),
    include_str!("../../catalog/fields.toml"),
    include_str!("../../catalog/flows.toml"),
    include_str!("../../catalog/campaigns.toml"),
    include_str!("../../catalog/notices.toml"),
    include_str!("../../catalog/words.toml"),
];
