//! Working on a case: alarms, transfers, further forbidden units, verifiers, supplements that find their case.
//!
//! What may be done is decided on the case as it stands at that moment, with nothing recorded in between, and by the same
//! rules that routed it: no task goes into the forbidden set, which only grows.

use nightsafe_casework::{
    account::Viewer,
    case::{Alarm, CaseState, Recorded},
    event::{AlarmAcknowledged, Body, TaskMoved, VerifierAssigned, VerifierRecused},
    role::{Permission, Role},
    routing::{Part, Widening},
    visibility::{closed, sees, viewers},
};
use nightsafe_console::desk::{Act, ActProblem, DeskError, Reason};
use nightsafe_schema::{
    case::CaseId,
    report::ReportError,
    unit::{Level, UnitId},
};

use super::{SiteDesk, failed};
use crate::{
    cases,
    receipt::joining::{self, JoinError},
    records::{Actor, NewEvent, RecordError},
    register::Register,
    site::Site,
};

impl SiteDesk {
    /// Does it, if this viewer may, and the case allows it; recorded.
    pub(crate) fn act_on(
        &self,
        viewer: &Viewer,
        case: CaseId,
        act: &Act,
        edition: Option<u64>,
    ) -> Result<(), DeskError> {
        Self::require(viewer, act.permission())?;
        self.reads(viewer)?;
        self.visible(viewer, case)?;
        match act {
            Act::Join { to } => return self.join(viewer, case, *to),
            Act::Merge { with, reason, key } => return self.merge(viewer, case, *with, reason, key.as_ref()),
            Act::Unmerge { with, reason } => return self.unmerge(viewer, case, *with, reason),
            _ => {}
        }
        let site = &*self.site;
        let decided = site.records.decide(&Actor::from(viewer), &*site.clock, |register| {
            let state = cases::state(site, register, case)?.ok_or(Undone::Hidden)?;
            if !is_seen(&state, viewer, site) {
                return Err(Undone::Hidden);
            }
            if let Some(edition) = edition.filter(|edition| *edition != state.edition) {
                return Err(Undone::Changed { edition });
            }
            self.events_of(viewer, case, &state, act, register)
        });
        match decided {
            Err(Undone::Changed { edition }) => Err(DeskError::Changed(self.since(viewer, case, edition)?)),
            Err(undone) => Err(undone.into()),
            Ok(_numbers) => {
                // Whoever did it goes back to a list, and must not find it there as it was.
                self.index.catch_up(&self.site);
                Ok(())
            }
        }
    }

    pub(super) fn events_of(
        &self,
        viewer: &Viewer,
        case: CaseId,
        state: &CaseState,
        act: &Act,
        register: &Register,
    ) -> Result<Vec<NewEvent>, Undone> {
        let (via, by) = (self.via, viewer.account().clone());
        let one = |body: Body| Ok(vec![NewEvent::of_case(case, body)]);
        match act {
            Act::Acknowledge { note } => {
                if !state.alarm.as_ref().is_some_and(Alarm::is_open) {
                    return Err(ActProblem::Already.into());
                }
                one(Body::from(AlarmAcknowledged { via, by, note: note.as_str().to_owned() }))
            }
            Act::Transfer { part, to, reason } => {
                let from = transferable(state, *part, to, &self.site)?;
                let units = self.site.data.units.version().to_string();
                let (part, to, reason) = (*part, to.clone(), reason.as_str().to_owned());
                one(Body::from(TaskMoved { via, part, from, to, by, reason, units }))
            }
            Act::Forbid { unit, reason } => self.forbidding(case, state, unit, reason),
            Act::Assign { part, verifier } => {
                let parts = self.assignable(state, *part, verifier, register)?;
                let assigned = |part| {
                    let (verifier, by) = (verifier.clone(), by.clone());
                    NewEvent::of_case(case, VerifierAssigned { via, part: Some(part), verifier, by })
                };
                Ok(parts.into_iter().map(assigned).collect())
            }
            Act::Step(wish) => self.stepping(viewer, case, state, wish, register),
            Act::Recuse { account, reason } => {
                let account = account.clone().unwrap_or_else(|| by.clone());
                if state.recused.contains(&account) {
                    return Err(ActProblem::Already.into());
                }
                if register.account(&account).is_none() {
                    return Err(ActProblem::NotAVerifier.into());
                }
                one(Body::from(VerifierRecused { via, account, by, reason: reason.as_str().to_owned() }))
            }
            Act::AskCopy { .. } | Act::AskOriginal { .. } | Act::GrantOriginal { .. } | Act::DenyOriginal { .. } => {
                self.events_of_media(viewer, case, state, act, register)
            }
            Act::Note { .. } | Act::Star | Act::Unstar => one(self.event_beside(viewer, case, act, register)?),
            Act::Join { .. } | Act::Merge { .. } | Act::Unmerge { .. } => Err(ActProblem::NoSuchAct.into()),
        }
    }

