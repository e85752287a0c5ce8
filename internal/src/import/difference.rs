//! What an import would change, row by row, in words that a person can check.

use std::collections::BTreeMap;

use nightsafe_casework::event::Table;
use nightsafe_schema::unit::Unit;

use crate::data::Data;

/// Rows that are new, gone, and different; each as one line.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// New rows.
    pub(crate) added: Vec<String>,
    /// Rows that would be gone.
    pub(crate) removed: Vec<String>,
    /// Rows that would be another: before and after.
    pub(crate) changed: Vec<(String, String)>,
}

impl Difference {
    /// What is different in a table.
    pub(crate) fn between(table: Table, before: &Data, after: &Data) -> Self {
        let rows: fn(&Data) -> BTreeMap<String, String> = match table {
            Table::Units => |data| data.units.units().map(|unit| (unit.id.to_string(), unit_row(unit))).collect(),
            Table::Routing => {
                |data| data.table.rows().map(|(key, unit)| (key.clone(), format!("{key},{unit}"))).collect()
            }
            Table::Calendar => {
                |data| data.calendar.days().map(|(day, kind)| (day.to_string(), format!("{day} {kind:?}"))).collect()
            }
            Table::Officers => |data| {
                let rows = data.officers.postings().map(|(name, posting)| {
                    let to = posting.to.map(|to| to.to_string()).unwrap_or_default();
                    let head = if posting.head { " head" } else { "" };
                    format!("{name} {} {}..{to}{head}", posting.unit, posting.from)
                });
                rows.map(|row| (row.clone(), row)).collect()
            },
            Table::Gates => |data| data.gates.lines().map(|row| (row.clone(), row)).collect(),
            Table::Users => |_data| BTreeMap::new(),
        };
        Self::of(&rows(before), &rows(after))
    }

    fn of(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Self {
        let added = after.iter().filter(|(key, _)| !before.contains_key(*key)).map(|(_, row)| row.clone());
        let removed = before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(_, row)| row.clone());
        let both = before.iter().filter_map(|(key, old)| after.get(key).map(|new| (old.clone(), new.clone())));
        Self {
            added: added.collect(),
            removed: removed.collect(),
            changed: both.filter(|(old, new)| old != new).collect(),
        }
    }

    /// How many rows are new, gone and different.
    pub(crate) fn counts(&self) -> [u64; 3] {
        [self.added.len(), self.removed.len(), self.changed.len()].map(|count| count as u64)
    }
}

fn unit_row(unit: &Unit) -> String {
    let division = unit.division.map(|division| division.to_string()).unwrap_or_default();
    let above = unit.parent.as_ref().or(unit.organ.as_ref()).map(ToString::to_string).unwrap_or_default();
    let reached = unit.channels.phones.join("/");
    format!("{} {} {} {division} < {above} {reached}", unit.id, unit.name, unit.level).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_new_gone_or_different() {
        let rows =
            |rows: &[(&str, &str)]| rows.iter().map(|(key, row)| ((*key).to_owned(), (*row).to_owned())).collect();
        let difference =
            Difference::of(&rows(&[("a", "1"), ("b", "2"), ("c", "3")]), &rows(&[("b", "2"), ("c", "4"), ("d", "5")]));
        assert_eq!(
            (difference.added.as_slice(), difference.removed.as_slice()),
            (&["5".to_owned()][..], &["1".to_owned()][..])
        );
        assert_eq!(difference.changed, [("3".to_owned(), "4".to_owned())]);
        assert_eq!(difference.counts(), [1, 1, 1]);
    }
}
