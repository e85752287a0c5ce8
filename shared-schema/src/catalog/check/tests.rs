//! What the built-in catalog accepts and refuses.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{
    catalog::{Catalog, FieldProblem, Strictness},
    report::samples::{self, report},
};

/// The sector sample with one pointer set to a value; `null` removes nothing, it is a value like any other.
fn changed(text: &str, pointer: &str, value: Value) -> Value {
    let mut document = report(text);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap()[name] = value;
    document
}

fn without(text: &str, pointer: &str) -> Value {
    let mut document = report(text);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap().as_object_mut().unwrap().shift_remove(name);
    document
}

fn problems(document: &Value) -> Vec<(String, &'static str)> {
    match Catalog::embedded().unwrap().check(document, Strictness::Soft) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|FieldProblem { path, code, .. }| (path, code.as_str())).collect(),
    }
}

#[track_caller]
fn refused(document: &Value, path: &str, code: &'static str) {
    assert_eq!(problems(document), [(path.to_owned(), code)]);
}

#[track_caller]
fn accepted(document: &Value) {
    assert_eq!(problems(document), []);
}

fn supplement() -> Value {
    json!({
        "schema": "report/1",
        "flow": "SUPPLEMENT",
        "cites": "000000000000000000000098",
        "facts": {"narrative": "又看见他们了"},
        "evidence": {"urls": [], "accounts": [], "transactions": [], "apps": [], "attachments": []},
    })
}

#[test]
fn every_sample_but_the_sixth_is_accepted_both_ways() {
    let catalog = Catalog::embedded().unwrap();
    for (name, text) in samples::ACCEPTED {
        for strictness in [Strictness::Soft, Strictness::Strict] {
            let checked =
                catalog.check(&report(text), strictness).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
            assert_eq!(*checked.document(), report(text), "{name}");
        }
    }
}

#[test]
fn the_sixth_sample_has_an_attachment_of_a_kind_its_flow_does_not_take() {
    let mut document = report(samples::BAD_ATTACHMENT);
    refused(&document, "evidence.attachments[0]", "ATTACHMENT_FORMAT");
    document["evidence"]["attachments"].as_array_mut().unwrap().remove(0);
    accepted(&document);
}

#[test]
fn what_a_declared_attachment_claims_is_compared_with_the_flow() {
    let declared = |name: &str, media_type: &str| json!([{"name": name, "media_type": media_type}]);
    let officers =
        |name, media_type| changed(samples::POLICE_CHIEF, "/evidence/attachments", declared(name, media_type));
    let gang = |name, media_type| changed(samples::VILLAGE_BULLY, "/evidence/attachments", declared(name, media_type));
    for (name, media_type) in [
        ("", ""),
        ("a.JPG", "image/jpeg"),
        ("录音", "audio/mpeg; x=1"),
        ("v1.2024", ""),
        ("a.mp4", "application/octet-stream"),
    ] {
        accepted(&officers(name, media_type));
    }
    for (name, media_type) in
        [("a.png", "image/png"), ("a.jpg", "image/png"), ("a.docx", ""), ("a.jpg", "text/plain"), ("a.apk", "")]
    {
        refused(&officers(name, media_type), "evidence.attachments[0]", "ATTACHMENT_FORMAT");
    }
    for (name, media_type) in
        [("a.png", "image/png"), ("a.pdf", "application/pdf"), ("a.apk", "application/zip"), ("a.exe", "")]
    {
        accepted(&gang(name, media_type));
    }
    refused(&gang("a.docx", ""), "evidence.attachments[0]", "ATTACHMENT_FORMAT");
}

#[test]
fn unknown_fields_are_refused_wherever_they_stand() {
    refused(&changed(samples::SECTOR, "/colour", json!(1)), "colour", "UNKNOWN_FIELD");
    refused(&changed(samples::SECTOR, "/facts/place/floor", json!("3")), "facts.place.floor", "UNKNOWN_FIELD");
    refused(&changed(samples::VILLAGE_BULLY, "/subjects/1/hat", json!("red")), "subjects[1].hat", "UNKNOWN_FIELD");
}

