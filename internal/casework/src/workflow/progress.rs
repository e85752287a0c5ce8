//! How far one part of a case has come, and all that its steps left behind: the fold of its events.

use std::collections::BTreeSet;

use jiff::Timestamp;
use nightsafe_schema::{case::CaseId, unit::UnitId};
use serde::{Deserialize, Serialize};

use super::{
    earlier::EarlierCheck,
    gate::{Gate, GateDecision, Gates, Verdict},
    month::Month,
    protection::Protection,
    reward::Reward,
    stage::Stage,
    step::{Channel, Opinion, Step},
    verification::Record,
};
use crate::account::AccountName;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Where it stands.
    pub stage: Stage,
    /// Since when.
    pub since: Timestamp,
    /// When a unit was last given it.
    pub assigned_at: Option<Timestamp>,
    /// When its unit signed for it.
    pub signed_at: Option<Timestamp>,
    /// Its unit gave it back once: no unit may do so again.
    pub returned: bool,
    /// Who verifies.
    pub verifier: Option<AccountName>,
    /// Everybody who ever verified it: none of them decides at a gate.
    pub verifiers: BTreeSet<AccountName>,
    /// What the verification found, since it was last given back.
    pub record: Option<Record>,
    /// Who signed the result for the unit.
    pub submitted: Option<Signature>,
    /// Who decides about it.
    pub gates: Option<Gates>,
    /// What the gates decided about this result.
    pub decisions: Vec<GateDecision>,
    /// What gates decided about earlier results.
    pub earlier: Vec<GateDecision>,
    /// How often a gate gave it back since it was last assigned.
    pub rejections: u32,
    /// 延期.
    pub extension: Extension,
    /// 督办: what is expected.
    pub supervised: Option<Heard>,
    /// 首次联系.
    pub contacted: Option<FeedbackGiven>,
    /// 受理告知.
    pub acceptance_told: Option<FeedbackGiven>,
    /// When it was closed last.
    pub closed_at: Option<Timestamp>,
    /// 反馈.
    pub fed_back: Option<FeedbackGiven>,
    /// The month for which it was drawn.
    pub drawn: Option<Month>,
    /// 回访: what the reporter thinks.
    pub opinion: Option<(Opinion, Heard)>,
    /// Why it was not admitted: `NA1` to `NA6`.
    pub refused: Option<String>,
    /// The case that leads.
    pub merged_into: Option<CaseId>,
    /// How often it went to a higher unit.
    pub escalations: u32,
    /// The unit from which it went up: only one above it may have it now.
    pub escalated_from: Option<UnitId>,
    /// How often it was taken up again.
    pub reopenings: u32,
    /// 前期举报核查.
    pub complaint: EarlierCheck,
    /// 举报人保护.
    pub protection: Protection,
    /// 泄密: when who reported became known to somebody who must not know it.
    pub leaks: Vec<Heard>,
    /// 首报奖励.
    pub reward: Reward,
}

/// Who signed for a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Who.
    pub by: AccountName,
    /// For which unit.
    pub unit: UnitId,
    /// When.
    pub at: Timestamp,
}

/// Something that somebody noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// As typed.
    pub note: String,
    /// Who.
    pub by: AccountName,
    /// When.
    pub at: Timestamp,
}

/// That the reporter was spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedbackGiven {
    /// How.
    pub channel: Channel,
    /// Who, and what came of it.
    pub heard: Heard,
}

/// 延期: thirty days more, once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extension {
    /// Nobody asked.
    #[default]
    None,
    /// Somebody asked; somebody above is to decide.
    Asked(Heard),
    /// It was granted.
    Granted(Heard),
}

/// Who makes a step; the system is nobody.
pub(crate) type By<'a> = Option<(&'a AccountName, &'a UnitId)>;

