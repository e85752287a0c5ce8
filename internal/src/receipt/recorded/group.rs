//! Which items may share a batch: those of which no decision depends on another of them.
//!
//! What a report is follows from what was recorded before it under its submission id and about its attachments. So items
//! that name the same submission or the same attachment go into different batches, one after the other.

use std::collections::HashSet;

use nightsafe_schema::{item::ItemId, submission::SubmissionId};

use super::Due;
use crate::{limits, receipt::parsed::Content};

/// What the decision about an item looks up.
#[derive(PartialEq, Eq, Hash)]
enum Name {
    Item(ItemId),
    Submission(SubmissionId),
}

/// How many items from the first on may share a batch.
pub(super) fn independent(due: &[Due]) -> usize {
    let mut taken = HashSet::new();
    let mut events = 0;
    let alone = due.iter().position(|due| {
        let names = names(due);
        events += EVENTS_OF_A_REPORT + names.len();
        let fits = events <= limits::EVENTS_A_BATCH || taken.is_empty();
        !(fits && names.into_iter().all(|name| taken.insert(name)))
    });
    alone.unwrap_or(due.len()).max(1)
}

fn names(due: &Due) -> Vec<Name> {
    let mut names = vec![Name::Item(due.kept.sealed.item)];
    if let Content::Report(parsed) = &due.kept.content {
        names.push(Name::Submission(parsed.intake.submission_id));
        names.extend(parsed.intake.attachments.iter().map(|supplied| Name::Item(supplied.item)));
    }
    names
}

/// Received, triaged, routed, and for a supplement unlinked; each claimed attachment is one more, and counted among the names.
const EVENTS_OF_A_REPORT: usize = 4;