#[test]
fn an_intake_sent_by_a_client_is_refused() {
    refused(&changed(samples::SECTOR, "/intake", json!({})), "intake", "RESERVED_FIELD");
}

#[test]
fn a_field_of_another_flow_is_refused() {
    refused(&changed(samples::SECTOR, "/umbrella", json!({"known": "NO"})), "umbrella", "NOT_IN_FLOW");
    refused(&changed(samples::POLICE_CHIEF, "/umbrella", json!({"known": "NO"})), "umbrella", "NOT_IN_FLOW");
    refused(&changed(samples::SECTOR, "/subjects", json!([])), "subjects", "NOT_IN_FLOW");
    refused(&changed(samples::VILLAGE_BULLY, "/facts/sectors", json!([])), "facts.sectors", "NOT_IN_FLOW");
    refused(&changed(samples::VILLAGE_BULLY, "/cites", json!("")), "cites", "NOT_IN_FLOW");
}

#[test]
fn the_flow_decides_the_rest_so_it_must_be_known() {
    refused(&changed(samples::SECTOR, "/flow", json!("GOSSIP")), "flow", "UNKNOWN_CODE");
    refused(&changed(samples::SECTOR, "/flow", json!(3)), "flow", "WRONG_TYPE");
    refused(&without(samples::SECTOR, "/flow"), "flow", "REQUIRED");
    refused(&json!([]), "", "NOT_AN_OBJECT");
    refused(&changed(samples::SECTOR, "/schema", json!("report/2")), "schema", "BAD_FORMAT");
    refused(&without(samples::SECTOR, "/schema"), "schema", "REQUIRED");
}

#[test]
fn a_report_needs_somebody_it_is_about_except_about_a_sector() {
    refused(&without(samples::VILLAGE_BULLY, "/subjects"), "subjects", "REQUIRED");
    refused(&changed(samples::VILLAGE_BULLY, "/subjects", json!([])), "subjects", "TOO_FEW");
    refused(&changed(samples::POLICE_CHIEF, "/subjects", json!([])), "subjects", "TOO_FEW");
    let six = json!(vec![json!({"kind": "UNKNOWN", "name": "不清楚"}); 6]);
    refused(&changed(samples::VILLAGE_BULLY, "/subjects", six), "subjects", "TOO_MANY");
    let no_system = json!([{"kind": "individual", "name": "贺兰峰"}]);
    refused(&changed(samples::POLICE_CHIEF, "/subjects", no_system), "subjects[0].system", "REQUIRED");
}

#[test]
fn the_notice_is_accepted_and_the_declaration_is_truthful() {
    refused(&changed(samples::SECTOR, "/notice_ack/accepted", json!(false)), "notice_ack.accepted", "NOT_ACCEPTED");
    refused(&without(samples::SECTOR, "/notice_ack"), "notice_ack", "REQUIRED");
    refused(&without(samples::VILLAGE_BULLY, "/notice_ack/rules_version"), "notice_ack.rules_version", "REQUIRED");
    refused(&changed(samples::SECTOR, "/declaration/truthful", json!(false)), "declaration.truthful", "NOT_ACCEPTED");
    refused(&without(samples::SECTOR, "/declaration"), "declaration", "REQUIRED");
}

#[test]
fn online_crime_needs_its_kind() {
    let online = |types: Value| {
        let mut document = changed(samples::VILLAGE_BULLY, "/facts/categories", json!(["GC11"]));
        document["facts"]["internet_types"] = types;
        document
    };
    refused(&online(json!([])), "facts.internet_types", "REQUIRED");
    accepted(&online(json!(["NC7"])));
    accepted(&online(json!(["UNKNOWN"])));
    let mut absent = online(json!([]));
    absent["facts"].as_object_mut().unwrap().shift_remove("internet_types");
    refused(&absent, "facts.internet_types", "REQUIRED");
}

