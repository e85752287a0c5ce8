//! What went wrong, as a page with words: what happened and what to do. Causes go to the log, never to a page.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::{
    cookie::Cookie,
    desk::DeskError,
    pages::{Frame, page},
};

/// A request that is not answered by its page.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody is logged in: to the login page, and back to `next` from there.
    NotLoggedIn {
        /// Path and query of what was asked.
        next: Option<String>,
    },
    /// This role has no such page, or does not do this.
    NotAllowed,
    /// Nobody reads a case without an undertaking.
    NoUndertaking,
    /// No such page or case, or not for this viewer: the same answer.
    NotFound,
    /// The page exists, but is not asked for like this.
    MethodNotAllowed,
    /// A form that cannot be read.
    BadForm,
    /// A form of another session, or from elsewhere.
    StaleForm,
    /// A form that is too long.
    TooLarge,
    /// Too many attempts.
    TryLater {
        /// How long to wait.
        seconds: u64,
    },
    /// Something broke.
    Failed,
}

/// For paths that are no page.
pub(crate) async fn not_found() -> Failure {
    Failure::NotFound
}

/// For pages that are not asked for like this.
pub(crate) async fn method_not_allowed() -> Failure {
    Failure::MethodNotAllowed
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    frame: Frame,
    zh: &'static str,
    en: &'static str,
}

impl Failure {
    const fn status(&self) -> StatusCode {
        match self {
            Self::NotLoggedIn { .. } => StatusCode::SEE_OTHER,
            Self::NotAllowed | Self::NoUndertaking | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadForm => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TryLater { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Title and what to do, Chinese and English.
    const fn words(&self) -> [&'static str; 4] {
        match self {
            Self::NotLoggedIn { .. } => ["请先登录", "Log in first", "", ""],
            Self::NotAllowed => [
                "您的角色没有这个页面",
                "Your role does not have this page",
                "如果工作需要，请联系安全员。",
                "If your work needs it, ask the security officer.",
            ],
            Self::NoUndertaking => [
                "没有有效的保密承诺书",
                "No valid undertaking",
                "签订保密承诺书并登记后才能查阅线索。请联系单位负责人或安全员。",
                "Cases are read only with a signed undertaking on file. Ask the head of your unit or the security officer.",
            ],
            Self::NotFound => [
                "没有找到",
                "Not found",
                "没有这个页面或线索，或者不在您单位的范围内。请核对编号，或从收件箱打开。",
                "There is no such page or case, or it is not within your unit's reach. Check the number, or open it from the inbox.",
            ],
            Self::MethodNotAllowed => [
                "不能这样打开这个页面",
                "This page cannot be opened like this",
                "请从收件箱重新进入。",
                "Start again from the inbox.",
            ],
            Self::BadForm => [
                "表单没有读懂",
                "The form could not be read",
                "请返回上一页，重新填写后再提交。",
                "Go back, fill in the form again and send it.",
            ],
            Self::StaleForm => [
                "页面已过期",
                "This page is out of date",
                "没有做任何改动。请返回上一页，刷新后再提交。",
                "Nothing was changed. Go back, reload the page and send it again.",
            ],
            Self::TooLarge => ["内容太长", "Too long", "请缩短后再提交。", "Shorten it and send it again."],
            Self::TryLater { .. } => [
                "尝试次数太多",
                "Too many attempts",
                "请过几分钟再试。忘记密码请联系安全员。",
                "Wait a few minutes. If you forgot the password, ask the security officer.",
            ],
            Self::Failed => [
                "系统出错",
                "Something went wrong",
                "没有丢失任何内容。请再试一次；仍然不行，请联系系统管理员。",
                "Nothing was lost. Try once more; if it happens again, tell the administrator.",
            ],
        }
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::NotLoggedIn | DeskError::LoginRefused => Self::NotLoggedIn { next: None },
            DeskError::TryLater { seconds } => Self::TryLater { seconds },
            DeskError::NotFound => Self::NotFound,
            DeskError::NotAllowed => Self::NotAllowed,
            DeskError::NoUndertaking => Self::NoUndertaking,
            DeskError::Changed(_) => Self::StaleForm,
            DeskError::Account(_)
            | DeskError::Act(_)
            | DeskError::Callback(_)
            | DeskError::Import(_)
            | DeskError::Registration(_)
            | DeskError::Undertaking(_) => Self::BadForm,
            DeskError::Failed(cause) => {
                tracing::error!(error = %chain(cause.as_ref()), "the desk failed");
                Self::Failed
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if let Self::NotLoggedIn { next } = &self {
            return to_login(next.as_deref());
        }
        let [title_zh, title_en, zh, en] = self.words();
        let mut response = page(&FailurePage { frame: Frame::plain(title_zh, title_en), zh, en });
        *response.status_mut() = self.status();
        if let Self::TryLater { seconds } = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn to_login(next: Option<&str>) -> Response {
    let location = match next.filter(|next| crate::pages::entrance::is_returnable(next)) {
        Some(next) => format!("/login?next={}", crate::pages::entrance::query_escaped(next)),
        None => "/login".to_owned(),
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::try_from(location).unwrap_or_else(|_| HeaderValue::from_static("/login"));
    response.headers_mut().insert(header::LOCATION, location);
    if let Some(remove) = Cookie::Session.remove() {
        response.headers_mut().append(header::SET_COOKIE, remove);
    }
    response
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
