//! Units, reports that accuse some of them, and what happens to their cases behind the desk's back.

use std::collections::BTreeSet;

use jiff::Timestamp;
use nightsafe_casework::{
    event::{
        CasesMerged, Cites, EntryPosition, IdentityPart, ReceivedIntake, ReportReceived, SupplementReceived, TaskMoved,
        UnlockedItem, Via,
    },
    linking::LinkKind,
    triage::triage,
};
use nightsafe_runtime::SystemRandomness;
use nightsafe_schema::{
    case::CaseId, catalog::Strictness, digest::Digest, intake::Channel, item::ItemId, journal::StreamId,
    report::Report, submission::SubmissionId, unit::UnitId,
};
use proptest::sample::Index;
use serde_json::{Value, json};

use super::{Check, How, Planned};
use crate::{
    cases,
    receipt::recorded::{RecordingError, followed},
    records::{Actor, NewEvent},
    site::Site,
};

/// The fictional units with some counties right under their province, and some with a station more.
pub(super) fn shaped(shape: &[(Index, bool)]) -> Vec<Value> {
    let mut units: Vec<Value> = serde_json::from_str::<Value>(UNITS).unwrap()["units"].as_array().unwrap().clone();
    let counties: Vec<usize> = (0..units.len()).filter(|place| units[*place]["level"] == "COUNTY").collect();
    for (number, (which, station)) in shape.iter().enumerate() {
        let place = *which.get(&counties);
        let county = units[place].clone();
        if *station {
            let id = format!("{}.s{number}", county["id"].as_str().unwrap());
            let name = format!("{}第{number}站派出所", county["name"].as_str().unwrap());
            units.push(json!({"id": id, "name": name, "system": county["system"], "level": "STATION",
                "division": null, "parent": county["id"], "organ": county["id"]}));
        } else {
            let above = units.iter().find(|unit| unit["id"] == county["parent"]).unwrap()["parent"].clone();
            if !above.is_null() {
                units[place]["parent"] = above;
            }
        }
    }
    units
}

/// Local units that reports accuse.
pub(super) fn accusable(site: &Site) -> Vec<UnitId> {
    let units = site.data.units.units();
    let local = units.filter(|unit| {
        let id = unit.id.as_str();
        (id.contains(".99") || id.contains(".98"))
            && ["POLICE", "COURT", "PROC", "DISC"].contains(&unit.system.as_str())
    });
    local.map(|unit| unit.id.clone()).collect()
}

/// The accused unit, the organ it counts as, and everything below either: climbing from each unit by hand.
pub(super) fn barred(site: &Site, accused: &UnitId) -> BTreeSet<UnitId> {
    let unit = |id: &UnitId| site.data.units.unit(id).unwrap();
    let organ = unit(accused).organ.clone().unwrap_or_else(|| accused.clone());
    let is_barred = |start: &UnitId| {
        let mut next = Some(start.clone());
        while let Some(id) = next {
            if id == *accused || id == organ {
                return true;
            }
            next = unit(&id).parent.clone().or_else(|| unit(&id).organ.clone());
        }
        false
    };
    site.data.units.units().map(|unit| unit.id.clone()).filter(|id| is_barred(id)).collect()
}

/// Records a planned report as the receipt does; what `switched_off` found is left out.
pub(super) fn report(
    site: &Site,
    planned: &Planned,
    accused: &UnitId,
    word: &str,
    switched_off: Option<Check>,
) -> CaseId {
    let report = checked(site, &document(site, planned.place, planned.how, planned.urgent, accused, word));
    let found = triage(&report, &[], &site.data.catalog);
    let router = site.data.router(Site::day_of(Timestamp::UNIX_EPOCH)).unwrap();
    let mut decision = router.route(&report, &found);
    if switched_off == Some(planned.how.check()) {
        decision.forbidden.clear();
    }
    let case = CaseId::random(&SystemRandomness).unwrap();
    let body = report.without_identity();
    let received = ReportReceived {
        sealed: sealed(),
        intake: intake(),
        report: body,
        attachments: vec![],
        content: Digest::ZERO,
        marks: vec![],
    };
    let identity = IdentityPart { clue_number: "000000000000000000000098".parse().unwrap(), reporter: Value::Null };
    let events = vec![
        NewEvent::opening(case, received, identity),
        NewEvent::of_case(case, found),
        NewEvent::of_case(case, decision),
    ];
    site.records.append(&Actor::daemon(), &*site.clock, events).unwrap();
    case
}

