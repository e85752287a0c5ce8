//! What the ledger says about one case: the fold of its events.
//!
//! Index and console see a case only as this state. Looks at a case (views, identity, exports) change nothing in it; they
//! are the auditor's.

mod alarm;
mod worklist;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nightsafe_schema::{case::CaseId, digest::Digest, division::DivisionCode, item::ItemId, time::Hour, unit::UnitId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    alarm::{Acknowledgement, Alarm, raises},
    worklist::{UnknownWorklist, Worklist},
};
use crate::{
    account::AccountName,
    attachment::Attachment,
    event::{Body, Cites, ReceivedIntake, TaskMoved, UnlockedItem},
    linking::{LinkKind, Mark, Reason},
    routing::{Decision, Forbidden, Outcome, Part, Task},
    triage::{Priority, Triage},
    visibility::Access,
};

/// Where an event stands: what the ledger knows of it besides its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its sequence number in the ledger.
    pub seq: u64,
    /// The case's version after it, from 1.
    pub version: u64,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A case as it stands after some event.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseState {
    /// When the inside recorded it.
    pub recorded_at: Timestamp,
    /// The first report's item.
    pub sealed: UnlockedItem,
    /// The gateway's part.
    pub intake: ReceivedIntake,
    /// The report without the reporter's identity.
    pub report: Value,
    /// Tells a retry from a change.
    pub content: Digest,
    /// Its attachments.
    pub attachments: Vec<CaseAttachment>,
    /// What was said later, in order.
    pub supplements: Vec<Supplement>,
    /// How often the same submission came again.
    pub retries: u32,
    /// The last triage.
    pub triage: Option<Triage>,
    /// The last routing decision.
    pub decision: Option<Decision>,
    /// Every ground ever recorded for forbidding a unit.
    pub forbidden: Vec<Forbidden>,
    /// Its alarm, if there ever was one.
    pub alarm: Option<Alarm>,
    /// Parts that a person gave to another unit, in order.
    pub moves: Vec<TaskMoved>,
    /// Who verifies it.
    pub verifier: Option<AccountName>,
    /// Who has a personal conflict with it.
    pub recused: BTreeSet<AccountName>,
    /// For a supplement that stood alone: its case, once it has found it.
    pub joined: Option<CaseId>,
    /// By what another report of the same reporter is found.
    pub marks: Vec<Mark>,
    /// Cases that it was found to resemble.
    pub links: BTreeMap<CaseId, Link>,
    /// Cases that it is merged with, and as what.
    pub merged: BTreeMap<CaseId, LinkKind>,
    /// Its version: what the next event must expect.
    pub version: u64,
    /// The sequence number of its first event.
    pub opened_seq: u64,
    /// The sequence number of its last event.
    pub last_seq: u64,
}

/// Another case that a case was found to resemble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What the two are to each other.
    pub kind: LinkKind,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// More about the case.
#[derive(Clone, Debug, PartialEq)]
pub struct Supplement {
    /// When the inside recorded it.
    pub recorded_at: Timestamp,
    /// The item that held it.
    pub sealed: UnlockedItem,
    /// How it was tied to the case.
    pub cites: Cites,
    /// The gateway's part.
    pub intake: ReceivedIntake,
    /// What was said, without identity.
    pub report: Value,
    /// Tells a retry from a change.
    pub content: Digest,
    /// Its attachments.
    pub attachments: Vec<CaseAttachment>,
    /// By what another report of the same reporter is found.
    pub marks: Vec<Mark>,
}

/// An attachment and how far it has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseAttachment {
    /// What was declared and supplied.
    pub attachment: Attachment,
    /// How far it has come.
    pub crossing: Crossing,
}

/// How far an attachment has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Crossing {
    /// Declared by the client, but no file came with the report.
    NotSupplied,
    /// 尚在传输: the gateway has sealed it; it is not here yet.
    StillCrossing,
    /// It is in the vault and can be opened.
    Arrived(UnlockedItem),
}

