//! The line that stands for a case in lists.

use std::collections::BTreeSet;

use jiff::Timestamp;
use nightsafe_schema::{case::CaseId, division::DivisionCode, time::Hour};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CaseState, Crossing, Worklist};
use crate::{account::AccountName, routing::Task, triage::Priority, workflow::Stage};

/// The line that stands for a case in lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSummary {
    /// The case.
    pub case: CaseId,
    /// Flow code.
    pub flow: String,
    /// Campaign code.
    pub campaign: Option<String>,
    /// The reporter's title, or the beginning of a supplement without a case.
    pub title: String,
    /// Category codes.
    pub categories: Vec<String>,
    /// Division code of the place.
    pub place: Option<DivisionCode>,
    /// How urgent; none before triage.
    pub priority: Option<Priority>,
    /// Someone must be called now.
    pub alarm: bool,
    /// The lists of work that it stands on.
    pub worklists: BTreeSet<Worklist>,
    /// When the gateway accepted it.
    pub received_hour: Hour,
    /// When the inside recorded it.
    pub recorded_at: Timestamp,
    /// Identity mode code: real_name, contactable_anonymous, anonymous.
    pub identity_mode: String,
    /// Who has which part.
    pub tasks: Vec<Task>,
    /// Attachments supplied, supplements included.
    pub attachments: u32,
    /// How many of them are still crossing.
    pub still_crossing: u32,
    /// How often more was said.
    pub supplements: u32,
    /// How far it has come: of its parts the one that is furthest behind.
    pub stage: Stage,
    /// Who verifies a part of it.
    pub verifiers: BTreeSet<AccountName>,
    /// Until when the next step is due; only in lists, whose maker has the calendar.
    pub deadline: Option<Timestamp>,
    /// The case's version.
    pub version: u64,
}

impl CaseState {
    /// The line that stands for it in lists.
    pub fn summary(&self, case: CaseId) -> CaseSummary {
        let text = |pointer: &str| self.report.pointer(pointer).and_then(Value::as_str);
        let owned = |pointer: &str| text(pointer).unwrap_or_default().to_owned();
        let narrative = || text("/facts/narrative").unwrap_or_default().chars().take(TITLE_CHARACTERS).collect();
        let categories = self.report.pointer("/facts/categories").and_then(Value::as_array);
        let count = |wanted: fn(&Crossing) -> bool| {
            u32::try_from(self.all_attachments().filter(|entry| wanted(&entry.crossing)).count()).unwrap_or(u32::MAX)
        };
        CaseSummary {
            case,
            flow: owned("/flow"),
            campaign: text("/campaign").map(str::to_owned),
            title: text("/facts/title").map_or_else(narrative, str::to_owned),
            categories: categories.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            place: self.decision.as_ref().and_then(|decision| decision.place),
            priority: self.triage.as_ref().map(|triage| triage.priority),
            alarm: self.triage.as_ref().is_some_and(|triage| triage.alarm),
            worklists: self.worklists(),
            received_hour: self.intake.accepted_hour,
            recorded_at: self.recorded_at,
            identity_mode: owned("/reporter/identity_mode"),
            tasks: self.tasks().cloned().collect(),
            attachments: count(|crossing| !matches!(crossing, Crossing::NotSupplied)),
            still_crossing: count(|crossing| matches!(crossing, Crossing::StillCrossing)),
            supplements: u32::try_from(self.supplements.len()).unwrap_or(u32::MAX),
            stage: self.stage(),
            verifiers: self.parts().filter_map(|progress| progress.verifier.clone()).collect(),
            deadline: None,
            version: self.version,
        }
    }
}

/// How much of a narrative stands in for a title.
const TITLE_CHARACTERS: usize = 40;