/// Records a supplement that accuses a unit as the receipt does; what follows from it is left out if so wished.
pub(super) fn supplement(site: &Site, case: CaseId, accused: &UnitId, switched_off: Option<Check>) {
    let report = checked(site, &document(site, "", How::Umbrella, false, accused, "补充"));
    let received = SupplementReceived {
        sealed: sealed(),
        cites: Cites::SubmissionId,
        intake: intake(),
        report: report.without_identity(),
        attachments: vec![],
        content: Digest::ZERO,
        marks: vec![],
    };
    let router = site.data.router(Site::day_of(Timestamp::UNIX_EPOCH)).unwrap();
    let decided = site.records.decide(&Actor::daemon(), &*site.clock, |register| {
        let mut events = vec![NewEvent::of_case(case, received.clone())];
        if switched_off != Some(Check::Supplement) {
            events.extend(followed(case, &received, &router, register, site)?);
        }
        Ok::<_, RecordingError>(events)
    });
    decided.unwrap();
}

/// Records that two cases are merged, and nothing of what follows from it.
pub(super) fn merged_without_more(site: &Site, case: CaseId, with: CaseId) {
    let merged = |other| CasesMerged { other, kind: LinkKind::Series, reason: "绕过了检查".to_owned(), key: None };
    let events = vec![NewEvent::of_case(case, merged(with)), NewEvent::of_case(with, merged(case))];
    site.records.append(&Actor::daemon(), &*site.clock, events).unwrap();
}

/// Gives a part of a case to a unit behind the desk's back.
pub(super) fn moved(site: &Site, case: CaseId, to: &UnitId) {
    let state = cases::state(site, &site.records.register(), case).unwrap().unwrap();
    let Some(task) = state.decision.iter().flat_map(|decision| &decision.tasks).next() else { return };
    let moved = TaskMoved {
        via: Via::Console,
        part: task.part,
        from: task.unit.clone(),
        to: to.clone(),
        by: "somebody".parse().unwrap(),
        reason: "绕过了检查".to_owned(),
        units: String::new(),
    };
    site.records.append(&Actor::daemon(), &*site.clock, vec![NewEvent::of_case(case, moved)]).unwrap();
}

fn checked(site: &Site, document: &Value) -> Report {
    Report::try_from(site.data.catalog.check(document, Strictness::Soft).unwrap()).unwrap()
}

fn sealed() -> UnlockedItem {
    UnlockedItem {
        item: ItemId::random(&SystemRandomness).unwrap(),
        entry: EntryPosition { stream: StreamId::from_bytes([1; 16]), seq: 1 },
        size: 1,
        sha256: Digest::ZERO,
        header: String::new(),
        file_key: 0,
    }
}

fn intake() -> ReceivedIntake {
    ReceivedIntake {
        submission_id: SubmissionId::random(&SystemRandomness).unwrap(),
        accepted_hour: "2026-11-22T05:00:00Z".parse().unwrap(),
        gateway: "gateway-1".to_owned(),
        channel: Channel::Web,
        catalog: "test".to_owned(),
        registered: None,
    }
}

fn document(site: &Site, place: &str, how: How, urgent: bool, accused: &UnitId, word: &str) -> Value {
    let unit = site.data.units.unit(accused).unwrap();
    let name = &unit.name;
    let system = if unit.system == *"DISC" { "OTHER_GOV" } else { unit.system.as_str() };
    let subject = if how == How::Subject && system != "OTHER_GOV" {
        json!({"sid": "S1", "kind": "organisation", "name": name, "org_name": name, "system": system, "role": "UNIT"})
    } else {
        json!({"sid": "S1", "kind": "individual", "name": "某人"})
    };
    let officers = how == How::Subject && system != "OTHER_GOV";
    let says = if how == How::Text || (how == How::Subject && !officers) {
        format!("，{name}领导收了钱")
    } else {
        String::new()
    };
    let mut report = json!({
        "schema": "report/1",
        "flow": if officers { "OFFICER_MISCONDUCT" } else { "GANG_CRIME" },
        "notice_ack": {"notice_version": "N-2026-1", "accepted": true},
        "reporter": {"kind": "undisclosed"},
        "subjects": [subject],
        "facts": {
            "categories": [if officers { "PD05" } else { "GC06" }],
            "title": format!("{word}收钱"),
            "narrative": format!("每月都有人来收钱，{word}{says}，大家都不敢说。"),
            "place": {"code": place, "detail": "集市"},
        },
        "evidence": {},
        "declaration": {"truthful": true},
    });
    if !officers {
        report["facts"]["imminent_danger"] = json!(urgent);
        report["notice_ack"]["rules_version"] = json!("R-2026-1");
    }
    match how {
        How::Umbrella => {
            let person = json!({"name": "某", "org_name": name, "system": system, "post": "工作人员", "rank": "STAFF"});
            report["umbrella"] = json!({"known": "YES", "persons": [person], "acts": ["UM3"]});
        }
        How::Disputed => {
            report["prior_reports"] = json!([{"receiving_unit": name, "channel": "LETTER", "result": "NOT_SUBSTANTIATED", "satisfied": "NO"}]);
        }
        How::Subject | How::Text => {}
    }
    report
}

const UNITS: &str = include_str!("../../../../tests/data/samples/units.json");
pub(super) const DIVISIONS: &str = include_str!("../../../../tests/data/samples/fictional_divisions.json");
