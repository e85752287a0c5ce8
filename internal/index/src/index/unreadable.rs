//! What the index could not read. Positions in the ledger and reasons, no content: for the operator, who needs no viewer.

use super::Index;
use crate::{error::IndexError, limits, projections::Tree};

impl Index {
    /// Events that the index could not read, with the reason: for a person to look at.
    pub fn unreadable(&self) -> Result<Vec<(u64, String)>, IndexError> {
        let mut found = Vec::new();
        self.ask(|stores| {
            stores.projections.each(Tree::Unreadable, &[], |key, value| {
                let seq = key.try_into().ok().map(u64::from_be_bytes);
                found.extend(seq.map(|seq| (seq, String::from_utf8_lossy(value).into_owned())));
                Ok(found.len() < limits::UNREADABLE_LISTED)
            })?;
            Ok(found)
        })
    }
}
