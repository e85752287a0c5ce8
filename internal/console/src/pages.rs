//! The pages, one module each, and the frame they stand in.

pub(crate) mod accounts;
pub(crate) mod act;
pub(crate) mod asset;
pub(crate) mod audit;
pub(crate) mod callbacks;
pub(crate) mod case;
pub(crate) mod compare;
pub(crate) mod custody;
pub(crate) mod entrance;
pub(crate) mod file;
pub(crate) mod help;
pub(crate) mod home;
pub(crate) mod identity;
pub(crate) mod inbox;
pub(crate) mod many;
pub(crate) mod me;
mod pager;
mod parameters;
pub(crate) mod register;
mod row;
pub(crate) mod sealed;
pub(crate) mod search;
pub(crate) mod stats;
pub(crate) mod trail;
pub(crate) mod undertakings;
mod words;

pub(crate) use self::words::{Both, channel, identity_mode};
use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use nightsafe_casework::role::Permission;

use crate::{form::FormToken, reference::Reference, visitor::Visitor};

/// What stands around a page: title, navigation, who is logged in.
pub(crate) struct Frame {
    pub(crate) title_zh: String,
    pub(crate) title_en: String,
    pub(crate) person: Option<Person>,
    pub(crate) links: Vec<Link>,
    /// Alarms that wait for somebody, among the cases of whoever is logged in.
    pub(crate) alarms: u64,
}

/// Who is logged in.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) role_zh: &'static str,
    pub(crate) role_en: &'static str,
    pub(crate) unit: String,
    pub(crate) form: FormToken,
    pub(crate) searches: bool,
    /// Keys act on this page.
    pub(crate) keys: bool,
}

/// A link of the navigation.
pub(crate) struct Link {
    pub(crate) href: &'static str,
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
    pub(crate) current: bool,
}

impl Frame {
    /// The frame of a page for someone logged in.
    fn of(visitor: &Visitor, reference: &Reference, here: &str, zh: &str, en: &str) -> Self {
        let viewer = visitor.viewer();
        let links = PAGES.iter().filter(|(_, _, _, permission)| viewer.may(*permission));
        let sealed = visitor.notices().is_custodian.then_some(SEALED);
        let calls = visitor.notices().calls_back || viewer.may(Permission::ReadAudit);
        let links = links.map(|&(href, zh, en, _)| (href, zh, en)).chain(calls.then_some(CALLBACKS)).chain(sealed);
        Self {
            title_zh: zh.to_owned(),
            title_en: en.to_owned(),
            person: Some(Person {
                name: viewer.account().to_string(),
                role_zh: viewer.role().zh(),
                role_en: viewer.role().en(),
                unit: reference.unit(viewer.unit()),
                form: visitor.form_token(),
                searches: viewer.may(Permission::ReadCases),
                keys: visitor.notices().shortcuts && here != "/me",
            }),
            links: links.map(|(href, zh, en)| Link { href, zh, en, current: href == here }).collect(),
            alarms: visitor.notices().alarms,
        }
    }

    /// Whether keys act on it.
    pub(crate) fn keys(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.keys)
    }

    /// The frame of a page for nobody in particular.
    pub(crate) fn plain(zh: &str, en: &str) -> Self {
        Self { title_zh: zh.to_owned(), title_en: en.to_owned(), person: None, links: Vec::new(), alarms: 0 }
    }
}

/// A page as an answer. A template that fails has written to a string; there is nothing to say about it but its status.
pub(crate) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A page under another status.
fn page_with(status: StatusCode, template: &impl Template) -> Response {
    let mut response = page(template);
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

/// The pages of the navigation and what each needs.
const PAGES: [(&str, &str, &str, Permission); 8] = [
    ("/q", "收件箱", "Inbox", Permission::ReadCases),
    ("/search", "检索", "Search", Permission::ReadCases),
    ("/stats", "统计", "Statistics", Permission::ReadCases),
    ("/register", "登记", "Register", Permission::Register),
    ("/custody", "身份查看", "Looks", Permission::ReadCustody),
    ("/audit", "审计日志", "Audit log", Permission::ReadAudit),
    ("/accounts", "账号", "Accounts", Permission::ManageAccounts),
    ("/undertakings", "保密承诺", "Undertakings", Permission::FileUndertakings),
];

/// The page of the national office and the auditor.
const CALLBACKS: (&str, &str, &str) = ("/callbacks", "每月回访", "Call-backs");

/// The page of the two who see sealed cases.
const SEALED: (&str, &str, &str) = ("/sealed", "封存件", "Sealed");
