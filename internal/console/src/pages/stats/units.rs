//! The units side by side: one row each, with the rates that the office compares them by.

use std::collections::BTreeMap;

use nightsafe_casework::statistics::TableKey;

use super::{super::words::Both, percent, table};
use crate::statistics::{Named, NamedRow, NamedTable};

/// The table of units.
pub(super) struct Units {
    pub(super) columns: Vec<Both>,
    pub(super) rows: Vec<Unit>,
    /// Not every unit is shown.
    pub(super) withheld: bool,
}

/// One unit.
pub(super) struct Unit {
    pub(super) name: Both,
    pub(super) numbers: Vec<String>,
    pub(super) is_sum: bool,
}

/// What stands in a column.
#[derive(Clone, Copy)]
enum Column {
    /// Everything that the unit was given.
    Given,
    /// A number of this column's code.
    Number(TableKey, &'static str),
    /// The table's rate.
    Rate(TableKey),
}

impl Units {
    pub(super) fn of(named: &Named) -> Self {
        let state = table(named, TableKey::UnitState);
        let rows = state.into_iter().flat_map(|state| state.rows.iter().chain(&state.sum));
        let found: Vec<Found<'_>> = COLUMNS.into_iter().map(|(column, ..)| Found::of(column, named)).collect();
        let unit = |row: &NamedRow| Unit {
            name: Both(row.name.clone()),
            numbers: found.iter().map(|found| found.text(&row.code)).collect(),
            is_sum: row.code.is_empty(),
        };
        Self {
            columns: COLUMNS.into_iter().map(|(_, zh, en)| Both::new(zh, en)).collect(),
            rows: rows.map(unit).collect(),
            withheld: state.is_some_and(|state| state.withheld),
        }
    }
}

/// A column with the rows of its table at hand.
struct Found<'a> {
    column: Column,
    table: Option<&'a NamedTable>,
    rows: BTreeMap<&'a str, &'a NamedRow>,
}

impl<'a> Found<'a> {
    fn of(column: Column, named: &'a Named) -> Self {
        let key = match column {
            Column::Given => TableKey::UnitState,
            Column::Number(key, _) | Column::Rate(key) => key,
        };
        let table = table(named, key);
        let rows = table.into_iter().flat_map(|table| table.rows.iter().chain(&table.sum));
        Self { column, table, rows: rows.map(|row| (row.code.as_str(), row)).collect() }
    }

    fn text(&self, code: &str) -> String {
        let text = self.rows.get(code).zip(self.table).and_then(|(row, table)| match self.column {
            Column::Given => Some(row.total.to_string()),
            Column::Rate(_) => row.rate.map(|rate| percent(Some(rate))),
            Column::Number(key, code) => {
                let name = key.columns().iter().find(|column| column.code == code)?;
                let place = table.columns.iter().position(|column| column.zh == name.zh)?;
                row.cells.get(place).map(ToString::to_string)
            }
        });
        text.unwrap_or_else(|| "—".to_owned())
    }
}

const COLUMNS: [(Column, &str, &str); 12] = [
    (Column::Given, "交办", "given"),
    (Column::Number(TableKey::UnitState, "closed"), "办结", "closed"),
    (Column::Number(TableKey::UnitState, "overdue"), "超期", "overdue"),
    (Column::Rate(TableKey::UnitState), "查结率", "closed"),
    (Column::Rate(TableKey::UnitResult), "查实率", "substantiated"),
    (Column::Rate(TableKey::UnitPunctual), "按期率", "in time"),
    (Column::Rate(TableKey::UnitFeedback), "反馈率", "fed back"),
    (Column::Rate(TableKey::UnitContact), "30天首联率", "contact in 30 days"),
    (Column::Rate(TableKey::UnitFirstGate), "一审退回率", "first gate rejects"),
    (Column::Rate(TableKey::UnitSecondGate), "二审退回率", "second gate rejects"),
    (Column::Rate(TableKey::UnitCallback), "满意率", "satisfied"),
    (Column::Number(TableKey::UnitEscalation, "escalated"), "提级", "escalated"),
];