/// The line that stands for a case in lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSummary {
    /// The case.
    pub case: CaseId,
    /// Flow code.
    pub flow: String,
    /// Campaign code.
    pub campaign: Option<String>,
    /// The reporter's title, or the beginning of a supplement without a case.
    pub title: String,
    /// Category codes.
    pub categories: Vec<String>,
    /// Division code of the place.
    pub place: Option<DivisionCode>,
    /// How urgent; none before triage.
    pub priority: Option<Priority>,
    /// Someone must be called now.
    pub alarm: bool,
    /// The lists of work that it stands on.
    pub worklists: BTreeSet<Worklist>,
    /// When the gateway accepted it.
    pub received_hour: Hour,
    /// When the inside recorded it.
    pub recorded_at: Timestamp,
    /// Identity mode code: real_name, contactable_anonymous, anonymous.
    pub identity_mode: String,
    /// Who has which part.
    pub tasks: Vec<Task>,
    /// Attachments supplied, supplements included.
    pub attachments: u32,
    /// How many of them are still crossing.
    pub still_crossing: u32,
    /// How often more was said.
    pub supplements: u32,
    /// The case's version.
    pub version: u64,
}

/// The events do not make a case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The first event opens no case.
    #[error("event {seq} does not open a case, and none is open")]
    NotOpened {
        /// The event.
        seq: u64,
    },
    /// A case is opened a second time.
    #[error("event {seq} opens a case that is open already")]
    OpenedTwice {
        /// The event.
        seq: u64,
    },
    /// There was no event at all.
    #[error("a case has at least one event")]
    Empty,
}

