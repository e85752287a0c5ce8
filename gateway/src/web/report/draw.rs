//! A page of the form as it is drawn.

use axum::response::Response;
use http::StatusCode;
use nightsafe_schema::catalog::{Flow, Label, Page, Part, Strictness};
use serde_json::Value;

use super::super::form::{Drawing, FILES, FormState, Section, hidden, id_of, is_about_files, sections};
use super::super::look::Look;
use super::super::pages::{CampaignNote, FormPage, Place, SummaryLine, Target, page};
use super::address;
use super::turn::page_of;
use crate::app::App;
use crate::http::FieldError;
use crate::words::{self, Words};

/// The code of an error that is none of what was typed: the same press is taken later.
pub(super) const TRY_LATER: &str = "TRY_LATER";

/// A page and everything that is on it.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) flow: &'a Flow,
    pub(super) page: &'a Page,
    pub(super) document: &'a Value,
    pub(super) state: &'a FormState,
    pub(super) errors: &'a [FieldError],
    /// The list that one more block was asked of.
    pub(super) another: Option<&'a str>,
    pub(super) from_check: bool,
}

impl<'a> Shown<'a> {
    /// A page that nobody has written on.
    pub(super) fn empty(flow: &'a Flow, page: &'a Page, document: &'a Value, state: &'a FormState) -> Self {
        Self { flow, page, document, state, errors: &[], another: None, from_check: false }
    }
}

pub(super) fn draw(app: &App, shown: &Shown<'_>, look: Look, status: StatusCode) -> Response {
    let &Shown { flow, page: own, document, state, errors, another, from_check } = shown;
    let catalog = &*app.reception.catalog;
    let campaign = document.get("campaign").and_then(Value::as_str).and_then(|code| catalog.campaign(code));
    let drawing =
        Drawing { catalog, divisions: &app.divisions, flow, page: own, campaign, document, state, errors, another };
    let sections = sections(&drawing);
    let place = flow.pages.iter().position(|one| one.id == own.id).unwrap_or_default();
    let takes_files = own.groups.iter().any(|group| group.part == Some(Part::Attachments));
    let is_check = own.groups.iter().any(|group| group.part == Some(Part::Summary));
    let template = FormPage {
        look: look.by_buttons(),
        flow: flow.label.clone(),
        heading: own.label.clone(),
        hint: flow.hint.clone(),
        step: place + 1,
        steps: flow.pages.len(),
        action: address(flow, own),
        encoding: if takes_files { "multipart/form-data" } else { "application/x-www-form-urlencoded" },
        state: state.seal(&app.form_key),
        hidden: hidden(catalog, flow, own, document),
        campaign: campaign.map(|one| CampaignNote {
            code: one.code.clone(),
            label: one.label.clone(),
            evidence: one.evidence.clone(),
        }),
        summary: heading(errors),
        errors: summary(flow, own, &sections, errors),
        warnings: if is_check { warnings(app, shown) } else { Vec::new() },
        sections,
        place: Place::of(place, flow.pages.len()),
        from_check,
        is_check,
    };
    page(status, &template)
}

/// What is said above the errors: that it will be taken as it is, only later, or that something is to be mended.
fn heading(errors: &[FieldError]) -> Words {
    if errors.iter().all(|error| error.code == TRY_LATER) { words::NOT_TAKEN_YET } else { words::SUMMARY }
}

/// One line a field that needs another look, in the order of the page; then what belongs to other pages or to no field.
fn summary(flow: &Flow, own: &Page, sections: &[Section], errors: &[FieldError]) -> Vec<SummaryLine> {
    let blocks = sections.iter().flat_map(|section| &section.blocks);
    let fields = blocks.flat_map(|block| block.fields.iter().chain(&block.more));
    let beside = fields.filter_map(|field| Some((field.id.clone(), field.error.clone()?)));
    let mut lines: Vec<SummaryLine> =
        beside.map(|(id, words)| SummaryLine { target: Target::Here(id), words }).collect();
    for error in errors {
        let words = Label { zh: error.zh.clone(), en: error.en.clone() };
        if lines.iter().any(|line| line.words == words) {
            continue;
        }
        let target = match page_of(flow, error) {
            Some(page) if page.id != own.id => Target::Page(page.id.clone()),
            _ if is_about_files(error) => Target::Here(id_of(FILES)),
            _ => Target::Here("main".to_owned()),
        };
        lines.push(SummaryLine { target, words });
    }
    lines
}

/// What the reporter may want to look at; nothing of it keeps a report from being sent.
fn warnings(app: &App, shown: &Shown<'_>) -> Vec<SummaryLine> {
    let catalog = &app.reception.catalog;
    // The check looks for them in whole reports only, and the last ticks are on this very page.
    let mut document = shown.document.clone();
    if let Some(report) = document.as_object_mut() {
        report.insert("declaration".to_owned(), serde_json::json!({"truthful": true}));
    }
    let Ok(checked) = catalog.check(&document, Strictness::Soft) else { return Vec::new() };
    let lines = checked.warnings().iter().filter_map(|warning| {
        let error = FieldError::from(warning.clone());
        let page = page_of(shown.flow, &error)?;
        Some(SummaryLine { target: Target::Page(page.id.clone()), words: warning.text.clone() })
    });
    lines.collect()
}
