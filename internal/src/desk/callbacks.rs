//! 每月回访 at the desk: the national office draws and hands over, the auditor works the draw out again.
//!
//! Who is drawn is decided by the commitment and by nobody here. A case that the viewer must not see is in no list.

use nightsafe_casework::{
    account::{Account, Viewer},
    event::{CallbackApproved, CallbackWithdrawn},
    role::Permission,
    visibility::national_office,
    workflow::Month,
};
use nightsafe_console::desk::{
    CallList, CallbackAct, CallbackDetail, CallbackMonth, CallbackProblem, CallbackProof, CallbackRow, DeskError,
};

use super::{SiteDesk, failed, work::is_seen};
use crate::{
    accounts::Standing,
    callbacks::{self, CallbackError, Recorded},
    cases,
    records::{Actor, NewEvent},
};

impl SiteDesk {
    /// The months that have a commitment, the newest first.
    pub(crate) fn list_callbacks(&self, viewer: &Viewer) -> Result<Vec<CallbackMonth>, DeskError> {
        self.sees_callbacks(viewer)?;
        let months: Vec<Month> = self.site.records.register().callbacks().months().keys().rev().copied().collect();
        let mut rows = Vec::new();
        for month in months.into_iter().take(MONTHS_SHOWN) {
            let recorded = callbacks::recorded(&self.site, month).map_err(failed)?;
            rows.extend(recorded.map(|recorded| line(month, &recorded)));
        }
        Ok(rows)
    }

    /// One month.
    pub(crate) fn show_callback(&self, viewer: &Viewer, month: Month) -> Result<CallbackDetail, DeskError> {
        self.sees_callbacks(viewer)?;
        let recorded = callbacks::recorded(&self.site, month).map_err(failed)?.ok_or(DeskError::NotFound)?;
        let works = self.calls_back(viewer);
        let audits = self.audits(viewer);
        let check =
            if audits { callbacks::audited(&self.site, month, &recorded) } else { Ok(callbacks::check(&recorded)) };
        let check = check.map_err(failed)?;
        let proof = if audits { self.proof(viewer, &recorded)? } else { None };
        let ready = if works {
            callbacks::ready(&self.site, month, &[viewer.as_account()]).map_err(failed)?.len() as u64
        } else {
            0
        };
        Ok(CallbackDetail {
            month: line(month, &recorded),
            check,
            proof,
            rows: if works { self.rows(viewer, &recorded)? } else { Vec::new() },
            lists: lists(&recorded),
            ready,
        })
    }

    /// Does something with a month; recorded.
    pub(crate) fn do_with_callback(&self, viewer: &Viewer, month: Month, act: CallbackAct) -> Result<(), DeskError> {
        if !self.calls_back(viewer) {
            return Err(DeskError::NotAllowed);
        }
        let actor = Actor::from(viewer);
        let done = match act {
            CallbackAct::Commit => callbacks::commit(&self.site, &actor, month).map(drop),
            CallbackAct::Draw => callbacks::draw_month(&self.site, &actor, month),
            CallbackAct::Approve => return self.approve(viewer, month),
            CallbackAct::Withdraw => return self.withdraw(viewer, month),
        };
        done.map_err(undone)?;
        self.index.catch_up(&self.site);
        Ok(())
    }

    /// Whether this viewer works with call-backs: an analyst or a dispatcher of the national office.
    pub(super) fn calls_back(&self, viewer: &Viewer) -> bool {
        viewer.may(Permission::CallBack) && national_office(&self.site.data.units) == Some(viewer.unit())
    }

    /// What the draw follows from; withheld whole if it would tell the number of a case that is kept from the viewer.
    fn proof(&self, viewer: &Viewer, recorded: &Recorded) -> Result<Option<CallbackProof>, DeskError> {
        let Some((drawn, _)) = &recorded.drawn else { return Ok(None) };
        for candidate in &recorded.candidates {
            if self.is_kept_from(viewer, candidate.case)? {
                return Ok(Some(CallbackProof::Withheld));
            }
        }
        let (nonce, seed, candidates) = (drawn.nonce, drawn.seed, recorded.candidates.clone());
        Ok(Some(CallbackProof::Shown { nonce, seed, candidates, drawn: recorded.drawn() }))
    }

    fn sees_callbacks(&self, viewer: &Viewer) -> Result<(), DeskError> {
        let sees = self.calls_back(viewer) || self.audits(viewer);
        if sees { Ok(()) } else { Err(DeskError::NotAllowed) }
    }

