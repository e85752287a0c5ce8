//! A report rendered from the catalog's field tree: a field or option added to the catalog shows up with no code.
//!
//! Every value of the document is shown, also one that this catalog does not know (a report keeps the edition it was
//! accepted with): under its bare name, so that nothing is hidden. All text is [`Visible`].

use std::fmt;

use askama::filters::HtmlSafe;
use nightsafe_schema::catalog::{Field, FieldKind, Label};
use serde_json::{Map, Value};

use crate::{
    limits::REPORT_DEPTH,
    pages::{Both, identity_mode},
    reference::{Reference, bare},
    visible::Visible,
};

/// A top-level part of a report: a heading and what stands under it.
pub(crate) struct Section {
    pub(crate) id: String,
    pub(crate) label: Both,
    pub(crate) content: Shown,
}

/// A value as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// One line.
    Line(Visible),
    /// Several lines, as typed.
    Text(Visible),
    /// Our own words.
    Words(Both),
    /// A code in words, and the code itself.
    Code(Both, Visible),
    /// Members of a list of single values.
    List(Vec<Shown>),
    /// Members of a list of groups.
    Members(Vec<Vec<Entry>>),
    /// Fields of a group.
    Group(Vec<Entry>),
}

/// A field and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    label: Both,
    value: Shown,
}

/// The sections of a report: first what happened, then the rest in the catalog's order; single values in one section.
pub(crate) fn sections(report: &Value, reference: &Reference) -> Vec<Section> {
    let Value::Object(document) = report else { return Vec::new() };
    let flow = document.get("flow").and_then(Value::as_str).unwrap_or_default();
    let renderer = Renderer { reference, flow };
    let mut sections = Vec::new();
    let mut head = Vec::new();
    for (name, label, value) in renderer.in_order(document, reference.catalog.fields(flow), REPORT_DEPTH) {
        match value {
            Shown::Group(_) | Shown::Members(_) => {
                sections.push(Section { id: name, label: Both(label), content: value });
            }
            _ => head.push(Entry { label: Both(label), value }),
        }
    }
    if !head.is_empty() {
        sections
            .push(Section { id: "kind".to_owned(), label: Both::new("类别", "Kind"), content: Shown::Group(head) });
    }
    for section in &mut sections {
        if let Some((_, zh, en)) = FOR_ANALYSTS.iter().find(|(id, ..)| *id == section.id) {
            section.label = Both::new(zh, en);
        }
    }
    sections.sort_by_key(|section| (section.id != FIRST, LAST.contains(&section.id.as_str())));
    sections
}

/// One field of a report as text.
pub(crate) struct Said {
    /// Where it stands, so that the same field of another report is found.
    pub(crate) path: String,
    /// What it is called.
    pub(crate) label: Both,
    /// What it says, in the words of the catalog.
    pub(crate) text: String,
}

/// A report field by field, in the order of its page.
pub(crate) fn said(report: &Value, reference: &Reference) -> Vec<Said> {
    let mut all = Vec::new();
    for section in sections(report, reference) {
        section.content.say(&section.id, &section.label, &mut all);
    }
    all
}

/// The fields of a part of a report that was cut out, such as the reporter's identity.
pub(crate) fn part(value: &Value, flow: &str, path: &str, reference: &Reference) -> Option<Shown> {
    let field = reference.catalog.field(flow, path);
    Renderer { reference, flow }.value(value, field, REPORT_DEPTH)
}

struct Renderer<'a> {
    reference: &'a Reference,
    flow: &'a str,
}

