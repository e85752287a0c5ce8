//! The form of a flow, and the report that it becomes: both follow from the catalog's fields and name none of them.
//!
//! What only the reporter can agree to is not asked: nobody who called has ticked a box. A list of objects is a row of
//! blocks, of which those left empty are no members; a list of texts is one box with a line for each. Whom a report is about is
//! numbered here, in the order in which they were typed. What the catalog says to a reporter about themselves ("About you") is
//! said to the clerk about the reporter.

use nightsafe_schema::catalog::{Catalog, Field, FieldKind};
use serde_json::{Map, Value, json};

use crate::{form::Fields, pages::Both};

/// The form, piece by piece, in order.
pub(crate) enum Piece {
    /// A group begins; all but those that must be filled in start closed.
    Open { label: Both, closed: bool },
    /// The last group that began ends.
    Close,
    /// A question.
    Ask(Control),
}

/// One question.
pub(crate) struct Control {
    pub(crate) name: String,
    pub(crate) label: Both,
    pub(crate) hint: Option<Both>,
    pub(crate) required: bool,
    pub(crate) input: Input,
}

/// How it is answered.
pub(crate) enum Input {
    Line {
        max: usize,
        value: String,
    },
    Text {
        max: usize,
        value: String,
    },
    /// One of these; what was chosen says so.
    Choice(Vec<(String, Both, bool)>),
    /// Any of these, each under a name of its own.
    Any(Vec<(String, Both, bool)>),
    Tick(bool),
}

/// One flow of the catalog.
#[derive(Clone, Copy)]
pub(crate) struct Tree<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) flow: &'a str,
}