impl Progress {
    /// The beginning: the rules have given it to a unit, and nobody has looked at it yet.
    pub(crate) const fn begun(at: Timestamp) -> Self {
        Self {
            stage: Stage::Screened,
            since: at,
            assigned_at: None,
            signed_at: None,
            returned: false,
            verifier: None,
            verifiers: BTreeSet::new(),
            record: None,
            submitted: None,
            gates: None,
            decisions: Vec::new(),
            earlier: Vec::new(),
            rejections: 0,
            extension: Extension::None,
            supervised: None,
            contacted: None,
            acceptance_told: None,
            closed_at: None,
            fed_back: None,
            drawn: None,
            opinion: None,
            refused: None,
            merged_into: None,
            escalations: 0,
            escalated_from: None,
            reopenings: 0,
            complaint: EarlierCheck::None,
            protection: Protection::None,
            leaks: Vec::new(),
            reward: Reward::None,
        }
    }

    /// The gate that is to decide now.
    pub const fn open_gate(&self) -> Option<Gate> {
        match self.stage {
            Stage::ResultSubmitted => Some(Gate::First),
            Stage::GateProv => Some(Gate::Second),
            _ => None,
        }
    }

    /// Whether both gates have let this result pass, by two people of two units.
    pub fn passed_both(&self) -> bool {
        match self.decisions.as_slice() {
            [first, second] => {
                let passed = |decision: &GateDecision| decision.verdict == Verdict::Passed;
                let verified = |decision: &GateDecision| self.verifiers.contains(&decision.by);
                let in_order = first.gate == Gate::First && second.gate == Gate::Second;
                let apart = first.by != second.by && first.unit != second.unit;
                in_order && apart && passed(first) && passed(second) && !verified(first) && !verified(second)
            }
            _ => false,
        }
    }

    /// Takes in one step, made while this unit had the part.
    pub(crate) fn apply(&mut self, step: &Step, by: By<'_>, unit: &UnitId, at: Timestamp) {
        let heard = |note: &str| by.map(|(by, _)| Heard { note: note.to_owned(), by: by.clone(), at });
        let given = |channel: Channel, note: &str| heard(note).map(|heard| FeedbackGiven { channel, heard });
        match step {
            Step::Assess { .. } => self.enter(Stage::Assessed, at),
            Step::Refuse { ground, .. } => {
                self.refused = Some(ground.clone());
                self.enter(Stage::NotAdmitted, at);
            }
            Step::Hold { .. } => self.enter(Stage::Held, at),
            Step::Merge { into, .. } => {
                self.merged_into = Some(*into);
                self.enter(Stage::Merged, at);
            }
            Step::Assign { .. } => self.given(Stage::Assigned, at),
            Step::Forward { .. } => self.given(Stage::Forwarded, at),
            Step::TransferOut { .. } => self.enter(Stage::TransferredOut, at),
            Step::Sign => {
                self.signed_at = Some(at);
                self.enter(Stage::Signed, at);
            }
            Step::ReturnRoute { .. } => {
                self.returned = true;
                self.leave_unit();
                self.enter(Stage::ReturnedRoute, at);
            }
            Step::Begin => self.enter(Stage::Verifying, at),
            Step::Record { result, disposals, basis } => {
                self.record = by.map(|(by, unit)| Record {
                    result: *result,
                    disposals: disposals.iter().copied().collect(),
                    basis: basis.clone(),
                    by: by.clone(),
                    unit: unit.clone(),
                    at,
                });
                self.verifiers.extend(by.map(|(by, _)| by.clone()));
            }
            Step::Submit { gates } => {
                self.submitted = by.map(|(by, unit)| Signature { by: by.clone(), unit: unit.clone(), at });
                self.gates = Some(gates.clone());
                self.earlier.append(&mut self.decisions);
                self.enter(Stage::ResultSubmitted, at);
            }
            Step::Regate { gates, .. } => {
                self.gates = Some(gates.clone());
                self.earlier.append(&mut self.decisions);
                self.enter(Stage::ResultSubmitted, at);
            }
            Step::Pass { note } => self.decided(Verdict::Passed, note, by, unit, at),
            Step::Reject { note } => self.decided(Verdict::Rejected, note, by, unit, at),
            Step::Close => {
                self.closed_at = Some(at);
                self.enter(Stage::Closed, at);
            }
            Step::FeedBack { channel, note } => {
                self.fed_back = given(*channel, note);
                self.enter(Stage::FedBack, at);
            }
            Step::Draw { month } => {
                self.drawn = Some(*month);
                self.enter(Stage::FedBack, at);
            }
            Step::CallBack { opinion, note } => {
                self.opinion = heard(note).map(|heard| (*opinion, heard));
                self.enter(Stage::CalledBack, at);
            }
            Step::Archive => self.enter(Stage::Archived, at),
            Step::Contact { channel, note } => self.contacted = self.contacted.take().or_else(|| given(*channel, note)),
            Step::TellAcceptance { channel, note } => {
                self.acceptance_told = self.acceptance_told.take().or_else(|| given(*channel, note));
            }
            Step::AskExtension { note } => {
                self.extension = heard(note).map_or(Extension::None, Extension::Asked);
            }
            Step::Extend { note } => self.extension = heard(note).map_or(Extension::None, Extension::Granted),
            Step::Supervise { note } => self.supervised = heard(note),
            Step::Escalate { .. } => self.go_up(unit, at),
            Step::Reopen { .. } => {
                self.reopenings = self.reopenings.saturating_add(1);
                self.leave_unit();
                (self.fed_back, self.drawn, self.opinion, self.refused, self.merged_into) =
                    (None, None, None, None, None);
                self.enter(Stage::Reopened, at);
            }
            care => self.cared(care, by, at),
        }
    }