impl Renderer<'_> {
    fn in_order<'f>(
        &self,
        document: &Map<String, Value>,
        fields: impl Iterator<Item = &'f Field>,
        depth: usize,
    ) -> Vec<(String, Label, Shown)> {
        let mut shown = Vec::new();
        let mut known = Vec::new();
        for field in fields {
            known.push(field.name.as_str());
            let value = document.get(&field.name).and_then(|value| self.value(value, Some(field), depth));
            shown.extend(value.map(|value| (field.name.clone(), field.label.clone(), value)));
        }
        for (name, value) in document.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            shown.extend(self.value(value, None, depth).map(|value| (name.clone(), bare(name), value)));
        }
        shown
    }

    /// Nothing for a value that says nothing.
    fn value(&self, value: &Value, field: Option<&Field>, depth: usize) -> Option<Shown> {
        let Some(deeper) = depth.checked_sub(1) else { return Some(Shown::Line(Visible::from("…"))) };
        match value {
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(self.text(text, field.map(|field| &field.kind))),
            Value::Bool(true) => Some(Shown::Words(Both::new("是", "Yes"))),
            Value::Bool(false) => Some(Shown::Words(Both::new("否", "No"))),
            Value::Number(number) => Some(Shown::Line(Visible(number.to_string()))),
            Value::Array(members) => self.members(members, field, deeper),
            Value::Object(object) => {
                let entries = self.entries(object, field, deeper);
                (!entries.is_empty()).then_some(Shown::Group(entries))
            }
        }
    }

    fn members(&self, members: &[Value], field: Option<&Field>, depth: usize) -> Option<Shown> {
        if members.is_empty() {
            return None;
        }
        if members.iter().all(Value::is_object) {
            let objects = members.iter().filter_map(Value::as_object);
            return Some(Shown::Members(objects.map(|object| self.entries(object, field, depth)).collect()));
        }
        let shown: Vec<Shown> = members.iter().filter_map(|member| self.value(member, field, depth)).collect();
        (!shown.is_empty()).then_some(Shown::List(shown))
    }

    fn entries(&self, object: &Map<String, Value>, field: Option<&Field>, depth: usize) -> Vec<Entry> {
        let fields = field.into_iter().flat_map(|field| field.fields(self.flow));
        let shown = self.in_order(object, fields, depth);
        shown.into_iter().map(|(_, label, value)| Entry { label: Both(label), value }).collect()
    }

    fn text(&self, text: &str, kind: Option<&FieldKind>) -> Shown {
        let catalog = &self.reference.catalog;
        let label = match kind {
            Some(FieldKind::Code { list }) => catalog.label(list, text).cloned(),
            Some(FieldKind::Flow) => Some(self.reference.flow(text)),
            Some(FieldKind::Campaign) => catalog.campaign(text).map(|campaign| campaign.label.clone()),
            Some(FieldKind::Division) => text.parse().ok().map(|code| bare(&self.reference.place(code))),
            Some(FieldKind::Ignored) => identity_mode(text),
            Some(FieldKind::Text { .. }) => return Shown::Text(Visible::from(text)),
            _ => None,
        };
        match label {
            Some(label) => Shown::Code(Both(label), Visible::from(text)),
            None => Shown::Line(Visible::from(text)),
        }
    }
}

impl Shown {
    /// Its single values, one after the other; members of a list are one value, groups are numbered.
    fn say(&self, path: &str, label: &Both, all: &mut Vec<Said>) {
        let entries = |entries: &[Entry], path: &str, of: &str, all: &mut Vec<Said>| {
            for entry in entries {
                let label = Both::new(&format!("{of}{}", entry.label.0.zh), &entry.label.0.en);
                entry.value.say(&format!("{path}/{}", entry.label.0.zh), &label, all);
            }
        };
        let text = match self {
            Self::Line(text) | Self::Text(text) => text.0.clone(),
            Self::Words(words) => words.plain(),
            Self::Code(words, _code) => words.plain(),
            Self::List(members) => {
                let mut listed = Vec::new();
                for member in members {
                    member.say(path, label, &mut listed);
                }
                listed.iter().map(|said| said.text.as_str()).collect::<Vec<_>>().join("、")
            }
            Self::Members(members) => {
                for (number, member) in (1..).zip(members) {
                    entries(member, &format!("{path}/{number}"), &format!("{} {number} · ", label.0.zh), all);
                }
                return;
            }
            Self::Group(group) => return entries(group, path, "", all),
        };
        all.push(Said { path: path.to_owned(), label: label.clone(), text });
    }
}

impl HtmlSafe for Shown {}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(text) => write!(f, "{text}"),
            Self::Text(text) => write!(f, "<div class=\"as-typed\">{text}</div>"),
            Self::Words(words) => write!(f, "{words}"),
            Self::Code(words, code) => write!(f, "{words} <code>{code}</code>"),
            Self::List(members) => {
                f.write_str("<ul>")?;
                members.iter().try_for_each(|member| write!(f, "<li>{member}</li>"))?;
                f.write_str("</ul>")
            }
            Self::Members(members) => {
                f.write_str("<ol>")?;
                for entries in members {
                    f.write_str("<li>")?;
                    write_entries(f, entries)?;
                    f.write_str("</li>")?;
                }
                f.write_str("</ol>")
            }
            Self::Group(entries) => write_entries(f, entries),
        }
    }
}

fn write_entries(f: &mut fmt::Formatter<'_>, entries: &[Entry]) -> fmt::Result {
    f.write_str("<dl>")?;
    entries.iter().try_for_each(|Entry { label, value }| write!(f, "<div><dt>{label}</dt><dd>{value}</dd></div>"))?;
    f.write_str("</dl>")
}

/// The section that analysts read first.
const FIRST: &str = "facts";

/// What they hardly ever need.
const LAST: [&str; 3] = ["kind", "notice_ack", "declaration"];

/// Groups whose label in the catalog speaks to the reporter.
const FOR_ANALYSTS: [(&str, &str, &str); 1] = [("reporter", "举报人", "The reporter")];
