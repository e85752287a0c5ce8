//! How far the parts of a case have come, and what moves them: steps, new routes, verifiers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightsafe_schema::unit::UnitId;
use serde_json::Value;

use super::CaseState;
use crate::{
    event::{TaskStepped, VerifierAssigned},
    routing::{Decision, Part, Task},
    workflow::{Progress, PublicStatus, Stage, Step},
};

impl CaseState {
    /// How far it has come: of its parts the one that is furthest behind.
    pub fn stage(&self) -> Stage {
        match (&self.decision, &self.triage) {
            (Some(decision), _) if decision.sealed => Stage::Sealed,
            (Some(_), _) => self.parts().map(|progress| progress.stage).min().unwrap_or_default(),
            (None, Some(_)) => Stage::Screened,
            (None, None) => Stage::Registered,
        }
    }

    /// How far each part that it has now has come.
    pub fn parts(&self) -> impl Iterator<Item = &Progress> {
        self.tasks().filter_map(|task| self.progress.get(&task.part))
    }

    /// What the reporter may be told.
    pub fn public_status(&self) -> PublicStatus {
        let told = |progress: &Progress| match (progress.stage, &progress.refused) {
            (Stage::Archived, Some(_)) => Stage::NotAdmitted,
            (stage, _) => stage,
        };
        PublicStatus::of(self.parts().map(told))
    }

    /// `real_name`, `contactable_anonymous` or `anonymous`.
    pub fn identity_mode(&self) -> &str {
        self.report.pointer("/reporter/identity_mode").and_then(Value::as_str).unwrap_or("anonymous")
    }

    /// Whether the reporter set this flag, such as a consent.
    pub fn reporter_says(&self, flag: &str) -> bool {
        self.report.pointer(&format!("/reporter/{flag}")).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A unit that loses a part by a new route had to: what it did does not count, and the part goes up.
    pub(super) fn routed(&mut self, decision: &Decision, at: Timestamp) {
        let before: BTreeMap<Part, UnitId> = self.tasks().map(|task| (task.part, task.unit.clone())).collect();
        for task in &decision.tasks {
            let progress = self.progress.entry(task.part).or_insert_with(|| Progress::begun(at));
            if let Some(from) = before.get(&task.part).filter(|from| **from != task.unit) {
                progress.taken_away(from, at);
            }
        }
        self.decision = Some(decision.clone());
    }

    pub(super) fn stepped(&mut self, stepped: &TaskStepped, at: Timestamp) {
        let unit = self.tasks().find(|task| task.part == stepped.part).map(|task| task.unit.clone());
        let Some((unit, progress)) = unit.zip(self.progress.get_mut(&stepped.part)) else { return };
        progress.apply(&stepped.step, stepped.by.as_ref().zip(stepped.unit.as_ref()), &unit, at);
        if let Step::Assign { to, .. } | Step::Forward { to, .. } = &stepped.step {
            self.give(stepped.part, to);
        }
    }

    pub(super) fn named(&mut self, assigned: &VerifierAssigned) {
        self.verifier = Some(assigned.verifier.clone());
        for (part, progress) in &mut self.progress {
            if assigned.part.is_none_or(|only| only == *part) {
                progress.named(&assigned.verifier);
            }
        }
    }

    pub(crate) fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.decision.iter().flat_map(|decision| &decision.tasks)
    }
}
