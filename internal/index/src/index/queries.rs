//! The questions of viewers.

use std::{cmp::Reverse, collections::BTreeMap};

use nightsafe_casework::{account::Viewer, visibility};
use nightsafe_schema::case::CaseId;

use super::Index;
use crate::{
    asking::{Clause, Field, Filter, SearchText, Wanted},
    case::{CaseRecord, Identifier, IdentifierKind},
    damage::Damage,
    error::IndexError,
    fold,
    folded::Folded,
    fulltext::{Ask, Order},
    limits,
    page::{CaseRow, CaseView, Page, Paging, Related},
    projections::Tree,
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
            let mut events = Vec::new();
            stores.projections.each(Tree::Events, &case.to_bytes(), |key, _| {
                events.extend(key.last_chunk().copied().map(u64::from_be_bytes));
                Ok(true)
            })?;
            if events.len() as u64 != record.events {
                return Err(Damage::projections("a case without all of its events").into());
            }
            Ok(Some(CaseView { unsearchable_texts: record.unsearchable_texts, row: row(record), events }))
        })
    }

    /// Cases that this viewer may see and that name the same people, numbers or places on the net as this one, those
    /// with most in common first. Nothing if this viewer may not see the case itself.
    pub fn related(&self, viewer: &Viewer, case: CaseId) -> Result<Vec<Related>, IndexError> {
        // Here nothing says which rows there should be but the sum of all of them.
        while !self.check_some()? {}
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
            for case in found.cases {
                // The rows may be one transaction ahead of the full text, and may hide a case that it still shows.
                let record = fold::record(&stores.projections, &self.hashes, case)?;
                let record = record.ok_or_else(|| Damage::projections("a listed case without a row"))?;
                if visibility::sees(viewer, &record.visible) {
                    rows.push(row(record));
                }
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

    /// The record of a case that this viewer may see.
    fn seen(&self, stores: &Stores, viewer: &Viewer, case: CaseId) -> Result<Option<CaseRecord>, Damage> {
        let record = fold::record(&stores.projections, &self.hashes, case)?;
        Ok(record.filter(|record| visibility::sees(viewer, &record.visible)))
    }

    fn related_in(&self, stores: &Stores, viewer: &Viewer, case: CaseId) -> Result<Vec<Related>, IndexError> {
        let Some(record) = self.seen(stores, viewer, case)? else { return Ok(Vec::new()) };
        let mut shared: BTreeMap<CaseId, Vec<IdentifierKind>> = BTreeMap::new();
        for identifier in &record.identifiers {
            let mut left = limits::RELATED_ROWS;
            stores.projections.each(Tree::Identifiers, identifier.hash(), |key, _| {
                let other = key.last_chunk().copied().and_then(CaseId::from_bytes).filter(|other| *other != case);
                if let Some(other) = other {
                    shared.entry(other).or_default().push(identifier.kind());
                }
                left -= 1;
                Ok(left > 0)
            })?;
        }
        let mut candidates: Vec<(CaseId, Vec<IdentifierKind>)> = shared.into_iter().collect();
        candidates.sort_by_key(|(other, kinds)| (Reverse(kinds.len()), *other));
        let mut related = Vec::new();
        for (other, kinds) in candidates {
            if related.len() == limits::RELATED_CASES {
                break;
            }
            if let Some(record) = self.seen(stores, viewer, other)? {
                related.push(Related { row: row(record), reasons: kinds.into_iter().collect() });
            }
        }
        Ok(related)
    }
}

fn row(record: CaseRecord) -> CaseRow {
    CaseRow { summary: record.summary, stage: record.stage, deadline: record.deadline }
}
