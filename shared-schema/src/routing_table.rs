//! The routing table: which unit has which queue at which level of which place (DOMAIN section 7, default queue map).
//!
//! It only looks up. Which level a matter belongs to and who is forbidden are rules, and live elsewhere. A missing row is an error
//! and never a guess: nothing here goes down a level, or to a neighbour.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    division::{DivisionCode, DivisionLevel, Divisions},
    unit::{Level, System, UnitId, UnitIdError, UnitRegistry},
};

/// The table of a site.
#[derive(Clone, Debug)]
pub struct RoutingTable {
    rows: BTreeMap<Key, Target>,
    written: BTreeMap<String, String>,
    version: Digest,
}

/// What a unit is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// Gang facts, to the police.
    Crime,
    /// Officials and umbrellas, to discipline and supervision.
    Official,
    /// Disorder in a sector, to the coordinating office.
    Sector,
    /// The regulator of a sector, by its system.
    Regulator,
    /// 扫黑办 and 政法委 of a level: they coordinate, and are forbidden with the heads they stand beside.
    Coordination,
    /// 待研判: what has no place yet.
    Pool,
}

/// One question to the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// For what.
    pub queue: Queue,
    /// Of which system: [`System::POLICE`] and so on.
    pub system: &'a str,
    /// At which level.
    pub level: Level,
    /// Where; for the nation, whatever place.
    pub division: DivisionCode,
}

/// Why the table has no answer. The rules go one level up, never down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MissingRow {
    /// No row for this queue, system and level.
    #[error("the routing table has no row for {queue} {system} {level}")]
    Row {
        /// For what.
        queue: Queue,
        /// Of which system.
        system: String,
        /// At which level.
        level: Level,
    },
    /// The place is in no division table, or nothing of this level lies above it.
    #[error("place {division} has no division of level {level}")]
    Place {
        /// Where.
        division: DivisionCode,
        /// At which level.
        level: Level,
    },
    /// The row leads to a unit that no unit file describes.
    #[error("the routing table leads to {unit}, which no unit file describes")]
    Unit {
        /// The unit.
        unit: UnitId,
    },
}

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RoutingTableError {
    /// A row is malformed.
    #[error("the routing table has a malformed row")]
    Row(#[source] csv::Error),
    /// A row's unit is neither a unit id nor a pattern of one.
    #[error("the routing table's row {queue} {system} {level} has the unit {unit}")]
    Unit {
        /// For what.
        queue: Queue,
        /// Of which system.
        system: System,
        /// At which level.
        level: Level,
        /// As written.
        unit: String,
        /// What is wrong with it.
        #[source]
        source: UnitIdError,
    },
    /// Two rows answer the same question.
    #[error("the routing table has two rows for {queue} {system} {level} {division}")]
    Twice {
        /// For what.
        queue: Queue,
        /// Of which system.
        system: System,
        /// At which level.
        level: Level,
        /// For one place, or for all: empty.
        division: String,
    },
}

impl RoutingTable {
    /// The built-in table: a unit's id is its system and its division's code.
    pub fn embedded() -> Result<Self, RoutingTableError> {
        Self::from_csv(EMBEDDED)
    }

    /// A table from CSV: `queue,system,level,division,unit`; a row with a division is for that division alone and goes before the
    /// row for all; a unit may hold one of `{county}`, `{prefecture}`, `{province}`.
    pub fn from_csv(text: &str) -> Result<Self, RoutingTableError> {
        let mut rows = BTreeMap::new();
        let mut lines = Vec::new();
        let mut written = BTreeMap::new();
        for row in csv::Reader::from_reader(text.as_bytes()).into_deserialize() {
            let Row { queue, system, level, division, unit } = row.map_err(RoutingTableError::Row)?;
            let place = division.map(|code| code.to_string()).unwrap_or_default();
            lines.push(format!("{queue},{system},{level},{place},{unit}"));
            written.insert(format!("{queue},{system},{level},{place}"), unit.clone());
            let target = match Target::read(&unit) {
                Ok(target) => target,
                Err(source) => return Err(RoutingTableError::Unit { queue, system, level, unit, source }),
            };
            let key = Key { queue, system: system.to_string(), level, division };
            if rows.insert(key, target).is_some() {
                return Err(RoutingTableError::Twice { queue, system, level, division: place });
            }
        }
        lines.sort_unstable();
        Ok(Self { rows, written, version: Digest::of(lines.join("\n").as_bytes()) })
    }

    /// The unit that is wanted; it exists in `units`.
    pub fn unit_for(
        &self,
        wanted: Wanted<'_>,
        divisions: &Divisions,
        units: &UnitRegistry,
    ) -> Result<UnitId, MissingRow> {
        let Wanted { queue, system, level, division } = wanted;
        let place = level.division_level().and_then(|level| divisions.at_level(division, level));
        let row = |division| self.rows.get(&Key { queue, system: system.to_owned(), level, division });
        let target = place.and_then(|place| row(Some(place))).or_else(|| row(None)).ok_or_else(|| MissingRow::Row {
            queue,
            system: system.to_owned(),
            level,
        })?;
        let unit = target.at(division, divisions).ok_or(MissingRow::Place { division, level })?;
        if units.contains(&unit) { Ok(unit) } else { Err(MissingRow::Unit { unit }) }
    }

    /// Every row as written: what is asked for, and the unit.
    pub fn rows(&self) -> impl Iterator<Item = (&String, &String)> {
        self.written.iter()
    }

    /// A digest of all rows: decisions cite it.
    pub const fn version(&self) -> Digest {
        self.version
    }
}

impl Queue {
    /// As written in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Crime => "crime",
            Self::Official => "official",
            Self::Sector => "sector",
            Self::Regulator => "regulator",
            Self::Coordination => "coordination",
            Self::Pool => "pool",
        }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    queue: Queue,
    system: String,
    level: Level,
    division: Option<DivisionCode>,
}

