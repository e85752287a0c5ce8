//! Relevance as whole numbers that follow from the visible cases alone.
//!
//! tantivy's own scores depend on how segments were merged and on documents deleted but not yet gone, and on cases that
//! the viewer may not see. Here the statistics are counted under the viewer's filter, each word's score is rounded before
//! scores are added, and sums of small whole numbers are exact in any order: a rebuilt index ranks alike.

use std::cell::OnceCell;

use tantivy::{
    DocId, DocSet as _, Score, Searcher, Term,
    collector::Count,
    query::{Bm25StatisticsProvider, BooleanQuery, EnableScoring, Query, TermQuery, Weight},
    schema::{Field, IndexRecordOption},
};

/// What cases are ranked by: the words of a search, weighed by how rare they are among the visible cases.
pub(super) struct Ranking<'a> {
    searcher: &'a Searcher,
    words: Vec<Box<dyn Weight>>,
}

/// Statistics over the documents that match a filter.
struct VisibleStatistics<'a> {
    searcher: &'a Searcher,
    filter: &'a dyn Query,
    cases: OnceCell<u64>,
}

impl<'a> Ranking<'a> {
    /// The ranking by these words of the cases that match the filter.
    pub(super) fn new(
        searcher: &'a Searcher,
        filter: &dyn Query,
        field: Field,
        words: impl Iterator<Item = String>,
    ) -> tantivy::Result<Self> {
        let statistics = VisibleStatistics { searcher, filter, cases: OnceCell::new() };
        let weigh = |word: String| {
            let word = TermQuery::new(Term::from_field_text(field, &word), IndexRecordOption::WithFreqs);
            word.weight(EnableScoring::enabled_from_statistics_provider(&statistics, searcher))
        };
        Ok(Self { searcher, words: words.map(weigh).collect::<tantivy::Result<_>>()? })
    }

    /// The scores of these documents of a segment, which stand in the order of their numbers.
    pub(super) fn scores(&self, segment: usize, documents: &[DocId]) -> tantivy::Result<Vec<u64>> {
        let mut scores = vec![0; documents.len()];
        let Some(segment) = self.searcher.segment_readers().get(segment) else { return Ok(scores) };
        for word in &self.words {
            let mut said = word.scorer(segment, 1.0)?;
            for (document, score) in documents.iter().zip(&mut scores) {
                if said.doc() <= *document && said.seek(*document) == *document {
                    *score += whole(said.score());
                }
            }
        }
        Ok(scores)
    }
}

impl VisibleStatistics<'_> {
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

/// A word's score as a whole number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number, never negative")]
fn whole(score: Score) -> u64 {
    (score * STEPS).round().max(0.0) as u64
}

fn count(searcher: &Searcher, query: &dyn Query) -> tantivy::Result<u64> {
    searcher.search(query, &Count).map(|count| count as u64)
}

/// Steps a unit of score is cut into.
const STEPS: Score = 1024.0;
/// Words of a usual report, against which longer ones are damped.
const USUAL_WORDS: u64 = 200;
