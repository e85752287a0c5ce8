//! The templates and what each is filled with. askama escapes every value that is put into a page.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use nightsafe_schema::catalog::Label;
use nightsafe_schema::ring::RingFields;

use super::form::{Control, Section};
use crate::http::{FieldError, Problem, ProblemKind};
use crate::words::Words;

/// How a page looks, as the reader chose; carried in every link and form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    size: TextSize,
    /// The page's own address, where following it loses no input.
    path: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum TextSize {
    #[default]
    Usual,
    Big,
}

impl Look {
    /// From a query such as `big=1`.
    pub(crate) fn of_query(path: &str, query: Option<&str>) -> Self {
        let big = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).any(|field| field == BIG);
        Self { path: Some(path.to_owned()), ..Self::of(big) }
    }

    /// From the hidden field of a posted form.
    pub(crate) fn of_field(value: &str) -> Self {
        Self::of(value == "1")
    }

    fn of(big: bool) -> Self {
        Self { size: if big { TextSize::Big } else { TextSize::Usual }, path: None }
    }

    pub(crate) fn is_big(&self) -> bool {
        self.size == TextSize::Big
    }

    /// What a link within the site ends with.
    pub(crate) fn query(&self) -> &'static str {
        if self.is_big() { "?big=1" } else { "" }
    }

    /// The same page in the other size.
    pub(crate) fn toggle(&self) -> Option<String> {
        let path = self.path.as_ref()?;
        Some(if self.is_big() { path.clone() } else { format!("{path}?big=1") })
    }
}

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
}

pub(crate) struct CampaignLink {
    pub(crate) href: String,
    pub(crate) label: Label,
}

#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormPage {
    pub(crate) look: Look,
    pub(crate) heading: Label,
    pub(crate) hint: Label,
    pub(crate) action: String,
    pub(crate) state: String,
    pub(crate) campaign: String,
    pub(crate) errors: Vec<SummaryLine>,
    pub(crate) sections: Vec<Section>,
    /// How the form is posted: files need another encoding than fields alone.
    pub(crate) encoding: &'static str,
}

/// One line of the error summary, leading to its field.
pub(crate) struct SummaryLine {
    pub(crate) target: String,
    pub(crate) zh: String,
    pub(crate) en: String,
}

#[derive(Template)]
#[template(path = "receipt.html")]
pub(crate) struct ReceiptPage {
    pub(crate) look: Look,
    pub(crate) number: String,
    pub(crate) groups: Vec<String>,
}

#[derive(Template)]
#[template(path = "copy.html")]
pub(crate) struct CopyPage {
    pub(crate) look: Look,
    pub(crate) number: String,
    pub(crate) copy: String,
    pub(crate) matches: bool,
    pub(crate) verdict: Label,
}

#[derive(Template)]
#[template(path = "progress.html")]
pub(crate) struct ProgressPage {
    pub(crate) look: Look,
    pub(crate) asked: bool,
    pub(crate) error: Option<Words>,
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
    words: Words,
    errors: &'a [FieldError],
}

/// A refusal as a page; the front sends it with the refusal's status.
pub(crate) fn problem_page(problem: &Problem) -> String {
    let page = ProblemPage { look: Look::default(), words: problem.kind().words(), errors: problem.errors() };
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

const BIG: (std::borrow::Cow<'static, str>, std::borrow::Cow<'static, str>) =
    (std::borrow::Cow::Borrowed("big"), std::borrow::Cow::Borrowed("1"));
