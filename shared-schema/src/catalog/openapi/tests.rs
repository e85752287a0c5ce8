//! The document is whole and says what the check says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::catalog::Catalog;

fn document() -> Value {
    Catalog::embedded().unwrap().openapi()
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, member) in object {
                match member {
                    Value::String(target) if name == "$ref" => {
                        found.insert(target.clone());
                    }
                    _ => references(member, found),
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|member| references(member, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 30);
    for target in found {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{target}");
    }
}

#[test]
fn limits_lists_and_conditions_are_those_of_the_tree() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let facts = &schemas["GANG_CRIME"]["properties"]["facts"];
    assert_eq!(facts["properties"]["narrative"]["maxLength"], 5000);
    assert_eq!(facts["properties"]["categories"]["items"]["$ref"], "#/components/schemas/list.gang_categories");
    assert_eq!(facts["allOf"][0]["if"]["properties"]["categories"]["contains"]["const"], "GC11");
    assert_eq!(schemas["GANG_CRIME"]["properties"]["subjects"]["maxItems"], 5);
    assert_eq!(schemas["SECTOR_DISORDER"]["properties"].get("subjects"), None);
    assert_eq!(schemas["SECTOR_DISORDER"]["additionalProperties"], false);
    assert_eq!(schemas["GANG_CRIME"]["properties"]["campaign"]["enum"], json!(["xilingol-internet"]));
    assert!(schemas["list.gang_categories"]["enum"].as_array().unwrap().contains(&json!("UNKNOWN")));
    assert_eq!(schemas["list.gang_categories"]["x-labels"]["GC03"]["en"], "Village bullies and clans");
    assert_eq!(schemas.get("list.not_admitted_reasons"), None);
}
