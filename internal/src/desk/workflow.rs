//! The workflow at the desk: moves as the rules decide them on the case of that moment, and what a page shows of them.
//!
//! Nothing is decided here: [`nightsafe_casework::workflow`] says what may be done, the desk hands it the case, the person
//! and the tables, and records what comes of it in one batch.

use jiff::civil::Date;
use nightsafe_casework::{
    account::{Account, AccountName, Viewer},
    case::CaseState,
    event::{Body, TaskStepped},
    linking::Members,
    role::{Permission, Role},
    routing::Part,
    workflow::{self, Due, Move, People, Reported, RewardBand, Setting, Undertaking, Wish, decide},
};
use nightsafe_console::desk::{ActProblem, CaseDetail, DeskError, Happening};
use nightsafe_schema::{case::CaseId, unit::UnitId};

use super::{SiteDesk, failed, work::Undone};
use crate::{
    accounts::Standing,
    cases, limits,
    records::{NewEvent, RecordError, typed},
    register::Register,
    site::Site,
};

/// What a page shows of the work on a case.
pub(super) struct WorkOf {
    due: Vec<Due>,
    moves: Vec<(Part, Move)>,
    bands: Vec<RewardBand>,
    verifiers: Vec<(AccountName, UnitId)>,
    timeline: Vec<Happening>,
}

/// What the rules ask about accounts, answered from the register.
struct Known<'a>(&'a Register);

impl People for Known<'_> {
    fn account(&self, name: &AccountName) -> Option<Account> {
        let held = self.0.account(name).filter(|held| held.standing == Standing::Open);
        held.map(|held| held.account.clone())
    }

    fn has_undertaken(&self, account: &Account, day: Date) -> bool {
        Undertaking::suffices(account.role, self.0.undertaking(&account.name), day)
    }
}

impl WorkOf {
    /// The detail with this in it.
    pub(super) fn in_detail(self, detail: CaseDetail) -> CaseDetail {
        let Self { due, moves, bands, verifiers, timeline } = self;
        CaseDetail { due, moves_open: moves, bands, verifiers, timeline, ..detail }
    }
}

impl SiteDesk {
    /// Whether this viewer has an undertaking that holds today, or needs none.
    pub(super) fn has_undertaken(&self, viewer: &Viewer) -> bool {
        let today = Site::day_of(self.site.clock.now());
        Known(&self.site.records.register()).has_undertaken(viewer.as_account(), today)
    }

    /// The events of a move, if it may be made.
    pub(super) fn stepping(
        &self,
        viewer: &Viewer,
        case: CaseId,
        state: &CaseState,
        wish: &Wish,
        register: &Register,
    ) -> Result<Vec<NewEvent>, Undone> {
        let people = Known(register);
        let reported = self.reported(case, state, register)?;
        let decided = decide(&self.setting(viewer, state, reported, &people), wish).map_err(ActProblem::Step)?;
        let (via, part) = (self.via, decided.part);
        let stepped = |step: workflow::Step| {
            // What follows from a move is nobody's doing.
            let person = step.act() != Move::Close;
            let by = person.then(|| viewer.account().clone());
            let unit = person.then(|| viewer.unit().clone());
            NewEvent::of_case(case, TaskStepped { via, part, by, unit, step })
        };
        Ok(decided.steps.into_iter().map(stepped).collect())
    }

    /// The parts that this account may be named to verify: an open account of the unit that has the part, with a valid
    /// undertaking and no conflict.
    pub(super) fn assignable(
        &self,
        state: &CaseState,
        part: Option<Part>,
        verifier: &AccountName,
        register: &Register,
    ) -> Result<Vec<Part>, ActProblem> {
        if state.recused.contains(verifier) {
            return Err(ActProblem::Recused);
        }
        let people = Known(register);
        let account = people.account(verifier).filter(|account| account.role == Role::Verifier);
        let account = account.ok_or(ActProblem::NotAVerifier)?;
        let tasks = state.decision.as_ref().map(|decision| decision.tasks.as_slice()).unwrap_or_default();
        let asked = tasks.iter().filter(|task| part.is_none_or(|part| part == task.part));
        let held: Vec<Part> = asked.filter(|task| task.unit == account.unit).map(|task| task.part).collect();
        if held.is_empty() {
            return Err(ActProblem::NotAVerifier);
        }
        if !people.has_undertaken(&account, Site::day_of(self.site.clock.now())) {
            return Err(ActProblem::NoUndertaking);
        }
        let progress = |part: &Part| state.progress.get(part);
        let open: Vec<Part> = held
            .into_iter()
            .filter(|part| progress(part).is_some_and(|at| at.stage.is_open() && !at.stage.is_at_gate()))
            .collect();
        if open.is_empty() {
            return Err(ActProblem::NotNow);
        }
        let anew: Vec<Part> = open
            .into_iter()
            .filter(|part| progress(part).is_some_and(|at| at.verifier.as_ref() != Some(verifier)))
            .collect();
        if anew.is_empty() { Err(ActProblem::Already) } else { Ok(anew) }
    }

