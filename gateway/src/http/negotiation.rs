//! What the client sends and what it would rather get.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::problem::ProblemKind;

/// The kinds of content that mean something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MediaType {
    Json,
    Form,
    Multipart,
    Other,
}

/// The content type of a request, its parameters ignored.
pub(crate) fn content_type(headers: &HeaderMap) -> MediaType {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    for (name, kind) in [
        ("application/json", MediaType::Json),
        ("application/x-www-form-urlencoded", MediaType::Form),
        ("multipart/form-data", MediaType::Multipart),
    ] {
        if essence.eq_ignore_ascii_case(name) {
            return kind;
        }
    }
    MediaType::Other
}

/// Whether a content type is JSON's, and its charset, where one is named, UTF-8 (RFC 8259 section 8.1).
pub(crate) fn is_json(value: &str) -> Result<(), ProblemKind> {
    let mut parts = value.split(';').map(str::trim);
    if !parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return Err(ProblemKind::MediaType);
    }
    let foreign = parts.filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
        name.trim().eq_ignore_ascii_case("charset") && !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    if foreign { Err(ProblemKind::Charset) } else { Ok(()) }
}

/// Whether the answer is for a person: browsers name `text/html`, programs do not.
pub(crate) fn prefers_page(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .any(|range| range.eq_ignore_ascii_case("text/html") || range.eq_ignore_ascii_case("application/xhtml+xml"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn parameters_and_case_do_not_matter() {
        assert_eq!(content_type(&headers(CONTENT_TYPE, "Application/JSON; charset=utf-8")), MediaType::Json);
        assert_eq!(content_type(&headers(CONTENT_TYPE, "multipart/form-data; boundary=x")), MediaType::Multipart);
        assert_eq!(content_type(&headers(CONTENT_TYPE, "text/json")), MediaType::Other);
        assert_eq!(content_type(&HeaderMap::new()), MediaType::Other);
    }

    #[test]
    fn json_is_in_utf_8() {
        for good in ["application/json", "Application/JSON; Charset=UTF-8", "application/json;charset=\"utf-8\"; v=1"] {
            assert_eq!(is_json(good), Ok(()), "{good}");
        }
        assert_eq!(is_json("application/json; charset=gbk"), Err(ProblemKind::Charset));
        assert_eq!(is_json("text/json"), Err(ProblemKind::MediaType));
        assert_eq!(is_json(""), Err(ProblemKind::MediaType));
    }

    #[test]
    fn browsers_get_pages() {
        assert!(prefers_page(&headers(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")));
        assert!(!prefers_page(&headers(ACCEPT, "*/*")));
        assert!(!prefers_page(&HeaderMap::new()));
    }
}