impl Tree<'_> {
    /// The form, with what was typed before.
    pub(crate) fn form(self, typed: &Fields) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for field in self.catalog.fields(self.flow) {
            self.pieces(field, "", typed, &mut pieces);
        }
        pieces
    }

    fn pieces(self, field: &Field, above: &str, typed: &Fields, pieces: &mut Vec<Piece>) {
        if !self.is_asked(field) {
            return;
        }
        let name = joined(above, &field.name);
        if field.kind != FieldKind::Group {
            pieces.push(Piece::Ask(self.control(field, name, typed)));
            return;
        }
        let required = field.is_required_in(self.flow);
        for (at, block) in blocks(field, &name).into_iter().enumerate() {
            let own =
                if field.path == REPORTER { Both::new("举报人", "The reporter") } else { Both(field.label.clone()) };
            let label = if field.many.is_some() { numbered(&own, at) } else { own };
            pieces.push(Piece::Open { label, closed: !required || at > 0 });
            for below in field.fields(self.flow) {
                self.pieces(below, &block, typed, pieces);
            }
            pieces.push(Piece::Close);
        }
    }

    fn control(self, field: &Field, name: String, typed: &Fields) -> Control {
        let value = typed.text(&name).to_owned();
        let input = match (&field.kind, field.many) {
            (FieldKind::Code { list }, Some(_)) => {
                let entries = self.catalog.list(list).into_iter().flat_map(|list| list.shown_in(self.flow));
                Input::Any(
                    entries
                        .map(|entry| {
                            let own = ticked(&name, &entry.code);
                            let chosen = typed.text(&own) == TICKED;
                            (own, Both(entry.label.clone()), chosen)
                        })
                        .collect(),
                )
            }
            (FieldKind::Code { list }, None) => {
                let chosen = if value.is_empty() { field.preset.clone().unwrap_or_default() } else { value };
                let entries = self.catalog.list(list).into_iter().flat_map(|list| list.shown_in(self.flow));
                let entries = entries.map(|one| (one.code.clone(), Both(one.label.clone()), one.code == chosen));
                Input::Choice(entries.collect())
            }
            (FieldKind::Flag { .. }, _) => Input::Tick(value == TICKED),
            (FieldKind::Text { max, .. }, _) => Input::Text { max: *max, value },
            (kind, Some(many)) => Input::Text { max: longest(kind).saturating_mul(many.items), value },
            (kind, None) => Input::Line { max: longest(kind), value },
        };
        let required = field.is_required_in(self.flow);
        Control { name, label: Both(field.label.clone()), hint: field.hint.clone().map(Both), required, input }
    }

    /// The report that was typed.
    pub(crate) fn document(self, typed: &Fields) -> Value {
        let mut report = Map::new();
        for field in self.catalog.fields(self.flow) {
            match &field.kind {
                FieldKind::Constant { value } => drop(report.insert(field.name.clone(), json!(value))),
                FieldKind::Flow => drop(report.insert(field.name.clone(), json!(self.flow))),
                _ => report.extend(self.answer(field, "", typed).map(|value| (field.name.clone(), value))),
            }
        }
        Value::Object(report)
    }

    /// What was answered; none if nothing was.
    fn answer(self, field: &Field, above: &str, typed: &Fields) -> Option<Value> {
        if !self.is_asked(field) {
            return None;
        }
        let name = joined(above, &field.name);
        if field.kind == FieldKind::Group {
            let mut members: Vec<Value> =
                blocks(field, &name).iter().filter_map(|block| self.block(field, block, typed)).collect();
            if let Some(number) = field.fields(self.flow).find(|below| below.path == NUMBER) {
                for (place, member) in (1..).zip(&mut members) {
                    let number = (number.name.clone(), json!(format!("S{place}")));
                    member.as_object_mut().into_iter().for_each(|object| object.extend([number.clone()]));
                }
            }
            return if field.many.is_some() {
                (!members.is_empty()).then_some(Value::Array(members))
            } else {
                members.into_iter().next()
            };
        }
        let text = typed.text(&name).trim();
        match (&field.kind, field.many) {
            (FieldKind::Code { list }, Some(_)) => {
                let entries = self.catalog.list(list).into_iter().flat_map(|list| list.shown_in(self.flow));
                let chosen = entries.filter(|entry| typed.text(&ticked(&name, &entry.code)) == TICKED);
                let chosen: Vec<&str> = chosen.map(|entry| entry.code.as_str()).collect();
                (!chosen.is_empty()).then(|| json!(chosen))
            }
            (FieldKind::Flag { .. }, _) => (text == TICKED).then_some(Value::Bool(true)),
            (_, Some(_)) => {
                let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
                (!lines.is_empty()).then(|| json!(lines))
            }
            (FieldKind::Whole { .. }, None) if !text.is_empty() => {
                Some(text.parse::<u64>().map_or_else(|_| json!(text), |number| json!(number)))
            }
            _ => (!text.is_empty()).then(|| json!(text.replace("\r\n", "\n"))),
        }
    }

    /// One object: none if nothing in it was answered but what was chosen beforehand.
    fn block(self, field: &Field, block: &str, typed: &Fields) -> Option<Value> {
        let mut object = Map::new();
        let mut answered = field.many.is_none() && field.is_required_in(self.flow);
        for below in field.fields(self.flow) {
            if let Some(value) = self.answer(below, block, typed) {
                answered |= below.preset.is_none() || value.as_str() != below.preset.as_deref();
                object.insert(below.name.clone(), value);
            }
        }
        answered.then_some(Value::Object(object))
    }

    fn is_asked(self, field: &Field) -> bool {
        match field.kind {
            _ if field.path == NUMBER => false,
            FieldKind::Constant { .. } | FieldKind::Flow | FieldKind::Ignored | FieldKind::Flag { must: true } => false,
            FieldKind::Group => {
                // What is said of attachments, they say themselves; an agreement is the reporter's.
                let agreed = field.fields(self.flow).any(|below| below.kind == FieldKind::Flag { must: true });
                !agreed && field.path != "evidence.attachments[]"
            }
            _ => true,
        }
    }
}

/// Which one of several it is.
fn numbered(label: &Both, at: usize) -> Both {
    let place = at.saturating_add(1);
    Both::new(&format!("{} {place}", label.0.zh), &format!("{} {place}", label.0.en))
}

/// The names that the objects of a group go by.
fn blocks(field: &Field, name: &str) -> Vec<String> {
    match field.many {
        None => vec![name.to_owned()],
        Some(many) => (0..many.items.min(BLOCKS)).map(|at| format!("{name}[{at}]")).collect(),
    }
}

fn joined(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}

fn ticked(name: &str, code: &str) -> String {
    format!("{name}={code}")
}

const fn longest(kind: &FieldKind) -> usize {
    match kind {
        FieldKind::Line { max, .. } | FieldKind::Text { max, .. } | FieldKind::Digits { max, .. } => *max,
        _ => 64,
    }
}

/// The number of somebody whom a report is about: `S1`, `S2`.
const NUMBER: &str = "subjects[].sid";
/// Who reports.
const REPORTER: &str = "reporter";
/// Blocks of a list of objects: who has more to say sends a second page as a supplement.
const BLOCKS: usize = 3;
/// What a ticked box sends.
pub(crate) const TICKED: &str = "yes";

