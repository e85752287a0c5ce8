//! 双重把关: which two units decide about a result (DOMAIN 4.2, the platform article, fact 8).
//!
//! Who holds the gates is a table, by flow: for each gate the systems and levels to be tried in order. A unit is passed over
//! if it is forbidden, or verifies, or stands below the unit that verifies; the second also if it stands at or below the
//! first, because nobody can overrule those above. A station counts as its organ (docs/decisions/0019).

use jiff::Timestamp;
use nightsafe_schema::{
    digest::Digest,
    division::DivisionCode,
    unit::{Level, Unit, UnitId},
};
use serde::{Deserialize, Serialize};

use super::setting::Setting;
use crate::{account::AccountName, visibility::closed};

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// 省级审核.
    First,
    /// 部级审核.
    Second,
}

/// The units that decide about one result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// Who decides first.
    pub first: UnitId,
    /// Who decides after it.
    pub second: UnitId,
}

/// What a gate decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 通过.
    Passed,
    /// 退回.
    Rejected,
}

/// A decision of a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateDecision {
    /// Which gate.
    pub gate: Gate,
    /// What was decided.
    pub verdict: Verdict,
    /// Remarks, or why it was rejected, as typed.
    pub note: String,
    /// Who decided.
    pub by: AccountName,
    /// Of which unit.
    pub unit: UnitId,
    /// When.
    pub at: Timestamp,
}

/// Who holds the gates of each flow.
#[derive(Clone, Debug)]
pub struct GateTable {
    rows: Vec<Row>,
    version: Digest,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    flow: String,
    gate: Gate,
    system: String,
    level: Level,
}

/// Why a table of gates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GateTableError {
    /// A row is malformed.
    #[error("a row of the gates is malformed: flow, gate (first or second), system, level (NATION, PROVINCE …)")]
    Row(#[source] csv::Error),
    /// A flow has one gate only.
    #[error("flow {flow} lacks its {gate} gate")]
    OneGate {
        /// The flow.
        flow: String,
        /// The gate that is missing.
        gate: &'static str,
    },
}

impl GateTable {
    /// The built-in table.
    pub fn embedded() -> Result<Self, GateTableError> {
        Self::from_csv(EMBEDDED)
    }

    /// A table from CSV: `flow,gate,system,level`; candidates of a gate in the order in which they are tried.
    pub fn from_csv(text: &str) -> Result<Self, GateTableError> {
        let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect::<Result<Vec<Row>, _>>();
        let rows = rows.map_err(GateTableError::Row)?;
        for row in &rows {
            for (gate, name) in [(Gate::First, "first"), (Gate::Second, "second")] {
                if !rows.iter().any(|other| other.flow == row.flow && other.gate == gate) {
                    return Err(GateTableError::OneGate { flow: row.flow.clone(), gate: name });
                }
            }
        }
        let lines: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
        Ok(Self { rows, version: Digest::of(lines.join("\n").as_bytes()) })
    }

    /// A digest of all rows.
    pub const fn version(&self) -> Digest {
        self.version
    }

    /// The rows as lines, for telling two tables apart.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.rows.iter().enumerate().map(|(number, row)| {
            format!("{} {} {} {:?} {}", number + 1, row.flow, row.system, row.gate, row.level.as_str())
        })
    }

    /// The two units that may decide about a result of this part, if there are two.
    pub(super) fn gates(&self, setting: &Setting<'_>) -> Option<Gates> {
        let first = self.candidates(setting, Gate::First).into_iter().find(|unit| is_independent(unit, setting))?;
        let second = self
            .candidates(setting, Gate::Second)
            .into_iter()
            .find(|unit| is_independent(unit, setting) && !setting.is_at_or_below(unit, first))?;
        Some(Gates { first: first.clone(), second: second.clone() })
    }

    fn candidates<'a>(&self, setting: &Setting<'a>, gate: Gate) -> Vec<&'a UnitId> {
        let flow = setting.state.report.get("flow").and_then(serde_json::Value::as_str).unwrap_or_default();
        let place = setting.state.decision.as_ref().and_then(|decision| decision.place);
        let rows = self.rows.iter().filter(|row| row.flow == flow && row.gate == gate);
        let division = |level: Level| match level {
            Level::Nation => Some(DivisionCode::NATION),
            Level::Province => setting.divisions.province_of(place?),
            Level::Prefecture => setting.divisions.prefecture_of(place?),
            Level::County | Level::Station => setting.divisions.county_of(place?),
        };
        let units = setting.units;
        let mut found = Vec::new();
        for row in rows {
            let Some(division) = division(row.level) else { continue };
            let serving =
                |unit: &&Unit| unit.system == *row.system && unit.level == row.level && unit.division == Some(division);
            found.extend(units.units().find(serving).map(|unit| &unit.id));
        }
        found
    }
}

/// Whether a unit may decide about what the part's own unit found: it is not forbidden, and not that unit or below it.
pub(super) fn is_independent<'a>(unit: &'a UnitId, setting: &Setting<'a>) -> bool {
    let verifying = setting.task().map(|task| &task.unit);
    let forbidden = closed(&setting.state.forbidden_units(), setting.units);
    !forbidden.contains(unit) && verifying.is_some_and(|verifying| !setting.is_at_or_below(unit, verifying))
}

impl Gate {
    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::First => ("一审", "first gate"),
            Self::Second => ("二审", "second gate"),
        }
    }
}

impl Gates {
    /// The unit of a gate.
    pub const fn unit(&self, gate: Gate) -> &UnitId {
        match gate {
            Gate::First => &self.first,
            Gate::Second => &self.second,
        }
    }
}

const EMBEDDED: &str = include_str!("../../../../shared-schema/units/gates.csv");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_gates_has_both_for_each_flow() {
        assert_eq!(GateTable::embedded().unwrap().lines().count(), 22);
        let read = |rows: &str| GateTable::from_csv(&format!("flow,gate,system,level\n{rows}"));
        assert!(matches!(read("X,first,POLICE,NATION\n"), Err(GateTableError::OneGate { gate: "second", .. })));
        assert!(matches!(read("X,third,POLICE,NATION\n"), Err(GateTableError::Row(_))));
    }
}
