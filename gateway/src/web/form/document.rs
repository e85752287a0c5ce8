//! From answers to a report: the catalog says which fields a flow asks for, and what their values are.
//!
//! The document keeps what was typed, wrong or not: the check names what to mend, and the page is drawn from it again.

use nightsafe_schema::catalog::{Catalog, Field, FieldKind, Flow, Group, Part};
use serde_json::{Map, Value};

use super::answers::Answers;

/// What the pressed button asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Send the report.
    Send,
    /// Only draw the page again: the next list of places, for example.
    Redraw,
    /// Draw the page with one more block of this list.
    Another(String),
}

impl Action {
    /// From the value of the button called `do`. Without one (Enter in a field), nothing is sent by accident.
    pub(crate) fn of(answers: &Answers) -> Self {
        match answers.one("do") {
            "send" => Self::Send,
            other => match other.strip_prefix("another:") {
                Some(list) => Self::Another(list.to_owned()),
                None => Self::Redraw,
            },
        }
    }
}

/// The report that the answers make.
pub(crate) fn document_of(catalog: &Catalog, flow: &Flow, answers: &Answers) -> Value {
    let mut report = Value::Object(Map::new());
    put(&mut report, "schema", Value::from(catalog.schema()));
    put(&mut report, "flow", Value::from(flow.code.as_str()));
    let campaign = answers.one("campaign");
    if catalog.campaign(campaign).is_some_and(|campaign| campaign.flow == flow.code) {
        put(&mut report, "campaign", Value::from(campaign));
    }
    for group in flow.pages.iter().flat_map(|page| &page.groups) {
        if group.part == Some(Part::Notice) {
            put(&mut report, "notice_ack.notice_version", Value::from(flow.notice_version.as_str()));
            if let Some(rules) = &flow.rules_version {
                put(&mut report, "notice_ack.rules_version", Value::from(rules.as_str()));
            }
        }
        match &group.repeat {
            Some(list) => repeat(&mut report, catalog, flow, group, list, answers),
            None => {
                for field in group.fields.iter().filter_map(|path| catalog.field(&flow.code, path)) {
                    if let Some(value) = value_of(field, &field_name(field, &field.path), answers) {
                        put(&mut report, field.path.trim_end_matches("[]"), value);
                    }
                }
            }
        }
    }
    report
}

/// The blocks of a repeated list that have any answer, moved up over empty ones.
fn repeat(report: &mut Value, catalog: &Catalog, flow: &Flow, group: &Group, list: &str, answers: &Answers) {
    let Some(field) = catalog.field(&flow.code, list) else { return };
    let most = field.many.map_or(1, |many| many.items);
    let base = list.trim_end_matches("[]");
    let mut members = Vec::new();
    for index in 0..most {
        let mut member = Value::Object(Map::new());
        for field in group.fields.iter().filter_map(|path| catalog.field(&flow.code, path)) {
            let Some(below) = field.path.strip_prefix(list).and_then(|rest| rest.strip_prefix('.')) else { continue };
            let name = field_name(field, &format!("{base}[{index}].{below}"));
            if let Some(value) = value_of(field, &name, answers) {
                put(&mut member, below.trim_end_matches("[]"), value);
            }
        }
        if member.as_object().is_some_and(|member| !member.is_empty()) {
            members.push(member);
        }
    }
    if !members.is_empty() {
        put(report, base, Value::Array(members));
    }
}

/// The name of the input: the path without the `[]` of the list that the field itself may be.
pub(super) fn field_name(field: &Field, path: &str) -> String {
    if field.many.is_some() { path.trim_end_matches("[]").to_owned() } else { path.to_owned() }
}

