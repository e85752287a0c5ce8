//! The fields of a case in the full text (docs/spec/index.md). Nothing of a case is stored but its number and sort keys.

use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};

use super::tokens;

/// Handles of the fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    /// The case number; also what an old version is deleted by.
    pub(crate) case: Field,
    /// The units that may see the case, one term each: part of every query.
    pub(crate) visible: Field,
    /// Pairs of characters with positions: substrings.
    pub(crate) pairs: Field,
    /// Single characters.
    pub(crate) characters: Field,
    /// Dictionary words: ranking.
    pub(crate) words: Field,
    /// `name:value` terms of what a case is, such as `flow:GANG_CRIME`.
    pub(crate) labels: Field,
    /// The hour of acceptance, in seconds since 1970.
    pub(crate) received: Field,
    /// The deadline, in seconds since 1970; the largest number if there is none.
    pub(crate) deadline: Field,
    /// Priority, then hour of acceptance: the order of the inbox.
    pub(crate) urgency: Field,
    /// Everything that is counted in facets, packed.
    pub(crate) facets: Field,
    /// How many events the case had: an older record than that is damage.
    pub(crate) events: Field,
    /// What is counted of the case in statistics, as one line.
    pub(crate) counted: Field,
}

impl Fields {
    /// The schema and its handles.
    pub(crate) fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let text = |tokenizer: &str, option| {
            let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option);
            TextOptions::default().set_indexing_options(indexing.set_fieldnorms(tokenizer == tokens::WORDS))
        };
        let fields = Self {
            case: schema.add_u64_field(CASE, FAST | INDEXED),
            visible: schema.add_text_field("visible", text(RAW, IndexRecordOption::Basic)),
            pairs: schema.add_text_field("pairs", text(tokens::PAIRS, IndexRecordOption::WithFreqsAndPositions)),
            characters: schema.add_text_field("characters", text(tokens::CHARACTERS, IndexRecordOption::Basic)),
            words: schema.add_text_field("words", text(tokens::WORDS, IndexRecordOption::WithFreqs)),
            labels: schema.add_text_field("labels", text(RAW, IndexRecordOption::Basic)),
            received: schema.add_u64_field(RECEIVED, FAST),
            deadline: schema.add_u64_field(DEADLINE, FAST),
            urgency: schema.add_u64_field(URGENCY, FAST),
            facets: schema.add_u64_field(FACETS, FAST),
            events: schema.add_u64_field(EVENTS, FAST),
            counted: schema.add_bytes_field(COUNTED, FAST),
        };
        (schema.build(), fields)
    }

    /// The fields that have terms, by name, for a dump.
    pub(crate) const fn with_terms(&self) -> [(&'static str, Field); 5] {
        [
            ("visible", self.visible),
            ("pairs", self.pairs),
            ("characters", self.characters),
            ("words", self.words),
            ("labels", self.labels),
        ]
    }
}

pub(crate) const CASE: &str = "case";
pub(crate) const RECEIVED: &str = "received";
pub(crate) const DEADLINE: &str = "deadline";
pub(crate) const URGENCY: &str = "urgency";
pub(crate) const FACETS: &str = "facets";
pub(crate) const EVENTS: &str = "events";
pub(crate) const COUNTED: &str = "counted";
const RAW: &str = "raw";
