//! From files to a catalog: every reference resolved, every contradiction named.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Catalog,
    fault::{CatalogError, Fault},
    files::{self, Files},
    flow::{Flow, Group},
    list::{self, CodeList, Label},
};
use crate::partial_date::PartialDate;

#[cfg(test)]
mod tests;
mod tree;

pub(super) fn catalog(files: &Files, edition: &str) -> Result<Catalog, CatalogError> {
    let mut faults = Faults::default();
    check_lists(files, &mut faults);
    let fields = tree::fields(files, &mut faults);
    let catalog = Catalog {
        schema: files.head.schema.clone(),
        version: format!("{}+{edition}", files.head.version),
        limits: files.head.limits,
        attachments: files.head.attachments.clone(),
        flows: files.flows.clone(),
        campaigns: files.campaigns.clone(),
        notices: files.notices.clone(),
        lists: files.lists.clone(),
        words: files.words.clone(),
        fields,
    };
    tree::check_structure(&catalog, &mut faults);
    check_head(files, &mut faults);
    check_flows(&catalog, &mut faults);
    check_campaigns(&catalog, &mut faults);
    check_words(&catalog, &mut faults);
    if faults.0.is_empty() { Ok(catalog) } else { Err(CatalogError::Contradiction { faults: faults.0 }) }
}

/// Faults found so far.
#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, file: &'static str, entry: impl Into<String>, what: impl Into<String>) {
        self.0.push(Fault { file, entry: entry.into(), what: what.into() });
    }

    fn label(&mut self, file: &'static str, entry: &str, label: &Label) {
        for (language, words) in [("zh", &label.zh), ("en", &label.en)] {
            if words.trim().is_empty() {
                self.add(file, entry, format!("{language} is empty"));
            }
        }
    }

    fn unique<'a>(&mut self, file: &'static str, entry: &str, names: impl IntoIterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                self.add(file, entry, format!("{name} stands twice"));
            }
        }
    }
}

fn check_head(files: &Files, faults: &mut Faults) {
    let head = &files.head;
    let written = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    if head.version.is_empty() || head.version.len() > 32 || !head.version.bytes().all(written) {
        faults.add(files::CATALOG, "version", "is 1 to 32 letters, digits, dots or dashes");
    }
    let limits = head.limits;
    if limits.document_bytes == 0 || limits.values == 0 || !(6..=64).contains(&limits.depth) {
        faults.add(files::CATALOG, "limits", "bytes and values are at least 1, depth is 6 to 64");
    }
    let kinds = &head.attachments.kinds;
    faults.unique(files::CATALOG, "attachments.kind", kinds.iter().map(|kind| kind.code.as_str()));
    let media_types: Vec<&String> = kinds.iter().flat_map(|kind| &kind.media_types).collect();
    let extensions: Vec<&String> = kinds.iter().flat_map(|kind| &kind.extensions).collect();
    for all in [media_types, extensions] {
        faults.unique(files::CATALOG, "attachments.kind", all.iter().map(|word| word.as_str()));
        for word in all.iter().filter(|word| word.chars().any(|c| c.is_ascii_uppercase())) {
            faults.add(files::CATALOG, "attachments.kind", format!("{word} is not in lower case"));
        }
    }
    for kind in kinds {
        faults.label(files::CATALOG, &kind.code, &kind.label);
        if kind.media_types.is_empty() || kind.extensions.is_empty() || kind.max_bytes == 0 {
            faults.add(files::CATALOG, &kind.code, "needs a media type, an extension and a size");
        }
    }
}

fn check_lists(files: &Files, faults: &mut Faults) {
    let flows: BTreeSet<&str> = files.flows.iter().map(|flow| flow.code.as_str()).collect();
    for (name, list) in &files.lists {
        faults.label(files::LISTS, name, &list.label);
        faults.unique(files::LISTS, name, list.entries.iter().map(|entry| entry.code.as_str()));
        if list.closed.is_none() && list.entry(list::UNKNOWN).is_none() {
            faults.add(files::LISTS, name, "has no UNKNOWN 不清楚; a list without it says why in `closed`");
        }
        if list.entries.is_empty() {
            faults.add(files::LISTS, name, "is empty");
        }
        for entry in &list.entries {
            let place = format!("{name}.{}", entry.code);
            faults.label(files::LISTS, &place, &entry.label);
            let written = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if entry.code.is_empty() || entry.code.len() > 40 || !entry.code.bytes().all(written) {
                faults.add(files::LISTS, &place, "a code is 1 to 40 letters, digits or underscores");
            }
            for flow in entry.shown_in.iter().filter(|flow| !flows.contains(flow.as_str())) {
                faults.add(files::LISTS, &place, format!("shown_in names {flow}, which is no flow"));
            }
            let sectors = files.lists.get("sectors");
            if entry.sector.as_deref().is_some_and(|sector| !has(sectors, sector)) {
                faults.add(files::LISTS, &place, "its sector is not in the list sectors");
            }
        }
    }
}