#[test]
fn lengths_count_characters_and_say_how_many_are_too_many() {
    let narrative = |text: String| changed(samples::SECTOR, "/facts/narrative", json!(text));
    accepted(&narrative("𠮷".repeat(5000)));
    refused(&narrative("𠮷".repeat(5001)), "facts.narrative", "TOO_LONG");
    refused(&narrative("一二三四五六七八九".to_owned()), "facts.narrative", "TOO_SHORT");
    refused(&narrative(" ".repeat(30)), "facts.narrative", "REQUIRED");
    let catalog = Catalog::embedded().unwrap();
    let problems = catalog.check(&narrative("字".repeat(5007)), Strictness::Soft).unwrap_err();
    assert!(problems[0].text.zh.contains("多了 7 个字"), "{problems:?}");
}

#[test]
fn codes_are_those_of_the_flow() {
    refused(&changed(samples::SECTOR, "/facts/categories", json!(["GC03"])), "facts.categories[0]", "UNKNOWN_CODE");
    refused(&changed(samples::SECTOR, "/facts/ongoing", json!("PERHAPS")), "facts.ongoing", "UNKNOWN_CODE");
    refused(&changed(samples::SECTOR, "/facts/categories", json!("SD04")), "facts.categories", "WRONG_TYPE");
    refused(&changed(samples::SECTOR, "/facts/categories", json!([])), "facts.categories", "TOO_FEW");
    accepted(&changed(samples::SECTOR, "/facts/categories", json!(["UNKNOWN"])));
    accepted(&changed(samples::VILLAGE_BULLY, "/facts/acts", json!(["BRIBE"])));
}

#[test]
fn the_campaign_is_one_of_this_flow() {
    accepted(&changed(samples::VILLAGE_BULLY, "/campaign", json!("xilingol-internet")));
    refused(&changed(samples::SECTOR, "/campaign", json!("xilingol-internet")), "campaign", "UNKNOWN_CODE");
    refused(&changed(samples::VILLAGE_BULLY, "/campaign", json!("other")), "campaign", "UNKNOWN_CODE");
}

#[test]
fn dates_may_be_partial_or_empty_and_places_unknown() {
    for date in ["", "2025", "2025-04", "2025-04-11"] {
        accepted(&changed(samples::SECTOR, "/facts/occurred_from", json!(date)));
    }
    refused(&changed(samples::SECTOR, "/facts/occurred_from", json!("去年")), "facts.occurred_from", "BAD_FORMAT");
    accepted(&changed(samples::SECTOR, "/facts/place", json!({"code": "", "detail": "不清楚"})));
    accepted(&changed(samples::SECTOR, "/facts/place", json!({"code": "152502900", "detail": "阿尔善"})));
    refused(&changed(samples::SECTOR, "/facts/place/code", json!("99")), "facts.place.code", "BAD_FORMAT");
    refused(&changed(samples::SECTOR, "/facts/place/detail", json!("")), "facts.place.detail", "REQUIRED");
}

#[test]
fn numbers_of_people_only_ever_warn() {
    let catalog = Catalog::embedded().unwrap();
    for (pointer, value, code) in [
        ("/reporter/id_no", "990201199001012270", "CHECK_RESIDENT_ID"),
        ("/reporter/phone", "不想说", "CHECK_PHONE"),
        ("/reporter/email", "nobody", "CHECK_EMAIL"),
        ("/reporter/uscc", "1", "CHECK_CREDIT_CODE"),
        ("/facts/occurred_to", "2025", "CHECK_DATES"),
    ] {
        let document = changed(samples::SECTOR, pointer, json!(value));
        let soft = catalog.check(&document, Strictness::Soft).unwrap();
        assert_eq!(soft.warnings().iter().map(|warning| warning.code.as_str()).collect::<Vec<_>>(), [code]);
        assert_eq!(catalog.check(&document, Strictness::Strict).unwrap().warnings(), []);
    }
}

