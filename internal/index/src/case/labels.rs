//! What a case is, as `name:value` terms: what fields of a search and the lists of a filter are matched with.

use std::collections::BTreeSet;

use nightsafe_casework::{
    account::AccountName,
    case::{CaseState, CaseSummary},
    triage::Priority,
};
use nightsafe_schema::{case::CaseId, division::DivisionCode};
use serde_json::Value;

use super::CaseRecord;
use crate::{asking::Field, fulltext::recused_label};

pub(super) fn of(case: CaseId, state: &CaseState, record: &CaseRecord, divisions: &[DivisionCode]) -> BTreeSet<String> {
    let summary = &record.summary;
    let mut labels = BTreeSet::new();
    let mut add = |field: Field, value: &str| {
        labels.insert(field.label(value));
    };
    add(Field::Case, &case.to_string());
    add(Field::State, summary.stage.code());
    for progress in state.parts() {
        add(Field::State, progress.stage.code());
    }
    let open = summary.stage.is_open();
    add(Field::Open, if open { "yes" } else { "no" });
    let verifiers = summary.verifiers.iter().map(AccountName::as_str);
    for verifier in verifiers.chain(summary.verifiers.is_empty().then_some(NOBODY)) {
        add(Field::Verifier, verifier);
        if open {
            add(Field::Open, &open_with(verifier));
        }
    }
    add(Field::Flow, &summary.flow);
    add(Field::Channel, state.intake.channel.code());
    add(Field::Identity, &summary.identity_mode);
    add(Field::Attachment, attachments(summary));
    add(Field::Alarm, if summary.alarm { "yes" } else { "no" });
    add(Field::Priority, &summary.priority.map(priority).unwrap_or_default());
    add(Field::Campaign, summary.campaign.as_deref().unwrap_or_default());
    for list in &summary.worklists {
        add(Field::List, list.code());
    }
    for division in divisions {
        add(Field::Division, division.as_str());
    }
    for unit in summary.tasks.iter().flat_map(|task| std::iter::once(&task.unit).chain(&task.copies)) {
        add(Field::Unit, unit.as_str());
    }
    for list in ["/facts/categories", "/facts/internet_types", "/facts/sectors", "/facts/acts", "/umbrella/acts"] {
        let codes = state.report.pointer(list).and_then(Value::as_array);
        for code in codes.into_iter().flatten().filter_map(Value::as_str) {
            add(Field::Category, code);
        }
    }
    let day = CHINA.to_datetime(summary.received_hour.as_timestamp()).date();
    add(Field::Received, &format!("{:04}", day.year()));
    add(Field::Received, &format!("{:04}-{:02}", day.year(), day.month()));
    add(Field::Received, &day.to_string());
    labels.extend(record.identifiers.iter().map(super::Identifier::label));
    labels.extend(record.recused.iter().map(recused_label));
    labels
}

/// The value of a case that nobody verifies; no account has such a name.
pub(crate) const NOBODY: &str = "-";

/// The value of an open case that this account verifies, or nobody: one term, because a list of both is long.
pub(crate) fn open_with(verifier: &str) -> String {
    format!("with {verifier}")
}

/// One offset for the whole country, all year.
const CHINA: jiff::tz::Offset = jiff::tz::offset(8);

pub(super) fn priority(priority: Priority) -> String {
    format!("{priority:?}")
}

pub(super) const fn attachments(summary: &CaseSummary) -> &'static str {
    match (summary.attachments, summary.still_crossing) {
        (0, _) => "none",
        (_, 0) => "here",
        _ => "crossing",
    }
}
