//! The fold of a case's events.

use nightsafe_schema::{intake::Channel, intake::IntakeAttachment, journal::StreamId};
use serde_json::json;

use super::*;
use crate::{
    attachment::matched,
    event::{AttachmentClaimed, CaseViewed, EntryPosition, ReportReceived, SupplementReceived, Via},
    routing::{Ground, Part, Task, Widening},
};

fn item(number: u8) -> ItemId {
    ItemId::from_bytes([number; 16])
}

fn unlocked(item: ItemId) -> UnlockedItem {
    let entry = EntryPosition { stream: StreamId::from_bytes([1; 16]), seq: 1 };
    UnlockedItem { item, entry, size: 1, sha256: Digest::ZERO, header: String::new(), file_key: 0 }
}

fn received() -> Body {
    let report = json!({
        "flow": "SECTOR_DISORDER", "reporter": {"identity_mode": "anonymous"},
        "facts": {"title": "菜市场乱收费", "categories": ["SD06"]},
        "evidence": {"attachments": [{"name": "a.jpg"}, {"name": "b.jpg"}]},
    });
    let supplied = IntakeAttachment {
        item: item(2),
        name: "a.jpg".to_owned(),
        media_type: "image/jpeg".to_owned(),
        length: 3,
        sha256: Digest::ZERO,
        item_sha256: Digest::ZERO,
    };
    Body::from(ReportReceived {
        sealed: unlocked(item(1)),
        intake: ReceivedIntake {
            submission_id: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
            accepted_hour: "2026-11-22T05:00:00Z".parse().unwrap(),
            gateway: "gateway-1".to_owned(),
            channel: Channel::Web,
            catalog: "2026-11-1".to_owned(),
            registered: None,
        },
        attachments: matched(&report, &[supplied]),
        report,
        content: Digest::ZERO,
        marks: Vec::new(),
    })
}

fn forbidden(unit: &str, from: &str) -> Forbidden {
    let ground = Ground { rule: "F_ACCUSED".to_owned(), from: from.to_owned() };
    Forbidden { unit: unit.parse().unwrap(), why: vec![ground] }
}

fn routed(unit: &str, forbidden: Vec<Forbidden>) -> Body {
    Body::from(Decision {
        tasks: vec![Task { part: Part::Sector, unit: unit.parse().unwrap(), copies: vec![] }],
        forbidden,
        candidates: vec![],
        rules: vec![],
        place: None,
        sealed: false,
        table: String::new(),
        units: String::new(),
        officers: String::new(),
    })
}

fn fold(bodies: &[Body]) -> Result<CaseState, FoldError> {
    let recorded = (1..).map(|seq| Recorded { seq, version: seq, at: Timestamp::UNIX_EPOCH });
    CaseState::fold(recorded.zip(bodies))
}

#[test]
fn before_it_is_routed_nobody_sees_a_case() {
    assert!(fold(&[received()]).unwrap().access().sealed);
    assert!(!fold(&[received(), routed("OFFICE.990121", vec![])]).unwrap().access().sealed);
}

#[test]
fn a_forbidden_set_only_grows() {
    let first = routed("OFFICE.990121", vec![forbidden("POLICE.990121", "subjects[0]")]);
    let more = [forbidden("POLICE.990121", "subjects[1]"), forbidden("COURT.990102", "facts.narrative")];
    let widened = Body::from(Widening { added: more.to_vec() });
    let again = routed("OFFICE.990100", vec![]);
    let state = fold(&[received(), first, widened, again]).unwrap();
    let units: Vec<String> = state.forbidden.iter().map(|entry| entry.unit.to_string()).collect();
    assert_eq!(units, ["POLICE.990121", "COURT.990102"]);
    assert_eq!(state.forbidden[0].why.len(), 2);
    let access = state.access();
    assert_eq!(access.forbidden, state.forbidden_units());
    assert_eq!(access.holders.first().unwrap().as_str(), "OFFICE.990100");
}

#[test]
fn an_attachment_is_crossing_until_it_is_claimed() {
    let states = |state: &CaseState| {
        let summary = state.summary("0000-0000-0001".parse().unwrap());
        (summary.attachments, summary.still_crossing)
    };
    let before = fold(&[received()]).unwrap();
    assert_eq!(states(&before), (1, 1));
    assert_eq!(before.attachments[1].crossing, Crossing::NotSupplied);
    let claimed = Body::from(AttachmentClaimed { sealed: unlocked(item(2)) });
    let after = fold(&[received(), claimed]).unwrap();
    assert_eq!((states(&after), after.version, after.last_seq), ((1, 0), 2, 2));
    assert!(matches!(after.attachments[0].crossing, Crossing::Arrived(_)));
}

#[test]
fn a_supplement_that_names_what_has_arrived_does_not_wait_for_it() {
    let claimed = Body::from(AttachmentClaimed { sealed: unlocked(item(2)) });
    let Body::ReportReceived(first) = received() else { panic!("a report") };
    let supplement = Body::from(SupplementReceived {
        sealed: unlocked(item(3)),
        cites: Cites::SubmissionId,
        intake: first.intake,
        report: first.report,
        attachments: first.attachments,
        content: Digest::of(b"other words"),
        marks: Vec::new(),
    });
    let state = fold(&[received(), claimed, supplement]).unwrap();
    assert!(matches!(state.supplements[0].attachments[0].crossing, Crossing::Arrived(_)));
    assert_eq!(state.summary("0000-0000-0001".parse().unwrap()).still_crossing, 0);
}

#[test]
fn events_that_open_no_case_or_open_it_twice_are_refused() {
    let viewed = Body::from(CaseViewed { via: Via::Console, copies: Vec::new() });
    assert_eq!(fold(&[]), Err(FoldError::Empty));
    assert_eq!(fold(&[viewed]), Err(FoldError::NotOpened { seq: 1 }));
    assert_eq!(fold(&[received(), received()]), Err(FoldError::OpenedTwice { seq: 2 }));
}
