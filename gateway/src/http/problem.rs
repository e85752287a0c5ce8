//! The closed list of refusals, as RFC 9457 problem documents and as pages for people.
//!
//! A handler answers a [`Problem`]; the form it takes is decided at the front, from what the client accepts. Nothing of
//! an inner error is ever part of one.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use nightsafe_schema::catalog::Label;
use serde::Serialize;

use crate::words::{Bilingual, Words};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    kind: ProblemKind,
    errors: Vec<FieldError>,
    /// How long to wait, where that depends on the client.
    wait: Option<Duration>,
}

/// The closed list. Each has one status and one wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ProblemKind {
    /// The request itself cannot be read.
    Malformed,
    /// A form was posted from another site's page.
    CrossSite,
    /// There is nothing here.
    NotFound,
    /// A flow or campaign that is not open on this day.
    NotOpen,
    /// Not with this method.
    MethodNotAllowed,
    /// The request did not arrive in time.
    TooSlow,
    /// A body without a stated length.
    LengthRequired,
    /// The body is too long.
    TooLarge,
    /// Not a kind of content that is taken here.
    MediaType,
    /// Text in another encoding than UTF-8.
    Charset,
    /// The body is no multipart/form-data as it is written here.
    Multipart,
    /// The body ended too early.
    Incomplete,
    /// Fields need another look; `errors` names them.
    Fields,
    /// This source has asked for too much.
    TooMany,
    /// Too much at once, or the disk is nearly full.
    Busy,
    /// No valid key to seal to: intake is closed.
    Closed,
}

/// One field that needs another look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    /// Where: `facts.narrative`, `subjects[0].name`, or a header's name.
    pub(crate) path: String,
    /// A stable code for programs.
    pub(crate) code: String,
    /// What to do, in Chinese.
    pub(crate) zh: String,
    /// What to do, in English.
    pub(crate) en: String,
}

impl FieldError {
    pub(crate) fn new(path: &str, code: &str, words: Words) -> Self {
        Self::of_label(path, code, &words.label())
    }

    pub(crate) fn of_label(path: &str, code: &str, label: &Label) -> Self {
        Self { path: path.to_owned(), code: code.to_owned(), zh: label.zh.clone(), en: label.en.clone() }
    }
}

impl Bilingual for FieldError {
    fn zh(&self) -> &str {
        &self.zh
    }

    fn en(&self) -> &str {
        &self.en
    }
}

impl Problem {
    /// One field and what to do about it.
    pub(crate) fn field(path: &str, code: &str, words: Words) -> Self {
        Self::fields(vec![FieldError::new(path, code, words)])
    }

    pub(crate) fn fields(errors: Vec<FieldError>) -> Self {
        Self::of_fields(ProblemKind::Fields, errors)
    }

    /// A refusal that names where.
    pub(crate) fn of_fields(kind: ProblemKind, errors: Vec<FieldError>) -> Self {
        Self { kind, errors, wait: None }
    }

    /// The source has asked for too much and may come back after `wait`.
    pub(crate) fn too_many(wait: Duration) -> Self {
        Self { kind: ProblemKind::TooMany, errors: Vec::new(), wait: Some(wait) }
    }

    pub(crate) fn kind(&self) -> ProblemKind {
        self.kind
    }

    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// After how many seconds a client should try again.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        let passes = matches!(self.kind, ProblemKind::TooMany | ProblemKind::Busy | ProblemKind::Closed);
        let wait = self.wait.unwrap_or(crate::limits::RETRY_AFTER);
        // Whole seconds, and never so few that the next try comes too early.
        passes.then(|| wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }

    /// The problem document.
    pub(crate) fn document(&self) -> String {
        let words = self.kind.words();
        let document = Document {
            kind: format!("urn:nightsafe:problem:{}", self.kind.slug()),
            title: words.en,
            status: self.status().as_u16(),
            zh: words.zh,
            en: words.en,
            errors: &self.errors,
        };
        // A struct of texts always has a JSON form.
        serde_json::to_string(&document).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    zh: &'a str,
    en: &'a str,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
}

impl From<ProblemKind> for Problem {
    fn from(kind: ProblemKind) -> Self {
        Self { kind, errors: Vec::new(), wait: None }
    }
}

impl IntoResponse for Problem {
    /// An empty response that carries the problem; the front gives it a body.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl ProblemKind {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Malformed | Self::CrossSite | Self::Multipart | Self::Incomplete => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotOpen => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::LengthRequired => StatusCode::LENGTH_REQUIRED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType | Self::Charset => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Fields => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Closed => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn slug(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::CrossSite => "cross-site",
            Self::NotFound => "not-found",
            Self::NotOpen => "not-open",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::TooSlow => "too-slow",
            Self::LengthRequired => "length-required",
            Self::TooLarge => "too-large",
            Self::MediaType => "media-type",
            Self::Charset => "charset",
            Self::Multipart => "multipart",
            Self::Incomplete => "incomplete",
            Self::Fields => "fields",
            Self::TooMany => "too-many",
            Self::Busy => "busy",
            Self::Closed => "closed",
        }
    }

    pub(crate) fn words(self) -> Words {
        use crate::words as w;
        match self {
            Self::Malformed => w::MALFORMED,
            Self::CrossSite => w::CROSS_SITE,
            Self::NotFound => w::NOT_FOUND,
            Self::NotOpen => w::NOT_OPEN,
            Self::MethodNotAllowed => w::METHOD_NOT_ALLOWED,
            Self::TooSlow => w::TOO_SLOW,
            Self::LengthRequired => w::LENGTH_REQUIRED,
            Self::TooLarge => w::TOO_LARGE,
            Self::MediaType => w::MEDIA_TYPE,
            Self::Charset => w::CHARSET,
            Self::Multipart => w::MULTIPART,
            Self::Incomplete => w::INCOMPLETE,
            Self::Fields => w::FIELDS,
            Self::TooMany => w::TOO_MANY,
            Self::Busy => w::BUSY,
            Self::Closed => w::CLOSED,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Problem, ProblemKind};
    use crate::words::Words;

    #[test]
    fn a_document_has_the_members_of_rfc_9457_and_both_languages() {
        let problem = Problem::field("facts.narrative", "TOO_SHORT", Words { zh: "请多写一些", en: "Write more" });
        let document: serde_json::Value = serde_json::from_str(&problem.document()).unwrap();
        assert_eq!(document["type"], "urn:nightsafe:problem:fields");
        assert_eq!(document["status"], 422);
        assert_eq!(document["errors"][0]["path"], "facts.narrative");
        assert_eq!(document["errors"][0]["zh"], "请多写一些");
    }

    #[test]
    fn only_what_passes_says_when_to_try_again() {
        assert!(Problem::from(ProblemKind::Closed).retry_after().is_some());
        assert!(Problem::from(ProblemKind::Busy).retry_after().is_some());
        assert_eq!(Problem::too_many(Duration::from_millis(1001)).retry_after(), Some(2));
        assert!(Problem::from(ProblemKind::TooLarge).retry_after().is_none());
    }
}
