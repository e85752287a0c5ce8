//! The check of a report against the field tree: one walk, no field named.
//!
//! The document is hostile: the walk descends only where the catalog has fields, names at most [`MOST_PROBLEMS`] problems, and
//! quotes unknown names cut short. What it accepts it returns unchanged.

use serde_json::{Map, Value};

use super::{
    Catalog,
    field::{Field, FieldKind, Many},
    problem::{FieldProblem, ProblemCode},
};

mod attachment;
mod bounds;
mod cross;
mod leaf;
#[cfg(test)]
mod tests;
mod words;

pub use attachment::AttachmentRules;

/// How a report is checked.
///
/// Whatever `Soft` accepts, `Strict` accepts too, except for code points that no reporter's keyboard makes: a report that was
/// acknowledged outside must not fail inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// At the gateway, with a reporter waiting: what they can mend is a problem, what they may have meant is a warning.
    Soft,
    /// Inside, where every decrypted byte is hostile and nobody is waiting: no warnings, and no noncharacters.
    Strict,
    /// As strict, for what a clerk wrote down: whoever called or wrote a letter has ticked no box, so what only the reporter can
    /// agree to may be missing. Where it stands it must be agreed to.
    Registered,
}

/// A document that is a `report/1` by one edition of the catalog.
#[derive(Clone, Debug)]
pub struct CheckedReport {
    document: Value,
    identity: Vec<Vec<String>>,
    warnings: Vec<FieldProblem>,
}

impl CheckedReport {
    /// The document, as it was given.
    pub const fn document(&self) -> &Value {
        &self.document
    }

    /// What the reporter may want to look at; nothing here refuses a report.
    pub fn warnings(&self) -> &[FieldProblem] {
        &self.warnings
    }

    /// Where the document says who the reporter is: field names from the top.
    pub(crate) fn identity(&self) -> &[Vec<String>] {
        &self.identity
    }

    pub(crate) fn into_document(self) -> Value {
        self.document
    }
}

impl Catalog {
    /// Checks a document; every problem found is reported, in the order of the catalog.
    pub fn check(&self, document: &Value, strictness: Strictness) -> Result<CheckedReport, Vec<FieldProblem>> {
        if let Some(problem) = bounds::exceeded(document, self.limits()) {
            return Err(vec![problem]);
        }
        let Some(top) = document.as_object() else { return Err(vec![words::not_an_object()]) };
        let flow = match top.get("flow").and_then(Value::as_str) {
            Some(code) if self.flow(code).is_some() => code,
            _ => return Err(self.problems_without_flow(top)),
        };
        let mut walk = Walk { catalog: self, flow, strictness, problems: Vec::new(), warnings: Vec::new() };
        walk.group(&self.fields, top, "");
        walk.cross_rules(top);
        let Walk { problems, warnings, .. } = walk;
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(CheckedReport { document: document.clone(), identity: self.identity_paths(flow), warnings })
    }

    /// Reads a report from text and checks it: at most [`super::Limits::document_bytes`], no name twice in one object.
    pub fn read(&self, text: &[u8], strictness: Strictness) -> Result<CheckedReport, Vec<FieldProblem>> {
        let document = bounds::parse(text, self.limits()).map_err(|problem| vec![problem])?;
        self.check(&document, strictness)
    }

    /// Without a known flow nothing else can be checked: say so, and whatever else is wrong at the top.
    fn problems_without_flow(&self, top: &Map<String, Value>) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        if top.contains_key("intake") {
            problems.push(words::reserved("intake"));
        }
        let field = self.fields.iter().find(|field| field.path == "flow");
        let label = field.map_or(("举报类别", "kind of report"), |field| (&field.label.zh, &field.label.en));
        problems.push(match top.get("flow") {
            None => words::missing("flow", label),
            Some(Value::String(_)) => words::unknown_code("flow"),
            Some(_) => words::wrong_type("flow", ("文字", "text")),
        });
        problems
    }

    fn identity_paths(&self, flow: &str) -> Vec<Vec<String>> {
        fn collect(fields: &[Field], flow: &str, above: &[String], found: &mut Vec<Vec<String>>) {
            for field in fields.iter().filter(|field| field.is_in(flow) && field.many.is_none()) {
                let here: Vec<String> = above.iter().cloned().chain([field.name.clone()]).collect();
                collect(&field.children, flow, &here, found);
                if field.identity {
                    found.push(here);
                }
            }
        }
        let mut found = Vec::new();
        collect(&self.fields, flow, &[], &mut found);
        found
    }
}

