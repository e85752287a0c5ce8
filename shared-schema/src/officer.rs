//! The officers register: who worked in which unit and when, and whether as its head.
//!
//! Only looked up: that a named officer's units of the last two years must not see a report is a rule, and lives elsewhere.
//! Names are not unique; whoever asks gets everybody of that name.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::{
    digest::Digest,
    unit::{UnitId, UnitRegistry},
};

/// All postings, by name.
#[derive(Clone, Debug)]
pub struct Officers {
    by_name: BTreeMap<String, Vec<Posting>>,
    version: Digest,
}

/// One time at one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The unit.
    pub unit: UnitId,
    /// The first day.
    pub from: Date,
    /// The last day; none while it lasts.
    pub to: Option<Date>,
    /// As head or deputy head.
    pub head: bool,
}

/// Why a register cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OfficersError {
    /// A row is malformed.
    #[error("a row of the officers register is malformed: name, unit, from, to (or empty), head (yes or no)")]
    Row(#[source] csv::Error),
    /// A name is empty.
    #[error("line {line}, name: it is empty")]
    NoName {
        /// The line.
        line: u64,
    },
    /// No unit file describes the unit.
    #[error("line {line}, unit: {unit}, which no unit file describes")]
    UnknownUnit {
        /// The line.
        line: u64,
        /// The unit.
        unit: UnitId,
    },
    /// A posting ends before it begins.
    #[error("line {line}, to: {to} is before {from}")]
    Backwards {
        /// The line.
        line: u64,
        /// The first day.
        from: Date,
        /// The last day.
        to: Date,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    unit: UnitId,
    from: Date,
    to: Option<Date>,
    head: Head,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Head {
    Yes,
    No,
}

impl Officers {
    /// A register that knows nobody.
    pub fn none() -> Self {
        Self { by_name: BTreeMap::new(), version: Digest::of(b"") }
    }

    /// A register from CSV: `name,unit,from,to,head`; every unit must exist.
    pub fn from_csv(text: &str, units: &UnitRegistry) -> Result<Self, OfficersError> {
        let mut by_name: BTreeMap<String, Vec<Posting>> = BTreeMap::new();
        let mut lines = Vec::new();
        for row in csv::Reader::from_reader(text.as_bytes()).into_deserialize() {
            let Row { name, unit, from, to, head } = row.map_err(OfficersError::Row)?;
            let line = lines.len() as u64 + 2;
            let name = spelt(&name);
            if name.is_empty() {
                return Err(OfficersError::NoName { line });
            }
            if !units.contains(&unit) {
                return Err(OfficersError::UnknownUnit { line, unit });
            }
            if let Some(to) = to.filter(|to| *to < from) {
                return Err(OfficersError::Backwards { line, from, to });
            }
            let posting = Posting { unit, from, to, head: head == Head::Yes };
            lines.push(format!("{name} {posting:?}"));
            by_name.entry(name).or_default().push(posting);
        }
        lines.sort_unstable();
        Ok(Self { by_name, version: Digest::of(lines.join("\n").as_bytes()) })
    }

    /// Where anybody of this name worked on this day or later, and by `on`.
    pub fn worked_since<'a>(&'a self, name: &str, since: Date, on: Date) -> impl Iterator<Item = &'a Posting> {
        let postings = self.by_name.get(&spelt(name)).map(Vec::as_slice).unwrap_or_default();
        postings.iter().filter(move |posting| posting.from <= on && posting.to.is_none_or(|to| to >= since))
    }

    /// Every posting with its name, in the order of names.
    pub fn postings(&self) -> impl Iterator<Item = (&str, &Posting)> {
        self.by_name.iter().flat_map(|(name, postings)| postings.iter().map(move |posting| (name.as_str(), posting)))
    }

    /// A digest of all postings: decisions cite it.
    pub const fn version(&self) -> Digest {
        self.version
    }
}

/// A name as it is compared: without spaces and the dot inside names of other languages.
fn spelt(name: &str) -> String {
    name.chars().filter(|character| !character.is_whitespace() && !"·•・．".contains(*character)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn units() -> UnitRegistry {
        UnitRegistry::embedded().unwrap()
    }

    #[test]
    fn a_posting_is_found_while_it_lasts_and_as_long_as_asked_for_afterwards() {
        let text = "name,unit,from,to,head\n巴特尔 ,POLICE.152501,2020-01-01,2024-06-30,no\n巴特尔,POLICE.152500,2024-07-01,,yes\n";
        let officers = Officers::from_csv(text, &units()).unwrap();
        let worked = |since| {
            let found = officers.worked_since("巴 特尔", since, date(2026, 11, 22));
            found.map(|posting| posting.unit.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(worked(date(2024, 6, 30)), ["POLICE.152501", "POLICE.152500"]);
        assert_eq!(worked(date(2024, 7, 1)), ["POLICE.152500"]);
        assert_eq!(officers.worked_since("别人", date(2024, 1, 1), date(2026, 1, 1)).count(), 0);
    }

    #[test]
    fn a_bad_register_says_where() {
        let read = |row: &str| Officers::from_csv(&format!("name,unit,from,to,head\n{row}\n"), &units());
        assert!(matches!(read("甲,POLICE.999999,2020-01-01,,no"), Err(OfficersError::UnknownUnit { line: 2, .. })));
        assert!(matches!(read(" ,POLICE.152500,2020-01-01,,no"), Err(OfficersError::NoName { line: 2 })));
        let backwards = read("甲,POLICE.152500,2020-01-01,2019-01-01,no");
        assert!(matches!(backwards, Err(OfficersError::Backwards { line: 2, .. })));
        assert!(matches!(read("甲,POLICE.152500,2020-01-01,,maybe"), Err(OfficersError::Row(_))));
    }
}
