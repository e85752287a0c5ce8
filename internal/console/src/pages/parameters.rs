//! The query of a page: whatever is in it, read without complaint. All state of a list is in its URL.

use std::{collections::BTreeMap, convert::Infallible};

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;

/// The parameters of a request; of several with one name, the last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// The parameters of a question that an address carried.
    pub(super) fn read(question: &str) -> Self {
        let uri = format!("/?{question}").parse().ok();
        uri.map(|uri| Self::of(&uri)).unwrap_or_default()
    }

    fn of(uri: &http::Uri) -> Self {
        Query::try_from_uri(uri).map_or_else(|_| Self::default(), |Query(pairs)| Self(pairs))
    }

    /// A parameter's text, none if it is missing or empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// A parameter read as something, none if it is not that.
    pub(super) fn parsed<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// What follows the prefix in the names of the boxes that were ticked.
    pub(super) fn ticked(&self, prefix: &'static str) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(move |name| name.strip_prefix(prefix))
    }

    /// How many rows to skip.
    pub(super) fn skip(&self) -> u64 {
        self.parsed("skip").unwrap_or(0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri))
    }
}