fn value_of(field: &Field, name: &str, answers: &Answers) -> Option<Value> {
    if field.many.is_some() {
        let members: Vec<Value> = match field.kind {
            FieldKind::Code { .. } => answers.all(name).map(Value::from).collect(),
            // One line a member.
            _ => answers.one(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect(),
        };
        return (!members.is_empty()).then_some(Value::Array(members));
    }
    match field.kind {
        FieldKind::Flag { .. } => (answers.one(name) == "yes").then_some(Value::Bool(true)),
        FieldKind::Division => deepest_place(name, answers).map(Value::from),
        FieldKind::Whole { .. } => {
            let text = answers.one(name);
            (!text.is_empty()).then(|| text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from))
        }
        _ => {
            let text = answers.one(name);
            (!text.is_empty()).then(|| Value::from(text))
        }
    }
}

/// Province, prefecture and county are three inputs; one that does not lie in the one above it counts as not chosen.
fn deepest_place(name: &str, answers: &Answers) -> Option<String> {
    let mut deepest: Option<String> = None;
    for level in 1..=PLACE_LEVELS {
        let code = answers.one(&place_name(name, level));
        // 150000 ▷ 152500 ▷ 152531: a lower code starts as the one above it does.
        let elsewhere = deepest.as_ref().is_some_and(|above| !code.starts_with(above.trim_end_matches('0')));
        if code.is_empty() || elsewhere {
            break;
        }
        deepest = Some(code.to_owned());
    }
    deepest
}

/// The name of one of the inputs of a place.
pub(super) fn place_name(name: &str, level: u8) -> String {
    format!("{name}.{level}")
}

fn put(object: &mut Value, path: &str, value: Value) {
    let mut here = object;
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        let Some(map) = here.as_object_mut() else { return };
        if parts.peek().is_none() {
            map.insert(part.to_owned(), value);
            return;
        }
        here = map.entry(part).or_insert_with(|| Value::Object(Map::new()));
    }
}

/// Province, prefecture, county.
pub(super) const PLACE_LEVELS: u8 = 3;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(slug: &str, form: &str) -> Value {
        let catalog = Catalog::embedded().unwrap();
        let flow = catalog.flow_by_slug(slug).unwrap();
        document_of(&catalog, flow, &Answers::parse(form.as_bytes()).unwrap())
    }

    #[test]
    fn answers_become_the_fields_of_the_catalog() {
        let report = document(
            "gang",
            "notice_ack.accepted=yes&facts.categories=GC03&facts.categories=GC06&facts.title=T&facts.imminent_danger=yes\
             &facts.place.code.1=150000&facts.place.code.2=152500&facts.place.code.3=990121&unknown.field=x",
        );
        assert_eq!(report["flow"], "GANG_CRIME");
        assert_eq!(report["notice_ack"]["accepted"], true);
        assert_eq!(report["facts"]["categories"], json!(["GC03", "GC06"]));
        assert_eq!(report["facts"]["imminent_danger"], true);
        assert_eq!(report["facts"]["place"]["code"], "152500");
        assert!(report.get("unknown").is_none());
    }

    #[test]
    fn empty_blocks_are_left_out_and_the_others_move_up() {
        let report =
            document("gang", "subjects[0].name=&subjects[1].name=A&subjects[1].alias=x%0A%0Ay&subjects[9].name=B");
        assert_eq!(report["subjects"], json!([{"name": "A", "alias": ["x", "y"]}]));
    }

    #[test]
    fn a_campaign_counts_only_in_its_flow() {
        assert_eq!(document("gang", "campaign=xilingol-internet")["campaign"], "xilingol-internet");
        assert!(document("sector", "campaign=xilingol-internet").get("campaign").is_none());
    }

    #[test]
    fn the_same_answers_make_the_same_bytes() {
        let form = "facts.title=T&facts.narrative=N&facts.acts=INJURE";
        assert_eq!(document("gang", form).to_string(), document("gang", form).to_string());
    }

    #[test]
    fn only_the_send_button_sends() {
        let action = |form: &str| Action::of(&Answers::parse(form.as_bytes()).unwrap());
        assert_eq!(action("do=send"), Action::Send);
        assert_eq!(action("do=another:subjects"), Action::Another("subjects".to_owned()));
        assert_eq!(action("do=places"), Action::Redraw);
        assert_eq!(action(""), Action::Redraw);
    }
}
