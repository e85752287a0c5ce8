//! Items that lie in the outbox and that no entry names: forged ones perhaps, since anybody can seal to a public key.
//!
//! They are never exported. Looking for them means reading every journal, so it is done now and then, and what was found
//! is remembered until it has gone or a person has settled it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::UNIX_EPOCH;

use jiff::Timestamp;
use nightsafe_runtime::line_file::LineReader;
use nightsafe_schema::item::ItemId;
use nightsafe_schema::signed::LONGEST_LINE;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::low::journal::JournalError;
use crate::low::outbox::{Outbox, OutboxError};
use crate::low::plan::PlanError;
use crate::regular_file;

/// What is remembered of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Strays {
    /// Found, and since when.
    pub(crate) open: BTreeMap<ItemId, Timestamp>,
    /// Looked at by a person.
    pub(crate) settled: BTreeMap<ItemId, SettledStray>,
}

/// A person's decision about one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettledStray {
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    pub(crate) reason: String,
}

impl Strays {
    /// Brings the memory up to what a search has found.
    pub(crate) fn update(&mut self, found: &[ItemId], now: Timestamp) {
        self.settled.retain(|item, _| found.contains(item));
        let known = std::mem::take(&mut self.open);
        for item in found.iter().filter(|item| !self.settled.contains_key(*item)).take(limits::MOST_RECORDS) {
            let since = known.get(item).copied().unwrap_or_else(|| {
                tracing::error!(item = %item, "an item in the outbox has no entry");
                now
            });
            self.open.insert(*item, since);
        }
    }
}

/// The name under which a stray is settled.
pub(crate) fn id_of(item: &ItemId) -> String {
    format!("F{item}")
}

/// Searches the outbox. Items younger than any submission under way are left out.
pub(crate) fn search(outbox: &Outbox, now: Timestamp) -> Result<Vec<ItemId>, PlanError> {
    // The items first: what comes while the journals are read has its entry later than its item.
    let mut items = old_items(outbox, now).map_err(PlanError::Outbox)?;
    if items.is_empty() {
        return Ok(Vec::new());
    }
    for stream in outbox.streams().map_err(PlanError::Outbox)? {
        let path = outbox.journal(&stream);
        let file = regular_file::open(&path)
            .map_err(|source| PlanError::Journal(JournalError::Open { path: path.clone(), source }))?;
        let mut reader = LineReader::of(file, &path, LONGEST_LINE);
        while let Some(line) = reader.next_line().map_err(|source| PlanError::Journal(JournalError::Line(source)))? {
            // Whether the line is signed is for the export to say.
            if let Ok(named) = serde_json::from_slice::<Named>(&line) {
                items.remove(&named.item);
            }
        }
    }
    Ok(items.into_iter().collect())
}

#[derive(Deserialize)]
struct Named {
    item: ItemId,
}

fn old_items(outbox: &Outbox, now: Timestamp) -> Result<BTreeSet<ItemId>, OutboxError> {
    let folder = outbox.items();
    let refused = |source| OutboxError::List { folder: folder.clone(), source };
    let mut items = BTreeSet::new();
    for entry in fs::read_dir(&folder).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        let Some(item) = entry.file_name().to_str().and_then(|name| ItemId::from_file_name(name).ok()) else {
            continue;
        };
        let written = entry.metadata().ok().and_then(|metadata| metadata.modified().ok());
        let seconds = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |age| age.as_secs());
        let age = now.as_second().saturating_sub(i64::try_from(seconds).unwrap_or(0));
        if age > limits::ORPHAN_HOURS * 3600 {
            items.insert(item);
        }
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_gone_is_forgotten_and_what_is_settled_stays_so() {
        let item = |byte| ItemId::from_bytes([byte; 16]);
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut strays = Strays::default();
        strays.update(&[item(1), item(2)], at(1));
        let decision = SettledStray { at: at(2), by: "a".to_owned(), reason: "b".to_owned() };
        strays.open.remove(&item(1));
        strays.settled.insert(item(1), decision);
        strays.update(&[item(1), item(2), item(3)], at(3));
        assert_eq!(strays.open.into_iter().collect::<Vec<_>>(), [(item(2), at(1)), (item(3), at(3))]);
        let mut strays = Strays { open: BTreeMap::new(), settled: strays.settled };
        strays.update(&[], at(4));
        assert_eq!(strays, Strays::default());
    }
}
