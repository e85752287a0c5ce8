//! The lists of a filter, as the facets beside a list set them.

use std::ops::Bound;

use jiff::Timestamp;
use nightsafe_casework::{account::AccountName, case::Worklist, triage::Priority};
use nightsafe_schema::{division::DivisionCode, unit::UnitId};

use super::Field;
use crate::{
    case::{NOBODY, Stage, open_with, seconds},
    fulltext::Ask,
    limits,
};

/// Which cases a list shows. An empty list of values asks for nothing; several values of one list are alternatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// How far they have come.
    pub stages: Vec<Stage>,
    /// Flow codes.
    pub flows: Vec<String>,
    /// Priorities.
    pub priorities: Vec<Priority>,
    /// Codes of categories, internet types, sectors or acts.
    pub categories: Vec<String>,
    /// Divisions that the place is or lies in.
    pub divisions: Vec<DivisionCode>,
    /// Units that hold a task or a copy.
    pub units: Vec<UnitId>,
    /// Identity mode codes.
    pub identity_modes: Vec<String>,
    /// `none`, `here` or `crossing`.
    pub attachments: Vec<String>,
    /// Campaign codes.
    pub campaigns: Vec<String>,
    /// Lists of work.
    pub worklists: Vec<Worklist>,
    /// Accepted at this instant or later.
    pub received_from: Option<Timestamp>,
    /// Accepted before this instant.
    pub received_before: Option<Timestamp>,
    /// Only those on which somebody owes the next step.
    pub open_only: bool,
    /// Verifiers.
    pub verifiers: Vec<AccountName>,
    /// Those that nobody verifies, beside those of the verifiers.
    pub unassigned: bool,
    /// Due before this instant: with the present one, what is overdue.
    pub due_before: Option<Timestamp>,
}

impl Filter {
    pub(crate) fn asks(&self) -> Vec<Ask> {
        let mut asks = Vec::new();
        let mut any = |field: Field, values: Vec<String>| {
            if !values.is_empty() {
                let labels = values.iter().take(limits::FILTER_VALUES).map(|value| field.label(value));
                asks.push(Ask::Label(labels.collect()));
            }
        };
        any(Field::State, self.stages.iter().map(|stage| stage.code().to_owned()).collect());
        any(Field::Flow, self.flows.clone());
        any(Field::Priority, self.priorities.iter().map(|priority| format!("{priority:?}")).collect());
        any(Field::Category, self.categories.clone());
        any(Field::Division, self.divisions.iter().map(|code| code.as_str().to_owned()).collect());
        any(Field::Unit, self.units.iter().map(|unit| unit.as_str().to_owned()).collect());
        any(Field::Identity, self.identity_modes.clone());
        any(Field::Attachment, self.attachments.clone());
        any(Field::Campaign, self.campaigns.clone());
        any(Field::List, self.worklists.iter().map(|list| list.code().to_owned()).collect());
        let verifiers = self.verifiers.iter().map(AccountName::as_str).chain(self.unassigned.then_some(NOBODY));
        match (self.open_only, verifiers.collect::<Vec<_>>()) {
            (true, verifiers) if verifiers.is_empty() => any(Field::Open, vec!["yes".to_owned()]),
            (true, verifiers) => any(Field::Open, verifiers.into_iter().map(open_with).collect()),
            (false, verifiers) => any(Field::Verifier, verifiers.into_iter().map(str::to_owned).collect()),
        }
        let from = self.received_from.map_or(Bound::Unbounded, |at| Bound::Included(seconds(at)));
        let before = self.received_before.map_or(Bound::Unbounded, |at| Bound::Excluded(seconds(at)));
        if (from, before) != (Bound::Unbounded, Bound::Unbounded) {
            asks.push(Ask::Received(from, before));
        }
        if let Some(due) = self.due_before {
            asks.push(Ask::Due(Bound::Unbounded, Bound::Excluded(seconds(due))));
        }
        asks
    }
}
