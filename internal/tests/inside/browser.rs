//! A person at the console: one session over TLS, its cookies kept.

use std::collections::BTreeMap;

use crate::{
    console::converse,
    site::{PASSWORD, Site},
};

/// A browser of one session, over TLS.
pub(crate) struct Browser<'a> {
    site: &'a Site,
    address: String,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    /// With this account logged in.
    pub(crate) fn logged_in(site: &'a Site, address: &str, name: &str) -> Self {
        let mut browser = Self { site, address: address.to_owned(), cookies: BTreeMap::new() };
        let page = browser.ask("GET", "/login", "");
        let form = format!("form={}&name={name}&password={}&next=", token(&page), PASSWORD.replace(' ', "+"));
        let answer = browser.ask("POST", "/login", &form);
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        browser
    }

    /// A request; the whole answer, head and body.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &str) -> String {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Type: \
             application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            cookies.join("; "),
            body.len()
        );
        let answer = converse(self.site, &self.address, request.as_bytes());
        for line in answer.lines().take_while(|line| !line.is_empty()) {
            let Some(cookie) = line.to_lowercase().starts_with("set-cookie: ").then(|| &line[12..]) else { continue };
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

/// The token of the first form on a page.
pub(crate) fn token(page: &str) -> &str {
    let (_, after) = page.split_once("name=\"form\" value=\"").expect(page);
    after.split_once('"').unwrap().0
}
