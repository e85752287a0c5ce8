//! Whoever knows everything that is shown, and how it was made, cannot tell what a small number is: every table is tried
//! that would have been shown so.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn table(key: TableKey, rows: &[Vec<u64>]) -> Table {
    let rows = rows.iter().enumerate().map(|(number, cells)| (format!("r{number}"), cells.clone())).collect();
    Table { key, rows }
}

fn shown(table: &Table) -> Shown {
    all(std::iter::once(table), &KeptBack::default(), false).remove(0)
}

/// The columns of a table as it was shown, put together.
fn joined(table: &Table, shown: &Shown) -> BTreeMap<String, Vec<u64>> {
    let keys = table.key.columns();
    let place = |code: &str| keys.iter().position(|key| key.code == code).unwrap();
    let join = |cells: &Vec<u64>| {
        let sum = |column: &ShownColumn| column.keys.iter().map(|key| cells[place(key.code)]).sum();
        if shown.columns.is_empty() { vec![cells.iter().sum()] } else { shown.columns.iter().map(sum).collect() }
    };
    table.rows.iter().map(|(key, cells)| (key.clone(), join(cells))).collect()
}

/// What each cell of a row can be, as whoever sees it knows: zeros have been left out by then.
fn candidates(row: &ShownRow, sums: &[u64], says_small: bool) -> Vec<Vec<u64>> {
    let cells: Vec<Option<Cell>> =
        if row.cells.is_empty() { vec![None; sums.len()] } else { row.cells.iter().copied().map(Some).collect() };
    let whole = row.total.count().is_some();
    let mut filled = vec![vec![]];
    for (cell, most) in cells.iter().zip(sums) {
        let range = match cell {
            Some(Cell::Count(count)) => *count..=*count,
            Some(Cell::Small) if whole => 1..=4.min(*most),
            Some(Cell::Hidden) if whole && says_small => 5..=*most,
            _ => 0..=*most,
        };
        filled = filled
            .into_iter()
            .flat_map(|start: Vec<u64>| range.clone().map(move |value| [start.clone(), vec![value]].concat()))
            .collect();
    }
    let fits = |cells: &Vec<u64>| {
        let sum: u64 = cells.iter().sum();
        match row.total {
            Cell::Count(count) => sum == count,
            Cell::Small => (1..5).contains(&sum),
            Cell::Hidden => sum >= 5,
        }
    };
    filled.retain(fits);
    filled
}

/// Every way to take one of its possibilities for each row so that nothing is left of any column.
fn fill<'a>(
    rows: &'a [Vec<Vec<u64>>],
    left: &[u64],
    so_far: &mut Vec<&'a Vec<u64>>,
    found: &mut dyn FnMut(&[&Vec<u64>]),
) {
    let Some((row, rest)) = rows.split_first() else {
        if left.iter().all(|left| *left == 0) {
            found(so_far);
        }
        return;
    };
    for cells in row.iter().filter(|cells| cells.iter().zip(left).all(|(cell, left)| cell <= left)) {
        let left: Vec<u64> = left.iter().zip(cells).map(|(left, cell)| left - cell).collect();
        so_far.push(cells);
        fill(rest, &left, so_far, found);
        so_far.pop();
    }
}

/// For each cell and each total of a row everything that it could be.
fn worked_out(shown: &Shown) -> BTreeMap<(String, usize), BTreeSet<u64>> {
    let sum = shown.sum.as_ref().unwrap();
    let sums: Vec<u64> = match sum.cells.as_slice() {
        [] => vec![sum.total.count().unwrap()],
        cells => cells.iter().map(|cell| cell.count().unwrap()).collect(),
    };
    let is_small = |row: &ShownRow| row.total.count().is_some() && row.cells.contains(&Cell::Small);
    let says_small = shown.rows.iter().any(is_small);
    let rows: Vec<Vec<Vec<u64>>> = shown.rows.iter().map(|row| candidates(row, &sums, says_small)).collect();
    let mut possible = BTreeMap::new();
    fill(&rows, &sums, &mut Vec::new(), &mut |solution| {
        for (row, cells) in shown.rows.iter().zip(solution) {
            let total: u64 = cells.iter().sum();
            for (column, value) in cells.iter().copied().chain([total]).enumerate() {
                possible.entry((row.key.clone(), column)).or_insert_with(BTreeSet::new).insert(value);
            }
        }
    });
    possible
}