    fn approve(&self, viewer: &Viewer, month: Month) -> Result<(), DeskError> {
        let no_desk = self.site.callbacks.as_ref().is_none_or(|settings| settings.desk.is_none());
        if no_desk {
            return Err(DeskError::Callback(CallbackProblem::NoDesk));
        }
        match self.first_of(month)? {
            Some(first) if first.name == *viewer.account() => Err(DeskError::Callback(CallbackProblem::SamePerson)),
            Some(first) => callbacks::hand_over(&self.site, self.via, month, &first, viewer).map_err(undone),
            None => {
                let ready = callbacks::ready(&self.site, month, &[viewer.as_account()]).map_err(failed)?;
                if ready.is_empty() {
                    return Err(DeskError::Callback(CallbackProblem::NothingReady));
                }
                let event = CallbackApproved { via: self.via, month, by: viewer.account().clone() };
                self.record(viewer, NewEvent::of_site(event))
            }
        }
    }

    fn withdraw(&self, viewer: &Viewer, month: Month) -> Result<(), DeskError> {
        if self.first_of(month)?.is_none() {
            return Err(DeskError::Callback(CallbackProblem::NotApproved));
        }
        self.record(viewer, NewEvent::of_site(CallbackWithdrawn { via: self.via, month, by: viewer.account().clone() }))
    }

    /// Who approved first, if that person still may.
    fn first_of(&self, month: Month) -> Result<Option<Account>, DeskError> {
        let register = self.site.records.register();
        let drawing = register.callbacks().months().get(&month);
        let drawing = drawing.ok_or(DeskError::Callback(CallbackProblem::NoCommitment))?;
        if drawing.drawn.is_none() {
            return Err(DeskError::Callback(CallbackProblem::NotDrawn));
        }
        let held = drawing.approved.as_ref().and_then(|name| register.account(name));
        Ok(held.filter(|held| held.standing == Standing::Open).map(|held| held.account.clone()))
    }

    fn rows(&self, viewer: &Viewer, recorded: &Recorded) -> Result<Vec<CallbackRow>, DeskError> {
        let mut rows = Vec::new();
        for drawn in recorded.drawn() {
            let (case, part) = (drawn.case, drawn.part);
            let state = cases::state(&self.site, &self.site.records.register(), case).map_err(failed)?;
            let Some(state) = state.filter(|state| is_seen(state, viewer, &self.site)) else { continue };
            let Some(progress) = state.progress.get(&part) else { continue };
            let entries = recorded.handed_over.iter().flat_map(|(handed, _)| &handed.entries);
            let mut without = recorded.handed_over.iter().flat_map(|(handed, _)| &handed.without_number);
            rows.push(CallbackRow {
                case,
                part,
                reference: entries
                    .filter(|one| one.case == case && one.part == part)
                    .map(|one| one.reference.clone())
                    .next_back(),
                without_number: without.any(|one| *one == (case, part)),
                stage: progress.stage,
                opinion: progress.opinion.as_ref().map(|(opinion, _)| *opinion),
            });
        }
        Ok(rows)
    }
}

fn line(month: Month, recorded: &Recorded) -> CallbackMonth {
    CallbackMonth {
        month,
        commitment: recorded.committed.commitment,
        committed_at: recorded.committed_at,
        size: recorded.committed.size,
        drawn_at: recorded.drawn.as_ref().map(|(_, at)| *at),
        approved: recorded.approved.clone(),
    }
}

fn lists(recorded: &Recorded) -> Vec<CallList> {
    let list = recorded.handed_over.iter().map(|(handed, at)| CallList {
        at: *at,
        file: handed.file.clone(),
        sha256: handed.sha256,
        entries: handed.entries.len() as u64,
        approved: handed.approved.clone(),
    });
    list.collect()
}

fn undone(error: CallbackError) -> DeskError {
    let problem = match error {
        CallbackError::NotConfigured => CallbackProblem::NotConfigured,
        CallbackError::NoDesk => CallbackProblem::NoDesk,
        CallbackError::NotBefore => CallbackProblem::NotBefore,
        CallbackError::Already => CallbackProblem::Already,
        CallbackError::NoCommitment => CallbackProblem::NoCommitment,
        CallbackError::NotOver => CallbackProblem::NotOver,
        CallbackError::NothingReady => CallbackProblem::NothingReady,
        CallbackError::Folder(error) => {
            tracing::error!(reason = crate::receipt::fault::chain(&error), "a call-back list was not handed over");
            CallbackProblem::Folder
        }
        other => return failed(other),
    };
    DeskError::Callback(problem)
}

/// Months in the list: three years.
const MONTHS_SHOWN: usize = 36;