/// What a row leads to.
#[derive(Clone, Debug)]
enum Target {
    /// One unit, wherever the place is.
    Unit(UnitId),
    /// The unit named after the place's division of a level.
    Named { before: String, level: DivisionLevel, after: String },
}

impl Target {
    fn read(text: &str) -> Result<Self, UnitIdError> {
        for (placeholder, level) in PLACEHOLDERS {
            if let Some((before, after)) = text.split_once(placeholder) {
                format!("{before}000000{after}").parse::<UnitId>()?;
                return Ok(Self::Named { before: before.to_owned(), level, after: after.to_owned() });
            }
        }
        text.parse().map(Self::Unit)
    }

    fn at(&self, division: DivisionCode, divisions: &Divisions) -> Option<UnitId> {
        match self {
            Self::Unit(unit) => Some(unit.clone()),
            Self::Named { before, level, after } => {
                let place = divisions.at_level(division, *level)?;
                format!("{before}{place}{after}").parse().ok()
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    queue: Queue,
    system: System,
    level: Level,
    division: Option<DivisionCode>,
    unit: String,
}

const EMBEDDED: &str = include_str!("../units/routing_table.csv");

const PLACEHOLDERS: [(&str, DivisionLevel); 3] = [
    ("{county}", DivisionLevel::County),
    ("{prefecture}", DivisionLevel::Prefecture),
    ("{province}", DivisionLevel::Province),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Places {
        divisions: Divisions,
        units: UnitRegistry,
    }

    impl Places {
        fn new() -> Self {
            let divisions = include_str!("../../tests/data/samples/fictional_divisions.json");
            let units = include_str!("../../tests/data/samples/units.json");
            Self {
                divisions: Divisions::with_files([divisions]).unwrap(),
                units: UnitRegistry::with_files([units]).unwrap(),
            }
        }

        fn ask(&self, table: &RoutingTable, queue: Queue, system: &str, level: Level, division: &str) -> String {
            let wanted = Wanted { queue, system, level, division: division.parse().unwrap() };
            match table.unit_for(wanted, &self.divisions, &self.units) {
                Ok(unit) => unit.to_string(),
                Err(missing) => missing.to_string(),
            }
        }
    }

    #[test]
    fn a_place_leads_to_its_unit_of_each_level() {
        let (places, table) = (Places::new(), RoutingTable::embedded().unwrap());
        let crime = |level| places.ask(&table, Queue::Crime, System::POLICE, level, "990121");
        assert_eq!(crime(Level::County), "POLICE.990121");
        assert_eq!(crime(Level::Prefecture), "POLICE.990100");
        assert_eq!(crime(Level::Province), "POLICE.990000");
        assert_eq!(crime(Level::Nation), "POLICE.000000");
        let pool = places.ask(&table, Queue::Pool, System::OFFICE, Level::Nation, "000000");
        assert_eq!(pool, "OFFICE.000000");
        let local = places.ask(&table, Queue::Crime, System::POLICE, Level::County, "152502900");
        assert_eq!(local, "POLICE.152502");
    }

    #[test]
    fn what_is_missing_is_an_error_and_never_a_lower_level() {
        let (places, table) = (Places::new(), RoutingTable::embedded().unwrap());
        let ask = |queue, system, level, division| places.ask(&table, queue, system, level, division);
        assert_eq!(
            ask(Queue::Crime, System::POLICE, Level::County, "990100"),
            "place 990100 has no division of level COUNTY"
        );
        assert_eq!(
            ask(Queue::Crime, System::POLICE, Level::County, "999999"),
            "place 999999 has no division of level COUNTY"
        );
        assert_eq!(
            ask(Queue::Crime, System::POLICE, Level::Station, "990121"),
            "the routing table has no row for crime POLICE STATION"
        );
        assert_eq!(
            ask(Queue::Crime, System::POLICE, Level::County, "110101"),
            "the routing table leads to POLICE.110101, which no unit file describes"
        );
    }

    #[test]
    fn a_row_for_one_place_goes_before_the_row_for_all() {
        let places = Places::new();
        let table = RoutingTable::from_csv(
            "queue,system,level,division,unit\n\
             crime,POLICE,COUNTY,,POLICE.{county}\n\
             crime,POLICE,COUNTY,990121,POLICE.990102\n",
        )
        .unwrap();
        assert_eq!(places.ask(&table, Queue::Crime, System::POLICE, Level::County, "990121"), "POLICE.990102");
        assert_eq!(places.ask(&table, Queue::Crime, System::POLICE, Level::County, "990201"), "POLICE.990201");
        assert_ne!(table.version(), RoutingTable::embedded().unwrap().version());
    }

    #[test]
    fn two_answers_to_one_question_and_units_that_are_none_are_refused() {
        let row = "crime,POLICE,COUNTY,,POLICE.{county}\n";
        let twice = format!("queue,system,level,division,unit\n{row}{row}");
        assert!(matches!(RoutingTable::from_csv(&twice), Err(RoutingTableError::Twice { .. })));
        let no_unit = "queue,system,level,division,unit\ncrime,POLICE,COUNTY,,{town}\n";
        assert!(matches!(RoutingTable::from_csv(no_unit), Err(RoutingTableError::Unit { .. })));
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text in "\\PC*") {
            let _ = RoutingTable::from_csv(&text);
            let _ = RoutingTable::from_csv(&format!("queue,system,level,division,unit\n{text}"));
        }
    }
}
