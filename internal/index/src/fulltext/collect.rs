//! One pass over the cases that match: counts them, counts their facets, keeps the first rows of the list.
//!
//! The order is total: it ends with the case number, so that it never depends on where a case lies in the index.

use std::{collections::BinaryHeap, sync::Arc};

use tantivy::{
    DocId, Score, SegmentOrdinal, SegmentReader,
    collector::{Collector, SegmentCollector},
    columnar::Column,
};

use super::{
    columns::{Columns, OpenColumns},
    facets::Tally,
    ranking::Ranking,
};
use crate::limits;

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
    /// Best match first, then newest; at the national level only, newest first below it. Newest first, too, if a search
    /// finds more than ten thousand cases: which of so many says a common word most often tells nobody anything.
    Relevance,
}

/// What a row is ordered by, smallest first: two keys and the case number; then how many events the case had.
type Row = (u64, u64, u64, u64);

/// The collector of one list.
pub(super) struct ListCollector<'a> {
    pub(super) columns: &'a OpenColumns,
    pub(super) order: Order,
    /// Rows to keep, those that will be skipped included.
    pub(super) rows: usize,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Matches {
    segments: Vec<SegmentMatches>,
    rows: usize,
    pub(super) tally: Tally,
}

pub(super) struct SegmentMatches {
    number: usize,
    columns: Arc<Columns>,
    /// The first rows, by the order's own key.
    kept: Vec<Row>,
    /// The documents, if they may have to be ranked.
    all: Vec<DocId>,
}

pub(super) struct SegmentList {
    order: Order,
    rows: usize,
    number: usize,
    columns: Arc<Columns>,
    kept: BinaryHeap<Row>,
    all: Vec<DocId>,
    tally: Tally,
    values: Values,
}

/// Room for the columns' values of a block of documents.
#[derive(Default)]
struct Values {
    facets: Vec<Option<u64>>,
    keys: Vec<Option<u64>>,
}

impl Collector for ListCollector<'_> {
    type Fruit = Matches;
    type Child = SegmentList;

    fn for_segment(&self, number: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentList> {
        Ok(SegmentList {
            order: self.order,
            rows: self.rows,
            number: number as usize,
            columns: self.columns.of(segment)?,
            kept: BinaryHeap::new(),
            all: Vec::new(),
            tally: Tally::default(),
            values: Values::default(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<(SegmentMatches, Tally)>) -> tantivy::Result<Matches> {
        let mut matches = Matches { rows: self.rows, ..Matches::default() };
        for (segment, counted) in segments {
            matches.tally.add(&counted);
            matches.segments.push(segment);
        }
        Ok(matches)
    }
}

impl Matches {
    /// The first rows in the order that was asked for: case numbers, each with the number of its events.
    pub(super) fn first(self) -> Vec<(u64, u64)> {
        let rows = self.segments.into_iter().flat_map(|segment| segment.kept).collect();
        Self::cut(rows, self.rows)
    }

    /// The best rows by this ranking, among equals the newest.
    pub(super) fn best(self, ranking: &Ranking<'_>) -> tantivy::Result<Vec<(u64, u64)>> {
        let mut rows = Vec::new();
        for SegmentMatches { number, columns, all, .. } in self.segments {
            for (document, score) in all.iter().zip(ranking.scores(number, &all)?) {
                rows.push(columns.row((u64::MAX - score, newest(&columns.received, *document)), *document));
            }
        }
        Ok(Self::cut(rows, self.rows))
    }

    fn cut(mut rows: Vec<Row>, most: usize) -> Vec<(u64, u64)> {
        if rows.len() > most && most > 0 {
            rows.select_nth_unstable(most - 1);
        }
        rows.truncate(most);
        rows.sort_unstable();
        rows.into_iter().map(|(_, _, case, events)| (case, events)).collect()
    }
}

impl Columns {
    fn row(&self, keys: (u64, u64), document: DocId) -> Row {
        let value = |column: &Column<u64>| column.first(document).unwrap_or_default();
        (keys.0, keys.1, value(&self.case), value(&self.events))
    }
}

impl SegmentList {
    fn key_column(&self) -> &Column<u64> {
        match self.order {
            Order::Urgency => &self.columns.urgency,
            Order::Deadline => &self.columns.deadline,
            Order::Newest | Order::Relevance => &self.columns.received,
        }
    }
}

impl SegmentCollector for SegmentList {
    type Fruit = (SegmentMatches, Tally);

    fn collect(&mut self, document: DocId, _: Score) {
        self.collect_block(&[document]);
    }

    fn collect_block(&mut self, documents: &[DocId]) {
        let mut values = std::mem::take(&mut self.values);
        for (column, values) in [(&self.columns.facets, &mut values.facets), (self.key_column(), &mut values.keys)] {
            values.clear();
            values.resize(documents.len(), None);
            column.first_vals(documents, values);
        }
        for ((document, facets), key) in documents.iter().zip(&values.facets).zip(&values.keys) {
            self.tally.count(facets.unwrap_or_default());
            let key = key.unwrap_or(u64::MAX);
            let key = if matches!(self.order, Order::Newest | Order::Relevance) { u64::MAX - key } else { key };
            // The largest of the kept rows is on top: whatever is not smaller need not look up its case.
            let full = self.kept.len() >= self.rows;
            if full && self.kept.peek().is_none_or(|last| last.0 < key) {
                continue;
            }
            self.kept.push(self.columns.row((key, 0), *document));
            if full {
                self.kept.pop();
            }
        }
        self.values = values;
        // One more than can be ranked says that there are too many.
        if self.order == Order::Relevance && self.all.len() <= limits::RANKED_CASES {
            self.all.extend_from_slice(documents);
        }
    }

    fn harvest(self) -> (SegmentMatches, Tally) {
        let Self { number, columns, kept, all, tally, .. } = self;
        (SegmentMatches { number, columns, kept: kept.into_vec(), all }, tally)
    }
}

fn newest(received: &Column<u64>, document: DocId) -> u64 {
    u64::MAX - received.first(document).unwrap_or_default()
}
