//! The tree of units, checked once when it is read.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Level, System, Unit, UnitId};
use crate::{digest::Digest, division::DivisionCode};

/// All units of a site. Every parent and organ exists, and nobody stands above itself.
#[derive(Clone, Debug)]
pub struct UnitRegistry {
    units: BTreeMap<UnitId, Unit>,
    children: BTreeMap<UnitId, Vec<UnitId>>,
    version: Digest,
}

/// Why unit files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnitError {
    /// A file is not `{"units": [...]}`.
    #[error("a unit file is malformed")]
    File(#[source] serde_json::Error),
    /// Two files describe the same unit differently.
    #[error("unit {id} is described twice, differently")]
    Twice {
        /// The unit.
        id: UnitId,
    },
    /// A unit names a parent or organ that no file describes.
    #[error("unit {id} names {names}, which no file describes")]
    UnknownUnit {
        /// The unit.
        id: UnitId,
        /// What it names.
        names: UnitId,
    },
    /// A unit's parent or organ does not stand strictly above it, so following parents might never end.
    #[error("unit {id} is placed under {names}, which does not stand above it")]
    NotAbove {
        /// The unit.
        id: UnitId,
        /// What it is placed under.
        names: UnitId,
    },
    /// A unit's id does not begin with its system.
    #[error("unit {id} says it belongs to {system}")]
    OtherSystem {
        /// The unit.
        id: UnitId,
        /// The system it states.
        system: System,
    },
    /// A station names no organ, or another unit names one: the forbidden set could not be closed over it.
    #[error("unit {id}: a station names its organ, and nothing else does")]
    Organ {
        /// The unit.
        id: UnitId,
    },
}

impl UnitRegistry {
    /// The built-in units: the nation's, Inner Mongolia's and those of the Xilin Gol notice.
    pub fn embedded() -> Result<Self, UnitError> {
        Self::with_files([])
    }

    /// The built-in units and further files.
    pub fn with_files<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, UnitError> {
        Self::from_json(EMBEDDED.into_iter().chain(texts))
    }