impl CaseState {
    /// The state after these events of one case, in order.
    pub fn fold<'a>(events: impl IntoIterator<Item = (Recorded, &'a Body)>) -> Result<Self, FoldError> {
        let mut state = None;
        for (recorded, body) in events {
            state = Some(Self::after(state, &recorded, body)?);
        }
        state.ok_or(FoldError::Empty)
    }

    /// The state after one more event.
    pub fn after(state: Option<Self>, recorded: &Recorded, body: &Body) -> Result<Self, FoldError> {
        match (state, body) {
            (None, Body::ReportReceived(_)) => Self::opened(recorded, body),
            (None, _) => Err(FoldError::NotOpened { seq: recorded.seq }),
            (Some(_), Body::ReportReceived(_)) => Err(FoldError::OpenedTwice { seq: recorded.seq }),
            (Some(mut state), _) => {
                state.apply(recorded, body);
                state.version = recorded.version;
                state.last_seq = recorded.seq;
                Ok(state)
            }
        }
    }

    /// What the case's visibility follows from. Before it is routed nobody sees it.
    pub fn access(&self) -> Access {
        let routed = self.decision.as_ref().map(Decision::access);
        let mut access = routed.unwrap_or_else(|| Access { sealed: true, ..Access::default() });
        access.forbidden.extend(self.forbidden_units());
        access
    }

    /// Every unit that was ever forbidden.
    pub fn forbidden_units(&self) -> BTreeSet<UnitId> {
        self.forbidden.iter().map(|forbidden| forbidden.unit.clone()).collect()
    }

    /// The lists of work that it stands on.
    pub fn worklists(&self) -> BTreeSet<Worklist> {
        let missing = |decision: &Decision| {
            let missing = |part: Part| {
                decision.candidates.iter().any(|step| step.part == part && step.outcome == Outcome::Missing)
            };
            let moved = |part: Part| self.moves.iter().any(|moved| moved.part == part);
            decision.tasks.iter().any(|task| missing(task.part) && !moved(task.part))
        };
        let flow = self.report.get("flow").and_then(Value::as_str);
        let doubted = self.triage.as_ref().is_some_and(|triage| triage.disposition().is_some());
        let standing = [
            (Worklist::Alarm, self.alarm.as_ref().is_some_and(Alarm::is_open)),
            (Worklist::Missing, self.decision.as_ref().is_some_and(missing)),
            (Worklist::Unlinked, flow == Some(SUPPLEMENT) && self.joined.is_none()),
            (Worklist::Doubtful, doubted),
        ];
        standing.into_iter().filter(|(_, stands)| *stands).map(|(list, _)| list).collect()
    }

    /// Every attachment, supplements included.
    pub fn all_attachments(&self) -> impl Iterator<Item = &CaseAttachment> {
        self.attachments.iter().chain(self.supplements.iter().flat_map(|supplement| &supplement.attachments))
    }

    /// The line that stands for it in lists.
    pub fn summary(&self, case: CaseId) -> CaseSummary {
        let text = |pointer: &str| self.report.pointer(pointer).and_then(Value::as_str);
        let owned = |pointer: &str| text(pointer).unwrap_or_default().to_owned();
        let narrative = || text("/facts/narrative").unwrap_or_default().chars().take(TITLE_CHARACTERS).collect();
        let categories = self.report.pointer("/facts/categories").and_then(Value::as_array);
        let count = |wanted: fn(&Crossing) -> bool| {
            u32::try_from(self.all_attachments().filter(|entry| wanted(&entry.crossing)).count()).unwrap_or(u32::MAX)
        };
        CaseSummary {
            case,
            flow: owned("/flow"),
            campaign: text("/campaign").map(str::to_owned),
            title: text("/facts/title").map_or_else(narrative, str::to_owned),
            categories: categories.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            place: self.decision.as_ref().and_then(|decision| decision.place),
            priority: self.triage.as_ref().map(|triage| triage.priority),
            alarm: self.triage.as_ref().is_some_and(|triage| triage.alarm),
            worklists: self.worklists(),
            received_hour: self.intake.accepted_hour,
            recorded_at: self.recorded_at,
            identity_mode: owned("/reporter/identity_mode"),
            tasks: self.decision.iter().flat_map(|decision| decision.tasks.clone()).collect(),
            attachments: count(|crossing| !matches!(crossing, Crossing::NotSupplied)),
            still_crossing: count(|crossing| matches!(crossing, Crossing::StillCrossing)),
            supplements: u32::try_from(self.supplements.len()).unwrap_or(u32::MAX),
            version: self.version,
        }
    }

    fn opened(recorded: &Recorded, body: &Body) -> Result<Self, FoldError> {
        let Body::ReportReceived(received) = body else {
            return Err(FoldError::NotOpened { seq: recorded.seq });
        };
        Ok(Self {
            recorded_at: recorded.at,
            sealed: received.sealed.clone(),
            intake: received.intake.clone(),
            report: received.report.clone(),
            content: received.content,
            attachments: received.attachments.iter().map(CaseAttachment::announced).collect(),
            supplements: Vec::new(),
            retries: 0,
            triage: None,
            decision: None,
            forbidden: Vec::new(),
            alarm: None,
            moves: Vec::new(),
            verifier: None,
            recused: BTreeSet::new(),
            joined: None,
            marks: received.marks.clone(),
            links: BTreeMap::new(),
            merged: BTreeMap::new(),
            version: recorded.version,
            opened_seq: recorded.seq,
            last_seq: recorded.seq,
        })
    }

    fn apply(&mut self, recorded: &Recorded, body: &Body) {
        match body {
            Body::RetryRecorded(_) => self.retries = self.retries.saturating_add(1),
            Body::SupplementReceived(received) => self.supplements.push(Supplement {
                recorded_at: recorded.at,
                sealed: received.sealed.clone(),
                cites: received.cites,
                intake: received.intake.clone(),
                report: received.report.clone(),
                content: received.content,
                attachments: received.attachments.iter().map(|named| self.named_again(named)).collect(),
                marks: received.marks.clone(),
            }),
            Body::AttachmentClaimed(claimed) => self.arrived(&claimed.sealed),
            Body::CaseTriaged(triage) => {
                if raises(self.triage.as_ref(), triage) {
                    self.alarm = Some(Alarm::raised(recorded.at));
                }
                self.triage = Some(triage.clone());
            }
            Body::CaseRouted(decision) => {
                self.forbid(&decision.forbidden);
                self.decision = Some(decision.clone());
            }
            Body::AlarmSignalled(told) => {
                if let Some(alarm) = &mut self.alarm {
                    alarm.signals.push(told.signal.clone());
                }
            }
            Body::AlarmAcknowledged(taken) => {
                if let Some(alarm) = &mut self.alarm {
                    let (by, note) = (taken.by.clone(), taken.note.clone());
                    alarm.acknowledged = Some(Acknowledgement { by, at: recorded.at, note });
                }
            }
            Body::TaskMoved(moved) => self.moved(moved),
            Body::VerifierAssigned(assigned) => self.verifier = Some(assigned.verifier.clone()),
            Body::VerifierRecused(recused) => {
                if self.verifier.as_ref() == Some(&recused.account) {
                    self.verifier = None;
                }
                self.recused.insert(recused.account.clone());
            }
            Body::SupplementJoined(joined) => self.joined = Some(joined.to),
            Body::ForbiddenWidened(widening) => self.forbid(&widening.added),
            Body::CaseLinked(linked) => {
                let link = Link { kind: linked.kind, reasons: linked.reasons.clone() };
                self.links.insert(linked.other, link);
            }
            Body::CasesMerged(merged) => {
                self.merged.insert(merged.other, merged.kind);
            }
            Body::MergeUndone(undone) => {
                self.merged.remove(&undone.other);
            }
            _ => {}
        }
    }

    fn moved(&mut self, moved: &TaskMoved) {
        let tasks = self.decision.iter_mut().flat_map(|decision| &mut decision.tasks);
        for task in tasks.filter(|task| task.part == moved.part) {
            task.unit = moved.to.clone();
            task.copies.retain(|copy| *copy != moved.to);
        }
        self.moves.push(moved.clone());
    }

    /// An attachment that a supplement names: one that came with the case before is there already.
    fn named_again(&self, attachment: &Attachment) -> CaseAttachment {
        let named = CaseAttachment::announced(attachment);
        let is_same = |known: &&CaseAttachment| known.item().is_some() && known.item() == named.item();
        let crossing = self.all_attachments().find(is_same).map(|known| known.crossing.clone());
        CaseAttachment { crossing: crossing.unwrap_or(named.crossing), ..named }
    }

    fn arrived(&mut self, sealed: &UnlockedItem) {
        let later = self.supplements.iter_mut().flat_map(|supplement| &mut supplement.attachments);
        for entry in self.attachments.iter_mut().chain(later) {
            if entry.item() == Some(sealed.item) {
                entry.crossing = Crossing::Arrived(sealed.clone());
            }
        }
    }

    /// A forbidden set only grows (DOMAIN 7.8).
    fn forbid(&mut self, more: &[Forbidden]) {
        for forbidden in more {
            match self.forbidden.iter_mut().find(|known| known.unit == forbidden.unit) {
                Some(known) => {
                    let new = forbidden.why.iter().filter(|ground| !known.why.contains(ground));
                    let new: Vec<_> = new.cloned().collect();
                    known.why.extend(new);
                }
                None => self.forbidden.push(forbidden.clone()),
            }
        }
    }
}

