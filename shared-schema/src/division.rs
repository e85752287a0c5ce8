//! Administrative divisions to county level: what a place code means and what lies above it.
//!
//! The tables are data (`divisions/`, their source beside them). This module answers from them and never guesses: an unknown code is
//! `None`, and whoever routes by it goes one level up (DOMAIN section 7, rule 7).

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize, de};

mod table;

pub use table::DivisionError;

/// A code of GB/T 2260 (six digits), or one below county level (nine digits: a local code such as `152502900`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DivisionCode {
    /// The code, filled with spaces on the right: ordering by bytes is ordering by code.
    text: [u8; 9],
}

/// The text is not six or nine digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a division code has six digits, or nine below county level")]
pub struct DivisionCodeError;

/// How high a division stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DivisionLevel {
    /// 省、自治区、直辖市.
    Province,
    /// 市、盟、自治州.
    Prefecture,
    /// 县、区、旗, and cities run by a prefecture.
    County,
    /// Below a county; only local codes.
    Locality,
}

/// One division.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Division {
    /// Its code.
    pub code: DivisionCode,
    /// Its Chinese name.
    pub name: String,
    /// How high it stands.
    pub level: DivisionLevel,
    /// The division it belongs to; `None` for a province.
    pub parent: Option<DivisionCode>,
    /// The year in which its code was retired; `None` while it is in use.
    pub valid_to: Option<u16>,
}

/// All divisions a program knows.
#[derive(Clone, Debug)]
pub struct Divisions {
    by_code: BTreeMap<DivisionCode, Division>,
    children: BTreeMap<Option<DivisionCode>, Vec<DivisionCode>>,
}

impl Divisions {
    /// The built-in tables: the national list and the local additions.
    pub fn embedded() -> Result<Self, DivisionError> {
        Self::from_rows(table::embedded()?)
    }

    /// The built-in tables and further files in JSON, `{"divisions": [["990121", "青禾县"], …]}`.
    ///
    /// Level and parent of a further division follow from its digits. A code that is known already is an error.
    pub fn with_files<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, DivisionError> {
        let mut rows = table::embedded()?;
        for text in texts {
            rows.extend(table::from_json(text)?);
        }
        Self::from_rows(rows)
    }

    fn from_rows(rows: Vec<Division>) -> Result<Self, DivisionError> {
        let mut by_code = BTreeMap::new();
        for division in rows {
            let code = division.code;
            if by_code.insert(code, division).is_some() {
                return Err(DivisionError::Twice { code });
            }
        }
        let mut children: BTreeMap<Option<DivisionCode>, Vec<DivisionCode>> = BTreeMap::new();
        for (&code, division) in &by_code {
            if let Some(parent) = division.parent {
                let above = by_code.get(&parent).ok_or(DivisionError::UnknownParent { code, parent })?;
                if above.level >= division.level {
                    return Err(DivisionError::ParentNotAbove { code, parent });
                }
            }
            if division.valid_to.is_none() {
                children.entry(division.parent).or_default().push(code);
            }
        }
        Ok(Self { by_code, children })
    }

    /// The division of this code, retired ones included.
    pub fn division(&self, code: DivisionCode) -> Option<&Division> {
        self.by_code.get(&code)
    }

    /// The name of this code.
    pub fn name(&self, code: DivisionCode) -> Option<&str> {
        self.division(code).map(|division| division.name.as_str())
    }

    /// The full name from the province down: `内蒙古自治区锡林郭勒盟多伦县`.
    pub fn full_name(&self, code: DivisionCode) -> Option<String> {
        let mut names: Vec<&str> = self.lineage(code).map(|division| division.name.as_str()).collect();
        names.reverse();
        (!names.is_empty()).then(|| names.concat())
    }

    /// The provinces, in the order of their codes.
    pub fn provinces(&self) -> impl Iterator<Item = &Division> {
        self.below(None)
    }

    /// What lies directly below `code` and is in use, in the order of the codes: what a place picker offers next.
    pub fn children(&self, code: DivisionCode) -> impl Iterator<Item = &Division> {
        self.below(Some(code))
    }

    /// The province that `code` is or lies in.
    pub fn province_of(&self, code: DivisionCode) -> Option<DivisionCode> {
        self.at_level(code, DivisionLevel::Province)
    }

    /// The prefecture that `code` is or lies in; none for a province, nor for a county that a province runs directly.
    pub fn prefecture_of(&self, code: DivisionCode) -> Option<DivisionCode> {
        self.at_level(code, DivisionLevel::Prefecture)
    }

    /// The county that `code` is or lies in.
    pub fn county_of(&self, code: DivisionCode) -> Option<DivisionCode> {
        self.at_level(code, DivisionLevel::County)
    }

