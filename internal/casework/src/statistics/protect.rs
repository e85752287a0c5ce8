//! Which numbers of a table may be shown (DOMAIN 4.5): small ones may not, nor anything from which one could be worked out.
//!
//! 1. Columns that are small in all rows together are put together with others, in every table alike, so that what all
//!    rows add up to can be shown.
//! 2. Totals of rows: one to four is `<5`; if a total minus what is shown tells one of those, more rows are kept back.
//! 3. Cells of the rows that are left: a row with a small cell keeps back all of its cells that are not zero; if one can
//!    still be worked out ([`super::transport`] says so exactly), they are kept back without saying which of them are small, then
//!    those of further rows.
//!
//! Tables about units tell of the same parts of cases; what is kept back of a row in one of them is kept back in all.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    SMALLEST_SHOWN,
    shown::{Cell, Shown, ShownColumn, ShownRow},
    table::{ColumnKey, Shape, Table, TableKey},
    transport::{Bounded, Puzzle, Row},
};

/// Rows that are kept back whatever they hold, by table.
#[derive(Clone, Debug, Default)]
pub(super) struct KeptBack {
    /// Whole rows.
    pub(super) totals: BTreeMap<TableKey, BTreeSet<String>>,
    /// All but their totals.
    pub(super) cells: BTreeMap<TableKey, BTreeSet<String>>,
}

/// All tables, as they may be shown.
pub(super) fn all<'a>(tables: impl Iterator<Item = &'a Table>, kept_back: &KeptBack, nothing: bool) -> Vec<Shown> {
    let tables: Vec<&Table> = tables.collect();
    if nothing {
        return tables.into_iter().map(|table| withheld(table.key, Vec::new(), None)).collect();
    }
    let none = BTreeSet::new();
    let of_units = || tables.iter().filter(|table| table.key.is_of_units());
    let gathered = |rows: &BTreeMap<TableKey, BTreeSet<String>>| {
        of_units().filter_map(|table| rows.get(&table.key)).flatten().cloned().collect::<BTreeSet<_>>()
    };
    let totals = gathered(&kept_back.totals);
    let mut blank = gathered(&kept_back.cells);
    // What one of them keeps back all do; that may make another keep back more. Each round adds a row or is the last.
    loop {
        let before = blank.len();
        for table in of_units() {
            let shown = Protection::of(table, &totals, &blank, Marks::Nothing).shown();
            let hides = |row: &&ShownRow| row.cells.contains(&Cell::Hidden) && row.total.count().is_some();
            blank.extend(shown.rows.iter().filter(hides).map(|row| row.key.clone()));
        }
        if blank.len() == before {
            break;
        }
    }
    let shown = |table: &&Table| {
        if table.key.is_of_units() {
            Protection::of(table, &totals, &blank, Marks::Nothing).shown()
        } else {
            let totals = kept_back.totals.get(&table.key).unwrap_or(&none);
            let cells = kept_back.cells.get(&table.key).unwrap_or(&none);
            Protection::of(table, totals, cells, Marks::Small).shown()
        }
    };
    tables.iter().map(shown).collect()
}

/// What is said of the cells that are kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marks {
    /// Which of them are small; zeros are shown.
    Small,
    /// Nothing.
    Nothing,
}

/// A table on its way to being shown.
struct Protection<'a> {
    key: TableKey,
    rows: Vec<(&'a str, Vec<u64>)>,
    columns: Vec<Vec<usize>>,
    kept_totals: &'a BTreeSet<String>,
    kept_cells: &'a BTreeSet<String>,
    marks: Marks,
}

