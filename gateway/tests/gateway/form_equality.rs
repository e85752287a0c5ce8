//! A report typed into the form and the same report sent as JSON are the same inside.

use serde_json::{Value, json};

use crate::site::Site;
use crate::walk::Walk;

/// A report with something in every part that the form asks for.
fn report() -> Value {
    json!({
        "schema": "report/1",
        "flow": "GANG_CRIME",
        "campaign": "xilingol-internet",
        "notice_ack": {"notice_version": "N-2026-1", "rules_version": "R-2026-1", "accepted": true},
        "reporter": {
            "kind": "individual", "name": "王某", "phone": "13800000000", "email": "a@b.example", "relation": "VICTIM",
            "consent_contact": true, "id_type": "RESIDENT_ID", "id_no": "99020119951103442X", "anon_code": "123456",
            "residence_code": "152531",
        },
        "subjects": [
            {"kind": "individual", "name": "张某<b>", "alias": ["老六", "六哥"], "region_code": "150000", "gender": "M"},
            {"kind": "organisation", "name": "“云速贷”平台", "address": "不清楚", "plates": ["A·12345"]},
        ],
        "facts": {
            "categories": ["GC08", "GC11"], "internet_types": ["NC2"], "acts": ["USURY", "INSULT"],
            "title": "套路贷", "narrative": "第一行\n\n第二行 𠮷 & “引号”，一共十个字以上。",
            "occurred_from": "2025", "occurred_to": "2025-04-01", "about_when": "YEAR", "ongoing": "YES",
            "how_known": "SELF", "imminent_danger": true, "place": {"code": "152500", "detail": "网络"},
            "loss_range": "L_10K_100K", "weapons": "NO",
        },
        "umbrella": {
            "known": "YES", "acts": ["UM3"], "detail": "有人通风报信",
            "persons": [{"name": "李某", "org_name": "某局", "system": "POLICE"}],
        },
        "prior_reports": [{"date": "2024-12", "channel": "P12345", "result": "NO_REPLY", "satisfied": "NO"}],
        "evidence": {
            "urls": ["https://a.example/1?x=1&y=2", "https://b.example"],
            "accounts": [{"platform": "QQ", "account": "1", "holder": "某"}],
            "transactions": [{"at": "2025-06-10", "amount_cny": "2100.00", "method": "BANK"}],
            "apps": [{"name": "云速贷", "package": "com.x", "platform": "ANDROID", "installer_sha256": "f".repeat(64)}],
        },
        "declaration": {"truthful": true},
    })
}

/// The names of the form's fields, and their values.
fn leaves(value: &Value, name: &str, found: &mut Vec<(String, Vec<String>)>) {
    let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(part, value)| leaves(value, &below(part), found)),
        Value::Array(members) if members.iter().all(Value::is_object) => {
            members.iter().enumerate().for_each(|(index, value)| leaves(value, &format!("{name}[{index}]"), found));
        }
        Value::Array(members) => {
            found.push((name.to_owned(), members.iter().map(|one| one.as_str().unwrap().to_owned()).collect()));
        }
        Value::Bool(_) => found.push((name.to_owned(), vec!["yes".to_owned()])),
        text => found.push((name.to_owned(), vec![text.as_str().unwrap().to_owned()])),
    }
}

/// Puts one answer where the page asks for it, in whichever way it asks.
fn answer<'c>(walk: Walk<'c>, name: &str, values: &[String], typed: &mut Vec<String>) -> Walk<'c> {
    let mark = |typed: &mut Vec<String>| typed.push(name.to_owned());
    if walk.has(&format!("{name}.y")) {
        mark(typed);
        let parts = values[0].split('-').zip(["y", "m", "d"]);
        return parts.fold(walk, |walk, (part, ending)| walk.fill(&format!("{name}.{ending}"), part));
    }
    if walk.has(&format!("{name}.1")) {
        mark(typed);
        let code = &values[0];
        let above = [format!("{}0000", &code[..2]), format!("{}00", &code[..4]), code.clone()];
        let chosen = above.iter().enumerate().filter(|(level, one)| *level == 0 || **one != above[level - 1]);
        return chosen.fold(walk, |walk, (level, one)| {
            walk.fill(&format!("{name}.{}", level + 1), one).press("places").expect(200)
        });
    }
    // A further block is asked for first.
    let list = name.rsplit_once('[').filter(|(_, rest)| !rest.starts_with('0')).map(|(list, _)| list);
    let walk = match list {
        Some(list) if !walk.has(name) && walk.has(&name.replace("[1]", "[0]")) => {
            walk.press(&format!("another:{list}"))
        }
        _ => walk,
    };
    if !walk.has(name) {
        return walk;
    }
    mark(typed);
    if walk.texts().iter().any(|text| text == name) {
        return walk.fill(name, &values.join("\n"));
    }
    let (first, others) = values.split_first().unwrap();
    others.iter().fold(walk.fill(name, first), |walk, value| walk.tick(name, value))
}

#[test]
fn typed_or_sent_as_json_a_report_is_the_same_document() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let sent = report();
    client.post_report(None, &sent.to_string()).number();
    let as_json: Value = serde_json::from_str(site.open_report().report.get()).unwrap();

    let mut answers = Vec::new();
    leaves(&sent, "", &mut answers);
    let mut typed = Vec::new();
    let mut walk = Walk::begin(&client, "/report/gang?campaign=xilingol-internet");
    loop {
        walk = answers.iter().fold(walk, |walk, (name, values)| answer(walk, name, values, &mut typed));
        if walk.has("declaration.truthful") {
            break;
        }
        walk = walk.press("next").expect(200);
    }
    walk.press("send").number();
    let as_typed: Value = serde_json::from_str(site.open_report().report.get()).unwrap();
    assert_eq!(as_typed, as_json);
    assert_eq!(as_typed, sent);
    // What nobody types: the form's own.
    let untyped: Vec<&str> =
        answers.iter().map(|(name, _)| &**name).filter(|name| !typed.iter().any(|one| one == name)).collect();
    assert_eq!(untyped, ["schema", "flow", "campaign", "notice_ack.notice_version", "notice_ack.rules_version"]);
}
