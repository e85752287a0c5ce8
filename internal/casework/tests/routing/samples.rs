//! What each sample file says it expects.

use nightsafe_casework::triage::Priority;
use serde_json::Value;

use crate::world::{WORLD, has_extension, samples, tasks};

#[test]
fn every_sample_goes_where_it_says() {
    let samples = samples();
    assert!(samples.len() >= 8, "the samples are there");
    for (name, sample) in &samples {
        let mut document = sample["report"].clone();
        let mut expect = &sample["_meta"]["expect"];
        if let Some(after) = expect.get("after_removing_docx") {
            let attachments = document["evidence"]["attachments"].as_array_mut().unwrap();
            attachments.retain(|entry| !has_extension(entry["name"].as_str().unwrap(), "docx"));
            expect = after;
        }
        let (triage, decision) = WORLD.decide(&document);
        assert_eq!(tasks(&decision), expected_tasks(expect), "{name}: {decision:#?}");
        for unit in expect["forbidden"].as_array().unwrap() {
            let unit = unit.as_str().unwrap().parse().unwrap();
            assert!(decision.forbidden_units().contains(&unit), "{name}: {unit}");
        }
        if let Some(priority) = expect.get("priority") {
            let priority: Priority = serde_json::from_value(priority.clone()).unwrap();
            assert_eq!(triage.priority, priority, "{name}: {triage:#?}");
        }
        if let Some(disposition) = expect.get("disposition") {
            assert_eq!(triage.disposition(), disposition.as_str(), "{name}: {triage:#?}");
        }
        if let Some(alarm) = expect.get("alarm") {
            assert_eq!(triage.alarm, alarm.as_bool().unwrap(), "{name}");
        }
        WORLD.holds(&decision).unwrap();
    }
}

/// Most samples name every unit that is forbidden; those that accuse more than a county's organ name only some.
#[test]
fn a_sample_forbids_nothing_that_it_does_not_name() {
    let wide = ["07_", "11_", "13_"];
    for (name, sample) in samples().iter().filter(|(name, _)| !wide.iter().any(|start| name.starts_with(start))) {
        let expect = &sample["_meta"]["expect"];
        let expect = expect.get("after_removing_docx").unwrap_or(expect);
        let (_, decision) = WORLD.decide(&without_docx(&sample["report"]));
        let named: Vec<&str> =
            expect["forbidden"].as_array().unwrap().iter().map(|unit| unit.as_str().unwrap()).collect();
        let more: Vec<String> = decision.forbidden_units().iter().map(ToString::to_string).collect();
        let more: Vec<&String> = more.iter().filter(|unit| !named.contains(&unit.as_str())).collect();
        assert!(more.is_empty(), "{name}: {more:?}");
    }
}

#[test]
fn the_hint_of_the_market_sample_is_shown_to_the_analyst() {
    let samples = samples();
    let (triage, _) = WORLD.decide(&samples["09_sector_minimal_elderly.json"]["report"]);
    assert_eq!(triage.suggested, ["GC06"]);
    assert!(!triage.escalate);
}

fn without_docx(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(attachments) = document.pointer_mut("/evidence/attachments").and_then(Value::as_array_mut) {
        attachments.retain(|entry| !has_extension(entry["name"].as_str().unwrap(), "docx"));
    }
    document
}

fn expected_tasks(expect: &Value) -> Vec<String> {
    let line = |task: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let copies = task.get("copies").and_then(Value::as_array).into_iter().flatten();
        let copies = copies.map(|copy| format!("+{}", text(copy)));
        [text(&task["part"]), text(&task["unit"])].into_iter().chain(copies).collect::<Vec<_>>().join(" ")
    };
    expect["tasks"].as_array().unwrap().iter().map(line).collect()
}