    /// The unit is forbidden; whoever must not hold the case any more is relieved of it in the same batch.
    fn forbidding(
        &self,
        case: CaseId,
        state: &CaseState,
        unit: &UnitId,
        reason: &Reason,
    ) -> Result<Vec<NewEvent>, Undone> {
        let site = &*self.site;
        if !site.data.units.contains(unit) {
            return Err(ActProblem::UnknownUnit.into());
        }
        if closed(&state.forbidden_units(), &site.data.units).contains(unit) {
            return Err(ActProblem::Already.into());
        }
        let widening = Body::from(Widening::by_a_person(unit, reason.as_str(), &site.data.units));
        let recorded = Recorded { seq: state.last_seq, version: state.version, at: site.clock.now() };
        let after = CaseState::after(Some(state.clone()), &recorded, &widening).map_err(RecordError::Fold)?;
        let companions = state.triage.as_ref().map(|triage| triage.companions.clone()).unwrap_or_default();
        let router = site.data.router(Site::day_of(site.clock.now())).map_err(|error| Undone::Failed(failed(error)))?;
        let following = cases::reassessed(site, &router, case, &after, &companions)?;
        Ok(std::iter::once(NewEvent::of_case(case, widening)).chain(following).collect())
    }

    fn join(&self, viewer: &Viewer, supplement: CaseId, to: CaseId) -> Result<(), DeskError> {
        match self.visible(viewer, to) {
            Err(DeskError::NotFound) => return Err(DeskError::Act(ActProblem::UnknownCase)),
            other => other.map(drop)?,
        }
        let by = Some(viewer.account());
        match joining::join(&self.site, &Actor::from(viewer), supplement, to, by) {
            Ok(true) => Ok(()),
            Ok(false) => Err(DeskError::Act(ActProblem::Already)),
            Err(JoinError::NotASupplement) => Err(DeskError::Act(ActProblem::NotASupplement)),
            Err(error) => Err(failed(error)),
        }
    }
}

/// Whether this viewer sees the case as the ledger has it now: by role, unit and conflict.
pub(super) fn is_seen(state: &CaseState, viewer: &Viewer, site: &Site) -> bool {
    let viewers = viewers(&state.access(), &site.data.units, &site.data.divisions);
    sees(viewer, &viewers) && !state.recused.contains(viewer.account())
}

/// Who has the part now, if it may go to that unit.
fn transferable(state: &CaseState, part: Part, to: &UnitId, site: &Site) -> Result<UnitId, ActProblem> {
    let units = &site.data.units;
    let known = units.unit(to).ok_or(ActProblem::UnknownUnit)?;
    if known.level == Level::Station {
        return Err(ActProblem::Station);
    }
    if closed(&state.forbidden_units(), units).contains(to) {
        return Err(ActProblem::ForbiddenUnit);
    }
    let tasks = state.decision.as_ref().map(|decision| decision.tasks.as_slice()).unwrap_or_default();
    let task = tasks.iter().find(|task| task.part == part).ok_or(ActProblem::NoSuchPart)?;
    let reached = state.progress.get(&part).map(|progress| progress.stage).unwrap_or_default();
    if !reached.is_open() || reached.is_at_gate() {
        return Err(ActProblem::NotNow);
    }
    if task.unit == *to { Err(ActProblem::Already) } else { Ok(task.unit.clone()) }
}

/// Why nothing was recorded.
pub(super) enum Undone {
    Hidden,
    Problem(ActProblem),
    /// The case has changed since the edition that was acted on.
    Changed {
        edition: u64,
    },
    Failed(DeskError),
}

impl From<ActProblem> for Undone {
    fn from(problem: ActProblem) -> Self {
        Self::Problem(problem)
    }
}

impl From<RecordError> for Undone {
    fn from(error: RecordError) -> Self {
        Self::Failed(failed(error))
    }
}

impl From<ReportError> for Undone {
    fn from(error: ReportError) -> Self {
        Self::Failed(failed(error))
    }
}

impl From<Undone> for DeskError {
    fn from(undone: Undone) -> Self {
        match undone {
            Undone::Hidden => Self::NotFound,
            Undone::Problem(problem) => Self::Act(problem),
            Undone::Changed { .. } => Self::Changed(Vec::new()),
            Undone::Failed(error) => error,
        }
    }
}

/// Everybody who reads cases may also say that they should not.
const _: () = assert!(Role::Verifier.may(Permission::Work));