impl CaseAttachment {
    /// The sealed item that holds it, if a file was supplied.
    pub fn item(&self) -> Option<ItemId> {
        self.attachment.supplied.as_ref().map(|supplied| supplied.item)
    }

    fn announced(attachment: &Attachment) -> Self {
        let crossing = if attachment.supplied.is_some() { Crossing::StillCrossing } else { Crossing::NotSupplied };
        Self { attachment: attachment.clone(), crossing }
    }
}

/// The flow whose reports add to another.
const SUPPLEMENT: &str = "SUPPLEMENT";

/// How much of a narrative stands in for a title.
const TITLE_CHARACTERS: usize = 40;

#[cfg(test)]
mod tests {
    use nightsafe_schema::{intake::Channel, intake::IntakeAttachment, journal::StreamId};
    use serde_json::json;

    use super::*;
    use crate::{
        attachment::matched,
        event::{AttachmentClaimed, CaseViewed, EntryPosition, ReportReceived, SupplementReceived, Via},
        routing::{Ground, Part, Widening},
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
        let viewed = Body::from(CaseViewed { via: Via::Console });
        assert_eq!(fold(&[]), Err(FoldError::Empty));
        assert_eq!(fold(&[viewed]), Err(FoldError::NotOpened { seq: 1 }));
        assert_eq!(fold(&[received(), received()]), Err(FoldError::OpenedTwice { seq: 2 }));
    }
}