impl<'a> Protection<'a> {
    fn of(table: &'a Table, kept_totals: &'a BTreeSet<String>, kept_cells: &'a BTreeSet<String>, marks: Marks) -> Self {
        let keys = table.key.columns();
        let columns = columns(keys, &sums(table.rows.values(), keys.len()));
        let join = |cells: &Vec<u64>| {
            columns.iter().map(|column| column.iter().filter_map(|place| cells.get(*place)).sum()).collect()
        };
        let rows = table.rows.iter().filter(|(_, cells)| cells.iter().any(|cell| *cell > 0));
        let rows = rows.map(|(key, cells)| (key.as_str(), join(cells))).collect();
        Self { key: table.key, rows, columns, kept_totals, kept_cells, marks }
    }

    fn shown(&self) -> Shown {
        if self.key.shape() == Shape::Overlapping {
            return self.overlapping();
        }
        let all = total(&sums(self.rows.iter().map(|(_, cells)| cells), self.columns.len()));
        if is_small(all) {
            return withheld(
                self.key,
                Vec::new(),
                Some(ShownRow { key: String::new(), total: Cell::Small, cells: vec![] }),
            );
        }
        let has_columns = self.columns.len() > 1;
        let sum_cells = sums(self.rows.iter().map(|(_, cells)| cells), self.columns.len());
        let sum_cells = if has_columns { sum_cells.into_iter().map(Cell::Count).collect() } else { Vec::new() };
        let sum = ShownRow { key: String::new(), total: Cell::Count(all), cells: sum_cells };
        let columns = if has_columns { self.named_columns() } else { Vec::new() };
        let Some(totals) = self.totals() else { return withheld(self.key, columns, Some(sum)) };
        let cells = if has_columns { self.cells(&totals) } else { vec![Vec::new(); self.rows.len()] };
        let rows = self.rows.iter().zip(totals).zip(cells);
        let rows = rows.map(|(((key, _), total), cells)| ShownRow { key: (*key).to_owned(), total, cells }).collect();
        Shown { key: self.key, columns, rows, sum: Some(sum), withheld: false }
    }

    /// Each row by itself: there is no total to subtract from.
    fn overlapping(&self) -> Shown {
        let row = |(key, cells): &(&str, Vec<u64>)| {
            let hidden = self.kept_totals.contains(*key);
            let total = match total(cells) {
                small if is_small(small) => Cell::Small,
                _ if hidden => Cell::Hidden,
                count => Cell::Count(count),
            };
            ShownRow { key: (*key).to_owned(), total, cells: Vec::new() }
        };
        Shown { key: self.key, columns: vec![], rows: self.rows.iter().map(row).collect(), sum: None, withheld: false }
    }

    /// The totals of the rows; none if no row can be shown.
    fn totals(&self) -> Option<Vec<Cell>> {
        let totals: Vec<u64> = self.rows.iter().map(|(_, cells)| total(cells)).collect();
        let mut hidden: Vec<bool> = self
            .rows
            .iter()
            .zip(&totals)
            .map(|((key, _), count)| is_small(*count) || self.kept_totals.contains(*key))
            .collect();
        let must: Vec<bool> = hidden.clone();
        loop {
            let kept: Vec<Bounded> =
                totals.iter().zip(&hidden).filter(|(_, hidden)| **hidden).map(|(count, _)| bounds(*count)).collect();
            let known = totals.iter().zip(&must).filter(|(_, must)| **must);
            let sound = known.into_iter().all(|(count, _)| is_uncertain_in_sum(bounds(*count), &kept));
            if sound {
                break;
            }
            let visible =
                totals.iter().enumerate().filter(|(place, count)| **count > 0 && hidden.get(*place) == Some(&false));
            let (smallest, _) = visible.min_by_key(|(_, count)| **count)?;
            if let Some(hidden) = hidden.get_mut(smallest) {
                *hidden = true;
            }
        }
        let cell = |(count, hidden): (&u64, &bool)| match (is_small(*count), hidden) {
            (true, _) => Cell::Small,
            (false, true) => Cell::Hidden,
            (false, false) => Cell::Count(*count),
        };
        Some(totals.iter().zip(&hidden).map(cell).collect())
    }