#[cfg(test)]
mod tests {
    use nightsafe_schema::catalog::Strictness;

    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Fields {
        Fields::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn an_empty_form_of_every_flow_says_what_is_missing_and_asks_for_no_agreement() {
        let catalog = Catalog::embedded().unwrap();
        for flow in catalog.flows() {
            let tree = Tree { catalog: &catalog, flow: &flow.code };
            let problems = catalog.check(&tree.document(&Fields::default()), Strictness::Registered).unwrap_err();
            assert!(!problems.is_empty(), "{}", flow.code);
            let asked = tree.form(&Fields::default());
            let names = asked.iter().filter_map(|piece| match piece {
                Piece::Ask(control) => Some(control.name.as_str()),
                _ => None,
            });
            assert!(!names.clone().any(|name| name.starts_with("notice_ack") || name.starts_with("declaration")));
            let opened = asked.iter().filter(|piece| matches!(piece, Piece::Open { .. })).count();
            let closed = asked.iter().filter(|piece| matches!(piece, Piece::Close)).count();
            assert_eq!(opened, closed);
        }
    }

    #[test]
    fn whom_it_is_about_is_numbered_in_order_and_nobody_is_asked_for_a_number() {
        let catalog = Catalog::embedded().unwrap();
        assert!(catalog.field("GANG_CRIME", NUMBER).is_some() && catalog.field("GANG_CRIME", REPORTER).is_some());
        let tree = Tree { catalog: &catalog, flow: "GANG_CRIME" };
        // The second block is left empty; somebody still sends a number.
        let typed = typed(&[("subjects[0].name", "甲"), ("subjects[2].name", "乙"), ("subjects[2].sid", "S9")]);
        let subjects = tree.document(&typed)["subjects"].clone();
        assert_eq!(
            (&subjects[0]["sid"], &subjects[1]["sid"], &subjects[1]["name"]),
            (&json!("S1"), &json!("S2"), &json!("乙"))
        );
        let form = tree.form(&typed);
        assert!(!form.iter().any(|piece| matches!(piece, Piece::Ask(control) if control.name.ends_with("sid"))));
        let heads = form.iter().filter_map(|piece| match piece {
            Piece::Open { label, .. } => Some(label.0.zh.as_str()),
            _ => None,
        });
        let heads: Vec<&str> = heads.collect();
        assert!(
            heads.contains(&"举报人") && heads.contains(&"被举报对象 2") && !heads.contains(&"您的情况"),
            "{heads:?}"
        );
    }

    #[test]
    fn what_was_typed_is_a_report_and_stands_in_the_form_again() {
        let catalog = Catalog::embedded().unwrap();
        let tree = Tree { catalog: &catalog, flow: "GANG_CRIME" };
        let typed = typed(&[
            ("reporter.phone", "14400000001"),
            ("reporter.kind", "individual"),
            ("subjects[0].name", "霍大椿"),
            ("subjects[0].kind", "individual"),
            ("subjects[0].alias", "霍三爷\r\n老霍\r\n"),
            ("facts.title", "杏花村霍大椿强收保护费"),
            ("facts.narrative", "第一行，强收保护费。\r\n第二行"),
            ("facts.categories=GC06", TICKED),
            ("facts.place.code", "990121"),
            ("facts.place.detail", "杏花村"),
            ("facts.imminent_danger", TICKED),
        ]);
        let document = tree.document(&typed);
        catalog.check(&document, Strictness::Registered).unwrap_or_else(|problems| panic!("{problems:?} {document}"));
        assert_eq!(document["subjects"].as_array().unwrap().len(), 1, "an empty block is nobody");
        assert_eq!(document["subjects"][0]["sid"], "S1");
        assert_eq!(document["subjects"][0]["alias"], json!(["霍三爷", "老霍"]));
        assert_eq!(document["facts"]["categories"], json!(["GC06"]));
        assert_eq!(document["facts"]["narrative"], "第一行，强收保护费。\n第二行");
        assert_eq!(document["facts"]["imminent_danger"], true);
        let again = tree.form(&typed).into_iter().any(|piece| {
            matches!(piece, Piece::Ask(Control { name, input: Input::Line { value, .. }, .. }) if name == "subjects[0].name" && value == "霍大椿")
        });
        assert!(again);
    }
}
