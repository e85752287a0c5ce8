//! Looking: lists, searches, cases, identities. Each look at a case or an identity is an event before it is an answer.

use nightsafe_casework::{
    account::Viewer,
    case::CaseState,
    event::{IdentityPart, IdentityViewed, Searched},
    role::Permission,
};
use nightsafe_console::desk::{
    CaseDetail, DeskError, Hit, Inbox, InboxFilter, Page, Reason, SearchQuery, Showing, Shown,
};
use nightsafe_index::{CaseRow, SearchText};
use nightsafe_ledger::Body;
use nightsafe_schema::{
    case::CaseId,
    clue::{ClueNumber, ClueNumberError},
};
use serde_json::{Value, json};

use super::{SiteDesk, failed, snippets, work::is_seen};
use crate::{limits, receipt::numbers::lookup_of, records::NewEvent, register::Item};

impl SiteDesk {
    /// The cases this viewer may see, by this filter. A list is no look at a case.
    pub(crate) fn list_inbox(&self, viewer: &Viewer, filter: &InboxFilter) -> Result<Inbox, DeskError> {
        self.reads(viewer)?;
        if filter.showing == Showing::Starred {
            return self.list_starred(viewer, filter.skip);
        }
        self.index.inbox(&self.site, viewer, filter).map_err(failed)
    }

    /// Full text, or a clue number; recorded with what was typed and how much was found.
    pub(crate) fn find(&self, viewer: &Viewer, query: &SearchQuery) -> Result<Page<Hit>, DeskError> {
        self.reads(viewer)?;
        let text: String = query.text.chars().take(limits::SEARCH_CHARACTERS).collect();
        match text.parse::<ClueNumber>() {
            Ok(number) => {
                let page = self.find_number(viewer, &number)?;
                self.record_search(viewer, NUMBER_TYPED.to_owned(), page.total)?;
                Ok(page)
            }
            // As good as a number: nobody types 24 digits for another reason, and the log keeps none.
            Err(ClueNumberError::CheckDigits) => {
                self.record_search(viewer, NUMBER_TYPED.to_owned(), 0)?;
                Ok(Page::empty())
            }
            Err(_text) => self.find_text(viewer, text, query.skip),
        }
    }

    /// One case, with these of its copies; recorded in one event.
    pub(crate) fn show_case(&self, viewer: &Viewer, case: CaseId, shown: Shown) -> Result<CaseDetail, DeskError> {
        self.reads(viewer)?;
        let state = self.visible(viewer, case)?;
        let work = self.work_of(viewer, case, &state)?;
        let mut detail = self.with_media(self.with_links(viewer, case, state)?);
        detail.starred = self.site.records.register().starred(viewer.account()).contains(&case);
        self.record_look(viewer, &detail, shown)?;
        Ok(work.in_detail(detail))
    }

    /// Who reported; recorded with the reason.
    pub(crate) fn show_identity(&self, viewer: &Viewer, case: CaseId, reason: &Reason) -> Result<Value, DeskError> {
        Self::require(viewer, Permission::ReadIdentity)?;
        self.reads(viewer)?;
        let state = self.visible(viewer, case)?;
        let look = IdentityViewed { via: self.via, reason: reason.as_str().to_owned() };
        self.record(viewer, NewEvent::of_case(case, look))?;
        let Some(Item::Kept { seq, .. }) = self.site.records.register().item(state.sealed.item) else {
            return Err(DeskError::NotFound);
        };
        let part = self.site.records.ledger().identity(seq).map_err(failed)?;
        let Some(Body::Open(part)) = part else { return Err(DeskError::NotFound) };
        let part: IdentityPart = part.read().map_err(failed)?;
        Ok(json!({ "clue_number": part.clue_number.grouped(), "reporter": part.reporter }))
    }

    fn find_text(&self, viewer: &Viewer, text: String, skip: u64) -> Result<Page<Hit>, DeskError> {
        let wanted = SearchText::parse(&text);
        let found = self.index.search(&self.site, viewer, &wanted, skip).map_err(failed)?;
        let total = found.total;
        // While the disk takes the record the rows are made ready; without the record they are not shown.
        let (recorded, rows) = std::thread::scope(|scope| {
            let recording = scope.spawn(|| self.record_search(viewer, text, total));
            let rows = found.rows.into_iter().map(|row| self.hit(viewer, row, &wanted)).collect::<Result<Vec<_>, _>>();
            (recording.join(), rows)
        });
        recorded.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(Page { rows: rows?.into_iter().flatten().collect(), total, skipped: found.skipped })
    }

    fn hit(&self, viewer: &Viewer, row: CaseRow, wanted: &SearchText) -> Result<Option<Hit>, DeskError> {
        let CaseRow { summary, opened_by, .. } = row;
        let snippets = if summary.supplements == 0 {
            let event = self.site.records.event(opened_by).map_err(failed)?;
            snippets::of_event(&event, summary.case, wanted)
        } else {
            // Without a state it was just taken out of this viewer's sight.
            let state = self.index.case_as_found(&self.site, viewer, summary.case).map_err(failed)?;
            let state = state.filter(|state| is_seen(state, viewer, &self.site));
            state.map(|state| snippets::of(&state, wanted))
        };
        Ok(snippets.map(|snippets| Hit { summary, snippets }))
    }

    fn record_search(&self, viewer: &Viewer, query: String, hits: u64) -> Result<(), DeskError> {
        self.record(viewer, NewEvent::of_site(Searched { query, hits }))
    }

    fn find_number(&self, viewer: &Viewer, number: &ClueNumber) -> Result<Page<Hit>, DeskError> {
        let lookup = lookup_of(&self.site, number).map_err(failed)?;
        let Some(case) = self.site.records.register().case_of_number(&lookup) else { return Ok(Page::empty()) };
        match self.visible(viewer, case) {
            Ok(state) => {
                let hit = Hit { summary: state.summary(case), snippets: Vec::new() };
                Ok(Page { rows: vec![hit], total: 1, skipped: 0 })
            }
            Err(DeskError::NotFound) => Ok(Page::empty()),
            Err(error) => Err(error),
        }
    }

    /// The case, if this viewer may see it: as the index says, and once more as its own events say.
    pub(super) fn visible(&self, viewer: &Viewer, case: CaseId) -> Result<CaseState, DeskError> {
        if !self.has_undertaken(viewer) {
            return Err(DeskError::NoUndertaking);
        }
        let state = self.index.case(&self.site, viewer, case).map_err(failed)?;
        state.filter(|state| is_seen(state, viewer, &self.site)).ok_or(DeskError::NotFound)
    }
}

/// What the log has in place of a clue number.
const NUMBER_TYPED: &str = "线索编号 (clue number)";
