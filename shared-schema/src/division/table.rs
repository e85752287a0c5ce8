//! Reading division tables: the embedded CSV files and the JSON files of a site.

use serde::Deserialize;

use super::{Division, DivisionCode, DivisionLevel};

/// Why the divisions cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DivisionError {
    /// A row of a CSV table is malformed.
    #[error("a division table has a malformed row")]
    Row(#[source] csv::Error),
    /// A JSON file is not `{"divisions": [[code, name], …]}`.
    #[error("a division file is not of the form {{\"divisions\": [[code, name], …]}}")]
    File(#[source] serde_json::Error),
    /// Two rows have the same code.
    #[error("division {code} is listed twice")]
    Twice {
        /// The code.
        code: DivisionCode,
    },
    /// A row names a parent that is not listed.
    #[error("division {code} belongs to {parent}, which is not listed")]
    UnknownParent {
        /// The code of the row.
        code: DivisionCode,
        /// The parent it names.
        parent: DivisionCode,
    },
    /// A row names a parent that does not stand above it.
    #[error("division {code} belongs to {parent}, which does not stand above it")]
    ParentNotAbove {
        /// The code of the row.
        code: DivisionCode,
        /// The parent it names.
        parent: DivisionCode,
    },
}

pub(super) fn embedded() -> Result<Vec<Division>, DivisionError> {
    let mut rows = from_csv(NATIONAL)?;
    rows.extend(from_csv(LOCAL)?);
    Ok(rows)
}

pub(super) fn from_json(text: &str) -> Result<Vec<Division>, DivisionError> {
    let file: File = serde_json::from_str(text).map_err(DivisionError::File)?;
    let codes: Vec<DivisionCode> = file.divisions.iter().map(|(code, _)| *code).collect();
    Ok(file.divisions.into_iter().map(|(code, name)| by_digits(code, name, &codes)).collect())
}

fn from_csv(text: &str) -> Result<Vec<Division>, DivisionError> {
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize::<Row>();
    rows.map(|row| row.map(Division::from).map_err(DivisionError::Row)).collect()
}

/// Level and parent of a division by the digits of its code; a county without a listed prefecture belongs to its province.
fn by_digits(code: DivisionCode, name: String, listed: &[DivisionCode]) -> Division {
    let digits = code.as_str();
    let cut = |kept: usize, zeros: &str| -> Option<DivisionCode> {
        digits.get(..kept).and_then(|start| format!("{start}{zeros}").parse().ok())
    };
    let (province, prefecture) = (cut(2, "0000"), cut(4, "00"));
    let (level, parent) = if digits.len() > 6 {
        (DivisionLevel::Locality, cut(6, ""))
    } else if Some(code) == province {
        (DivisionLevel::Province, None)
    } else if Some(code) == prefecture {
        (DivisionLevel::Prefecture, province)
    } else {
        (DivisionLevel::County, prefecture.filter(|prefecture| listed.contains(prefecture)).or(province))
    };
    Division { code, name, level, parent, valid_to: None }
}

impl From<Row> for Division {
    fn from(row: Row) -> Self {
        let Row { code, name, level, parent, valid_to } = row;
        Self { code, name, level, parent, valid_to }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: DivisionCode,
    name: String,
    level: DivisionLevel,
    parent: Option<DivisionCode>,
    valid_to: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "note")]
    _note: String,
    divisions: Vec<(DivisionCode, String)>,
}

const NATIONAL: &str = include_str!("../../divisions/divisions.csv");
const LOCAL: &str = include_str!("../../divisions/local_units.csv");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_never_panics(text in "\\PC*") {
            let _ = from_json(&text);
            let _ = from_csv(&text);
        }
    }

    #[test]
    fn a_county_code_without_its_prefecture_belongs_to_the_province() {
        let rows = from_json(r#"{"divisions": [["990000", "省"], ["999001", "直辖县"]]}"#).unwrap();
        assert_eq!(rows[1].parent, "990000".parse().ok());
    }
}