#[test]
fn a_sent_identity_mode_is_not_looked_at() {
    for sent in [json!("real_name"), json!("emperor"), json!(7), json!(null), json!([])] {
        accepted(&changed(samples::SECTOR, "/reporter/identity_mode", sent));
    }
}

#[test]
fn rare_characters_and_bidirectional_marks_are_kept_and_controls_are_refused() {
    for text in [
        "𠮷祥小区门口有人持刀威胁我",
        "阿依夏·木拉提说的话都在这里",
        "\u{202e}反着写的字也是证据哦朋友",
        "第一行\n第二行\t\r\n第三行还有字",
    ] {
        accepted(&changed(samples::SECTOR, "/facts/narrative", json!(text)));
    }
    let control = changed(samples::SECTOR, "/facts/narrative", json!("前面有十个字的内容\u{1b}[31m红"));
    refused(&control, "facts.narrative", "BAD_CHARACTER");
    refused(&changed(samples::SECTOR, "/facts/title", json!("两\n行")), "facts.title", "BAD_CHARACTER");
    let noncharacter = changed(samples::SECTOR, "/facts/narrative", json!("前面有十个字的内容是的\u{fffe}"));
    let catalog = Catalog::embedded().unwrap();
    assert!(catalog.check(&noncharacter, Strictness::Soft).is_ok());
    assert!(catalog.check(&noncharacter, Strictness::Strict).is_err());
}

#[test]
fn a_supplement_cites_and_adds_and_has_nothing_else() {
    accepted(&supplement());
    let mut document = supplement();
    document["reporter"] = json!({"kind": "undisclosed"});
    document["facts"]["title"] = json!("x");
    assert_eq!(
        problems(&document),
        [("reporter".to_owned(), "NOT_IN_FLOW"), ("facts.title".to_owned(), "NOT_IN_FLOW")]
    );
    let mut wrong_digit = supplement();
    wrong_digit["cites"] = json!("000000000000000000000097");
    refused(&wrong_digit, "cites", "CLUE_NUMBER");
    let mut nothing = supplement();
    nothing.as_object_mut().unwrap().shift_remove("facts");
    refused(&nothing, "facts.narrative", "REQUIRED");
    nothing["evidence"]["attachments"] = json!([{"name": "a.jpg"}]);
    accepted(&nothing);
}

#[test]
fn a_document_is_bounded_in_depth_and_number() {
    let mut deep = json!("x");
    for _ in 0..300 {
        deep = json!([deep]);
    }
    refused(&changed(samples::SECTOR, "/facts/title", deep), "", "TOO_LARGE");
    let many = json!(vec!["x"; 5000]);
    refused(&changed(samples::SECTOR, "/evidence/urls", many), "", "TOO_LARGE");
}

/// Whatever the parser's own bound is, and whether or not what lies there is JSON.
#[test]
fn text_that_nests_too_deep_is_too_large_however_deep() {
    let catalog = Catalog::embedded().unwrap();
    let most = catalog.limits().depth;
    let codes = |text: &str| {
        let problems = catalog.read(text.as_bytes(), Strictness::Soft).unwrap_err();
        problems.iter().map(|problem| problem.code.as_str()).collect::<Vec<_>>()
    };
    for depth in [most, most + 1, 100, 126, 127, 128, 129, 1_000, 50_000] {
        let whole = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(codes(&whole), ["TOO_LARGE"], "{depth}");
        assert_eq!(codes(&"{\"a\":".repeat(depth)), ["TOO_LARGE"], "{depth}");
    }
    let allowed = format!("{}{}", "[".repeat(most), "]".repeat(most));
    assert_eq!(codes(&allowed), ["NOT_AN_OBJECT"]);
}

