//! The templates and what each is filled with. askama escapes every value that is put into a page.

use std::sync::Arc;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{Method, StatusCode, Uri};
use nightsafe_schema::catalog::Label;
use nightsafe_schema::ring::RingFields;

use super::form::{Control, Hidden, Section};
use super::look::Look;
use crate::http::{FieldError, Problem, ProblemKind};
use crate::service::{CampaignUnits, Service};
use crate::words::{ProblemWords, Words, problem_words};

#[derive(Template)]
#[template(path = "start.html")]
pub(crate) struct StartPage {
    pub(crate) look: Look,
    pub(crate) flows: Vec<FlowTile>,
    pub(crate) campaigns: Vec<CampaignLink>,
}

pub(crate) struct FlowTile {
    pub(crate) slug: String,
    pub(crate) label: Label,
    pub(crate) hint: Label,
    /// Why it cannot be chosen, if it cannot.
    pub(crate) closed: Option<Label>,
}

pub(crate) struct CampaignLink {
    pub(crate) href: String,
    pub(crate) label: Label,
}

#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormPage {
    pub(crate) look: Look,
    pub(crate) flow: Label,
    pub(crate) heading: Label,
    pub(crate) hint: Label,
    pub(crate) step: usize,
    pub(crate) steps: usize,
    pub(crate) action: String,
    /// How the form is posted: files need another encoding than fields alone.
    pub(crate) encoding: &'static str,
    pub(crate) state: String,
    pub(crate) hidden: Vec<Hidden>,
    pub(crate) campaign: Option<CampaignNote>,
    /// What stands above the errors.
    pub(crate) summary: Words,
    pub(crate) errors: Vec<SummaryLine>,
    pub(crate) warnings: Vec<SummaryLine>,
    pub(crate) sections: Vec<Section>,
    pub(crate) place: Place,
    /// Whether it was come to from the check, which is where it leads back to.
    pub(crate) from_check: bool,
    /// Whether it shows everything before it is sent.
    pub(crate) is_check: bool,
}

/// Where a page stands among those of its flow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    Between,
    Last,
    /// The flow has no other.
    Only,
}

impl Place {
    pub(crate) fn of(index: usize, count: usize) -> Self {
        match (index == 0, index + 1 == count) {
            (true, true) => Self::Only,
            (true, false) => Self::First,
            (false, true) => Self::Last,
            (false, false) => Self::Between,
        }
    }

    pub(crate) fn is_first(self) -> bool {
        matches!(self, Self::First | Self::Only)
    }

    pub(crate) fn is_last(self) -> bool {
        matches!(self, Self::Last | Self::Only)
    }
}

/// What a campaign asks for.
pub(crate) struct CampaignNote {
    pub(crate) code: String,
    pub(crate) label: Label,
    pub(crate) evidence: Label,
}

/// One line of the error summary, leading to where it is mended.
pub(crate) struct SummaryLine {
    pub(crate) target: Target,
    pub(crate) words: Label,
}

/// Where something is mended.
pub(crate) enum Target {
    /// On this page, at this `id`.
    Here(String),
    /// On another page of the form.
    Page(String),
}

#[derive(Template)]
#[template(path = "receipt.html")]
pub(crate) struct ReceiptPage {
    pub(crate) look: Look,
    /// Empty for what was added to a report: its number is on paper already.
    pub(crate) number: String,
    pub(crate) groups: Vec<String>,
    pub(crate) copy: String,
    pub(crate) verdict: Verdict,
}

/// What became of comparing a copy with the number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    NotAsked,
    Same,
    Differs(Label),
}

#[derive(Template)]
#[template(path = "progress.html")]
pub(crate) struct ProgressPage {
    pub(crate) look: Look,
    pub(crate) asked: bool,
    pub(crate) error: Option<Words>,
}

#[derive(Template)]
#[template(path = "contact.html")]
pub(crate) struct ContactPage<'a> {
    pub(crate) look: Look,
    pub(crate) campaigns: Vec<&'a CampaignUnits>,
}

#[derive(Template)]
#[template(path = "keys.html")]
pub(crate) struct KeysPage<'a> {
    pub(crate) look: Look,
    pub(crate) ring: &'a RingFields,
    pub(crate) digest: String,
    pub(crate) standing: Words,
    pub(crate) officers: Vec<OfficerRow<'a>>,
    pub(crate) signatures: Vec<&'a str>,
    pub(crate) json: &'a str,
}

pub(crate) struct OfficerRow<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) fingerprint: String,
    pub(crate) signature: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    look: Look,
    words: ProblemWords,
    errors: &'a [FieldError],
    /// Whether other ways to report help now.
    contacts: bool,
}

/// A refusal as a page; the front sends it with the refusal's status.
pub(crate) fn problem_page(service: &Arc<Service>, problem: &Problem, method: &Method, uri: &Uri) -> String {
    let kind = problem.kind();
    let contacts =
        matches!(kind, ProblemKind::Closed | ProblemKind::Busy | ProblemKind::TooMany | ProblemKind::NotOpen);
    let page = ProblemPage {
        look: Look::of_query(service, uri).without_switches(),
        words: problem_words(kind, method),
        errors: problem.errors(),
        contacts,
    };
    // Drawing into memory fails for no template here; the plain words are better than nothing.
    page.render().unwrap_or_else(|_| problem.kind().words().zh.to_owned())
}

/// A page with its status.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => Problem::from(ProblemKind::Busy).into_response(),
    }
}
