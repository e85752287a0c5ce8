//! The unit registry as the demo reads it, and who should see what by DESIGN section 8.
//!
//! Written again here on purpose, from the page and not from the code: a second opinion on the rules of the inside.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde::Deserialize;

use crate::samples::{Sample, SampleError};

/// The registry.
#[derive(Clone, Debug)]
pub struct Units(BTreeMap<String, Unit>);

/// One unit.
#[derive(Clone, Debug, Deserialize)]
pub struct Unit {
    /// Such as `POLICE.990121`.
    pub id: String,
    /// 名称。
    pub name: String,
    /// The unit above, of the same system.
    pub parent: Option<String>,
    /// The organ that a station or internal division belongs to.
    pub organ: Option<String>,
}

impl Units {
    /// Reads `units.json`.
    pub fn read(path: &Path) -> Result<Self, SampleError> {
        #[derive(Deserialize)]
        struct File {
            units: Vec<Unit>,
        }
        let text = fs::read(path).map_err(|source| SampleError::Read { path: path.to_owned(), source })?;
        let file: File =
            serde_json::from_slice(&text).map_err(|source| SampleError::Parse { path: path.to_owned(), source })?;
        Ok(Self(file.units.into_iter().map(|unit| (unit.id.clone(), unit)).collect()))
    }

    /// A unit's name, or its id when the registry has none.
    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.get(id).map_or(id, |unit| &unit.name)
    }

    /// Whether users of `unit` should see `sample`, which the inside keeps from the units of `kept_from`, too: a sample's
    /// file names the units that must be kept from it at least.
    pub fn should_see(&self, unit: &str, sample: &Sample, kept_from: &BTreeSet<String>) -> bool {
        let holds_or_is_above = sample.expected.holders().any(|holder| self.upwards(holder).contains(&unit));
        let province: String = sample.place().chars().take(2).collect();
        let is_office_of_the_place = !province.is_empty() && unit == format!("OFFICE.{province}0000");
        let is_national_office = unit == NATIONAL_OFFICE;
        (holds_or_is_above || is_office_of_the_place || is_national_office)
            && !self.is_forbidden(unit, sample.expected.forbidden.iter().chain(kept_from))
    }

    /// Forbidden units, the organs they belong to, and everything below either.
    fn is_forbidden<'a>(&self, unit: &str, forbidden: impl Iterator<Item = &'a String> + Clone) -> bool {
        let organ = |id: &String| self.0.get(id).and_then(|unit| unit.organ.clone());
        let accused: BTreeSet<String> = forbidden.clone().cloned().chain(forbidden.filter_map(organ)).collect();
        self.upwards(unit).into_iter().any(|above| accused.contains(above))
    }

    /// A unit, the one above it, and so on.
    fn upwards<'a>(&'a self, id: &'a str) -> BTreeSet<&'a str> {
        let mut chain = BTreeSet::new();
        let mut next = Some(id);
        while let Some(id) = next {
            // A circle in the file ends here too.
            if !chain.insert(id) {
                break;
            }
            next = self.0.get(id).and_then(|unit| unit.parent.as_deref());
        }
        chain
    }
}

/// 全国扫黑办.
pub const NATIONAL_OFFICE: &str = "OFFICE.000000";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{run::samples_folder, samples};

    #[test]
    fn the_accused_and_those_below_see_nothing_and_those_above_the_holders_do() {
        let units = Units::read(&samples_folder().join("units.json")).unwrap();
        let samples = samples::read_all(&samples_folder()).unwrap();
        let sees = |unit: &str, name: &str| {
            let sample = samples.iter().find(|sample| sample.name.starts_with(name)).unwrap();
            units.should_see(unit, sample, &BTreeSet::new())
        };
        for unit in ["POLICE.990100", "DISC.990100", "POLICE.000000", "OFFICE.990000", NATIONAL_OFFICE] {
            assert!(sees(unit, "01"), "{unit}");
        }
        for unit in ["POLICE.990121", "POLICE.990121.liuye", "OFFICE.980000", "MARKET.980101", "POLICE.990102"] {
            assert!(!sees(unit, "01"), "{unit}");
        }
        assert!(!sees("OFFICE.990121", "05"), "the office of the accused chief's own county");
        assert!(sees("POLICE.000000", "12"), "a unit with a copy");
        let sample = samples.iter().find(|sample| sample.name.starts_with("01")).unwrap();
        let kept_from = BTreeSet::from(["OFFICE.990000".to_owned()]);
        assert!(!units.should_see("OFFICE.990000", sample, &kept_from), "more than the file names");
    }
}
