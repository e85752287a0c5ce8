//! Relevance as whole numbers that follow from the visible cases alone.
//!
//! tantivy's own scores depend on how segments were merged and on documents deleted but not yet gone, and on cases that
//! the viewer may not see. Here the statistics are counted under the viewer's filter, each word's score is rounded before
//! scores are added, and sums of small whole numbers are exact in any order: a rebuilt index ranks alike.

use std::cell::OnceCell;

use tantivy::{
    DocId, DocSet, Score, Searcher, SegmentReader, TantivyError, Term,
    collector::Count,
    query::{
        Bm25StatisticsProvider, BooleanQuery, EnableScoring, Explanation, Occur, Query, Scorer, TermQuery, Weight,
    },
    schema::{Field, IndexRecordOption},
};

/// Statistics over the documents that match a filter.
pub(super) struct VisibleStatistics<'a> {
    searcher: &'a Searcher,
    filter: &'a dyn Query,
    cases: OnceCell<u64>,
}

impl<'a> VisibleStatistics<'a> {
    pub(super) fn new(searcher: &'a Searcher, filter: &'a dyn Query) -> Self {
        Self { searcher, filter, cases: OnceCell::new() }
    }

    /// How many cases match the filter.
    fn cases(&self) -> tantivy::Result<u64> {
        if let Some(cases) = self.cases.get() {
            return Ok(*cases);
        }
        let counted = count(self.searcher, self.filter)?;
        Ok(*self.cases.get_or_init(|| counted))
    }
}

impl Bm25StatisticsProvider for VisibleStatistics<'_> {
    fn total_num_tokens(&self, _: Field) -> tantivy::Result<u64> {
        // As if every report had the same usual length: the real sum would count deleted ones.
        self.total_num_docs().map(|cases| cases.saturating_mul(USUAL_WORDS))
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        self.cases().map(|cases| cases.max(1))
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let term = TermQuery::new(term.clone(), IndexRecordOption::Basic);
        if self.cases()? == self.searcher.num_docs() {
            // Nothing is hidden from this viewer: the same number, and often known without counting.
            return count(self.searcher, &term);
        }
        count(self.searcher, &BooleanQuery::intersection(vec![Box::new(term), self.filter.box_clone()]))
    }
}

/// A query whose scores are rounded to whole numbers.
#[derive(Debug)]
pub(super) struct Rounded {
    inner: Box<dyn Query>,
}

/// A clause for the ranking only: it may match and then counts.
pub(super) fn ranked_by(field: Field, word: &str) -> (Occur, Box<dyn Query>) {
    let inner = TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs);
    (Occur::Should, Box::new(Rounded { inner: Box::new(inner) }))
}

/// A score as the whole number that it is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of rounded scores, never negative")]
pub(super) fn whole(score: Score) -> u64 {
    score.max(0.0) as u64
}

impl Clone for Rounded {
    fn clone(&self) -> Self {
        Self { inner: self.inner.box_clone() }
    }
}

impl Query for Rounded {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(RoundedWeight { inner: self.inner.weight(scoring)? }))
    }
}

struct RoundedWeight {
    inner: Box<dyn Weight>,
}

impl Weight for RoundedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(Box::new(RoundedScorer { inner: self.inner.scorer(reader, boost)? }))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("scores are not explained".to_owned()))
    }
}

struct RoundedScorer {
    inner: Box<dyn Scorer>,
}

impl DocSet for RoundedScorer {
    fn advance(&mut self) -> DocId {
        self.inner.advance()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.inner.seek(target)
    }

    fn doc(&self) -> DocId {
        self.inner.doc()
    }

    fn size_hint(&self) -> u32 {
        self.inner.size_hint()
    }
}

impl Scorer for RoundedScorer {
    fn score(&mut self) -> Score {
        (self.inner.score() * STEPS).round()
    }
}

fn count(searcher: &Searcher, query: &dyn Query) -> tantivy::Result<u64> {
    searcher.search(query, &Count).map(|count| count as u64)
}

/// Steps a unit of score is cut into: 32 words of at most 36 each stay far below 2^24, where f32 is exact.
const STEPS: Score = 1024.0;
/// Words of a usual report, against which longer ones are damped.
const USUAL_WORDS: u64 = 200;
