//! What is counted of cases (`nightsafe_casework::statistics`): one line a case, in a column in which equal lines are one.
//!
//! A question counts how often each line occurs among the cases that its viewer may see, and then reads the lines of the
//! days that it asks about, in order, once each. No case is opened for it.

use tantivy::{
    DocId, Score, SearcherGeneration, SegmentOrdinal, SegmentReader, TantivyError,
    collector::{Collector, SegmentCollector},
    columnar::{BytesColumn, Column, TermOrdHit},
};

use super::{FullText, ask, fields};
use crate::{damage::Damage, scope::Scope};

/// Lines in order between two texts, of cases within a scope.
pub(crate) struct CountLines<'a> {
    pub(crate) from: &'a str,
    pub(crate) before: &'a str,
}

/// How often each line of one segment occurs.
pub(crate) struct SegmentLines {
    lines: Option<BytesColumn>,
    ordinals: Option<Column<u64>>,
    /// From the first line that is asked for.
    first: u64,
    counts: Vec<u32>,
}

impl FullText {
    /// Gives each line from `from` on that is before `before`, with the number of cases within the scope that have it; in several
    /// segments there may be one line twice.
    pub(crate) fn lines(
        &self,
        scope: &Scope,
        asked: &CountLines<'_>,
        visit: &mut dyn FnMut(&str, u64),
    ) -> Result<(), Damage> {
        self.with(|reader| {
            let searcher = reader.searcher();
            let filter = ask::visible(&searcher, scope, &self.fields)?;
            for segment in searcher.search(filter.as_ref(), asked)? {
                segment.each(asked, visit)?;
            }
            Ok(())
        })
    }
}

/// Which cases are in the full text, as they stand: another one as soon as anything of a case has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision(SearcherGeneration);

impl FullText {
    pub(crate) fn revision(&self) -> Result<Revision, Damage> {
        self.with(|reader| Ok(Revision(reader.searcher().generation().clone())))
    }
}

impl Collector for CountLines<'_> {
    type Fruit = Vec<SegmentLines>;
    type Child = SegmentLines;

    fn for_segment(&self, _number: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentLines> {
        let Some(lines) = segment.fast_fields().bytes(fields::COUNTED)? else {
            return Ok(SegmentLines { lines: None, ordinals: None, first: 0, counts: Vec::new() });
        };
        let first = ordinal(&lines, self.from)?;
        let end = ordinal(&lines, self.before)?;
        let asked = usize::try_from(end.saturating_sub(first)).map_err(|_many| too_many())?;
        Ok(SegmentLines { ordinals: Some(lines.ords().clone()), first, counts: vec![0; asked], lines: Some(lines) })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<SegmentLines>) -> tantivy::Result<Vec<SegmentLines>> {
        Ok(segments)
    }
}

impl SegmentCollector for SegmentLines {
    type Fruit = Self;

    fn collect(&mut self, document: DocId, _score: Score) {
        let ordinal = self.ordinals.as_ref().and_then(|ordinals| ordinals.first(document));
        let place = ordinal.and_then(|ordinal| usize::try_from(ordinal.checked_sub(self.first)?).ok());
        if let Some(count) = place.and_then(|place| self.counts.get_mut(place)) {
            *count = count.saturating_add(1);
        }
    }

    fn harvest(self) -> Self {
        self
    }
}

impl SegmentLines {
    fn each(&self, asked: &CountLines<'_>, visit: &mut dyn FnMut(&str, u64)) -> tantivy::Result<()> {
        let Some(lines) = self.lines.as_ref().filter(|_| self.counts.iter().any(|count| *count > 0)) else {
            return Ok(());
        };
        let mut stream = lines.dictionary().range().ge(asked.from).lt(asked.before).into_stream()?;
        for count in &self.counts {
            if !stream.advance() {
                return Err(TantivyError::InternalError("fewer lines than there were".to_owned()));
            }
            if *count > 0 {
                let line = std::str::from_utf8(stream.key());
                let line = line.map_err(|_bytes| TantivyError::InternalError("a line that is no text".to_owned()))?;
                visit(line, u64::from(*count));
            }
        }
        Ok(())
    }
}

/// How many lines are before this text.
fn ordinal(lines: &BytesColumn, text: &str) -> tantivy::Result<u64> {
    let (TermOrdHit::Exact(ordinal) | TermOrdHit::Next(ordinal)) = lines.dictionary().term_ord_or_next(text)?;
    // After the last one there is no next.
    Ok(ordinal.min(lines.num_terms() as u64))
}

fn too_many() -> TantivyError {
    TantivyError::InternalError("more lines than there can be".to_owned())
}
