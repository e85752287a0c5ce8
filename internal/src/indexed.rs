//! Last stage: what is recorded can be found.
//!
//! The index follows the ledger and is never trusted: whatever is wrong with it, at start or while it is asked, it is
//! built anew from the ledger and the question asked again. Every question about cases takes a viewer.

use std::{io::Write, path::Path};

use nightsafe_casework::{
    account::Viewer,
    case::{CaseState, CaseSummary, FoldError, Recorded},
    event::Body,
    statistics::Tally,
};
use nightsafe_console::{
    PAGE_ROWS,
    desk::{Inbox, InboxFilter, Order, Page, Showing},
};
use nightsafe_index::{CaseRow, Filter, Found, Index, IndexError, IndexKey, Paging, Revision, Rules, SearchText};
use nightsafe_ledger::EventLog;
use nightsafe_runtime::{ExitCode, exit::HasExitCode, failpoint};
use nightsafe_schema::{case::CaseId, digest::Digest};

use crate::{
    receipt::fault::chain,
    records::{RecordError, typed},
    site::{Site, SiteError},
};

/// The index of a site, shared by everything that asks or feeds it.
pub(crate) struct SharedIndex {
    index: Index,
}

impl SharedIndex {
    /// Opens the index, checks all of it and brings it to the ledger's end, or builds it.
    pub(crate) fn open(site: &Site) -> Result<Self, IndexedError> {
        Self::open_with(Index::open, site)
    }

    /// As [`Self::open`], but leaves looking through all of it to [`Self::check`].
    pub(crate) fn open_unchecked(site: &Site) -> Result<Self, IndexedError> {
        Self::open_with(Index::open_unchecked, site)
    }

    /// Looks through all of it, for as long as `go_on` says so, and heals what is damaged.
    pub(crate) fn check(&self, site: &Site, go_on: &dyn Fn() -> bool) {
        while go_on() {
            match self.healing(site, || self.index.check_some()) {
                Ok(false) => {}
                Ok(true) => return tracing::info!("the index was looked through"),
                Err(error) => return tracing::error!(reason = chain(&error), "the index cannot be looked through"),
            }
        }
    }

    fn open_with(
        open: impl FnOnce(&Path, IndexKey, Rules, &dyn EventLog) -> Result<(Index, Found), IndexError>,
        site: &Site,
    ) -> Result<Self, IndexedError> {
        let key = IndexKey::from_bytes(*site.index_key()?);
        let rules = Rules::new(site.data.units.clone(), site.data.divisions.clone());
        let rules = rules.with_calendar(site.data.calendar.clone());
        let (index, found) = open(&site.config.folders.index, key, rules, site.records.ledger())?;
        match found {
            Found::Sound { at } => tracing::info!(at, "the index is sound"),
            Found::Missing => tracing::info!("the index was built"),
            Found::Rebuilt { why } => tracing::error!(%why, "the index was damaged and was rebuilt"),
        }
        Ok(Self { index })
    }

    /// Brings the index to the ledger's end. What fails is logged; the next look tries again.
    pub(crate) fn catch_up(&self, site: &Site) {
        failpoint::hit("index.before-apply");
        let caught_up = self.healing(site, || self.index.catch_up(site.records.ledger()).map(drop));
        if let Err(error) = caught_up {
            tracing::error!(reason = chain(&error), "the index is behind the ledger");
        }
    }

    /// Before a list: what somebody must not see since a moment ago is on no list of theirs. New cases do not hold a list up.
    fn catch_up_if_narrowed(&self, site: &Site) {
        let narrowed_at = site.records.narrowed_at();
        if self.index.position().map_or(true, |position| position.seq < narrowed_at) {
            self.catch_up(site);
        }
    }

    /// Builds it anew.
    pub(crate) fn rebuild(&self, site: &Site) -> Result<u64, IndexedError> {
        Ok(self.index.rebuild(site.records.ledger())?.seq)
    }

    /// The last event in it.
    pub(crate) fn position(&self) -> Result<u64, IndexedError> {
        Ok(self.index.position()?.seq)
    }

    /// Writes the canonical dump; its digest.
    pub(crate) fn dump(&self, out: &mut dyn Write) -> Result<Digest, IndexedError> {
        Ok(self.index.dump(out)?)
    }

    /// The cases that this viewer may see, by this filter.
    pub(crate) fn inbox(&self, site: &Site, viewer: &Viewer, filter: &InboxFilter) -> Result<Inbox, IndexedError> {
        self.catch_up_if_narrowed(site);
        let order = match filter.order {
            Order::Deadline => nightsafe_index::Order::Deadline,
            Order::Urgency => nightsafe_index::Order::Urgency,
            Order::Newest => nightsafe_index::Order::Newest,
        };
        let own = matches!(filter.showing, Showing::Waiting | Showing::Mine);
        let asked = Filter {
            flows: filter.flow.iter().cloned().collect(),
            priorities: filter.priority.into_iter().collect(),
            categories: filter.category.iter().cloned().collect(),
            divisions: filter.place.into_iter().collect(),
            worklists: filter.worklist.into_iter().collect(),
            stages: filter.stage.into_iter().collect(),
            open_only: matches!(filter.showing, Showing::Waiting | Showing::Open),
            verifiers: own.then(|| viewer.account().clone()).into_iter().collect(),
            unassigned: filter.showing == Showing::Waiting,
            due_before: filter.overdue.then(|| site.clock.now()),
            ..Filter::default()
        };
        let paging = Paging::new(filter.skip, PAGE_ROWS);
        let page = self.healing(site, || self.index.inbox(viewer, &asked, order, paging))?;
        let facets = page.facets.clone();
        Ok(Inbox { page: listed(page), facets })
    }

