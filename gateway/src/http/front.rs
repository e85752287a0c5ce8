//! What every request and every answer passes: authority, headers, the form of refusals, one line of telemetry.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};
use hyper::body::Body as _;

use super::body::drain;
use super::compression::{smaller, takes_gzip};
use super::connection::Peer;
use super::negotiation::{MediaType, content_type, prefers_page};
use super::problem::{Problem, ProblemKind};
use super::sources::{OverAllowance, Source, UploadShare};
use super::unsent::NoRoom;
use crate::service::Service;
use crate::{limits, telemetry, web};

/// The outermost layer.
pub(crate) async fn front(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let asked = Asked {
        service,
        method: method.clone(),
        uri: request.uri().clone(),
        page: prefers_page(request.headers()),
        gzip: takes_gzip(request.headers()),
    };
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();

    let peer = request.extensions().get::<Peer>().cloned();
    let response = if has_one_authority(&request) {
        match peer.as_ref().map_or(Ok(None), |peer| paid(&peer.source, &route, &request)) {
            // The share of an upload is held until all of it has arrived.
            Ok(_share) => next.run(request).await,
            Err(over) => {
                let (head, body) = request.into_parts();
                drain(&head.headers, body).await;
                Problem::too_many(over.wait).into_response()
            }
        }
    } else {
        Problem::from(ProblemKind::Malformed).into_response()
    };
    let response = smaller(with_body(response, &asked), asked.gzip).await;
    let mut response = affordable(response, peer.as_ref(), &asked);
    secure(response.headers_mut());
    if let Some(onion) = &asked.service.onion {
        response.headers_mut().insert(ONION_LOCATION, onion.as_header().clone());
    }
    telemetry::answered(&method, &route, response.status());
    response
}

/// Who is told to wait must be able to leave, and to read it.
const EVEN_OVER_THE_ALLOWANCE: [&str; 2] = ["/exit", "/assets/{name}"];

/// What a source pays for a request before anything is done about it; a share of its uploads if it may be one.
fn paid(source: &Source, route: &str, request: &Request) -> Result<Option<UploadShare>, OverAllowance> {
    if EVEN_OVER_THE_ALLOWANCE.contains(&route) {
        source.ask_anyway()?;
        return Ok(None);
    }
    source.ask(request.method())?;
    match content_type(request.headers()) {
        MediaType::Multipart => source.begin_upload().map(Some),
        _ => Ok(None),
    }
}

/// What decides how an answer looks.
struct Asked {
    service: Arc<Service>,
    method: Method,
    uri: Uri,
    /// Whether it is for a person.
    page: bool,
    gzip: bool,
}

/// The answer, if unread answers leave room for it; a refusal otherwise. Small ones always go out.
fn affordable(response: Response, peer: Option<&Peer>, asked: &Asked) -> Response {
    let bytes = usize::try_from(response.body().size_hint().lower()).unwrap_or(usize::MAX);
    match peer.map(|peer| peer.unsent.hold(bytes)) {
        Some(Err(NoRoom)) if bytes > limits::SMALL_ANSWER => {
            with_body(Problem::from(ProblemKind::Busy).into_response(), asked)
        }
        _ => response,
    }
}

/// Whether a posted form comes from a page of this site.
///
/// Pages are sent with `Referrer-Policy: no-referrer`, so browsers send `Origin: null` with our own forms; where they
/// also send `Sec-Fetch-Site`, that decides. There is no cookie and no login here: a foreign form could only file a
/// report in nobody's name.
pub(crate) fn is_same_site(uri: &Uri, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(SEC_FETCH_SITE), text(ORIGIN)) {
        (Some("same-origin" | "none"), _) | (None, None | Some("null")) => true,
        (Some(_), _) => false,
        (None, Some(origin)) => {
            let host = uri.authority().map(http::uri::Authority::as_str).or(text(HOST));
            origin.strip_prefix("https://").is_some_and(|authority| Some(authority) == host)
        }
    }
}

/// HTTP/2 has `:authority`, `Host`, or both alike; the guard has seen to HTTP/1.1.
fn has_one_authority(request: &Request) -> bool {
    if request.version() != Version::HTTP_2 {
        return true;
    }
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    let mut hosts = request.headers().get_all(HOST).iter().map(|value| value.to_str().ok());
    match (authority, hosts.next(), hosts.next()) {
        (Some(_), None, _) | (None, Some(Some(_)), None) => true,
        (Some(authority), Some(host), None) => host == Some(authority),
        _ => false,
    }
}

/// Gives a refusal its body: a page for people, a problem document for programs.
fn with_body(mut response: Response, asked: &Asked) -> Response {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if response.status() == http::StatusCode::METHOD_NOT_ALLOWED => ProblemKind::MethodNotAllowed.into(),
        None => return response,
    };
    let allow = response.headers_mut().remove(ALLOW);
    let body = if asked.page {
        web::problem_page(&asked.service, &problem, &asked.method, &asked.uri)
    } else {
        problem.document()
    };
    let kind = if asked.page { "text/html; charset=utf-8" } else { "application/problem+json" };
    let mut shown =
        (problem.status(), [(CONTENT_TYPE, HeaderValue::from_static(kind))], Body::from(body)).into_response();
    if let Some(allow) = allow {
        shown.headers_mut().insert(ALLOW, allow);
    }
    if let Some(wait) = problem.retry_after() {
        shown.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait));
    }
    shown
}

/// UX section 1, rule 2.
fn secure(headers: &mut HeaderMap) {
    for (name, value) in SECURITY_HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Tor Browser offers the onion service by it.
const ONION_LOCATION: HeaderName = HeaderName::from_static("onion-location");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const SECURITY_HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", ""),
    ("strict-transport-security", "max-age=63072000"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn our_own_forms_pass_and_foreign_ones_do_not() {
        let same = |uri: &'static str, fields: &[(&'static str, &'static str)]| {
            is_same_site(&Uri::from_static(uri), &headers(fields))
        };
        let host = ("host", "a.example");
        assert!(same("/", &[host, ("origin", "null"), ("sec-fetch-site", "same-origin")]));
        assert!(same("/", &[host, ("origin", "https://a.example")]));
        assert!(same("https://a.example/", &[("origin", "https://a.example")]));
        assert!(same("/", &[host]));
        assert!(!same("/", &[host, ("origin", "https://b.example")]));
        assert!(!same("/", &[host, ("origin", "http://a.example")]));
        assert!(!same("/", &[host, ("sec-fetch-site", "cross-site")]));
        assert!(!same("/", &[host, ("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn http2_needs_one_authority() {
        let request = |uri: &str, host: Option<&str>| {
            let mut builder = Request::builder().version(Version::HTTP_2).uri(uri);
            if let Some(host) = host {
                builder = builder.header(HOST, host);
            }
            builder.body(Body::empty()).unwrap()
        };
        assert!(has_one_authority(&request("https://a.example/", None)));
        assert!(has_one_authority(&request("https://a.example/", Some("a.example"))));
        assert!(has_one_authority(&request("/", Some("a.example"))));
        assert!(!has_one_authority(&request("https://a.example/", Some("b.example"))));
        assert!(!has_one_authority(&request("/", None)));
    }
}
