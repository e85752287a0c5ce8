//! What is shown: tables in which everything that must not be known is kept back.

use serde::{Serialize, Serializer};

use super::{
    before::Earlier,
    period::Period,
    protect::{self, KeptBack},
    table::{ColumnKey, TableKey},
    tally::Tally,
};

/// A number, or that it is kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The number.
    Count(u64),
    /// `<5`: one to four.
    Small,
    /// `*`: kept back, because with it a small one could be worked out.
    Hidden,
}

/// The tables of a period for one viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// The period, such as `2026-11`.
    #[serde(serialize_with = "as_text")]
    pub period: Period,
    /// Everything is kept back: this period differs from one that was shown before by fewer than five.
    pub too_close: bool,
    /// The tables, in their order.
    pub tables: Vec<Shown>,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Which.
    pub key: TableKey,
    /// Its columns beside the total; some may have been put together. Empty if a row has nothing but its total.
    pub columns: Vec<ShownColumn>,
    /// Its rows.
    pub rows: Vec<ShownRow>,
    /// What the rows add up to, where they do.
    pub sum: Option<ShownRow>,
    /// The rows are kept back: nearly each of them is small.
    pub withheld: bool,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownColumn {
    /// The columns that stand in it: one, or those that were put together because one of them is small in all.
    pub keys: Vec<ColumnKey>,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownRow {
    /// Its code: a flow, a division, a day, a unit.
    pub key: String,
    /// All of it.
    pub total: Cell,
    /// Its cells, one for each column.
    pub cells: Vec<Cell>,
}

impl Statistics {
    /// What may be shown of these counts to whom the earlier ones were shown.
    pub fn of(tally: &Tally, earlier: &[Earlier]) -> Self {
        let period = tally.period();
        let before: Vec<&Earlier> = earlier.iter().filter(|earlier| earlier.is_nested_with(period)).collect();
        let mut kept_back = KeptBack::default();
        let mut too_close = false;
        for table in tally.tables() {
            for earlier in &before {
                too_close |= earlier.tells_a_total(table);
                earlier.keep_back(table, &mut kept_back);
            }
        }
        let tables = protect::all(tally.tables(), &kept_back, too_close);
        Self { period, too_close, tables }
    }

    /// One table.
    pub fn table(&self, key: TableKey) -> Option<&Shown> {
        self.tables.iter().find(|table| table.key == key)
    }
}

impl Shown {
    /// The share that is read off a row, in whole percent; none where a number that it needs is kept back, or there is nothing
    /// to take a share of.
    pub fn rate(&self, row: &ShownRow) -> Option<u64> {
        let rate = self.key.rate()?;
        let (counted, of) = (self.sum_of(row, 1)?, self.sum_of(row, rate.of)?);
        counted.checked_mul(100)?.checked_add(of / 2)?.checked_div(of)
    }

    /// What the first of the key's columns add up to in a row, if that can be said from what is shown.
    fn sum_of(&self, row: &ShownRow, first: usize) -> Option<u64> {
        let every = self.key.columns();
        let wanted: Vec<&str> = every.iter().take(first).map(|column| column.code).collect();
        if wanted.len() == every.len() {
            return row.total.count();
        }
        let mut sum = 0_u64;
        let mut found = 0;
        for (column, cell) in self.columns.iter().zip(&row.cells) {
            let of_it = column.keys.iter().filter(|key| wanted.contains(&key.code)).count();
            if of_it == 0 {
                continue;
            }
            if of_it < column.keys.len() {
                return None;
            }
            found += of_it;
            sum = sum.checked_add(cell.count()?)?;
        }
        (found == wanted.len()).then_some(sum)
    }
}

impl Cell {
    /// The number, if it is shown.
    pub const fn count(self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(count),
            Self::Small | Self::Hidden => None,
        }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Small => f.write_str("<5"),
            Self::Hidden => f.write_str("*"),
        }
    }
}

impl Serialize for Cell {
    /// A number, or the text that stands for one.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Small | Self::Hidden => serializer.collect_str(self),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references to serialize_with")]
fn as_text<S: Serializer>(period: &Period, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(period)
}