fn check_flows(catalog: &Catalog, faults: &mut Faults) {
    let flows = &catalog.flows;
    faults.unique(files::FLOWS, "flow", flows.iter().map(|flow| flow.code.as_str()));
    faults.unique(files::FLOWS, "slug", flows.iter().filter_map(|flow| flow.slug.as_deref()));
    let notices = &catalog.notices;
    faults.unique(files::NOTICES, "notice", notices.iter().map(|notice| notice.version.as_str()));
    for notice in notices {
        faults.label(files::NOTICES, &notice.version, &notice.label);
        notice.paragraphs.iter().for_each(|label| faults.label(files::NOTICES, &notice.version, label));
    }
    for flow in flows {
        let place = flow.code.as_str();
        faults.label(files::FLOWS, place, &flow.label);
        faults.label(files::FLOWS, place, &flow.hint);
        for version in [Some(&flow.notice_version), flow.rules_version.as_ref()].into_iter().flatten() {
            if catalog.notice(version).is_none() {
                faults.add(files::FLOWS, place, format!("{version} is in no notice"));
            }
        }
        for kind in flow.attachments.iter().filter(|kind| catalog.attachments.kind(kind).is_none()) {
            faults.add(files::FLOWS, place, format!("{kind} is no kind of attachment"));
        }
        faults.unique(files::FLOWS, place, flow.pages.iter().map(|page| page.id.as_str()));
        let groups = || flow.pages.iter().flat_map(|page| &page.groups);
        faults.unique(files::FLOWS, place, groups().flat_map(Group::all_fields).map(String::as_str));
        for page in &flow.pages {
            let place = format!("{place}.{}", page.id);
            faults.label(files::FLOWS, &place, &page.label);
            faults.unique(files::FLOWS, &place, page.groups.iter().map(|group| group.id.as_str()));
            page.groups.iter().for_each(|group| check_group(catalog, flow, &place, group, faults));
        }
    }
}

fn check_group(catalog: &Catalog, flow: &Flow, place: &str, group: &Group, faults: &mut Faults) {
    let place = format!("{place}.{}", group.id);
    faults.label(files::FLOWS, &place, &group.label);
    if let Some(list) = &group.repeat
        && catalog.field(&flow.code, list).is_none_or(|field| field.many.is_none())
    {
        faults.add(files::FLOWS, &place, format!("repeat names {list}, which is no list of this flow"));
    }
    for path in group.all_fields() {
        if catalog.field(&flow.code, path).is_none() {
            faults.add(files::FLOWS, &place, format!("{path} is no field of this flow"));
        }
        let below = |list: &String| path.strip_prefix(list.as_str()).is_some_and(|rest| rest.starts_with('.'));
        if group.repeat.as_ref().is_some_and(|list| !below(list)) {
            faults.add(files::FLOWS, &place, format!("{path} is not below the list that the group repeats"));
        }
    }
}

fn check_campaigns(catalog: &Catalog, faults: &mut Faults) {
    let campaigns = &catalog.campaigns;
    faults.unique(files::CAMPAIGNS, "campaign", campaigns.iter().map(|campaign| campaign.code.as_str()));
    for campaign in campaigns {
        let place = campaign.code.as_str();
        faults.label(files::CAMPAIGNS, place, &campaign.label);
        faults.label(files::CAMPAIGNS, place, &campaign.evidence);
        if catalog.flow(&campaign.flow).is_none() {
            faults.add(files::CAMPAIGNS, place, format!("{} is no flow", campaign.flow));
        }
        for (path, codes) in
            [("facts.categories[]", &campaign.categories), ("facts.internet_types[]", &campaign.internet_types)]
        {
            let list = catalog.field(&campaign.flow, path).and_then(|field| catalog.list(field.list()?));
            for code in codes.iter().filter(|code| !has(list, code)) {
                faults.add(files::CAMPAIGNS, place, format!("{code} is no code of {path}"));
            }
        }
        for date in [&campaign.opens, &campaign.closes].into_iter().filter(|date| !date.is_empty()) {
            if date.parse::<PartialDate>().is_err() {
                faults.add(files::CAMPAIGNS, place, format!("{date} is no date, month or year"));
            }
        }
    }
}

fn check_words(catalog: &Catalog, faults: &mut Faults) {
    for (name, list) in &catalog.words {
        faults.label(files::WORDS, name, &list.label);
        faults.unique(files::WORDS, name, list.words.iter().map(String::as_str));
        if list.words.iter().any(|word| word.trim().is_empty()) {
            faults.add(files::WORDS, name, "has an empty word, which would fire everywhere");
        }
        if list.unless_after.iter().any(|word| word.trim().is_empty()) {
            faults.add(files::WORDS, name, "has an empty word in unless_after, which would silence everything");
        }
        if let Some(code) = list.within.iter().find(|code| !known_somewhere(&catalog.lists, code)) {
            faults.add(files::WORDS, name, format!("counts within {code}, which is in no list"));
        }
        if list.suggests.as_ref().is_some_and(|code| !known_somewhere(&catalog.lists, code)) {
            faults.add(files::WORDS, name, "suggests a code that is in no list");
        }
    }
}

fn has(list: Option<&CodeList>, code: &str) -> bool {
    list.is_some_and(|list| list.entry(code).is_some())
}

fn known_somewhere(lists: &BTreeMap<String, CodeList>, code: &str) -> bool {
    lists.values().any(|list| list.entry(code).is_some())
}
