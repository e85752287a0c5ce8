//! Reports that accuse a unit, and what happens to their cases behind the desk's back, put into the ledger as the receipt does.

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
use serde_json::Value;

use super::{
    Check,
    plan::{How, Planned, Tree},
};
use crate::{
    cases,
    receipt::recorded::{RecordingError, followed},
    records::{Actor, NewEvent},
    site::Site,
};

/// Records a planned report as the receipt does; what `switched_off` found is left out.
pub(super) fn report(
    site: &Site,
    tree: &Tree,
    planned: &Planned,
    accused: &UnitId,
    word: &str,
    switched_off: Option<Check>,
) -> CaseId {
    let told = (planned.place, planned.how, planned.urgent);
    let report = checked(site, &tree.report(told, Some(accused), word));
    let found = triage(&report, &[], &site.data.catalog);
    let router = site.data.router(Site::day_of(Timestamp::UNIX_EPOCH)).unwrap();
    let mut decision = router.route(&report, &found);
    if switched_off == Some(Check::of(planned.how)) {
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
pub(super) fn supplement(site: &Site, tree: &Tree, case: CaseId, accused: &UnitId, switched_off: Option<Check>) {
    let report = checked(site, &tree.report(("", How::Umbrella, false), Some(accused), "补充"));
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
