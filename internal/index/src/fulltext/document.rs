//! What the full text is told about a case.

use std::collections::BTreeSet;

use nightsafe_schema::{case::CaseId, unit::UnitId};
use tantivy::TantivyDocument;

use super::{facets::FacetCode, fields::Fields};
use crate::folded::Folded;

/// One case as it is indexed: made anew from its state whenever that changes.
#[derive(Clone, Debug)]
pub(crate) struct CaseDocument {
    pub(crate) case: CaseId,
    pub(crate) visible: BTreeSet<UnitId>,
    pub(crate) labels: BTreeSet<String>,
    pub(crate) texts: Vec<Folded>,
    pub(crate) received: u64,
    pub(crate) deadline: u64,
    pub(crate) urgency: u64,
    pub(crate) facets: FacetCode,
    /// How many events have made the case what it is: its record must have no fewer.
    pub(crate) events: u64,
    /// What is counted of it.
    pub(crate) counted: String,
}

impl CaseDocument {
    pub(super) fn to_tantivy(&self, fields: &Fields) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_u64(fields.case, number(self.case));
        for unit in &self.visible {
            document.add_text(fields.visible, unit.as_str());
        }
        for label in &self.labels {
            document.add_text(fields.labels, label);
        }
        for text in &self.texts {
            document.add_text(fields.pairs, text.as_str());
            document.add_text(fields.characters, text.as_str());
            document.add_text(fields.words, text.as_str());
        }
        document.add_u64(fields.received, self.received);
        document.add_u64(fields.deadline, self.deadline);
        document.add_u64(fields.urgency, self.urgency);
        document.add_u64(fields.facets, self.facets.packed());
        document.add_u64(fields.events, self.events);
        document.add_bytes(fields.counted, self.counted.as_bytes());
        document
    }
}

/// A case number as the number that it is.
pub(super) const fn number(case: CaseId) -> u64 {
    u64::from_be_bytes(case.to_bytes())
}