    /// The cells of each row.
    fn cells(&self, totals: &[Cell]) -> Vec<Vec<Cell>> {
        let is_whole = |place: usize| totals.get(place).is_some_and(|total| total.count().is_some());
        let has_small = |cells: &[u64]| cells.iter().any(|cell| is_small(*cell));
        let must = |place: &usize| {
            self.rows.get(*place).is_some_and(|(key, cells)| has_small(cells) || self.kept_cells.contains(*key))
        };
        let whole: Vec<usize> = (0..self.rows.len()).filter(|place| is_whole(*place)).collect();
        let mut kept: Vec<usize> = whole.iter().copied().filter(must).collect();
        let required = kept.clone();
        let mut marks = self.marks;
        if kept.is_empty() {
            // Only rows that are kept back whole: their cells add up to what is not shown, and no more is known of them, as
            // long as there are two of them, which the totals have seen to.
            return self.drawn(totals, &kept, marks);
        }
        let mut others: Vec<usize> = whole.into_iter().filter(|place| !required.contains(place)).collect();
        others.sort_by_key(|place| std::cmp::Reverse(self.rows.get(*place).map(|(_, cells)| total(cells))));
        loop {
            if self.is_sound(totals, &kept, &required, marks) {
                return self.drawn(totals, &kept, marks);
            }
            if marks == Marks::Small && required.iter().all(|place| !self.is_blank(*place)) {
                marks = Marks::Nothing;
            } else if let Some(smallest) = others.pop() {
                marks = Marks::Nothing;
                kept.push(smallest);
            } else {
                return self.drawn(totals, &kept, Marks::Nothing);
            }
        }
    }

    fn is_blank(&self, place: usize) -> bool {
        self.rows.get(place).is_some_and(|(key, _)| self.kept_cells.contains(*key))
    }

    /// Whether nobody can work out a small cell of these rows.
    fn is_sound(&self, totals: &[Cell], kept: &[usize], required: &[usize], marks: Marks) -> bool {
        let mut rows: Vec<Row> = Vec::with_capacity(kept.len() + 1);
        for (_, cells) in kept.iter().filter_map(|place| self.rows.get(*place)) {
            let sum = total(cells);
            let bounded = |cell: &u64| match marks {
                Marks::Small if *cell == 0 => Bounded::known(0),
                Marks::Small => bounds(*cell),
                Marks::Nothing => Bounded { value: *cell, least: 0, most: sum },
            };
            rows.push(Row { sum, cells: cells.iter().map(bounded).collect() });
        }
        // Rows that are kept back whole are one row: of those nothing is known but what they add up to.
        let whole = self.rows.iter().zip(totals).filter(|(_, total)| total.count().is_none());
        let together = sums(whole.map(|((_, cells), _)| cells), self.columns.len());
        let sum = total(&together);
        rows.push(Row { sum, cells: together.iter().map(|&value| Bounded { value, least: 0, most: sum }).collect() });
        let puzzle = Puzzle::new(rows);
        kept.iter().enumerate().filter(|(_, place)| required.contains(place)).all(|(number, place)| {
            let cells = self.rows.get(*place).map(|(_, cells)| cells.as_slice()).unwrap_or_default();
            let blank = self.is_blank(*place);
            let must = cells.iter().enumerate().filter(|(_, cell)| is_small(**cell) || (blank && **cell > 0));
            must.into_iter().all(|(column, _)| puzzle.is_uncertain(number, column))
        })
    }

    fn drawn(&self, totals: &[Cell], kept: &[usize], marks: Marks) -> Vec<Vec<Cell>> {
        let cell = |place: usize, count: u64| match totals.get(place) {
            Some(Cell::Small) => Cell::Small,
            Some(Cell::Hidden) | None => Cell::Hidden,
            Some(Cell::Count(_)) if !kept.contains(&place) => Cell::Count(count),
            Some(Cell::Count(_)) => match marks {
                Marks::Small if count == 0 => Cell::Count(0),
                Marks::Small if is_small(count) => Cell::Small,
                _ => Cell::Hidden,
            },
        };
        let row =
            |(place, (_, cells)): (usize, &(&str, Vec<u64>))| cells.iter().map(|count| cell(place, *count)).collect();
        self.rows.iter().enumerate().map(row).collect()
    }