    /// The division of this level that `code` is or lies in; never one below it.
    pub fn at_level(&self, code: DivisionCode, level: DivisionLevel) -> Option<DivisionCode> {
        self.lineage(code).find(|division| division.level == level).map(|division| division.code)
    }

    /// Whether `inner` is `outer` or lies in it.
    pub fn contains(&self, outer: DivisionCode, inner: DivisionCode) -> bool {
        self.lineage(inner).any(|division| division.code == outer)
    }

    /// How many divisions there are, retired ones included.
    pub fn len(&self) -> usize {
        self.by_code.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_code.is_empty()
    }

    /// The division and everything above it, lowest first. Ends, because every parent stands on a higher level.
    fn lineage(&self, code: DivisionCode) -> impl Iterator<Item = &Division> {
        std::iter::successors(self.division(code), |division| self.division(division.parent?))
    }

    fn below(&self, parent: Option<DivisionCode>) -> impl Iterator<Item = &Division> {
        self.children.get(&parent).into_iter().flatten().filter_map(|code| self.by_code.get(code))
    }
}

impl DivisionCode {
    /// 000000: the whole nation, which is in no table.
    pub const NATION: Self = Self { text: *b"000000   " };

    /// The digits.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.text).unwrap_or_default().trim_end()
    }
}

impl FromStr for DivisionCode {
    type Err = DivisionCodeError;

    fn from_str(text: &str) -> Result<Self, DivisionCodeError> {
        let digits = text.as_bytes();
        if !matches!(digits.len(), 6 | 9) || !digits.iter().all(u8::is_ascii_digit) {
            return Err(DivisionCodeError);
        }
        let mut padded = [b' '; 9];
        for (place, &digit) in padded.iter_mut().zip(digits) {
            *place = digit;
        }
        Ok(Self { text: padded })
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DivisionCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DivisionCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FICTIONAL: &str = include_str!("../../tests/data/samples/fictional_divisions.json");

    fn code(text: &str) -> DivisionCode {
        text.parse().unwrap()
    }

    #[test]
    fn the_built_in_tables_hold_the_nation_to_county_level() {
        let divisions = Divisions::embedded().unwrap();
        assert_eq!(divisions.provinces().count(), 34);
        assert_eq!(divisions.full_name(code("152531")).unwrap(), "内蒙古自治区锡林郭勒盟多伦县");
        assert_eq!(divisions.province_of(code("152531")), Some(code("150000")));
        assert_eq!(divisions.prefecture_of(code("152531")), Some(code("152500")));
        assert_eq!(divisions.children(code("152500")).count(), 13, "twelve banners and cities, and 乌拉盖");
    }

    #[test]
    fn a_local_code_lies_under_its_county() {
        let divisions = Divisions::embedded().unwrap();
        assert_eq!(divisions.county_of(code("152502900")), Some(code("152502")));
        assert_eq!(divisions.county_of(code("152571")), Some(code("152571")));
    }

    #[test]
    fn a_county_of_a_municipality_has_no_prefecture() {
        let divisions = Divisions::embedded().unwrap();
        assert_eq!(divisions.prefecture_of(code("110101")), None);
        assert_eq!(divisions.province_of(code("110101")), Some(code("110000")));
    }

    #[test]
    fn a_retired_code_leads_somewhere_but_is_not_offered() {
        let divisions = Divisions::embedded().unwrap();
        assert_eq!(divisions.division(code("522222")).unwrap().valid_to, Some(2011));
        assert_eq!(divisions.province_of(code("522222")), Some(code("520000")));
        assert!(
            divisions.provinces().flat_map(|province| divisions.children(province.code)).all(|d| d.valid_to.is_none())
        );
    }

    #[test]
    fn further_files_take_level_and_parent_from_the_digits() {
        let divisions = Divisions::with_files([FICTIONAL]).unwrap();
        let county = divisions.division(code("990121")).unwrap();
        assert_eq!((county.level, county.parent), (DivisionLevel::County, Some(code("990100"))));
        assert_eq!(divisions.full_name(code("980101")).unwrap(), "临海省(虚构)星湾市港前区");
        assert!(divisions.contains(code("990000"), code("990201")));
        assert!(!divisions.contains(code("990100"), code("990201")));
    }

    #[test]
    fn the_same_file_twice_is_an_error() {
        assert!(matches!(Divisions::with_files([FICTIONAL, FICTIONAL]), Err(DivisionError::Twice { .. })));
    }

    #[test]
    fn codes_are_six_or_nine_digits() {
        for text in ["", "12345", "1234567", "12345a", "１５２５００", "1234567890"] {
            assert_eq!(text.parse::<DivisionCode>(), Err(DivisionCodeError), "{text}");
        }
        assert_eq!(code("152502900").to_string(), "152502900");
        assert!(code("152502") < code("152502900") && code("152502900") < code("152503"));
    }
}
