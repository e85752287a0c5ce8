//! Columns of a list of cases: what somebody wants to see of each one beside its title and its number. A column shows nothing
//! that the line of a case does not say to whoever sees the case.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// 优先级, and whether there is an alarm.
    Priority,
    /// 类型 and 类别.
    Kind,
    /// 地区.
    Place,
    /// 状态.
    State,
    /// 期限.
    Deadline,
    /// 承办: the units that have a part, and who verifies it.
    Units,
    /// 接收.
    Accepted,
    /// 附件 and 补充.
    Files,
    /// 实名: whether the reporter gave a name, never which.
    Identity,
}

/// The columns that somebody chose; shown in the order of [`Column::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Columns(BTreeSet<Column>);

/// The text names no column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such column")]
pub struct UnknownColumn;

impl Column {
    /// Every column, from left to right.
    pub const ALL: [Self; 9] = [
        Self::Priority,
        Self::Kind,
        Self::Place,
        Self::State,
        Self::Deadline,
        Self::Units,
        Self::Accepted,
        Self::Files,
        Self::Identity,
    ];

    /// Its code, as in events, forms and on the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Kind => "kind",
            Self::Place => "place",
            Self::State => "state",
            Self::Deadline => "deadline",
            Self::Units => "units",
            Self::Accepted => "accepted",
            Self::Files => "files",
            Self::Identity => "identity",
        }
    }

    /// Its heading, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Priority => ("优先级", "Priority"),
            Self::Kind => ("类型", "Kind"),
            Self::Place => ("地区", "Place"),
            Self::State => ("状态", "State"),
            Self::Deadline => ("期限", "Due"),
            Self::Units => ("承办", "With"),
            Self::Accepted => ("接收", "Accepted"),
            Self::Files => ("附件", "Files"),
            Self::Identity => ("实名", "Real name"),
        }
    }
}

impl FromStr for Column {
    type Err = UnknownColumn;

    fn from_str(text: &str) -> Result<Self, UnknownColumn> {
        Self::ALL.into_iter().find(|column| column.code() == text).ok_or(UnknownColumn)
    }
}

impl Columns {
    /// Whether a column was chosen.
    pub fn has(&self, column: Column) -> bool {
        self.0.contains(&column)
    }

    /// The chosen ones, from left to right.
    pub fn iter(&self) -> impl Iterator<Item = Column> {
        self.0.iter().copied()
    }
}

/// All of them: what is shown until somebody chooses.
impl Default for Columns {
    fn default() -> Self {
        Column::ALL.into_iter().collect()
    }
}

impl FromIterator<Column> for Columns {
    fn from_iter<I: IntoIterator<Item = Column>>(columns: I) -> Self {
        Self(columns.into_iter().collect())
    }
}

/// Codes with commas between them; an empty text chooses none.
impl FromStr for Columns {
    type Err = UnknownColumn;

    fn from_str(text: &str) -> Result<Self, UnknownColumn> {
        if text.trim().is_empty() {
            return Ok(Self(BTreeSet::new()));
        }
        text.split(',').map(|code| code.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<&str> = self.iter().map(Column::code).collect();
        f.write_str(&codes.join(","))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_order_is_that_of_the_list_and_codes_are_those_of_events() {
        let mut sorted = Column::ALL;
        sorted.sort_unstable();
        assert_eq!(sorted, Column::ALL);
        for column in Column::ALL {
            assert_eq!(serde_json::to_value(column).unwrap(), column.code());
            assert_eq!(column.code().parse(), Ok(column));
        }
    }

    #[test]
    fn what_is_no_column_chooses_nothing() {
        for text in ["title", "priority,", ",", "priority;kind", "PRIORITY", "reporter", "priority,phone"] {
            assert_eq!(text.parse::<Columns>(), Err(UnknownColumn), "{text}");
        }
        assert_eq!("".parse::<Columns>().unwrap().iter().count(), 0);
    }

    proptest! {
        #[test]
        fn columns_are_read_as_they_are_written(chosen in proptest::sample::subsequence(Column::ALL.to_vec(), 0..=9)) {
            let columns: Columns = chosen.iter().copied().collect();
            prop_assert_eq!(columns.to_string().parse::<Columns>(), Ok(columns.clone()));
            prop_assert_eq!(columns.iter().collect::<Vec<_>>(), chosen);
            let written = serde_json::to_string(&columns).unwrap();
            prop_assert_eq!(serde_json::from_str::<Columns>(&written).unwrap(), columns);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,60}") {
            let _ = text.parse::<Columns>();
        }
    }
}