/// Every small number that somebody could work out of what is shown.
fn leaks(table: &Table, shown: &Shown) -> Vec<String> {
    let mut leaks = Vec::new();
    let counts = shown.rows.iter().chain(&shown.sum).flat_map(|row| row.cells.iter().chain([&row.total]));
    leaks.extend(counts.filter(|cell| cell.count().is_some_and(is_small)).map(|cell| format!("shows {cell}")));
    if shown.sum.as_ref().is_none_or(|sum| sum.total.count().is_none()) || shown.withheld {
        return leaks;
    }
    let possible = worked_out(shown);
    for (key, cells) in joined(table, shown).iter().filter(|(_, cells)| cells.iter().any(|cell| *cell > 0)) {
        let total: u64 = cells.iter().sum();
        for (column, value) in cells.iter().copied().chain([total]).enumerate().filter(|(_, value)| is_small(*value)) {
            let values = possible.get(&(key.clone(), column)).unwrap();
            assert!(values.contains(&value), "the attack is wrong: {key} {column} {value} {values:?}");
            if values.len() < 2 {
                leaks.push(format!("{key} column {column} must be {value}"));
            }
        }
    }
    leaks
}

fn numbers() -> impl Strategy<Value = u64> {
    prop_oneof![3 => Just(0_u64), 4 => 1_u64..5, 4 => 5_u64..12]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_total_minus_its_visible_siblings_never_reveals_a_small_number(
        rows in prop::collection::vec(numbers(), 1..7)
    ) {
        let rows: Vec<Vec<u64>> = rows.into_iter().map(|count| vec![count]).collect();
        let table = table(TableKey::Identity, &rows);
        let shown = shown(&table);
        prop_assert_eq!(leaks(&table, &shown), Vec::<String>::new(), "{:#?}", shown);
    }

    #[test]
    fn no_small_cell_can_be_worked_out_of_rows_and_columns_together(
        rows in prop::collection::vec(prop::collection::vec(numbers(), 3), 1..4)
    ) {
        for key in [TableKey::Flow, TableKey::UnitResult] {
            let table = table(key, &rows);
            let shown = shown(&table);
            prop_assert_eq!(leaks(&table, &shown), Vec::<String>::new(), "{:#?}", shown);
        }
    }

    #[test]
    fn tables_of_units_keep_the_same_rows_back(
        rows in prop::collection::vec((prop::collection::vec(numbers(), 3), 0_u64..4), 1..8)
    ) {
        let result = table(TableKey::UnitResult, &rows.iter().map(|(cells, _)| cells.clone()).collect::<Vec<_>>());
        // The same parts, closed or not.
        let state = |(cells, overdue): &(Vec<u64>, u64)| {
            let overdue = cells[2].min(*overdue);
            vec![cells[0] + cells[1], cells[2] - overdue, overdue, 0]
        };
        let state = table(TableKey::UnitState, &rows.iter().map(state).collect::<Vec<_>>());
        let both = all([&state, &result].into_iter(), &KeptBack::default(), false);
        let blank = |shown: &Shown| -> Vec<(String, bool)> {
            let is_blank = |row: &ShownRow| row.total.count().is_some() && row.cells.contains(&Cell::Hidden);
            shown.rows.iter().map(|row| (row.key.clone(), is_blank(row))).collect()
        };
        if !both[0].columns.is_empty() && !both[1].columns.is_empty() {
            prop_assert_eq!(blank(&both[0]), blank(&both[1]));
        }
    }
}