    /// The built-in units and further files, and over them a list whose units take the place of those of the same id.
    pub fn layered<'a>(texts: impl IntoIterator<Item = &'a str>, over: Option<&str>) -> Result<Self, UnitError> {
        let mut units = Self::described(EMBEDDED.into_iter().chain(texts))?;
        if let Some(over) = over {
            units.extend(Self::described([over])?);
        }
        Self::of(units)
    }

    /// The units of these files and no others. A unit may be described again in the same words.
    pub fn from_json<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, UnitError> {
        Self::of(Self::described(texts)?)
    }

    fn described<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<BTreeMap<UnitId, Unit>, UnitError> {
        let mut units: BTreeMap<UnitId, Unit> = BTreeMap::new();
        for text in texts {
            let file: File = serde_json::from_str(text).map_err(UnitError::File)?;
            for unit in file.units {
                if units.get(&unit.id).is_some_and(|known| *known != unit) {
                    return Err(UnitError::Twice { id: unit.id });
                }
                units.insert(unit.id.clone(), unit);
            }
        }
        Ok(units)
    }

    fn of(units: BTreeMap<UnitId, Unit>) -> Result<Self, UnitError> {
        for unit in units.values() {
            unit.check(&units)?;
        }
        let mut children: BTreeMap<UnitId, Vec<UnitId>> = BTreeMap::new();
        for unit in units.values() {
            for above in unit.above() {
                children.entry(above.clone()).or_default().push(unit.id.clone());
            }
        }
        let version = version(&units)?;
        Ok(Self { units, children, version })
    }

    /// The unit of this id.
    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        self.units.get(id)
    }

    /// Whether the unit exists.
    pub fn contains(&self, id: &UnitId) -> bool {
        self.units.contains_key(id)
    }

    /// All units, in the order of their ids.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.values()
    }

    /// Everything above `id`, nearest first; without `id` itself.
    pub fn ancestors(&self, id: &UnitId) -> Vec<&Unit> {
        std::iter::successors(self.above(id), |unit| self.above(&unit.id)).collect()
    }

    /// Everything below `id`, stations included; without `id` itself.
    pub fn descendants(&self, id: &UnitId) -> BTreeSet<&UnitId> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<&UnitId> = self.children_of(id).collect();
        while let Some(next) = waiting.pop() {
            if found.insert(next) {
                waiting.extend(self.children_of(next));
            }
        }
        found
    }

    /// Whether `lower` is `upper` or below it.
    pub fn is_at_or_below(&self, lower: &UnitId, upper: &UnitId) -> bool {
        lower == upper || self.ancestors(lower).iter().any(|unit| unit.id == *upper)
    }

    /// The organ a unit answers as: for a station its organ, for any other unit itself; `None` for an unknown unit.
    pub fn organ_of(&self, id: &UnitId) -> Option<&Unit> {
        let unit = self.unit(id)?;
        match &unit.organ {
            Some(organ) => self.organ_of(organ),
            None => Some(unit),
        }
    }

    /// The unit above in the same system.
    pub fn parent_of(&self, id: &UnitId) -> Option<&Unit> {
        self.unit(self.unit(id)?.parent.as_ref()?)
    }

    /// The units of this system and level that serve this division; stations are not among them unless asked for.
    pub fn serving<'a>(
        &'a self,
        system: &'a str,
        level: Level,
        division: DivisionCode,
    ) -> impl Iterator<Item = &'a Unit> {
        self.units()
            .filter(move |unit| unit.system == *system && unit.level == level && unit.division == Some(division))
    }

    /// A digest of all units: decisions cite it.
    pub const fn version(&self) -> Digest {
        self.version
    }

    fn children_of(&self, id: &UnitId) -> impl Iterator<Item = &UnitId> {
        self.children.get(id).into_iter().flatten()
    }

    fn above(&self, id: &UnitId) -> Option<&Unit> {
        self.unit(id)?.above().next().and_then(|above| self.unit(above))
    }
}

impl Unit {
    /// The parent, else the organ. Both stand strictly above, so a walk upward ends.
    fn above(&self) -> impl Iterator<Item = &UnitId> {
        self.parent.iter().chain(self.organ.iter().filter(|organ| self.parent.as_ref() != Some(organ)))
    }

    fn check(&self, units: &BTreeMap<UnitId, Self>) -> Result<(), UnitError> {
        let id = || self.id.clone();
        if self.id.as_str().split('.').next() != Some(self.system.as_str()) {
            return Err(UnitError::OtherSystem { id: id(), system: self.system.clone() });
        }
        if (self.level == Level::Station) != self.organ.is_some() {
            return Err(UnitError::Organ { id: id() });
        }
        for names in self.above() {
            let above = units.get(names).ok_or_else(|| UnitError::UnknownUnit { id: id(), names: names.clone() })?;
            if !above.level.is_above(self.level) {
                return Err(UnitError::NotAbove { id: id(), names: names.clone() });
            }
        }
        Ok(())
    }
}

fn version(units: &BTreeMap<UnitId, Unit>) -> Result<Digest, UnitError> {
    let in_order: Vec<&Unit> = units.values().collect();
    serde_json::to_vec(&in_order).map(|bytes| Digest::of(&bytes)).map_err(UnitError::File)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "note")]
    _note: String,
    units: Vec<Unit>,
}

