//! What was shown before to the same eyes: a period within another, both shown, tells what lies between them.
//!
//! A number is kept back if it differs from the same number of such a period by one to four. Only pairs are looked at, one
//! period within the other; what three or more answers tell together is not (docs/spec/statistics.md).

use std::collections::BTreeMap;

use super::{
    SMALLEST_SHOWN,
    period::Period,
    protect::KeptBack,
    shown::Statistics,
    table::{Shape, Table, TableKey},
};

/// The numbers of an answer, as they were shown.
#[derive(Clone, Debug)]
pub struct Earlier {
    period: Period,
    tables: BTreeMap<TableKey, Numbers>,
}

/// Of one table: the total and each row, each with its total and its columns by their codes.
#[derive(Clone, Debug, Default)]
struct Numbers {
    sum: Option<Row>,
    rows: BTreeMap<String, Row>,
    /// Every row that there was stands here, so that another one had nothing.
    is_whole: bool,
}

#[derive(Clone, Debug)]
struct Row {
    total: Option<u64>,
    columns: Vec<(&'static str, u64)>,
}

impl Earlier {
    /// Remembers what was shown.
    pub fn of(statistics: &Statistics) -> Self {
        let tables = statistics.tables.iter().map(|shown| {
            let row = |row: &super::ShownRow| Row {
                total: row.total.count(),
                columns: shown
                    .columns
                    .iter()
                    .zip(&row.cells)
                    .filter_map(|(column, cell)| match column.keys.as_slice() {
                        [key] => Some((key.code, cell.count()?)),
                        _ => None,
                    })
                    .collect(),
            };
            let rows = shown.rows.iter().map(|shown| (shown.key.clone(), row(shown))).collect();
            (shown.key, Numbers { sum: shown.sum.as_ref().map(row), rows, is_whole: !shown.withheld })
        });
        Self { period: statistics.period, tables: tables.collect() }
    }

    /// Its period.
    pub const fn period(&self) -> Period {
        self.period
    }

    /// One of the two periods lies within the other.
    pub(super) fn is_nested_with(&self, period: Period) -> bool {
        self.period.is_within(period) || period.is_within(self.period)
    }

    /// Whether what all rows add up to differs by so little that it must not be shown.
    pub(super) fn tells_a_total(&self, table: &Table) -> bool {
        let Some(known) = self.tables.get(&table.key).and_then(|numbers| numbers.sum.as_ref()) else { return false };
        if table.key.shape() == Shape::Overlapping {
            return false;
        }
        let columns = table.key.columns().len();
        let sums: Vec<u64> =
            (0..columns).map(|column| table.rows.values().filter_map(|row| row.get(column)).sum()).collect();
        known.is_close(table.key, &sums)
    }

    /// The rows of a table whose numbers differ by so little that they must not be shown.
    pub(super) fn keep_back(&self, table: &Table, kept_back: &mut KeptBack) {
        let Some(known) = self.tables.get(&table.key) else { return };
        let nothing = Row { total: Some(0), columns: Vec::new() };
        for (key, cells) in &table.rows {
            let row = known.rows.get(key).or_else(|| known.is_whole.then_some(&nothing));
            let Some(row) = row else { continue };
            let total: u64 = cells.iter().sum();
            if row.total.is_some_and(|known| is_close(known, total)) {
                kept_back.totals.entry(table.key).or_default().insert(key.clone());
            } else if row.is_close(table.key, cells) {
                kept_back.cells.entry(table.key).or_default().insert(key.clone());
            }
        }
    }
}

impl Row {
    fn is_close(&self, key: TableKey, cells: &[u64]) -> bool {
        let of_columns = key.columns().iter().zip(cells).any(|(column, count)| {
            self.columns.iter().any(|(code, known)| *code == column.code && is_close(*known, *count))
        });
        of_columns || self.total.is_some_and(|known| is_close(known, cells.iter().sum()))
    }
}

const fn is_close(one: u64, other: u64) -> bool {
    let between = one.abs_diff(other);
    0 < between && between < SMALLEST_SHOWN
}