/// One walk over one document.
struct Walk<'a> {
    catalog: &'a Catalog,
    flow: &'a str,
    strictness: Strictness,
    problems: Vec<FieldProblem>,
    warnings: Vec<FieldProblem>,
}

impl Walk<'_> {
    fn problem(&mut self, problem: FieldProblem) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    fn warn(&mut self, warning: FieldProblem) {
        if self.strictness == Strictness::Soft && self.warnings.len() < MOST_PROBLEMS {
            self.warnings.push(warning);
        }
    }

    fn group(&mut self, fields: &[Field], object: &Map<String, Value>, path: &str) {
        for name in object.keys() {
            self.name(fields, name, path);
        }
        let flow = self.flow;
        for field in fields.iter().filter(|field| field.is_in(flow)) {
            let at = join(path, &field.name);
            match object.get(&field.name) {
                None if self.strictness == Strictness::Registered && is_agreement(field, flow) => {}
                None if field.is_required_in(flow) || needed(field, object) => self.problem(words::absent(field, &at)),
                None => {}
                Some(value) => self.field(field, value, &at, object),
            }
        }
    }

    /// A name in the document that this flow's fields do not have.
    fn name(&mut self, fields: &[Field], name: &str, path: &str) {
        let mut same_name = fields.iter().filter(|field| field.name == *name).peekable();
        if same_name.peek().is_none() {
            let at = join(path, &cut_short(name));
            self.problem(if at == "intake" { words::reserved(&at) } else { words::unknown_field(&at) });
        } else if !same_name.any(|field| field.is_in(self.flow)) {
            self.problem(words::not_in_flow(&join(path, name)));
        }
    }

    fn field(&mut self, field: &Field, value: &Value, at: &str, beside: &Map<String, Value>) {
        let Some(many) = field.many else { return self.value(field, value, at) };
        let Value::Array(members) = value else {
            return self.problem(words::wrong_type(at, ("列表", "a list")));
        };
        if members.is_empty() && needed(field, beside) {
            return self.problem(words::absent(field, at));
        }
        self.count(field, many, members.len(), at);
        for (index, member) in members.iter().take(many.items).enumerate() {
            self.value(field, member, &format!("{at}[{index}]"));
        }
    }

    fn count(&mut self, field: &Field, many: Many, found: usize, at: &str) {
        if found > many.items {
            self.problem(words::too_many(at, &field.label, many.items));
        } else if found < many.floor && field.is_required_in(self.flow) {
            self.problem(words::too_few(field, at, many.floor));
        }
    }

    fn value(&mut self, field: &Field, value: &Value, at: &str) {
        if field.kind == FieldKind::Group {
            match value {
                Value::Object(object) => self.group(&field.children, object, at),
                _ => self.problem(words::wrong_type(at, ("对象", "an object"))),
            }
        } else {
            self.leaf(field, value, at);
        }
    }
}

/// Whether a field is there for the reporter to agree to, or is a group with such a field.
fn is_agreement(field: &Field, flow: &str) -> bool {
    field.kind == FieldKind::Flag { must: true } || field.fields(flow).any(|below| is_agreement(below, flow))
}

/// Whether a code in a list beside the field makes it required.
fn needed(field: &Field, beside: &Map<String, Value>) -> bool {
    field.needed_with.as_ref().is_some_and(|needed| {
        let codes = beside.get(&needed.sibling).and_then(Value::as_array);
        codes.is_some_and(|codes| codes.iter().any(|code| code.as_str() == Some(needed.code.as_str())))
    })
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// An unknown name, short enough to be quoted in an answer.
fn cut_short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(QUOTED_CHARACTERS).collect()
}

/// More problems than these help nobody.
const MOST_PROBLEMS: usize = 50;

/// How much of an unknown name is quoted.
const QUOTED_CHARACTERS: usize = 40;
