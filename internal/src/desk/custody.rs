//! What is kept apart: looks at identities as the head of a unit sees them, and sealed cases as the two custodians do.

use nightsafe_casework::{
    account::Viewer,
    case::{Alarm, CaseState, CaseSummary, Worklist},
    event::{Body, SealedListed},
    role::Permission,
    visibility::closed,
};
use nightsafe_console::{
    PAGE_ROWS,
    desk::{CaseDetail, DeskError, InboxFilter, LookRow, Notices, Order, Page, SealedRow, Shown},
};
use nightsafe_ledger::EventLog as _;
use nightsafe_schema::case::CaseId;

use super::{SiteDesk, failed, work::is_seen};
use crate::{
    cases, limits,
    records::{NewEvent, typed},
};

impl SiteDesk {
    /// What stands above every page.
    pub(crate) fn notices_for(&self, viewer: &Viewer) -> Result<Notices, DeskError> {
        let (is_custodian, calls_back) = (self.is_custodian(viewer), self.calls_back(viewer));
        let (shortcuts, columns) = (self.has_shortcuts(viewer.account()), self.columns_of(viewer.account()));
        if self.reads(viewer).is_err() {
            return Ok(Notices { alarms: 0, is_custodian, calls_back, shortcuts, columns });
        }
        let alarms = self.index.inbox(&self.site, viewer, &open_alarms()).map_err(failed)?.page.total;
        Ok(Notices { alarms, is_custodian, calls_back, shortcuts, columns })
    }

    /// Open alarms among this viewer's cases, most urgent first, and the last event that was looked at. With `after`, waits
    /// for a while until there is a later one.
    pub(crate) fn open_alarms(
        &self,
        viewer: &Viewer,
        after: Option<u64>,
    ) -> Result<(u64, Vec<(CaseSummary, Alarm)>), DeskError> {
        self.reads(viewer)?;
        if let Some(after) = after {
            self.site.records.wait_beyond(after, limits::ALARM_WATCH);
        }
        self.index.catch_up(&self.site);
        let at = self.site.records.ledger().tail().seq;
        let page = self.index.inbox(&self.site, viewer, &open_alarms()).map_err(failed)?.page;
        let mut rows = Vec::with_capacity(page.rows.len());
        for summary in page.rows {
            let state = self.index.case_as_found(&self.site, viewer, summary.case).map_err(failed)?;
            let alarm = state.filter(|state| is_seen(state, viewer, &self.site)).and_then(|state| state.alarm);
            rows.extend(alarm.map(|alarm| (summary, alarm)));
        }
        Ok((at, rows))
    }

    /// Looks at identities by people of the viewer's unit or below, at cases that the viewer may see: others are not named,
    /// not even by a number.
    pub(crate) fn list_custody(&self, viewer: &Viewer, skip: u64) -> Result<Page<LookRow>, DeskError> {
        Self::require(viewer, Permission::ReadCustody)?;
        let looks: Vec<u64> = self.site.records.register().looks().iter().rev().copied().take(LOOKS).collect();
        let mut rows = Vec::new();
        for seq in looks {
            rows.extend(self.look(viewer, seq)?);
        }
        let total = rows.len() as u64;
        let skipped = skip.min(limits::AUDIT_ROWS);
        let skip = usize::try_from(skipped).unwrap_or(usize::MAX);
        Ok(Page { rows: rows.into_iter().skip(skip).take(PAGE_ROWS).collect(), total, skipped })
    }

    fn look(&self, viewer: &Viewer, seq: u64) -> Result<Option<LookRow>, DeskError> {
        let event = self.site.records.event(seq).map_err(failed)?;
        let Some(case) = event.case else { return Ok(None) };
        let Some(Body::IdentityViewed(look)) = typed(&event).map_err(failed)? else { return Ok(None) };
        let register = self.site.records.register();
        let name = event.actor.parse().ok();
        let Some(held) = name.as_ref().and_then(|name| register.account(name)) else { return Ok(None) };
        let unit = held.account.unit.clone();
        if !self.site.data.units.is_at_or_below(&unit, viewer.unit()) {
            return Ok(None);
        }
        let state = cases::state(&self.site, &register, case).map_err(failed)?;
        let seen = state.is_some_and(|state| is_seen(&state, viewer, &self.site));
        let account = held.account.name.clone();
        Ok(seen.then_some(LookRow { at: event.at, account, unit, case, reason: look.reason }))
    }

    /// Sealed cases; recorded. To anyone but the two there is no such list.
    pub(crate) fn list_sealed(&self, viewer: &Viewer) -> Result<Vec<SealedRow>, DeskError> {
        if !self.is_custodian(viewer) {
            return Err(DeskError::NotFound);
        }
        let sealed = self.site.records.register().sealed().clone();
        let mut rows = Vec::new();
        for (case, since) in sealed {
            if self.sealed_state(viewer, case)?.is_some() {
                rows.push(SealedRow { case, since });
            }
        }
        let cases = rows.len() as u64;
        self.record(viewer, NewEvent::of_site(SealedListed { via: self.via, cases }))?;
        Ok(rows)
    }

    /// A sealed case; recorded. To anyone but the two there is no such case.
    pub(crate) fn show_sealed(&self, viewer: &Viewer, case: CaseId, shown: Shown) -> Result<CaseDetail, DeskError> {
        if !self.is_custodian(viewer) {
            return Err(DeskError::NotFound);
        }
        let state = self.sealed_state(viewer, case)?.ok_or(DeskError::NotFound)?;
        let detail = self.with_media(CaseDetail::for_viewer(viewer, case, state));
        self.record_look(viewer, &detail, shown)?;
        Ok(detail)
    }

    /// The state of a sealed case, for a custodian who looks at one of its attachments.
    pub(super) fn sealed_for(&self, viewer: &Viewer, case: CaseId) -> Result<CaseState, DeskError> {
        if !self.is_custodian(viewer) {
            return Err(DeskError::NotFound);
        }
        self.sealed_state(viewer, case)?.ok_or(DeskError::NotFound)
    }

    /// One of the two accounts that the configuration names. Fewer or more than two are nobody.
    fn is_custodian(&self, viewer: &Viewer) -> bool {
        let named = &self.site.config.custodians;
        self.reads(viewer).is_ok() && matches!(named.as_slice(), [a, b] if a != b) && named.contains(viewer.account())
    }

    /// A sealed case, unless the custodian's own unit is among those that must not see it.
    fn sealed_state(&self, viewer: &Viewer, case: CaseId) -> Result<Option<CaseState>, DeskError> {
        let register = self.site.records.register();
        if !register.sealed().contains_key(&case) {
            return Ok(None);
        }
        let state = cases::state(&self.site, &register, case).map_err(failed)?;
        Ok(state.filter(|state| {
            let forbidden = closed(&state.forbidden_units(), &self.site.data.units);
            !forbidden.contains(viewer.unit()) && !state.recused.contains(viewer.account())
        }))
    }
}

fn open_alarms() -> InboxFilter {
    InboxFilter { worklist: Some(Worklist::Alarm), order: Order::Urgency, ..InboxFilter::default() }
}

/// Looks gone through for one page, newest first: the auditor's log has the others.
const LOOKS: usize = 2_000;
