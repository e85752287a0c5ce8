//! One pass over the cases that match: counts them, counts their facets, keeps the first rows of the list.
//!
//! The order is total: it ends with the case number, so that it never depends on where a case lies in the index.

use std::collections::BinaryHeap;

use tantivy::{
    DocId, Score, SegmentOrdinal, SegmentReader,
    collector::{Collector, SegmentCollector},
    columnar::Column,
};

use super::{facets::Tally, fields, ranking};

/// How a list is ordered; equal cases are ordered by their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Most urgent first, then oldest.
    #[default]
    Urgency,
    /// Nearest deadline first.
    Deadline,
    /// Newest first.
    Newest,
    /// Best match first, then newest; at the national level only, newest first below it.
    Relevance,
}

/// What a row is ordered by, smallest first: two keys and the case number; then how many events the case had.
type Row = (u64, u64, u64, u64);

/// The collector of one list.
pub(super) struct ListCollector {
    pub(super) order: Order,
    /// Rows to keep, those that will be skipped included.
    pub(super) rows: usize,
}

/// What came of it: the first rows' case numbers in order, each with the number of its events, and the counts.
#[derive(Default)]
pub(super) struct List {
    pub(super) cases: Vec<(u64, u64)>,
    pub(super) tally: Tally,
}

pub(super) struct SegmentList {
    order: Order,
    rows: usize,
    first: Column<u64>,
    case: Column<u64>,
    events: Column<u64>,
    facets: Column<u64>,
    kept: BinaryHeap<Row>,
    tally: Tally,
}

impl Collector for ListCollector {
    type Fruit = List;
    type Child = SegmentList;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentList> {
        let columns = segment.fast_fields();
        let first = match self.order {
            Order::Urgency => fields::URGENCY,
            Order::Deadline => fields::DEADLINE,
            Order::Newest | Order::Relevance => fields::RECEIVED,
        };
        Ok(SegmentList {
            order: self.order,
            rows: self.rows,
            first: columns.u64(first)?,
            case: columns.u64(fields::CASE)?,
            events: columns.u64(fields::EVENTS)?,
            facets: columns.u64(fields::FACETS)?,
            kept: BinaryHeap::new(),
            tally: Tally::default(),
        })
    }

    fn requires_scoring(&self) -> bool {
        self.order == Order::Relevance
    }

    fn merge_fruits(&self, segments: Vec<(Vec<Row>, Tally)>) -> tantivy::Result<List> {
        let mut tally = Tally::default();
        let mut rows = Vec::new();
        for (kept, counted) in segments {
            rows.extend(kept);
            tally.add(&counted);
        }
        rows.sort_unstable();
        rows.truncate(self.rows);
        Ok(List { cases: rows.into_iter().map(|(_, _, case, events)| (case, events)).collect(), tally })
    }
}

impl SegmentCollector for SegmentList {
    type Fruit = (Vec<Row>, Tally);

    fn collect(&mut self, document: DocId, score: Score) {
        self.tally.count(self.facets.first(document).unwrap_or_default());
        let key = self.first.first(document).unwrap_or(u64::MAX);
        let keys = match self.order {
            Order::Urgency | Order::Deadline => (key, 0),
            Order::Newest => (u64::MAX - key, 0),
            Order::Relevance => (u64::MAX - ranking::whole(score), u64::MAX - key),
        };
        // The largest of the kept rows is on top: whatever is not smaller need not look up its case.
        let full = self.kept.len() >= self.rows;
        if full && self.kept.peek().is_none_or(|last| (last.0, last.1) < keys) {
            return;
        }
        let value = |column: &Column<u64>| column.first(document).unwrap_or_default();
        self.kept.push((keys.0, keys.1, value(&self.case), value(&self.events)));
        if full {
            self.kept.pop();
        }
    }

    fn harvest(self) -> (Vec<Row>, Tally) {
        (self.kept.into_vec(), self.tally)
    }
}
