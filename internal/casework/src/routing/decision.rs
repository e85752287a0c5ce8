//! The record of a routing decision: enough to explain it years later without the table that was in force.

use std::collections::BTreeSet;

use nightsafe_schema::{
    division::DivisionCode,
    unit::{Level, UnitId, UnitRegistry},
};
use serde::{Deserialize, Serialize};

use crate::visibility::Access;

/// Where a case went, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The tasks: one a part, linked by being of one case. None if sealed.
    pub tasks: Vec<Task>,
    /// The forbidden set in full, with the reasons.
    pub forbidden: Vec<Forbidden>,
    /// Every unit that was considered, in order, and what came of it.
    pub candidates: Vec<Candidate>,
    /// The rules that fired, in order.
    pub rules: Vec<String>,
    /// The division that "the place" was taken to be.
    pub place: Option<DivisionCode>,
    /// 封存: nobody is left who may have it; two named people only, in no search.
    pub sealed: bool,
    /// The version of the routing table.
    pub table: String,
    /// The version of the unit registry.
    pub units: String,
    /// The version of the officers register; empty if there was none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub officers: String,
}

/// One part of a case in one unit's hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Which part.
    pub part: Part,
    /// Who has it.
    pub unit: UnitId,
    /// Who has a copy.
    pub copies: Vec<UnitId>,
}

/// The part of a report that a task is about (DOMAIN 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Gang facts: to the police.
    Crime,
    /// Officials and umbrellas: to discipline and supervision.
    Official,
    /// Disorder in a sector: to the coordinating office.
    Sector,
    /// A supplement whose case was not found: to the national pool.
    Supplement,
}

/// A unit that must never see the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forbidden {
    /// The unit.
    pub unit: UnitId,
    /// Why; at least one ground.
    pub why: Vec<Ground>,
}

/// A ground for forbidding a unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// The rule, such as `F_ACCUSED` or `F_BELOW`.
    pub rule: String,
    /// The field of the report, or for `F_BELOW` the unit above.
    pub from: String,
}

/// A step of the search for a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// For which part.
    pub part: Part,
    /// At which level.
    pub level: Level,
    /// In which division.
    pub division: DivisionCode,
    /// The unit there, if the registry has one.
    pub unit: Option<UnitId>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has the task.
    Taken,
    /// It has a copy.
    Copied,
    /// It is in the forbidden set.
    Forbidden,
    /// It is not strictly above every accused unit.
    NotAbove,
    /// The registry has no such unit.
    Missing,
}

/// More units that must never see a case, found in a supplement or by a person. A forbidden set only grows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widening {
    /// The units that were added, with the reasons.
    pub added: Vec<Forbidden>,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 4] = [Self::Crime, Self::Official, Self::Sector, Self::Supplement];

    /// Its code, as in tasks.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Crime => "crime",
            Self::Official => "official",
            Self::Sector => "sector",
            Self::Supplement => "supplement",
        }
    }

    /// The part of this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.code() == code)
    }
}

impl Widening {
    /// A unit that a person forbids, with the organ it counts as and everything below.
    pub fn by_a_person(unit: &UnitId, reason: &str, units: &UnitRegistry) -> Self {
        let ground = |rule: &str, from: &str| Ground { rule: rule.to_owned(), from: from.to_owned() };
        let organ = units.organ_of(unit).map_or(unit, |organ| &organ.id);
        let mut added = vec![Forbidden { unit: unit.clone(), why: vec![ground("F_PERSON", reason)] }];
        if organ != unit {
            added.push(Forbidden { unit: organ.clone(), why: vec![ground("F_ORGAN", unit.as_str())] });
        }
        let below = units.descendants(organ).into_iter().filter(|below| *below != unit);
        added
            .extend(below.map(|below| Forbidden { unit: below.clone(), why: vec![ground("F_BELOW", organ.as_str())] }));
        Self { added }
    }
}

impl Decision {
    /// What the case's visibility follows from.
    pub fn access(&self) -> Access {
        let holders = self.tasks.iter().flat_map(|task| std::iter::once(&task.unit).chain(&task.copies));
        Access {
            holders: holders.cloned().collect(),
            forbidden: self.forbidden_units(),
            place: self.place,
            sealed: self.sealed,
        }
    }

    /// The forbidden units without their reasons.
    pub fn forbidden_units(&self) -> BTreeSet<UnitId> {
        self.forbidden.iter().map(|forbidden| forbidden.unit.clone()).collect()
    }
}
