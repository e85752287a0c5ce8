//! From the flat list of `fields.toml` to the tree.

use std::collections::BTreeSet;

use super::Faults;
use crate::catalog::{
    Catalog,
    field::{Field, FieldKind, Many},
    files::{FIELDS, Files, RawField, RawKind, Required},
};

/// The whole tree. Entries that cannot be placed become faults.
pub(super) fn fields(files: &Files, faults: &mut Faults) -> Vec<Field> {
    let all_flows: Vec<String> = files.flows.iter().map(|flow| flow.code.clone()).collect();
    check_places(&files.fields, faults);
    below("", &all_flows, files, faults, 0)
}

/// The fields that rules and the gateway read by name must exist, whatever else a catalog adds.
pub(super) fn check_structure(catalog: &Catalog, faults: &mut Faults) {
    for &(flow, path, kind) in STRUCTURE {
        match catalog.field(flow, path) {
            None => faults.add(FIELDS, path, format!("is missing in {flow}; programs rely on it")),
            Some(field) if !kind(&field.kind) => faults.add(FIELDS, path, "has another kind than programs rely on"),
            Some(_) => {}
        }
    }
}

fn below(parent: &str, flows: &[String], files: &Files, faults: &mut Faults, depth: usize) -> Vec<Field> {
    if depth >= DEEPEST {
        return Vec::new(); // what lies deeper is a fault of check_places
    }
    let children = files.fields.iter().filter(|raw| parent_of(&raw.path) == parent);
    children.map(|raw| field(raw, flows, files, faults, depth)).collect()
}

fn field(raw: &RawField, parent_flows: &[String], files: &Files, faults: &mut Faults, depth: usize) -> Field {
    let flows = raw.flows.clone().unwrap_or_else(|| parent_flows.to_vec());
    for flow in flows.iter().filter(|flow| !parent_flows.contains(flow)) {
        faults.add(FIELDS, &raw.path, format!("is in {flow}, but what it belongs to is not"));
    }
    let required = match &raw.required {
        Required::Everywhere(true) => flows.clone(),
        Required::Everywhere(false) => Vec::new(),
        Required::In(some) => some.clone(),
    };
    for flow in required.iter().filter(|flow| !flows.contains(flow)) {
        faults.add(FIELDS, &raw.path, format!("is required in {flow}, which does not have it"));
    }
    faults.label(FIELDS, &raw.path, &raw.label);
    for label in [&raw.hint, &raw.ask, &raw.example].into_iter().flatten().chain(&raw.prompts) {
        faults.label(FIELDS, &raw.path, label);
    }
    check_preset(raw, files, faults);
    check_identity(raw, faults);
    let children = below(&raw.path, &flows, files, faults, depth + 1);
    if raw.kind == RawKind::Group && children.is_empty() {
        faults.add(FIELDS, &raw.path, "is a group without fields");
    }
    Field {
        path: raw.path.clone(),
        name: name_of(&raw.path).to_owned(),
        kind: kind(raw, files, faults),
        many: many(raw, faults),
        flows,
        required,
        identity: raw.identity.unwrap_or(false),
        watch: raw.watch,
        needed_with: raw.needed_with.clone(),
        label: raw.label.clone(),
        hint: raw.hint.clone(),
        ask: raw.ask.clone(),
        prompts: raw.prompts.clone(),
        example: raw.example.clone(),
        preset: raw.preset.clone(),
        children,
    }
}

