//! Makes the marks by which two reports of one reporter are found.

use nightsafe_casework::linking::{MarkKind, Marker};

use crate::{
    hex::Hex,
    key::{IndexKey, Tagger},
};

/// Marks under a key of their own, derived from that of the index. They stand in the ledger: another key finds no earlier
/// report of a reporter.
#[derive(Debug)]
pub struct LinkMarker {
    tagger: Tagger,
}

impl LinkMarker {
    /// A marker under this key.
    pub fn new(key: &IndexKey) -> Self {
        Self { tagger: key.purpose("marks") }
    }
}

impl Marker for LinkMarker {
    fn mark(&self, kind: MarkKind, plain: &str) -> String {
        let kind: &[u8] = match kind {
            MarkKind::Identity => b"identity",
            MarkKind::Contact => b"contact",
            MarkKind::Number => b"number",
        };
        Hex(&self.tagger.tag(&[kind, plain.as_bytes()])).to_string()
    }
}