#[test]
fn text_that_names_a_field_twice_is_refused() {
    let catalog = Catalog::embedded().unwrap();
    let codes = |text: &str| {
        catalog.read(text.as_bytes(), Strictness::Soft).unwrap_err().iter().map(|p| p.code.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(codes(r#"{"flow": "GANG_CRIME", "flow": "SECTOR_DISORDER"}"#), ["DUPLICATE_FIELD"]);
    assert_eq!(codes("{"), ["NOT_AN_OBJECT"]);
    assert_eq!(codes("{} {}"), ["NOT_AN_OBJECT"]);
    assert_eq!(codes(&"[".repeat(5)), ["NOT_AN_OBJECT"]);
    assert_eq!(codes(&" ".repeat(200_000)), ["TOO_LARGE"]);
    for (name, text) in samples::ACCEPTED {
        let text = report(text).to_string();
        assert_eq!(
            *catalog.read(text.as_bytes(), Strictness::Strict).unwrap().document(),
            serde_json::from_str::<Value>(&text).unwrap(),
            "{name}"
        );
    }
}

/// Any JSON value, a few levels deep, with names of the format among its names.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        Just("flow"),
        Just("schema"),
        Just("facts"),
        Just("narrative"),
        Just("subjects"),
        Just("place"),
        Just("reporter"),
        Just("evidence"),
        Just("attachments"),
        Just("categories"),
        Just("umbrella"),
        Just("persons"),
        Just("intake"),
        Just("x"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop_oneof![Just("GANG_CRIME"), Just("SUPPLEMENT"), Just("GC11"), Just("UNKNOWN")].prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((names.clone(), inner), 0..6).prop_map(|members| {
                Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

/// Sets one place of a document, chosen by number, to another value.
fn spoil(at: &mut Value, place: usize, value: Value) {
    let count = at.as_object().map_or(0, Map::len) + at.as_array().map_or(0, Vec::len);
    if count == 0 || place == 0 {
        *at = value;
        return;
    }
    let member = match at {
        Value::Object(object) => object.values_mut().nth(place % count),
        Value::Array(members) => members.get_mut(place % count),
        _ => None,
    };
    spoil(member.unwrap(), place / count, value);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_json_is_answered_and_never_panics(document in any_json()) {
        let catalog = Catalog::embedded().unwrap();
        for strictness in [Strictness::Soft, Strictness::Strict] {
            if let Err(problems) = catalog.check(&document, strictness) {
                prop_assert!(!problems.is_empty() && problems.len() <= 50);
                prop_assert!(problems.iter().all(|problem| !problem.text.zh.is_empty() && !problem.text.en.is_empty()));
            }
        }
    }

    #[test]
    fn a_spoiled_report_is_answered_and_what_passes_can_be_read(place in 0_usize..4000, value in any_json()) {
        let catalog = Catalog::embedded().unwrap();
        let mut document = report(samples::VILLAGE_BULLY);
        spoil(&mut document, place, value);
        if let Ok(checked) = catalog.check(&document, Strictness::Strict) {
            prop_assert!(catalog.check(&document, Strictness::Soft).is_ok(), "strict is never laxer");
            prop_assert!(crate::report::Report::try_from(checked).is_ok());
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Catalog::embedded().unwrap().read(&bytes, Strictness::Strict);
    }
}

#[test]
fn a_clerk_need_not_tick_what_only_the_reporter_can_agree_to() {
    let catalog = Catalog::embedded().unwrap();
    let mut document = report(samples::VILLAGE_BULLY);
    for name in ["notice_ack", "declaration"] {
        document.as_object_mut().unwrap().remove(name);
    }
    assert!(catalog.check(&document, Strictness::Strict).is_err());
    assert!(catalog.check(&document, Strictness::Registered).is_ok());
    document["declaration"] = serde_json::json!({ "truthful": false });
    let problems = catalog.check(&document, Strictness::Registered).unwrap_err();
    assert_eq!(problems[0].path, "declaration.truthful");
    document["declaration"] = serde_json::json!({ "truthful": true });
    document["facts"]["title"] = serde_json::json!("\u{fffe}");
    assert!(catalog.check(&document, Strictness::Registered).is_err(), "it is strict otherwise");
}