fn kind(raw: &RawField, files: &Files, faults: &mut Faults) -> FieldKind {
    let (least, most) = (raw.min.unwrap_or(0), raw.max.unwrap_or(0));
    let (min, max) = (usize::try_from(least).unwrap_or(usize::MAX), usize::try_from(most).unwrap_or(usize::MAX));
    let takes_limits = matches!(raw.kind, RawKind::Line | RawKind::Text | RawKind::Whole | RawKind::Digits);
    if takes_limits && (most == 0 || least > most) {
        faults.add(FIELDS, &raw.path, "needs `max`, and `min` is not above it");
    }
    if !takes_limits && (raw.min.is_some() || raw.max.is_some()) {
        faults.add(FIELDS, &raw.path, "has `min` or `max`, which this kind does not take");
    }
    for (given, wanted, key) in [
        (raw.list.is_some(), raw.kind == RawKind::Code, "list"),
        (raw.value.is_some(), raw.kind == RawKind::Constant, "value"),
    ] {
        if given != wanted {
            faults.add(FIELDS, &raw.path, format!("`{key}` is {}", if wanted { "missing" } else { "out of place" }));
        }
    }
    if raw.must && raw.kind != RawKind::Flag {
        faults.add(FIELDS, &raw.path, "`must` is for a flag");
    }
    if raw.list.as_ref().is_some_and(|list| !files.lists.contains_key(list)) {
        faults.add(FIELDS, &raw.path, "its list is not in lists.toml");
    }
    match raw.kind {
        RawKind::Group => FieldKind::Group,
        RawKind::Line => FieldKind::Line { min, max },
        RawKind::Text => FieldKind::Text { min, max },
        RawKind::Code => FieldKind::Code { list: raw.list.clone().unwrap_or_default() },
        RawKind::Flag => FieldKind::Flag { must: raw.must },
        RawKind::Date => FieldKind::Date,
        RawKind::Moment => FieldKind::Moment,
        RawKind::Money => FieldKind::Money,
        RawKind::Whole => FieldKind::Whole { min: least, max: most },
        RawKind::Digest => FieldKind::Digest,
        RawKind::Division => FieldKind::Division,
        RawKind::Digits => FieldKind::Digits { min, max },
        RawKind::ClueNumber => FieldKind::ClueNumber,
        RawKind::Flow => FieldKind::Flow,
        RawKind::Campaign => FieldKind::Campaign,
        RawKind::Constant => FieldKind::Constant { value: raw.value.clone().unwrap_or_default() },
        RawKind::Ignored => FieldKind::Ignored,
    }
}

fn many(raw: &RawField, faults: &mut Faults) -> Option<Many> {
    if !raw.path.ends_with("[]") {
        if raw.floor.is_some() || raw.items.is_some() {
            faults.add(FIELDS, &raw.path, "has `floor` or `items`, but its path does not end in []");
        }
        return None;
    }
    let (floor, items) = (raw.floor.unwrap_or(0), raw.items.unwrap_or(0));
    if items == 0 || floor > items {
        faults.add(FIELDS, &raw.path, "a list needs `items`, and `floor` is not above it");
    }
    Some(Many { floor, items })
}

/// Identity is cut out of a document by path, so it is never inside a list, and nothing about the reporter is left undecided.
fn check_identity(raw: &RawField, faults: &mut Faults) {
    if raw.path.starts_with("reporter.") && raw.kind != RawKind::Group && raw.identity.is_none() {
        faults.add(FIELDS, &raw.path, "does not say whether it is `identity`");
    }
    if raw.identity == Some(true) && (raw.path.contains("[]") || raw.kind == RawKind::Group) {
        faults.add(FIELDS, &raw.path, "a list or group cannot be `identity`");
    }
}

fn check_preset(raw: &RawField, files: &Files, faults: &mut Faults) {
    let Some(preset) = &raw.preset else { return };
    let list = raw.list.as_ref().and_then(|list| files.lists.get(list));
    if raw.path.ends_with("[]") || list.is_none_or(|list| list.entry(preset).is_none()) {
        faults.add(FIELDS, &raw.path, "its `preset` is no code of its list, or it is a list itself");
    }
}