const EMBEDDED: [&str; 2] = [include_str!("../../units/nation.json"), include_str!("../../units/inner_mongolia.json")];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLES: &str = include_str!("../../../tests/data/samples/units.json");

    fn id(text: &str) -> UnitId {
        text.parse().unwrap()
    }

    fn ids<'a>(units: impl IntoIterator<Item = &'a Unit>) -> Vec<String> {
        units.into_iter().map(|unit| unit.id.to_string()).collect()
    }

    #[test]
    fn the_samples_fit_beside_the_built_in_units() {
        let units = UnitRegistry::with_files([SAMPLES]).unwrap();
        assert_eq!(
            ids(units.ancestors(&id("POLICE.990121.liuye"))),
            ["POLICE.990121", "POLICE.990100", "POLICE.990000", "POLICE.000000"]
        );
        assert_eq!(units.organ_of(&id("COURT.990102.exec")).unwrap().id, id("COURT.990102"));
        assert_eq!(units.organ_of(&id("COURT.990102")).unwrap().id, id("COURT.990102"));
        assert_eq!(units.organ_of(&id("COURT.999999")), None);
        assert!(units.descendants(&id("POLICE.990100")).contains(&id("POLICE.990121.liuye")));
        assert!(!units.descendants(&id("POLICE.990100")).contains(&id("POLICE.990100")));
        assert!(units.is_at_or_below(&id("POLICE.990121.liuye"), &id("POLICE.000000")));
        assert!(!units.is_at_or_below(&id("POLICE.990100"), &id("POLICE.990121")));
        assert_eq!(ids(units.serving(System::POLICE, Level::County, "990121".parse().unwrap())), ["POLICE.990121"]);
    }

    #[test]
    fn the_fifteen_units_of_the_notice_have_their_telephones() {
        let units = UnitRegistry::embedded().unwrap();
        let campaign_units: Vec<&Unit> = units.units().filter(|unit| !unit.channels.is_empty()).collect();
        assert_eq!(campaign_units.len(), 15);
        assert!(campaign_units.iter().all(|unit| unit.channels.phones.iter().all(|phone| phone.starts_with("0479-"))));
        let aershan = units.unit(&id("POLICE.152502.aershan")).unwrap();
        assert_eq!(units.organ_of(&aershan.id).unwrap().id, id("POLICE.152502"));
        assert_eq!(units.ancestors(&id("POLICE.152571")).len(), 3);
    }

    #[test]
    fn the_version_depends_on_the_units_alone() {
        let once = UnitRegistry::from_json([SAMPLES]).unwrap().version();
        assert_eq!(UnitRegistry::from_json([SAMPLES, SAMPLES]).unwrap().version(), once);
        assert_ne!(UnitRegistry::embedded().unwrap().version(), once);
    }

    #[test]
    fn cycles_strangers_and_contradictions_are_refused() {
        let unit = |id: &str, level: &str, parent: &str, organ: &str| {
            format!(
                r#"{{"units": [{{"id": "{id}", "name": "x", "system": "POLICE", "level": "{level}", "parent": {parent}, "organ": {organ}}}]}}"#
            )
        };
        let read = |text: &str| UnitRegistry::from_json([text]).unwrap_err();
        let itself = unit("POLICE.1", "COUNTY", r#""POLICE.1""#, "null");
        assert!(matches!(read(&itself), UnitError::NotAbove { .. }));
        let stranger = unit("POLICE.1", "COUNTY", r#""POLICE.2""#, "null");
        assert!(matches!(read(&stranger), UnitError::UnknownUnit { .. }));
        let no_organ = unit("POLICE.1", "STATION", "null", "null");
        assert!(matches!(read(&no_organ), UnitError::Organ { .. }));
        let other_system = unit("COURT.1", "COUNTY", "null", "null");
        assert!(matches!(read(&other_system), UnitError::OtherSystem { .. }));
        let (a, b) = (unit("POLICE.1", "NATION", "null", "null"), unit("POLICE.1", "PROVINCE", "null", "null"));
        let twice = UnitRegistry::from_json([a.as_str(), b.as_str()]);
        assert!(matches!(twice, Err(UnitError::Twice { .. })));
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text in "\\PC*") {
            let _ = UnitRegistry::from_json([text.as_str()]);
        }
    }
}