    /// The cases that this viewer may see in which all that was typed is found.
    pub(crate) fn search(
        &self,
        site: &Site,
        viewer: &Viewer,
        text: &SearchText,
        skip: u64,
    ) -> Result<Page<CaseRow>, IndexedError> {
        self.catch_up_if_narrowed(site);
        let paging = Paging::new(skip, PAGE_ROWS);
        let order = nightsafe_index::Order::Relevance;
        let page = self.healing(site, || self.index.search(viewer, text, &Filter::default(), order, paging))?;
        Ok(Page { rows: page.rows, total: page.total, skipped: page.skipped })
    }

    /// Counts the cases that this viewer may see.
    pub(crate) fn count(&self, site: &Site, viewer: &Viewer, new: &dyn Fn() -> Tally) -> Result<Tally, IndexedError> {
        self.healing(site, || {
            let mut tally = new();
            self.index.count(viewer, tally.period().days(), &mut |facts, times| tally.add(facts, times))?;
            Ok(tally)
        })
    }

    /// What the cases are once the ledger's end has been taken in: the same for as long as no case has changed.
    pub(crate) fn revision(&self, site: &Site) -> Result<Revision, IndexedError> {
        self.catch_up(site);
        self.healing(site, || self.index.revision())
    }

    /// One case, as the ledger tells it; `None` if there is none of that number or this viewer may not see it.
    pub(crate) fn case(&self, site: &Site, viewer: &Viewer, case: CaseId) -> Result<Option<CaseState>, IndexedError> {
        // What was forbidden a moment ago is forbidden now.
        self.catch_up(site);
        self.case_as_found(site, viewer, case)
    }

    /// A case that a list of just now names: no older than that list.
    pub(crate) fn case_as_found(
        &self,
        site: &Site,
        viewer: &Viewer,
        case: CaseId,
    ) -> Result<Option<CaseState>, IndexedError> {
        let Some(view) = self.healing(site, || self.index.case(viewer, case))? else { return Ok(None) };
        let mut bodies: Vec<(Recorded, Body)> = Vec::with_capacity(view.events.len());
        for event in site.records.events(&view.events)? {
            // The index names the events; whose they are the ledger says.
            let seq = event.seq;
            if event.case != Some(case) {
                return Err(IndexedError::Astray { seq });
            }
            let Some(body) = typed(&event)? else { return Ok(None) };
            bodies.push((Recorded { seq, version: event.version.unwrap_or_default(), at: event.at }, body));
        }
        Ok(Some(CaseState::fold(bodies.iter().map(|(recorded, body)| (recorded.clone(), body)))?))
    }

    /// Asks; on damage heals the index and asks again.
    fn healing<T>(&self, site: &Site, ask: impl Fn() -> Result<T, IndexError>) -> Result<T, IndexedError> {
        match ask() {
            Err(IndexError::Damaged(damage)) => tracing::error!(why = %damage, "the index is damaged"),
            answered => return Ok(answered?),
        }
        self.index.heal(site.records.ledger())?;
        Ok(ask()?)
    }
}

fn listed(page: nightsafe_index::Page) -> Page<CaseSummary> {
    let rows = page.rows.into_iter().map(|row| row.summary).collect();
    Page { rows, total: page.total, skipped: page.skipped }
}

/// Why the index gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IndexedError {
    /// The index failed, and rebuilding it too.
    #[error("索引不可用 (the index cannot be used)")]
    Index(#[from] IndexError),
    /// Its key cannot be derived.
    #[error("索引密钥不可用 (the index's key cannot be derived)")]
    Key(#[from] SiteError),
    /// The ledger cannot be read.
    #[error("账本不可读 (the ledger cannot be read)")]
    Record(#[from] RecordError),
    /// The events do not make a case.
    #[error("案件事件不成序列 (the events do not make a case)")]
    Fold(#[from] FoldError),
    /// The index names an event of another case.
    #[error("索引指向别的案件的事件 {seq} (the index points at an event of another case)")]
    Astray {
        /// The event.
        seq: u64,
    },
}

impl HasExitCode for IndexedError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Key(error) => error.exit_code(),
            Self::Record(error) => error.exit_code(),
            Self::Index(_) => ExitCode::Disk,
            Self::Fold(_) | Self::Astray { .. } => ExitCode::Integrity,
        }
    }
}