fn check_places(fields: &[RawField], faults: &mut Faults) {
    let paths: BTreeSet<&str> = fields.iter().map(|raw| raw.path.as_str()).collect();
    for (index, raw) in fields.iter().enumerate() {
        let parent = parent_of(&raw.path);
        let is_group = |raw: &RawField| raw.path == parent && raw.kind == RawKind::Group;
        if !parent.is_empty() && !fields.iter().any(is_group) {
            faults.add(FIELDS, &raw.path, format!("belongs to {parent}, which is no group"));
        }
        if parent.is_empty() && raw.flows.is_none() {
            faults.add(FIELDS, &raw.path, "stands at the top and does not say its flows");
        }
        if raw.path.split('.').count() > DEEPEST {
            faults.add(FIELDS, &raw.path, "lies too deep");
        }
        let written = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let name = name_of(&raw.path);
        if name.is_empty() || name.len() > 40 || !name.bytes().all(written) {
            faults.add(FIELDS, &raw.path, "a name is 1 to 40 small letters, digits or underscores");
        }
        let other_form = raw.path.strip_suffix("[]").map_or_else(|| format!("{}[]", raw.path), str::to_owned);
        if paths.contains(other_form.as_str()) {
            faults.add(FIELDS, &raw.path, "is both a list and a single value");
        }
        let overlaps = |other: &RawField| match (&raw.flows, &other.flows) {
            (Some(ours), Some(theirs)) => ours.iter().any(|flow| theirs.contains(flow)) || raw.kind == RawKind::Group,
            _ => true,
        };
        if fields.iter().take(index).any(|other| other.path == raw.path && overlaps(other)) {
            faults.add(FIELDS, &raw.path, "stands twice for the same flow");
        }
    }
}

fn parent_of(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

fn name_of(path: &str) -> &str {
    let last = path.rsplit_once('.').map_or(path, |(_, last)| last);
    last.strip_suffix("[]").unwrap_or(last)
}

/// How deep groups may lie in each other: a list counts twice against the depth of a document, so 4 of them fit in any limit.
const DEEPEST: usize = 4;

type IsKind = fn(&FieldKind) -> bool;

const STRUCTURE: &[(&str, &str, IsKind)] = &[
    ("GANG_CRIME", "schema", |kind| matches!(kind, FieldKind::Constant { .. })),
    ("GANG_CRIME", "flow", |kind| matches!(kind, FieldKind::Flow)),
    ("SUPPLEMENT", "cites", |kind| matches!(kind, FieldKind::ClueNumber)),
    ("SUPPLEMENT", "facts.narrative", |kind| matches!(kind, FieldKind::Text { .. })),
    ("GANG_CRIME", "campaign", |kind| matches!(kind, FieldKind::Campaign)),
    ("GANG_CRIME", "reporter", |kind| matches!(kind, FieldKind::Group)),
    ("GANG_CRIME", "reporter.kind", |kind| matches!(kind, FieldKind::Code { .. })),
    ("GANG_CRIME", "subjects[]", |kind| matches!(kind, FieldKind::Group)),
    ("OFFICER_MISCONDUCT", "subjects[].system", |kind| matches!(kind, FieldKind::Code { .. })),
    ("SECTOR_DISORDER", "facts.categories[]", |kind| matches!(kind, FieldKind::Code { .. })),
    ("GANG_CRIME", "facts.title", |kind| matches!(kind, FieldKind::Line { .. })),
    ("GANG_CRIME", "facts.narrative", |kind| matches!(kind, FieldKind::Text { .. })),
    ("GANG_CRIME", "facts.place.code", |kind| matches!(kind, FieldKind::Division)),
    ("GANG_CRIME", "umbrella.persons[]", |kind| matches!(kind, FieldKind::Group)),
    ("GANG_CRIME", "evidence.attachments[]", |kind| matches!(kind, FieldKind::Group)),
    ("GANG_CRIME", "evidence.attachments[].name", |kind| matches!(kind, FieldKind::Line { .. })),
    ("GANG_CRIME", "evidence.attachments[].media_type", |kind| matches!(kind, FieldKind::Line { .. })),
];