    /// Takes in what was done for the reporter beside the verification; nothing else.
    fn cared(&mut self, step: &Step, by: By<'_>, at: Timestamp) {
        let heard = |note: &str| by.map(|(by, _)| Heard { note: note.to_owned(), by: by.clone(), at });
        match step {
            Step::CheckEarlier { to, note } => {
                let given = |heard| EarlierCheck::Given { to: to.clone(), heard };
                self.complaint = heard(note).map_or(EarlierCheck::None, given);
            }
            Step::RecordEarlier { note } => {
                if let (Some(heard), Some((_, unit))) = (heard(note), by) {
                    self.complaint = EarlierCheck::Done { unit: unit.clone(), heard };
                }
            }
            Step::AskProtection { note } => {
                self.protection = heard(note).map_or(Protection::None, Protection::Asked);
            }
            Step::Protect { measures, note } => {
                self.protection = heard(note).map_or(Protection::None, |decided| Protection::Granted {
                    measures: measures.iter().copied().collect(),
                    decided,
                    taken: Vec::new(),
                });
            }
            Step::RefuseProtection { note } => {
                self.protection = heard(note).map_or(Protection::None, Protection::Refused);
            }
            Step::TakeMeasure { note } => {
                if let Protection::Granted { taken, .. } = &mut self.protection {
                    taken.extend(heard(note));
                }
            }
            Step::EndProtection { note } => {
                self.protection = heard(note).map_or(Protection::None, Protection::Ended);
            }
            Step::RecordLeak { note } => self.leaks.extend(heard(note)),
            Step::RecommendReward { amount, note } => {
                self.reward = heard(note).map_or(Reward::None, |heard| Reward::Recommended(amount.clone(), heard));
            }
            Step::ApproveReward { note } | Step::RefuseReward { note } => {
                if let (Reward::Recommended(amount, _), Some(heard)) = (&self.reward, heard(note)) {
                    let approved = matches!(step, Step::ApproveReward { .. });
                    let amount = amount.clone();
                    self.reward =
                        if approved { Reward::Approved(amount, heard) } else { Reward::Refused(amount, heard) };
                }
            }
            _ => {}
        }
    }

