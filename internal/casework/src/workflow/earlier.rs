//! 前期举报核查: a reporter says that an earlier report came to nothing, and another unit looks at what became of it (the
//! platform article, flow 2.1 step 6).
//!
//! It follows by itself from the report, and is a task of its own beside the part: a dispatcher gives it to a unit, which
//! says what it found. Neither the unit complained of nor one below it ever has it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use nightsafe_schema::unit::{UnitId, UnitRegistry};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::progress::Heard;
use crate::case::CaseState;

/// How far the check has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EarlierCheck {
    /// Nobody was given it.
    #[default]
    None,
    /// A unit has it.
    Given {
        /// Which.
        to: UnitId,
        /// Who gave it, and what is asked.
        heard: Heard,
    },
    /// It said what it found.
    Done {
        /// Which unit.
        unit: UnitId,
        /// What, and who says so.
        heard: Heard,
    },
}

impl EarlierCheck {
    /// A dispatcher is to give it to a unit, since then. One check answers for the case, whichever part it was asked in.
    pub fn wanted_since(state: &CaseState) -> Option<Timestamp> {
        let unasked = state.progress.values().all(|progress| progress.complaint == Self::None);
        let wanted = unasked && complaints(state).next().is_some();
        wanted.then_some(state.recorded_at)
    }

    /// The unit that has it, or had it.
    pub const fn unit(&self) -> Option<&UnitId> {
        match self {
            Self::None => None,
            Self::Given { to, .. } => Some(to),
            Self::Done { unit, .. } => Some(unit),
        }
    }
}

/// The units whose names a complaint has in it: those complained of.
pub fn complained_of(state: &CaseState, units: &UnitRegistry) -> BTreeSet<UnitId> {
    let named: Vec<&str> =
        complaints(state).filter_map(|prior| prior.get("receiving_unit").and_then(Value::as_str)).collect();
    let is_named = |name: &str| named.iter().any(|text| text.contains(name));
    units.units().filter(|unit| is_named(&unit.name)).map(|unit| unit.id.clone()).collect()
}

/// Earlier reports that came to nothing, as the reporter says: in the first report and in every supplement.
fn complaints(state: &CaseState) -> impl Iterator<Item = &Value> {
    let reports = std::iter::once(&state.report).chain(state.supplements.iter().map(|more| &more.report));
    let priors = reports.filter_map(|report| report.get("prior_reports").and_then(Value::as_array)).flatten();
    priors.filter(|prior| {
        let says = |field: &str| prior.get(field).and_then(Value::as_str).unwrap_or_default();
        says("satisfied") == "NO" || (says("satisfied") != "YES" && CAME_TO_NOTHING.contains(&says("result")))
    })
}

/// Results that somebody has to account for.
const CAME_TO_NOTHING: [&str; 3] = ["NO_REPLY", "NOT_FILED", "NOT_SUBSTANTIATED"];
