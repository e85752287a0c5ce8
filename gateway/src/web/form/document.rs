//! From answers to a report: the catalog says which fields a flow asks for, and what their values are.
//!
//! The document keeps what was typed, wrong or not: the check names what to mend, and the page is drawn from it again.

use nightsafe_schema::catalog::{Catalog, Field, FieldKind, Flow, Group, Part};
use serde_json::{Map, Value};

use super::answers::Answers;

/// The report that the answers make, as far as they go.
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
                for field in group.all_fields().filter_map(|path| catalog.field(&flow.code, path)) {
                    if let Some(value) = value_of(field, &field_name(field, &field.path), answers) {
                        put(&mut report, field.path.trim_end_matches("[]"), value);
                    }
                }
            }
        }
    }
    if let Some(report) = report.as_object_mut() {
        complete(report, catalog.fields(&flow.code), &flow.code);
    }
    report
}

/// Groups that must be there are, if empty, so that the check names each field that is missing and not the whole group.
fn complete<'f>(object: &mut Map<String, Value>, fields: impl Iterator<Item = &'f Field>, flow: &str) {
    for field in fields.filter(|field| field.kind == FieldKind::Group && field.is_required_in(flow)) {
        let one = Value::Object(Map::new());
        let empty = match field.many {
            Some(many) => Value::Array(vec![one; many.floor]),
            None => one,
        };
        if let Value::Object(inner) = object.entry(field.name.as_str()).or_insert(empty) {
            complete(inner, field.fields(flow), flow);
        }
    }
}

/// The blocks of a repeated list that have any answer, moved up over empty ones.
fn repeat(report: &mut Value, catalog: &Catalog, flow: &Flow, group: &Group, list: &str, answers: &Answers) {
    let Some(field) = catalog.field(&flow.code, list) else { return };
    let most = field.many.map_or(1, |many| many.items);
    let base = list.trim_end_matches("[]");
    let mut members = Vec::new();
    for index in 0..most {
        let mut member = Value::Object(Map::new());
        for field in group.all_fields().filter_map(|path| catalog.field(&flow.code, path)) {
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
        FieldKind::Division => place(name, answers).map(Value::from),
        FieldKind::Date | FieldKind::Moment => date(name, answers).map(Value::from),
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

/// Where the place is asked for, province, prefecture and county are three inputs; elsewhere it is one hidden field. An
/// input that does not lie in the one above it counts as not chosen.
fn place(name: &str, answers: &Answers) -> Option<String> {
    if !answers.has(&place_name(name, 1)) {
        return Some(answers.one(name)).filter(|code| !code.is_empty()).map(str::to_owned);
    }
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

/// Where the date is asked for, year, month and day are three inputs; elsewhere it is one hidden field. What is no date is
/// kept as it was typed.
fn date(name: &str, answers: &Answers) -> Option<String> {
    let parts = DATE_PARTS.map(|part| date_name(name, part));
    if !parts.iter().any(|part| answers.has(part)) {
        return Some(answers.one(name)).filter(|date| !date.is_empty()).map(str::to_owned);
    }
    let typed = parts.map(|part| {
        let text = answers.one(&part);
        if text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("0{text}")
        } else {
            text.to_owned()
        }
    });
    let joined = typed.join("-");
    let date = joined.trim_end_matches('-');
    (!date.is_empty()).then(|| date.to_owned())
}

/// The name of one of the inputs of a date.
pub(super) fn date_name(name: &str, part: &str) -> String {
    format!("{name}.{part}")
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

/// Year, month, day.
pub(super) const DATE_PARTS: [&str; 3] = ["y", "m", "d"];
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
    fn a_date_is_as_much_of_it_as_is_known() {
        let date = |form: &str| document("gang", form)["facts"]["occurred_from"].clone();
        assert_eq!(date("facts.occurred_from.y=2025&facts.occurred_from.m=4&facts.occurred_from.d=1"), "2025-04-01");
        assert_eq!(date("facts.occurred_from.y=2025&facts.occurred_from.m=&facts.occurred_from.d="), "2025");
        assert_eq!(date("facts.occurred_from.y=&facts.occurred_from.m=4&facts.occurred_from.d="), "-04");
        assert_eq!(date("facts.occurred_from=2025-04"), "2025-04");
        assert!(document("gang", "facts.occurred_from.y=&facts.title=x")["facts"].get("occurred_from").is_none());
    }

    #[test]
    fn what_must_be_there_is_there_if_empty() {
        let report = document("gang", "");
        assert_eq!((&report["subjects"], &report["facts"]), (&json!([{}]), &json!({"place": {}})));
        assert!(report.get("reporter").is_none() && report.get("umbrella").is_none());
    }

    #[test]
    fn a_place_that_is_carried_is_one_field() {
        let code = |form: &str| document("gang", form)["facts"]["place"]["code"].clone();
        assert_eq!(code("facts.place.code=152531"), "152531");
        // On the page itself an empty first input takes the place away.
        assert_eq!(code("facts.place.code=152531&facts.place.code.1=&facts.place.detail=x"), Value::Null);
    }
}