    /// The part went to another unit outside of these steps: by a transfer, or because its unit must not have it any more.
    pub(crate) fn moved(&mut self, from: &UnitId, at: Timestamp) {
        if self.stage.is_at_gate() {
            self.go_up(from, at);
        } else if self.stage.is_with_unit() {
            self.given(Stage::Assigned, at);
        }
    }

    /// Its unit must not have it any more.
    pub(crate) fn taken_away(&mut self, from: &UnitId, at: Timestamp) {
        if self.stage.is_at_gate() || self.stage.is_with_unit() {
            self.go_up(from, at);
        }
    }

    /// Somebody was named to verify it.
    pub(crate) fn named(&mut self, verifier: &AccountName) {
        self.verifier = Some(verifier.clone());
        self.verifiers.insert(verifier.clone());
    }

    /// Somebody turned out to have a conflict: what they did counts no more.
    pub(crate) fn without(&mut self, account: &AccountName, at: Timestamp) {
        if self.verifier.as_ref() == Some(account) {
            self.verifier = None;
        }
        let wrote = self.record.as_ref().is_some_and(|record| record.by == *account);
        let signed = self.submitted.as_ref().is_some_and(|signature| signature.by == *account);
        if self.stage.is_at_gate() && (wrote || signed) {
            self.earlier.append(&mut self.decisions);
            (self.submitted, self.gates) = (None, None);
            self.enter(Stage::ReturnedVerify, at);
        } else if self.stage.is_at_gate() && self.decisions.iter().any(|decision| decision.by == *account) {
            self.earlier.append(&mut self.decisions);
            self.enter(Stage::ResultSubmitted, at);
        }
        if wrote && self.stage.is_open() {
            self.record = None;
        }
    }

    /// The merge with the leading case was undone.
    pub(crate) fn unmerged(&mut self, from: CaseId, at: Timestamp) {
        if self.stage == Stage::Merged && self.merged_into == Some(from) {
            self.merged_into = None;
            self.enter(Stage::Reopened, at);
        }
    }

    fn decided(&mut self, verdict: Verdict, note: &str, by: By<'_>, unit: &UnitId, at: Timestamp) {
        let Some((gate, (by, of))) = self.open_gate().zip(by) else { return };
        let decision = GateDecision { gate, verdict, note: note.to_owned(), by: by.clone(), unit: of.clone(), at };
        self.decisions.push(decision);
        match (verdict, gate) {
            (Verdict::Passed, Gate::First) => self.enter(Stage::GateProv, at),
            (Verdict::Passed, Gate::Second) => self.enter(Stage::GateMps, at),
            (Verdict::Rejected, _) => {
                self.rejections = self.rejections.saturating_add(1);
                self.earlier.append(&mut self.decisions);
                (self.record, self.submitted, self.gates) = (None, None, None);
                if self.rejections >= REJECTIONS_BEFORE_ESCALATION {
                    self.go_up(unit, at);
                } else {
                    self.enter(Stage::ReturnedVerify, at);
                }
            }
        }
    }

    /// A unit has it anew.
    fn given(&mut self, stage: Stage, at: Timestamp) {
        self.leave_unit();
        self.assigned_at = Some(at);
        (self.rejections, self.escalated_from) = (0, None);
        self.enter(stage, at);
    }

    fn go_up(&mut self, from: &UnitId, at: Timestamp) {
        self.leave_unit();
        self.escalations = self.escalations.saturating_add(1);
        self.escalated_from = Some(from.clone());
        self.enter(Stage::Escalated, at);
    }

    /// What belongs to the work of one unit ends with it.
    fn leave_unit(&mut self) {
        self.earlier.append(&mut self.decisions);
        (self.assigned_at, self.signed_at, self.verifier) = (None, None, None);
        (self.record, self.submitted, self.gates) = (None, None, None);
        self.extension = Extension::None;
    }

    const fn enter(&mut self, stage: Stage, at: Timestamp) {
        self.stage = stage;
        self.since = at;
    }
}

/// DOMAIN 4.2.
const REJECTIONS_BEFORE_ESCALATION: u32 = 2;
