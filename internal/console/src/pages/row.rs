//! A case as one line of a list.

use nightsafe_casework::case::{CaseSummary, Column, Columns};

use super::{
    trail::Trail,
    words::{self, Both},
};
use crate::{reference::Reference, visible::Visible};

/// A case in the inbox or among hits.
pub(crate) struct Row {
    pub(super) href: String,
    /// Its address with the place in the list that it was opened from.
    pub(super) open: String,
    pub(super) number: String,
    /// Where it can be chosen: whether it is.
    pub(super) chosen: Option<bool>,
    pub(super) title: Visible,
    pub(super) priority: (&'static str, &'static str, &'static str),
    pub(super) alarm: bool,
    pub(super) flow: Both,
    pub(super) categories: Vec<Both>,
    pub(super) place: Option<String>,
    pub(super) received: String,
    pub(super) attachments: u32,
    pub(super) still_crossing: u32,
    pub(super) supplements: u32,
    pub(super) real_name: bool,
    pub(super) units: Vec<String>,
    pub(super) stage: Both,
    pub(super) deadline: Option<String>,
    pub(super) verifiers: Vec<String>,
}

/// The headings after the title; the priority stands before it.
pub(super) fn heads(columns: &Columns) -> Vec<Both> {
    columns.iter().filter(|column| *column != Column::Priority).map(words::column).collect()
}

impl Row {
    pub(super) fn of(summary: &CaseSummary, reference: &Reference) -> Self {
        let categories = summary.categories.iter();
        Self {
            href: format!("/c/{}", summary.case),
            open: format!("/c/{}", summary.case),
            number: summary.case.to_string(),
            chosen: None,
            title: Visible::from(summary.title.as_str()),
            priority: words::priority(summary.priority),
            alarm: summary.alarm,
            flow: Both(reference.flow(&summary.flow)),
            categories: categories.map(|code| Both(reference.category(&summary.flow, code))).collect(),
            place: summary.place.map(|place| reference.place(place)),
            received: words::hour(summary.received_hour.as_timestamp()),
            attachments: summary.attachments,
            still_crossing: summary.still_crossing,
            supplements: summary.supplements,
            real_name: summary.identity_mode == "real_name",
            stage: Both::new(summary.stage.words().0, summary.stage.words().1),
            deadline: summary.deadline.map(words::moment),
            verifiers: summary.verifiers.iter().map(ToString::to_string).collect(),
            units: summary.tasks.iter().map(|task| reference.unit(&task.unit)).collect(),
        }
    }

    /// The same with a box to choose it by.
    pub(super) fn choosable(self, chosen: bool) -> Self {
        Self { chosen: Some(chosen), ..self }
    }

    /// The same, opened from a place in a list.
    pub(super) fn on(self, trail: &Trail) -> Self {
        Self { open: format!("{}{}", self.href, trail.query()), ..self }
    }
}
