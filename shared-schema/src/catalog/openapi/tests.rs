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

#[test]
fn attachments_are_described_with_the_catalogs_own_limits() {
    let document = document();
    let content = &document["paths"]["/api/v1/reports"]["post"]["requestBody"]["content"];
    let parts = &content["multipart/form-data"]["schema"];
    assert_eq!(parts["required"], json!(["report"]));
    assert_eq!(parts["properties"]["attachment"]["maxItems"], 10);
    let description = parts["description"].as_str().unwrap();
    for words in ["jpg 20971520", "629145600", "OFFICER_MISCONDUCT: jpg mp3 mp4"] {
        assert!(description.contains(words), "{words}: {description}");
    }
    let receipt = &document["components"]["schemas"]["Receipt"];
    assert_eq!(receipt["properties"]["attachments"]["type"], "integer");
}
