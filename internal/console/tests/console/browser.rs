//! A browser without scripts: keeps cookies, reads form tokens out of pages, follows nothing by itself.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, body::Body};
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use nightsafe_console::{Console, Reference};
use nightsafe_schema::randomness::{NoRandomness, Randomness};
use tower::ServiceExt as _;

use crate::desk::FakeDesk;

pub(crate) struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

/// Nonces that are the same in every run, for snapshots.
struct Fixed;

impl Randomness for Fixed {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        bytes.fill(9);
        Ok(())
    }
}

impl Browser {
    pub(crate) fn on(desk: &Arc<FakeDesk>, reference: Reference) -> Self {
        let router = Console::new(desk.clone(), Arc::new(reference), Arc::new(Fixed)).router();
        Self { router, cookies: BTreeMap::new() }
    }

    /// Somebody of this name, logged in over the page.
    pub(crate) async fn logged_in(desk: &Arc<FakeDesk>, reference: Reference, name: &str) -> Self {
        let mut browser = Self::on(desk, reference);
        let page = browser.log_in(name, "correct horse battery").await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
        browser
    }

    pub(crate) async fn log_in(&mut self, name: &str, password: &str) -> Page {
        let form = self.get("/login").await.form_token();
        self.post("/login", &[("form", &form), ("name", name), ("password", password), ("next", "/q")]).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.ask(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = self.request(Method::POST, path);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(encoded(fields))).unwrap()).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(path).header(header::HOST, "console.example");
        if pairs.is_empty() { request } else { request.header(header::COOKIE, pairs.join("; ")) }
    }

    pub(crate) async fn ask(&mut self, request: Request<Body>) -> Page {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = body.collect().await.unwrap().to_bytes();
        Page { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.cookies.keys().map(String::as_str).collect()
    }
}

impl Page {
    /// The token of the page's last form: the page's own, after those of the frame.
    pub(crate) fn form_token(&self) -> String {
        let (_, after) = self.body.rsplit_once("name=\"form\" value=\"").expect("a form");
        after.split('"').next().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

/// Every byte as its number: what is sent does not depend on what needs escaping.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes()
        .flat_map(|byte| [b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";
