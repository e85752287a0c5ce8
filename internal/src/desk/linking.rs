//! What belongs together: candidates as a viewer may see them, merging, and undoing it.
//!
//! A candidate names another case only to whoever may see that one too. A merge keeps both cases with their numbers; in
//! the same batch each inherits what is forbidden to any case of either series, and whoever must not hold one of them any
//! more is relieved of it.

use nightsafe_casework::{
    account::Viewer,
    case::{CaseState, Worklist},
    event::{Body, CasesMerged, Kind, MergeUndone, OnceKey},
    linking::{LinkKind, Members, Reason as LinkReason},
    role::Permission,
};
use nightsafe_console::desk::{ActProblem, CaseDetail, DeskError, LinkRow, Reason};
use nightsafe_schema::{case::CaseId, unit::Level};

use super::{SiteDesk, failed, work::Undone};
use crate::{
    cases, limits, linking,
    records::{Actor, NewEvent, typed},
    register::Register,
};

impl SiteDesk {
    /// Adds to a case what this viewer may see of what belongs together with it.
    pub(super) fn with_links(&self, viewer: &Viewer, case: CaseId, state: CaseState) -> Result<CaseDetail, DeskError> {
        let mut rows = Vec::new();
        let candidates =
            state.links.keys().chain(state.merged.keys().filter(|other| !state.links.contains_key(*other)));
        for &other in candidates.take(limits::LINKS_SHOWN) {
            match self.visible(viewer, other) {
                Ok(found) => rows.extend(row(viewer, &state, other, &found)),
                Err(DeskError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        rows.sort_by_key(|row| (!row.merged, row.kind, row.received_hour, row.to));
        let series = if state.merged.is_empty() { Vec::new() } else { self.series(viewer, case)? };
        Ok(CaseDetail { links: rows, series, ..CaseDetail::for_viewer(viewer, case, state) })
    }

    /// The members of a case's series that this viewer may see, in the order in which they were reported.
    fn series(&self, viewer: &Viewer, case: CaseId) -> Result<Vec<CaseId>, DeskError> {
        let merged = self.site.records.register().merged_with(case);
        let members =
            Members::of(merged.into_iter().take(limits::LINKS_SHOWN), |member| match self.visible(viewer, member) {
                Ok(state) => Ok(Some(state)),
                Err(DeskError::NotFound) => Ok(None),
                Err(error) => Err(error),
            })?;
        Ok(members.in_order())
    }

    /// Merges two cases that this viewer may see.
    pub(super) fn merge(
        &self,
        viewer: &Viewer,
        case: CaseId,
        with: CaseId,
        reason: &Reason,
        key: Option<&OnceKey>,
    ) -> Result<(), DeskError> {
        self.both_visible(viewer, case, with)?;
        let site = &*self.site;
        let decided = site.records.decide(&Actor::from(viewer), &*site.clock, |register| {
            if let Some(key) = key
                && was_merged_by(self, register, case, key)?
            {
                // The same press again, however often and whatever came after it.
                return Ok(Vec::new());
            }
            let state = state(self, register, case)?;
            if state.merged.contains_key(&with) {
                return Err(ActProblem::Already.into());
            }
            let found = state.links.get(&with).map(|link| link.kind);
            let kind = found.filter(|kind| kind.is_one_matter()).unwrap_or(LinkKind::Series);
            let merged = |other| CasesMerged { other, kind, reason: reason.as_str().to_owned(), key: key.cloned() };
            let both = [NewEvent::of_case(case, merged(with)), NewEvent::of_case(with, merged(case))];
            let inherited =
                linking::inheritance(site, register, [case, with]).map_err(|error| Undone::Failed(failed(error)))?;
            Ok(both.into_iter().chain(inherited).collect())
        });
        decided.map(drop).map_err(|undone: Undone| undone.into())
    }

    /// Undoes a merge. What was forbidden meanwhile stays forbidden.
    pub(super) fn unmerge(
        &self,
        viewer: &Viewer,
        case: CaseId,
        with: CaseId,
        reason: &Reason,
    ) -> Result<(), DeskError> {
        self.both_visible(viewer, case, with)?;
        let site = &*self.site;
        let decided = site.records.decide(&Actor::from(viewer), &*site.clock, |register| {
            if !state(self, register, case)?.merged.contains_key(&with) {
                return Err(Undone::from(ActProblem::NotMerged));
            }
            let undone = |other| Body::from(MergeUndone { other, reason: reason.as_str().to_owned() });
            Ok(vec![NewEvent::of_case(case, undone(with)), NewEvent::of_case(with, undone(case))])
        });
        decided.map(drop).map_err(|undone: Undone| undone.into())
    }

    /// Whether this viewer may merge at all, and sees both.
    fn both_visible(&self, viewer: &Viewer, case: CaseId, with: CaseId) -> Result<(), DeskError> {
        Self::require(viewer, Permission::Merge)?;
        let level = self.site.data.units.unit(viewer.unit()).map(|unit| unit.level);
        if level.is_none_or(|level| level >= Level::County) {
            return Err(DeskError::Act(ActProblem::BelowPrefecture));
        }
        if case == with {
            return Err(DeskError::Act(ActProblem::SameCase));
        }
        self.visible(viewer, case)?;
        match self.visible(viewer, with) {
            Err(DeskError::NotFound) => Err(DeskError::Act(ActProblem::UnknownCase)),
            other => other.map(drop),
        }
    }
}

fn state(desk: &SiteDesk, register: &Register, case: CaseId) -> Result<CaseState, Undone> {
    cases::state(&desk.site, register, case)?.ok_or(Undone::Hidden)
}

/// Whether a form of this key was taken before.
fn was_merged_by(desk: &SiteDesk, register: &Register, case: CaseId, key: &OnceKey) -> Result<bool, Undone> {
    for event in desk.site.records.events(&register.events_of(case))? {
        if event.case != Some(case) || event.kind != Kind::CasesMerged.name() {
            continue;
        }
        if let Some(Body::CasesMerged(merged)) = typed(&event)?
            && merged.key.as_ref() == Some(key)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The other case as this viewer is told; none if nothing is left that may be told.
pub(super) fn row(viewer: &Viewer, state: &CaseState, other: CaseId, found: &CaseState) -> Option<LinkRow> {
    let link = state.links.get(&other);
    let merged = state.merged.get(&other).copied();
    let reasons: Vec<LinkReason> = link.into_iter().flat_map(|link| link.reasons.iter().copied()).collect();
    let shown: Vec<LinkReason> = reasons.iter().copied().filter(|reason| reason.is_shown_to(viewer)).collect();
    if merged.is_none() && shown.is_empty() {
        return None;
    }
    let summary = found.summary(other);
    Some(LinkRow {
        to: other,
        kind: merged.or(link.map(|link| link.kind))?.shown_to(viewer),
        reasons: shown,
        merged: merged.is_some(),
        protected: summary.worklists.contains(&Worklist::Protection),
        title: summary.title,
        received_hour: summary.received_hour,
    })
}
