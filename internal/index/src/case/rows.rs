//! The rows that a case has in the trees besides its record: a function of the record.

use std::collections::BTreeSet;

use nightsafe_schema::case::CaseId;

use super::{CaseRecord, seconds};
use crate::projections::Tree;

/// One row: tree, key and value.
pub(crate) type Row = (Tree, Vec<u8>, Vec<u8>);

/// All of them.
pub(crate) fn rows(case: CaseId, record: &CaseRecord) -> BTreeSet<Row> {
    let mut rows = BTreeSet::new();
    let mut add = |tree, first: &[u8], value: &[u8]| {
        rows.insert((tree, [first, &case.to_bytes()].concat(), value.to_vec()));
    };
    for identifier in &record.identifiers {
        add(Tree::Identifiers, identifier.hash(), identifier.kind().code().as_bytes());
    }
    // By arrival under each code: what comes in goes to the end, onto a page that is in memory already. Case numbers are
    // random, and would touch another page each.
    let arrival = record.summary.recorded_at.as_microsecond().cast_unsigned().to_be_bytes();
    let mut add = |tree, first: &[u8], value: &[u8]| {
        rows.insert((tree, [first, &arrival, &case.to_bytes()].concat(), value.to_vec()));
    };
    add(Tree::ByState, &ended(record.stage.code()), b"");
    for unit in record.summary.tasks.iter().flat_map(|task| std::iter::once(&task.unit).chain(&task.copies)) {
        add(Tree::ByUnit, &ended(unit.as_str()), b"");
    }
    if let Some(deadline) = record.deadline {
        add(Tree::ByDeadline, &seconds(deadline).to_be_bytes(), b"");
    }
    for category in &record.summary.categories {
        add(Tree::ByCategory, &ended(category), b"");
    }
    for division in &record.divisions {
        add(Tree::ByDivision, &ended(division.as_str()), b"");
    }
    rows
}

/// A code followed by a zero byte, so that no code is the beginning of another.
fn ended(code: &str) -> Vec<u8> {
    [code.as_bytes(), &[0]].concat()
}
