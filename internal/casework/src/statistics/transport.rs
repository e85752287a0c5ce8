//! What can be worked out of a table whose totals are known and some of whose cells are not.
//!
//! Cells that are kept back have bounds, their rows and columns have known sums: a transportation problem. Whether it has a
//! solution at all is the theorem of Gale (1957) and Hoffman (1960): for every set of columns, what they demand is no more
//! than what the rows can give them. The solutions in whole numbers give each cell an unbroken range of values, so a
//! cell is uncertain if it could be one more or one less. This is exact: it is what somebody with all the time in the world
//! would find out.

/// A row some of whose cells are kept back.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What its cells add up to, as is known.
    pub(super) sum: u64,
    /// Its cells.
    pub(super) cells: Vec<Bounded>,
}

/// A cell: what it is, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounded {
    pub(super) value: u64,
    pub(super) least: u64,
    pub(super) most: u64,
}

/// Rows whose cells are kept back, with the sums of their columns known.
pub(super) struct Puzzle {
    rows: Vec<Row>,
    demands: Vec<u64>,
    /// For each set of columns, what all rows together can give it.
    gifts: Vec<u64>,
}

impl Bounded {
    /// A cell that is shown.
    pub(super) const fn known(value: u64) -> Self {
        Self { value, least: value, most: value }
    }
}

impl Puzzle {
    /// The rows; every row has the same number of columns, at most [`MOST_COLUMNS`].
    pub(super) fn new(rows: Vec<Row>) -> Self {
        let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0).min(MOST_COLUMNS);
        let demand = |column: usize| rows.iter().filter_map(|row| row.cells.get(column)).map(|cell| cell.value).sum();
        let demands: Vec<u64> = (0..columns).map(demand).collect();
        let gifts = (0..1_usize << columns).map(|set| rows.iter().map(|row| row.gift(set)).sum()).collect();
        Self { rows, demands, gifts }
    }

    /// Whether somebody who knows the bounds and all sums cannot tell what this cell is.
    pub(super) fn is_uncertain(&self, row: usize, column: usize) -> bool {
        let Some((of, cell)) = self.rows.get(row).and_then(|row| Some((row, row.cells.get(column)?))) else {
            return false;
        };
        let others = [cell.value.checked_add(1), cell.value.checked_sub(1)].into_iter().flatten();
        others.filter(|value| (cell.least..=cell.most).contains(value)).any(|value| self.could_be(of, column, value))
    }

    fn could_be(&self, row: &Row, column: usize, value: u64) -> bool {
        let mut guessed = row.clone();
        if let Some(cell) = guessed.cells.get_mut(column) {
            *cell = Bounded::known(value);
        }
        let is_possible = |(set, gift): (usize, &u64)| {
            let wanted: u64 = members(set, &self.demands).sum();
            wanted + row.gift(set) <= gift + guessed.gift(set)
        };
        guessed.is_possible() && self.gifts.iter().enumerate().all(is_possible)
    }
}

impl Row {
    /// The most that this row can give to a set of columns.
    fn gift(&self, set: usize) -> u64 {
        let most: u64 = members(set, &self.cells).fold(0, |sum, cell| sum.saturating_add(cell.most));
        let owed: u64 = members(!set, &self.cells).map(|cell| cell.least).sum();
        most.min(self.sum.saturating_sub(owed))
    }

    fn is_possible(&self) -> bool {
        let least: u64 = self.cells.iter().map(|cell| cell.least).sum();
        let most = self.cells.iter().fold(0_u64, |sum, cell| sum.saturating_add(cell.most));
        (least..=most).contains(&self.sum)
    }
}

/// The columns of a set, given by bits.
fn members<T: Copy>(set: usize, columns: &[T]) -> impl Iterator<Item = T> + '_ {
    columns.iter().enumerate().filter(move |(column, _)| set >> column & 1 == 1).map(|(_, value)| *value)
}

/// Columns of any table of the statistics.
const MOST_COLUMNS: usize = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every way to fill the rows, one after another, with what is left of the columns.
    fn solutions(rows: &[Row], demands: &[u64], found: &mut Vec<Vec<Vec<u64>>>, so_far: &mut Vec<Vec<u64>>) {
        let Some((row, rest)) = rows.split_first() else {
            if demands.iter().all(|demand| *demand == 0) {
                found.push(so_far.clone());
            }
            return;
        };
        let mut filled = vec![vec![]];
        for (cell, demand) in row.cells.iter().zip(demands) {
            let values = cell.least..=cell.most.min(*demand);
            filled = filled
                .into_iter()
                .flat_map(|start: Vec<u64>| values.clone().map(move |value| [start.clone(), vec![value]].concat()))
                .collect();
        }
        for cells in filled.into_iter().filter(|cells| cells.iter().sum::<u64>() == row.sum) {
            let left: Vec<u64> = demands.iter().zip(&cells).map(|(demand, cell)| demand - cell).collect();
            so_far.push(cells);
            solutions(rest, &left, found, so_far);
            so_far.pop();
        }
    }

    proptest! {
        #[test]
        fn what_can_be_worked_out_is_what_every_solution_agrees_on(
            cells in prop::collection::vec(prop::collection::vec((0_u64..7, 0_u64..4, 0_u64..4), 3), 1..4)
        ) {
            let cell = |&(value, below, above): &(u64, u64, u64)| {
                Bounded { value, least: value.saturating_sub(below), most: value + above }
            };
            let rows: Vec<Row> = cells.iter().map(|row| Row {
                sum: row.iter().map(|cell| cell.0).sum(),
                cells: row.iter().map(cell).collect(),
            }).collect();
            let demands: Vec<u64> = (0..3).map(|column| cells.iter().map(|row| row[column].0).sum()).collect();
            let mut found = Vec::new();
            solutions(&rows, &demands, &mut found, &mut Vec::new());
            let puzzle = Puzzle::new(rows.clone());
            for (number, row) in rows.iter().enumerate() {
                for (column, cell) in row.cells.iter().enumerate() {
                    let uncertain = found.iter().any(|solution| solution[number][column] != cell.value);
                    prop_assert_eq!(puzzle.is_uncertain(number, column), uncertain, "{} {}", number, column);
                }
            }
        }
    }
}
