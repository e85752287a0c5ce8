//! JSON Schema (2020-12) of the field tree.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::catalog::{
    AttachmentKind, Catalog,
    field::{Field, FieldKind, NeededWith},
    flow::Flow,
    list::CodeList,
};

pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

pub(super) fn list_name(name: &str) -> String {
    format!("list.{name}")
}

/// A report of one flow.
pub(super) fn report(catalog: &Catalog, flow: &Flow) -> Value {
    let mut schema = object(catalog, &flow.code, catalog.fields(&flow.code));
    schema.insert("title".to_owned(), json!(format!("{} {}", flow.label.zh, flow.label.en)));
    schema.insert("description".to_owned(), json!(format!("{} {}", flow.hint.zh, flow.hint.en)));
    if catalog.field(&flow.code, "cites").is_some() {
        schema.insert("anyOf".to_owned(), something_is_added(catalog, flow));
    }
    let mut schema = Value::Object(schema);
    narrow_attachments(catalog, flow, &mut schema);
    schema
}

/// The types and name endings that the flow's kinds of attachment are declared with, as the check reads them.
fn narrow_attachments(catalog: &Catalog, flow: &Flow, schema: &mut Value) {
    let attachment = "/properties/evidence/properties/attachments/items/properties";
    let kinds: Vec<&AttachmentKind> = catalog.attachment_kinds(flow).collect();
    let undecided = &catalog.attachments().undecided.media_types;
    let types = kinds.iter().flat_map(|kind| &kind.media_types).chain(undecided);
    let endings = kinds.iter().flat_map(|kind| &kind.extensions);
    let media_type = format!(r"^\s*({})?\s*(;[\s\S]*)?$", any_of(types));
    // What looks like an ending is one of these: five letters or digits at most, a letter among them.
    let ending = "(?=[0-9]*[A-Za-z])[0-9A-Za-z]{1,5}";
    let name = format!(r"^(?![\s\S]*\.(?!({})\s*$){ending}\s*$)", any_of(endings));
    for (property, pattern) in [("media_type", media_type), ("name", name)] {
        if let Some(Value::Object(property)) = schema.pointer_mut(&format!("{attachment}/{property}")) {
            property.insert("pattern".to_owned(), json!(pattern));
        }
    }
}

/// A pattern of any of these words in any case.
fn any_of<'a>(words: impl Iterator<Item = &'a String>) -> String {
    let letter = |c: char| match c {
        'a'..='z' => format!("[{c}{}]", c.to_ascii_uppercase()),
        '.' | '+' => format!(r"\{c}"),
        _ => c.to_string(),
    };
    words.map(|word| word.chars().map(letter).collect::<String>()).collect::<Vec<_>>().join("|")
}

/// A supplement has text, or at least one piece of evidence.
fn something_is_added(catalog: &Catalog, flow: &Flow) -> Value {
    let listed = |name: &str| json!({"required": [name], "properties": {name: {"minItems": 1}}});
    let evidence = catalog.field(&flow.code, "evidence").into_iter().flat_map(|field| field.fields(&flow.code));
    let lists: Vec<Value> = evidence.map(|field| listed(&field.name)).collect();
    let narrative = json!({"required": ["narrative"], "properties": {"narrative": {"pattern": r"\S"}}});
    json!([
        {"required": ["facts"], "properties": {"facts": narrative}},
        {"required": ["evidence"], "properties": {"evidence": {"anyOf": lists}}},
    ])
}

/// A code list: its codes, and what people read.
pub(super) fn list(list: &CodeList) -> Value {
    let codes: Vec<&str> = list.entries.iter().map(|entry| entry.code.as_str()).collect();
    let labels: Map<String, Value> =
        list.entries.iter().map(|entry| (entry.code.clone(), json!(entry.label))).collect();
    json!({
        "type": "string",
        "title": format!("{} {}", list.label.zh, list.label.en),
        "enum": codes,
        "x-labels": labels,
    })
}