/// The attack finds what a table tells that only has its small numbers left out.
#[test]
fn a_table_that_only_leaves_small_numbers_out_is_seen_through() {
    let naive = |rows: &[Vec<u64>], key: TableKey| {
        let table = table(key, rows);
        let places: Vec<Vec<usize>> = (0..key.columns().len()).map(|place| vec![place]).collect();
        let (none, nothing) = (BTreeSet::new(), BTreeSet::new());
        let whole = Protection {
            key,
            rows: table.rows.iter().map(|(key, cells)| (key.as_str(), cells.clone())).collect(),
            columns: places,
            kept_totals: &none,
            kept_cells: &nothing,
            marks: Marks::Small,
        };
        let mark = |count: u64| if is_small(count) { Cell::Small } else { Cell::Count(count) };
        let row = |(key, cells): (&String, &Vec<u64>)| ShownRow {
            key: key.clone(),
            total: mark(total(cells)),
            cells: if cells.len() > 1 { cells.iter().copied().map(mark).collect() } else { vec![] },
        };
        let all = sums(table.rows.values(), key.columns().len());
        let sum = ShownRow {
            key: String::new(),
            total: Cell::Count(total(&all)),
            cells: if all.len() > 1 { all.iter().copied().map(Cell::Count).collect() } else { vec![] },
        };
        let columns = if all.len() > 1 { whole.named_columns() } else { vec![] };
        let rows = table.rows.iter().map(row).collect();
        let shown = Shown { key, columns, rows, sum: Some(sum), withheld: false };
        leaks(&table, &shown)
    };
    assert!(!naive(&[vec![3], vec![20], vec![9]], TableKey::Identity).is_empty(), "one left out");
    assert!(!naive(&[vec![4], vec![4], vec![9]], TableKey::Identity).is_empty(), "two that must both be four");
    assert!(!naive(&[vec![1], vec![1], vec![9]], TableKey::Identity).is_empty(), "two that must both be one");
    assert!(!naive(&[vec![30, 3, 7], vec![20, 8, 9]], TableKey::Flow).is_empty(), "a cell in rows and columns");
    assert!(naive(&[vec![3], vec![2], vec![9]], TableKey::Identity).is_empty(), "two that share five");
}

#[test]
fn what_is_kept_back_is_said_and_zeros_are_zeros() {
    let flow = shown(&table(TableKey::Flow, &[vec![3, 0, 0], vec![20, 6, 5], vec![9, 0, 10]]));
    let totals: Vec<String> = flow.rows.iter().map(|row| row.total.to_string()).collect();
    assert_eq!(totals, ["<5", "31", "*"]);
    assert_eq!(flow.sum.unwrap().total, Cell::Count(53));
    let of_six = shown(&table(TableKey::Flow, &[vec![2, 1, 0], vec![1, 2, 0]]));
    assert!(of_six.columns.is_empty() || of_six.rows.iter().all(|row| row.total == Cell::Small));
    let few = shown(&table(TableKey::Flow, &[vec![2, 1, 0]]));
    assert_eq!((few.sum.unwrap().total, few.withheld, few.rows.len()), (Cell::Small, true, 0));
    let sectors = shown(&table(TableKey::Sector, &[vec![4], vec![5]]));
    assert_eq!(sectors.rows.iter().map(|row| row.total).collect::<Vec<_>>(), [Cell::Small, Cell::Count(5)]);
    assert_eq!(sectors.sum, None);
}

#[test]
fn a_rate_is_read_off_what_is_shown_or_not_at_all() {
    let result = shown(&table(TableKey::UnitResult, &[vec![15, 5, 30], vec![40, 10, 6]]));
    let rates: Vec<Option<u64>> = result.rows.iter().map(|row| result.rate(row)).collect();
    assert_eq!(rates, [Some(75), Some(80)]);
    let hidden = shown(&table(TableKey::UnitResult, &[vec![15, 5, 30], vec![40, 1, 6], vec![40, 3, 6]]));
    assert_eq!(hidden.rate(&hidden.rows[1]), None);
    let none = shown(&table(TableKey::UnitResult, &[vec![0, 0, 30]]));
    assert_eq!(none.rate(&none.rows[0]), None, "nothing of nothing");
}