    fn named_columns(&self) -> Vec<ShownColumn> {
        let keys = self.key.columns();
        let named = |column: &Vec<usize>| ShownColumn {
            keys: column.iter().filter_map(|place| keys.get(*place)).copied().collect(),
        };
        self.columns.iter().map(named).collect()
    }
}

/// The columns, those that are small in all put together with others: of their own group if there is one.
fn columns(keys: &[ColumnKey], sums: &[u64]) -> Vec<Vec<usize>> {
    let mut columns: Vec<Vec<usize>> = (0..keys.len()).map(|place| vec![place]).collect();
    let sum = |column: &[usize]| column.iter().filter_map(|place| sums.get(*place)).sum::<u64>();
    let groups = |column: &[usize]| {
        column.iter().filter_map(|place| keys.get(*place)).map(|key| key.group).collect::<BTreeSet<_>>()
    };
    while let Some(small) = columns.iter().position(|column| is_small(sum(column))) {
        let taken = columns.remove(small);
        let rank = |column: &Vec<usize>| (groups(column).is_disjoint(&groups(&taken)), sum(column));
        let Some(partner) = columns.iter_mut().filter(|column| sum(column) > 0).min_by_key(|column| rank(column))
        else {
            // All of it is small.
            columns.push(taken);
            break;
        };
        partner.extend(taken);
        partner.sort_unstable();
    }
    columns.sort();
    columns
}

/// Whether a number of which only the sum with others is known, itself among them, could be another one.
fn is_uncertain_in_sum(cell: Bounded, kept: &[Bounded]) -> bool {
    let sum: u64 = kept.iter().map(|kept| kept.value).sum();
    let others_least = kept.iter().map(|kept| kept.least).sum::<u64>().saturating_sub(cell.least);
    let unbounded = |cell: &Bounded| usize::from(cell.most == u64::MAX);
    let others_have_no_bound = kept.iter().map(unbounded).sum::<usize>() > unbounded(&cell);
    let lowest = if others_have_no_bound {
        cell.least
    } else {
        let most: u64 = kept.iter().map(|kept| kept.most).filter(|most| *most != u64::MAX).sum();
        let others_most = if cell.most == u64::MAX { most } else { most.saturating_sub(cell.most) };
        cell.least.max(sum.saturating_sub(others_most))
    };
    lowest < cell.most.min(sum.saturating_sub(others_least))
}

/// What everybody knows of a number that is kept back.
const fn bounds(value: u64) -> Bounded {
    if is_small(value) {
        Bounded { value, least: 1, most: SMALLEST_SHOWN - 1 }
    } else {
        Bounded { value, least: SMALLEST_SHOWN, most: u64::MAX }
    }
}

fn withheld(key: TableKey, columns: Vec<ShownColumn>, sum: Option<ShownRow>) -> Shown {
    Shown { key, columns, rows: Vec::new(), sum, withheld: true }
}

fn sums<'a>(rows: impl Iterator<Item = &'a Vec<u64>>, columns: usize) -> Vec<u64> {
    let mut sums = vec![0_u64; columns];
    for row in rows {
        for (sum, count) in sums.iter_mut().zip(row) {
            *sum = sum.saturating_add(*count);
        }
    }
    sums
}

fn total(cells: &[u64]) -> u64 {
    cells.iter().fold(0, |sum, cell| sum.saturating_add(*cell))
}

const fn is_small(count: u64) -> bool {
    0 < count && count < SMALLEST_SHOWN
}

#[cfg(test)]
mod tests;