    /// What this viewer is shown of the work on a case that the viewer was found to see.
    pub(super) fn work_of(&self, viewer: &Viewer, case: CaseId, state: &CaseState) -> Result<WorkOf, DeskError> {
        let timeline = self.since(viewer, case, 0)?;
        let register = self.site.records.register();
        let moves = if viewer.may(Permission::Work) {
            self.moves_of(viewer, case, state, &register).map_err(failed)?
        } else {
            Vec::new()
        };
        let verifiers = if viewer.may(Permission::Dispatch) { self.candidates(state, &register) } else { Vec::new() };
        let due = workflow::due(state, Some(&*self.site.data.calendar));
        let bands = self.site.data.rewards.all().to_vec();
        Ok(WorkOf { due, moves, bands, verifiers, timeline })
    }

    /// The moves that this viewer could make now.
    pub(super) fn moves_of(
        &self,
        viewer: &Viewer,
        case: CaseId,
        state: &CaseState,
        register: &Register,
    ) -> Result<Vec<(Part, Move)>, RecordError> {
        let reported = self.reported(case, state, register)?;
        Ok(workflow::open_moves(&self.setting(viewer, state, reported, &Known(register))))
    }

    /// What happened to a case after an event, the newest first; looks are the auditor's, and the routing is for those who
    /// read it.
    pub(super) fn since(&self, viewer: &Viewer, case: CaseId, edition: u64) -> Result<Vec<Happening>, DeskError> {
        let numbers = self.site.records.register().events_of(case);
        let later: Vec<u64> = numbers.into_iter().filter(|seq| *seq > edition).collect();
        let mut happened = Vec::new();
        for event in self.site.records.events(&later).map_err(failed)? {
            if event.case != Some(case) {
                continue;
            }
            let Some(body) = typed(&event).map_err(failed)? else { continue };
            if body.kind().is_told() && is_told(&body, viewer) {
                let (actor, role) = (event.actor, event.role);
                happened.push(Happening { seq: event.seq, at: event.at, actor, role, body });
            }
        }
        happened.reverse();
        happened.truncate(limits::TIMELINE_ROWS);
        Ok(happened)
    }

    /// Whether no other case of its series was reported before it. Which one was, nobody is told here.
    fn reported(&self, case: CaseId, state: &CaseState, register: &Register) -> Result<Reported, RecordError> {
        if state.merged.is_empty() {
            return Ok(Reported::First);
        }
        let members = register.merged_with(case).into_iter();
        let members = Members::of(members, |member| cases::state(&self.site, register, member))?;
        let first = members.in_order().first() == Some(&case);
        Ok(if first { Reported::First } else { Reported::Later })
    }

    fn setting<'a>(
        &'a self,
        viewer: &'a Viewer,
        state: &'a CaseState,
        reported: Reported,
        people: &'a dyn People,
    ) -> Setting<'a> {
        let data = &self.site.data;
        Setting {
            state,
            part: None,
            actor: Some(viewer.as_account()),
            at: self.site.clock.now(),
            units: &data.units,
            divisions: &data.divisions,
            calendar: &data.calendar,
            gates: &data.gates,
            rewards: &data.rewards,
            reported,
            people,
        }
    }

    fn candidates(&self, state: &CaseState, register: &Register) -> Vec<(AccountName, UnitId)> {
        let tasks = state.decision.as_ref().map(|decision| decision.tasks.as_slice()).unwrap_or_default();
        let today = Site::day_of(self.site.clock.now());
        let people = Known(register);
        let fits = |account: &&Account| {
            account.role == Role::Verifier
                && tasks.iter().any(|task| task.unit == account.unit)
                && !state.recused.contains(&account.name)
                && people.has_undertaken(account, today)
        };
        let open = register.accounts().filter(|held| held.standing == Standing::Open).map(|held| &held.account);
        open.filter(fits).take(limits::VERIFIERS_OFFERED).map(|one| (one.name.clone(), one.unit.clone())).collect()
    }
}

/// Whether a viewer of a case is told of this.
fn is_told(body: &Body, viewer: &Viewer) -> bool {
    let routing = matches!(body, Body::CaseRouted(_) | Body::ForbiddenWidened(_) | Body::TaskMoved(_));
    !routing || viewer.may(Permission::ReadRouting)
}
