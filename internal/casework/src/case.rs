//! What the ledger says about one case: the fold of its events.
//!
//! Index and console see a case only as this state. Looks at a case (views, identity, exports) change nothing in it; they
//! are the auditor's.

mod alarm;
mod column;
mod summary;
mod work;
mod worklist;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nightsafe_schema::{case::CaseId, digest::Digest, item::ItemId, unit::UnitId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    alarm::{Acknowledgement, Alarm, raises},
    column::{Column, Columns, UnknownColumn},
    summary::CaseSummary,
    worklist::{UnknownWorklist, Worklist},
};
use crate::{
    account::AccountName,
    attachment::Attachment,
    event::{Body, Cites, ReceivedIntake, TaskMoved, UnlockedItem},
    linking::{LinkKind, Mark, Reason},
    routing::{Decision, Forbidden, Outcome, Part},
    triage::Triage,
    visibility::Access,
    workflow::{EarlierCheck, Progress, Protection, Stage},
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
    /// How far each part has come.
    pub progress: BTreeMap<Part, Progress>,
    /// Who was last named to verify any part of it.
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
    /// The number of the last event that people decide on: what a form says that it was made from.
    pub edition: u64,
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
                if body.kind().is_decided_on() {
                    state.edition = recorded.seq;
                }
                Ok(state)
            }
        }
    }

    /// What the case's visibility follows from. Before it is routed nobody sees it.
    pub fn access(&self) -> Access {
        let routed = self.decision.as_ref().map(Decision::access);
        let mut access = routed.unwrap_or_else(|| Access { sealed: true, ..Access::default() });
        access.forbidden.extend(self.forbidden_units());
        // Whoever is to decide about a result has a copy of the case for it.
        let gates = self.progress.values().filter_map(|progress| progress.gates.as_ref());
        // So has whoever checks what became of an earlier report.
        access.holders.extend(self.progress.values().filter_map(|progress| progress.complaint.unit().cloned()));
        access.holders.extend(gates.flat_map(|gates| [gates.first.clone(), gates.second.clone()]));
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
        let doubted = self.triage.as_ref().is_some_and(|triage| triage.disposition().is_some())
            && self.stage() <= Stage::Screened;
        let protected = self.parts().any(|progress| {
            let gone = matches!(progress.stage, Stage::NotAdmitted | Stage::TransferredOut);
            !gone && (progress.protection.holds() || Protection::asked_at(progress, self).is_some())
        });
        let earlier = self.parts().any(|progress| {
            let given = matches!(progress.complaint, EarlierCheck::Given { .. });
            progress.stage.is_open() && (given || EarlierCheck::wanted_since(self).is_some())
        });
        let standing = [
            (Worklist::Alarm, self.alarm.as_ref().is_some_and(Alarm::is_open)),
            (Worklist::Missing, self.decision.as_ref().is_some_and(missing)),
            (Worklist::Unlinked, flow == Some(SUPPLEMENT) && self.joined.is_none()),
            (Worklist::Doubtful, doubted),
            (Worklist::Earlier, earlier),
            (Worklist::Protection, protected),
        ];
        standing.into_iter().filter(|(_, stands)| *stands).map(|(list, _)| list).collect()
    }

    /// Every attachment, supplements included.
    pub fn all_attachments(&self) -> impl Iterator<Item = &CaseAttachment> {
        self.attachments.iter().chain(self.supplements.iter().flat_map(|supplement| &supplement.attachments))
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
            progress: BTreeMap::new(),
            verifier: None,
            recused: BTreeSet::new(),
            joined: None,
            marks: received.marks.clone(),
            links: BTreeMap::new(),
            merged: BTreeMap::new(),
            version: recorded.version,
            edition: recorded.seq,
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
                self.routed(decision, recorded.at);
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
            Body::TaskMoved(moved) => {
                if let Some(progress) = self.progress.get_mut(&moved.part) {
                    progress.moved(&moved.from, recorded.at);
                }
                self.moved(moved);
            }
            Body::TaskStepped(stepped) => self.stepped(stepped, recorded.at),
            Body::VerifierAssigned(assigned) => self.named(assigned),
            Body::VerifierRecused(recused) => {
                if self.verifier.as_ref() == Some(&recused.account) {
                    self.verifier = None;
                }
                for progress in self.progress.values_mut() {
                    progress.without(&recused.account, recorded.at);
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
                for progress in self.progress.values_mut() {
                    progress.unmerged(undone.other, recorded.at);
                }
            }
            _ => {}
        }
    }

    fn moved(&mut self, moved: &TaskMoved) {
        self.give(moved.part, &moved.to);
        self.moves.push(moved.clone());
    }

    /// An attachment that a supplement names: one that came with the case before is there already.
    fn named_again(&self, attachment: &Attachment) -> CaseAttachment {
        let named = CaseAttachment::announced(attachment);
        let is_same = |known: &&CaseAttachment| known.item().is_some() && known.item() == named.item();
        let crossing = self.all_attachments().find(is_same).map(|known| known.crossing.clone());
        CaseAttachment { crossing: crossing.unwrap_or(named.crossing), ..named }
    }

    fn give(&mut self, part: Part, to: &UnitId) {
        let tasks = self.decision.iter_mut().flat_map(|decision| &mut decision.tasks);
        for task in tasks.filter(|task| task.part == part) {
            task.unit = to.clone();
            task.copies.retain(|copy| copy != to);
        }
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

#[cfg(test)]
mod tests;
