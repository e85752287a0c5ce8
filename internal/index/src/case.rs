//! What the index keeps of a case, made from its state alone: the same state gives the same rows, whatever came before.

pub(crate) mod identifiers;
mod labels;
mod record;
mod texts;

pub use self::identifiers::IdentifierKind;
pub(crate) use self::{
    identifiers::Identifier,
    labels::{NOBODY, open_with},
    record::{CaseRecord, Events},
};
pub use nightsafe_casework::workflow::Stage;

use std::collections::BTreeSet;

use nightsafe_casework::{
    case::{CaseState, CaseSummary},
    statistics::Facts,
    visibility, workflow,
};
use nightsafe_schema::{case::CaseId, division::DivisionCode};

use crate::{
    folded::Folded,
    fulltext::{CaseDocument, Facet, FacetCode},
    key::Tagger,
    limits,
    rules::Rules,
};

/// The record and the document of a case that these events have made what it is.
pub(crate) fn project(
    case: CaseId,
    state: &CaseState,
    events: Events,
    rules: &Rules,
    hashes: &Tagger,
) -> (CaseRecord, CaseDocument) {
    let deadline = workflow::earliest(state, rules.calendar());
    let summary = CaseSummary { deadline, ..state.summary(case) };
    let reports =
        || std::iter::once(&state.report).chain(state.supplements.iter().map(|supplement| &supplement.report));
    let identifiers: BTreeSet<Identifier> = reports()
        .take(limits::TEXTS_OF_A_CASE)
        .flat_map(|report| identifiers::of(report, hashes))
        .take(limits::IDENTIFIERS_OF_A_CASE)
        .collect();
    let texts: Vec<Folded> = reports().take(limits::TEXTS_OF_A_CASE).flat_map(texts::of).collect();
    let left_out = reports().count().saturating_sub(limits::TEXTS_OF_A_CASE);
    let record = CaseRecord {
        visible: visibility::viewers(&state.access(), rules.units(), rules.divisions()),
        recused: state.recused.clone(),
        identifiers,
        events,
        unsearchable_texts: u32::try_from(left_out).unwrap_or(u32::MAX),
        summary,
    };
    let document = document(case, state, &record, texts, rules);
    (record, document)
}

fn document(case: CaseId, state: &CaseState, record: &CaseRecord, texts: Vec<Folded>, rules: &Rules) -> CaseDocument {
    let divisions = record.summary.place.map(|place| rules.around(place)).unwrap_or_default();
    let received = seconds(record.summary.received_hour.as_timestamp());
    CaseDocument {
        case,
        visible: record.visible.clone(),
        labels: labels::of(case, state, record, &divisions),
        texts,
        received,
        deadline: record.summary.deadline.map_or(u64::MAX, seconds),
        urgency: urgency(&record.summary, received),
        facets: facets(state, record, &divisions),
        events: record.events.count(),
        counted: Facts::of(state, rules.calendar()).line(),
    }
}

/// The order of work: by priority; inside one level real names first (优先办理, DOMAIN 4.4); then by arrival.
fn urgency(summary: &CaseSummary, received: u64) -> u64 {
    let level = summary.priority.map_or(7, |priority| priority as u64);
    let unnamed = u64::from(summary.identity_mode != REAL_NAME);
    level << 56 | unnamed << 55 | received
}

fn facets(state: &CaseState, record: &CaseRecord, divisions: &[DivisionCode]) -> FacetCode {
    let summary = &record.summary;
    let place = divisions.first().map(ToString::to_string).unwrap_or_default();
    FacetCode::default()
        .with(Facet::State, summary.stage.code())
        .with(Facet::Flow, &summary.flow)
        .with(Facet::Priority, &summary.priority.map(labels::priority).unwrap_or_default())
        .with(Facet::Identity, &summary.identity_mode)
        .with(Facet::Attachments, labels::attachments(summary))
        .with(Facet::Province, place.get(..2).unwrap_or_default())
        .with(Facet::Channel, state.intake.channel.code())
}

/// The identity mode that goes first.
const REAL_NAME: &str = "real_name";

/// Seconds since 1970; an instant before that is its beginning.
pub(crate) fn seconds(at: jiff::Timestamp) -> u64 {
    u64::try_from(at.as_second()).unwrap_or(0)
}
