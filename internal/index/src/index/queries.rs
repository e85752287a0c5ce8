//! The questions of viewers.

use std::{cmp::Reverse, collections::BTreeMap, ops::RangeInclusive};

use nightsafe_casework::{account::Viewer, statistics::Facts};
use nightsafe_schema::case::CaseId;

use super::Index;
use crate::{
    asking::{Clause, Field, Filter, SearchText, Wanted},
    case::{CaseRecord, Identifier, IdentifierKind},
    damage::Damage,
    error::IndexError,
    fold,
    folded::Folded,
    fulltext::{Ask, CountLines, Order, Revision},
    limits,
    page::{CaseRow, CaseView, Page, Paging, Related},
    scope::Scope,
    stores::Stores,
};

impl Index {
    /// The cases that this viewer may see, by this filter.
    pub fn inbox(&self, viewer: &Viewer, filter: &Filter, order: Order, paging: Paging) -> Result<Page, IndexError> {
        self.list(viewer, &filter.asks(), order, paging)
    }

    /// The cases that this viewer may see in which all that was typed is found, by this filter.
    ///
    /// Below the national level an order by relevance becomes one by date.
    pub fn search(
        &self,
        viewer: &Viewer,
        text: &SearchText,
        filter: &Filter,
        order: Order,
        paging: Paging,
    ) -> Result<Page, IndexError> {
        let asks: Vec<Ask> = text.clauses().iter().map(|clause| self.condition(clause)).chain(filter.asks()).collect();
        self.list(viewer, &asks, order, paging)
    }

    /// One case; `None` if there is none of that number or this viewer may not see it.
    pub fn case(&self, viewer: &Viewer, case: CaseId) -> Result<Option<CaseView>, IndexError> {
        self.ask(|stores| {
            let Some(record) = self.seen(stores, viewer, case)? else { return Ok(None) };
            if stores.text.events_of(case)?.is_some_and(|known| known > record.events.count()) {
                return Err(Damage::projections("an older record of a case").into());
            }
            let events = fold::seqs(&stores.projections, case, &record.events)?;
            Ok(Some(CaseView { unsearchable_texts: record.unsearchable_texts, row: row(record), events }))
        })
    }

    /// What the cases are as [`Self::count`] finds them: as long as this is the same, so are its answers.
    pub fn revision(&self) -> Result<Revision, IndexError> {
        self.ask(|stores| Ok(stores.text.revision()?))
    }

    /// Gives what is counted of each case that this viewer may see and that was accepted on one of these days (both included, since
    /// 1970), with how many cases it is counted for.
    pub fn count(
        &self,
        viewer: &Viewer,
        days: RangeInclusive<i32>,
        visit: &mut dyn FnMut(&Facts, u64),
    ) -> Result<(), IndexError> {
        let scope = Scope::of(viewer, self.rules.units());
        if scope.unit().is_none() {
            return Ok(());
        }
        let (from, before) = (Facts::key_of_day(*days.start()), Facts::key_of_day(days.end().saturating_add(1)));
        let asked = CountLines { from: &from, before: &before };
        self.ask(|stores| {
            let mut unreadable = None;
            stores.text.lines(&scope, &asked, &mut |line, times| match Facts::read(line) {
                Ok(facts) => visit(&facts, times),
                Err(error) => unreadable = Some(error),
            })?;
            unreadable.map_or(Ok(()), |error| Err(Damage::full_text(error).into()))
        })
    }

    /// Cases that this viewer may see and that name the same people, numbers or places on the net as this one, those
    /// with most in common first. Nothing if this viewer may not see the case itself.
    pub fn related(&self, viewer: &Viewer, case: CaseId) -> Result<Vec<Related>, IndexError> {
        self.ask(|stores| self.related_in(stores, viewer, case))
    }

    fn list(&self, viewer: &Viewer, asks: &[Ask], order: Order, paging: Paging) -> Result<Page, IndexError> {
        let scope = Scope::of(viewer, self.rules.units());
        if scope.unit().is_none() {
            return Ok(Page::empty());
        }
        self.ask(|stores| {
            let found = stores.text.list(&scope, asks, order, paging.skip(), paging.rows())?;
            let mut rows = Vec::new();
            for (case, events) in found.cases {
                rows.extend(self.listed(stores, viewer, case, events)?.map(row));
            }
            Ok(Page { rows, total: found.total, skipped: paging.skip() as u64, facets: found.facets })
        })
    }

    fn condition(&self, clause: &Clause) -> Ask {
        match clause {
            Clause::With(wanted) => self.wanted(wanted),
            Clause::Without(wanted) => Ask::Not(Box::new(self.wanted(wanted))),
        }
    }

    fn wanted(&self, wanted: &Wanted) -> Ask {
        match wanted {
            Wanted::Text(text) => Ask::Text(Folded::of(text)),
            Wanted::Field(Field::Named(kind), value) => {
                let named = Identifier::new(*kind, value, &self.hashes.identifiers);
                Ask::Label(named.iter().map(Identifier::label).collect())
            }
            Wanted::Field(field, value) => Ask::Label(vec![field.label(value)]),
        }
    }

    /// The record of a case that the full text names, as it was after so many events; `None` if this viewer may not see it:
    /// the rows may be one transaction ahead of the full text, and may hide a case that it still shows.
    fn listed(
        &self,
        stores: &Stores,
        viewer: &Viewer,
        case: CaseId,
        events: u64,
    ) -> Result<Option<CaseRecord>, Damage> {
        let record = fold::record(&stores.projections, &self.hashes, case)?;
        let record = record.filter(|record| record.events.count() >= events);
        let record = record.ok_or_else(|| Damage::projections("a listed case without its row"))?;
        Ok(Some(record).filter(|record| record.is_seen_by(viewer)))
    }

    /// The record of a case that this viewer may see.
    fn seen(&self, stores: &Stores, viewer: &Viewer, case: CaseId) -> Result<Option<CaseRecord>, Damage> {
        let record = fold::record(&stores.projections, &self.hashes, case)?;
        Ok(record.filter(|record| record.is_seen_by(viewer)))
    }

    fn related_in(&self, stores: &Stores, viewer: &Viewer, case: CaseId) -> Result<Vec<Related>, IndexError> {
        let Some(record) = self.seen(stores, viewer, case)? else { return Ok(Vec::new()) };
        let scope = Scope::of(viewer, self.rules.units());
        let mut shared: BTreeMap<(CaseId, u64), Vec<IdentifierKind>> = BTreeMap::new();
        for identifier in &record.identifiers {
            let named = [Ask::Label(vec![identifier.label()])];
            let found = stores.text.list(&scope, &named, Order::Newest, 0, limits::RELATED_ROWS)?;
            for (other, events) in found.cases.into_iter().filter(|(other, _events)| *other != case) {
                shared.entry((other, events)).or_default().push(identifier.kind());
            }
        }
        let mut candidates: Vec<((CaseId, u64), Vec<IdentifierKind>)> = shared.into_iter().collect();
        candidates.sort_by_key(|(other, kinds)| (Reverse(kinds.len()), *other));
        let mut related = Vec::new();
        for ((other, events), kinds) in candidates {
            if related.len() == limits::RELATED_CASES {
                break;
            }
            if let Some(record) = self.listed(stores, viewer, other, events)? {
                related.push(Related { row: row(record), reasons: kinds.into_iter().collect() });
            }
        }
        Ok(related)
    }
}

fn row(record: CaseRecord) -> CaseRow {
    let opened_by = record.events.first().first().copied().unwrap_or_default();
    CaseRow { summary: record.summary, opened_by }
}
