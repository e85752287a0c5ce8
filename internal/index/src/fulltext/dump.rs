//! The full text as lines that do not depend on segments, deleted documents or the order in which cases came.

use std::collections::BTreeMap;

use nightsafe_schema::case::CaseId;
use tantivy::{
    DocSet as _, SegmentReader, TERMINATED, TantivyError,
    columnar::Column,
    postings::Postings as _,
    schema::{Field, IndexRecordOption},
    termdict::TermStreamer,
};

use super::{FullText, fields};
use crate::{
    damage::Damage,
    hex::Hex,
    key::{Tag, Tagger},
};

impl FullText {
    /// Gives each line to `put` until that says to stop: the cases with their sort keys and a keyed hash of what is counted, then for each field its terms in
    /// order, each as a keyed hash, with the number of its cases and a keyed hash over cases, counts and positions.
    pub(crate) fn dump(&self, tagger: &Tagger, put: &mut dyn FnMut(&str) -> bool) -> Result<(), Damage> {
        self.with(|reader| {
            let searcher = reader.searcher();
            let segments = searcher.segment_readers();
            if !cases(segments, tagger, put)? {
                return Ok(());
            }
            for (name, field) in self.fields.with_terms() {
                if !terms(name, field, segments, tagger, put)? {
                    return Ok(());
                }
            }
            Ok(())
        })
    }
}

fn cases(segments: &[SegmentReader], tagger: &Tagger, put: &mut dyn FnMut(&str) -> bool) -> tantivy::Result<bool> {
    let mut lines = BTreeMap::new();
    for segment in segments {
        let columns = segment.fast_fields();
        let names = [fields::RECEIVED, fields::DEADLINE, fields::URGENCY, fields::FACETS, fields::EVENTS];
        let case = columns.u64(fields::CASE)?;
        let keys: Vec<Column<u64>> = names.iter().map(|name| columns.u64(name)).collect::<tantivy::Result<_>>()?;
        let counted = columns.bytes(fields::COUNTED)?;
        for document in segment.doc_ids_alive() {
            let mut keys: Vec<String> =
                keys.iter().map(|column| column.first(document).unwrap_or_default().to_string()).collect();
            let mut line = Vec::new();
            if let Some((counted, ordinal)) =
                counted.as_ref().zip(counted.as_ref().and_then(|of| of.ords().first(document)))
            {
                counted.ord_to_bytes(ordinal, &mut line)?;
            }
            keys.push(Hex(&tagger.tag(&[b"counted", &line])).to_string());
            let number = case.first(document).unwrap_or_default();
            let twice = lines.insert(number, keys.join(" "));
            if twice.is_some() {
                return Err(TantivyError::InternalError("a case is there twice".to_owned()));
            }
        }
    }
    for (number, keys) in lines {
        let case = CaseId::from_bytes(number.to_be_bytes());
        let case = case.ok_or_else(|| TantivyError::InternalError("a case number of more than 60 bits".to_owned()))?;
        if !put(&format!("text case {case} {keys}")) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One segment's terms of a field, and the one it stands at.
struct Terms<'a> {
    segment: &'a SegmentReader,
    case: Column<u64>,
    index: std::sync::Arc<tantivy::InvertedIndexReader>,
    current: Option<Vec<u8>>,
}

fn terms(
    name: &str,
    field: Field,
    segments: &[SegmentReader],
    tagger: &Tagger,
    put: &mut dyn FnMut(&str) -> bool,
) -> tantivy::Result<bool> {
    let mut each = Vec::new();
    for segment in segments {
        let case = segment.fast_fields().u64(fields::CASE)?;
        each.push(Terms { segment, case, index: segment.inverted_index(field)?, current: None });
    }
    let indexes: Vec<_> = each.iter().map(|terms| terms.index.clone()).collect();
    let mut streams: Vec<TermStreamer<'_>> =
        indexes.iter().map(|index| index.terms().stream()).collect::<std::io::Result<_>>()?;
    for (terms, stream) in each.iter_mut().zip(&mut streams) {
        terms.advance(stream);
    }
    while let Some(term) = each.iter().filter_map(|terms| terms.current.clone()).min() {
        let mut places: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for (terms, stream) in each.iter_mut().zip(&mut streams) {
            if terms.current.as_ref() == Some(&term) {
                terms.gather(stream, &mut places)?;
                terms.advance(stream);
            }
        }
        if places.is_empty() {
            continue; // only deleted documents have it
        }
        let line = format!(
            "text {name} {} {} {}",
            Hex(&tagger.tag(&[b"term", &term])),
            places.len(),
            Hex(&tagged(&places, tagger))
        );
        if !put(&line) {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Terms<'_> {
    fn advance(&mut self, stream: &mut TermStreamer<'_>) {
        self.current = stream.advance().then(|| stream.key().to_vec());
    }

    fn gather(&self, stream: &TermStreamer<'_>, places: &mut BTreeMap<u64, Vec<u32>>) -> tantivy::Result<()> {
        let option = IndexRecordOption::WithFreqsAndPositions;
        let mut postings = self.index.read_postings_from_terminfo(stream.value(), option)?;
        let mut positions = Vec::new();
        while postings.doc() != TERMINATED {
            let document = postings.doc();
            if !self.segment.is_deleted(document) {
                postings.positions(&mut positions);
                positions.push(postings.term_freq());
                places.insert(self.case.first(document).unwrap_or_default(), positions.clone());
            }
            postings.advance();
        }
        Ok(())
    }
}

fn tagged(places: &BTreeMap<u64, Vec<u32>>, tagger: &Tagger) -> Tag {
    let mut bytes = Vec::new();
    for (case, positions) in places {
        bytes.extend(case.to_be_bytes());
        bytes.extend((positions.len() as u64).to_be_bytes());
        bytes.extend(positions.iter().flat_map(|position| position.to_be_bytes()));
    }
    tagger.tag(&[b"places", &bytes])
}