fn object<'a>(catalog: &Catalog, flow: &str, fields: impl Iterator<Item = &'a Field>) -> Map<String, Value> {
    let mut properties = Map::new();
    let (mut required, mut conditions) = (Vec::new(), Vec::new());
    for field in fields {
        properties.insert(field.name.clone(), property(catalog, flow, field));
        if field.is_required_in(flow) {
            required.push(json!(field.name));
        }
        conditions.extend(field.needed_with.as_ref().map(|needed| condition(field, needed)));
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("additionalProperties".to_owned(), json!(false));
    for (key, members) in [("required", required), ("allOf", conditions)] {
        if !members.is_empty() {
            schema.insert(key.to_owned(), Value::Array(members));
        }
    }
    schema
}

/// "With this code in the list beside it, the field is required."
fn condition(field: &Field, needed: &NeededWith) -> Value {
    let NeededWith { sibling, code } = needed;
    json!({
        "if": {"required": [sibling], "properties": {sibling: {"contains": {"const": code}}}},
        "then": {"required": [field.name], "properties": {field.name.as_str(): {"minItems": 1}}},
    })
}

fn property(catalog: &Catalog, flow: &str, field: &Field) -> Value {
    let mut value = value(catalog, flow, field);
    if let Some(many) = field.many {
        let floor = if field.is_required_in(flow) { many.floor } else { 0 };
        value = json!({"type": "array", "items": value, "minItems": floor, "maxItems": many.items});
    }
    if let Value::Object(schema) = &mut value {
        let hint = field.hint.as_ref().map(|hint| format!("：{} {}", hint.zh, hint.en)).unwrap_or_default();
        schema.insert("title".to_owned(), json!(format!("{} {}{hint}", field.label.zh, field.label.en)));
    }
    value
}

fn value(catalog: &Catalog, flow: &str, field: &Field) -> Value {
    let is_required = field.is_required_in(flow);
    match &field.kind {
        FieldKind::Group => Value::Object(object(catalog, flow, field.fields(flow))),
        FieldKind::Line { min, max } => prose("line", *min, *max, is_required),
        FieldKind::Text { min, max } => prose("text", *min, *max, is_required),
        FieldKind::Code { list } => reference(&list_name(list)),
        FieldKind::Flag { must: true } => json!({"const": true}),
        FieldKind::Flag { must: false } => json!({"type": "boolean"}),
        FieldKind::Date => written("date", is_required),
        FieldKind::Moment => written("moment", is_required),
        FieldKind::Money => written("money", is_required),
        FieldKind::Digest => written("digest", is_required),
        FieldKind::Division => written("division", is_required),
        FieldKind::Whole { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        FieldKind::Digits { min, max } => json!({"type": "string", "pattern": format!("^([0-9]{{{min},{max}}})?$")}),
        FieldKind::ClueNumber => reference("clue_number"),
        FieldKind::Flow => json!({"const": flow}),
        FieldKind::Campaign => {
            let codes: Vec<&str> = catalog
                .campaigns()
                .iter()
                .filter(|campaign| campaign.flow == flow)
                .map(|campaign| campaign.code.as_str())
                .collect();
            json!({"type": "string", "enum": codes})
        }
        FieldKind::Constant { value } => json!({"const": value}),
        FieldKind::Ignored => json!({}),
    }
}

/// Text of so many characters. Blanks at both ends do not count towards the least.
fn prose(shape: &str, min: usize, max: usize, is_required: bool) -> Value {
    let mut schema = json!({"allOf": [reference(shape)], "maxLength": max});
    let pattern = match (min, is_required) {
        (0 | 1, true) => Some(r"\S".to_owned()),
        (0 | 1, false) => None,
        (min, true) => Some(format!(r"\S[\s\S]{{{},}}\S", min - 2)),
        (min, false) => Some(format!(r"^\s*$|\S[\s\S]{{{},}}\S", min - 2)),
    };
    if let (Some(pattern), Value::Object(schema)) = (pattern, &mut schema) {
        schema.insert("pattern".to_owned(), json!(pattern));
    }
    schema
}

/// A shape that takes the empty text, unless the field is required.
fn written(shape: &str, is_required: bool) -> Value {
    if is_required {
        json!({"allOf": [reference(shape)], "minLength": 1})
    } else {
        json!({"allOf": [reference(shape)]})
    }
}

impl Catalog {
    /// The code lists that fields refer to; lists of decisions made inside are not the public's business.
    pub(super) fn lists_of_fields(&self) -> BTreeMap<&str, &CodeList> {
        fn collect<'a>(fields: &'a [Field], names: &mut Vec<&'a str>) {
            for field in fields {
                names.extend(field.list());
                collect(&field.children, names);
            }
        }
        let mut names = Vec::new();
        collect(&self.fields, &mut names);
        names.into_iter().filter_map(|name| Some((name, self.list(name)?))).collect()
    }
}
