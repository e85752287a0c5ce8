//! Logging in and out.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::SecretString;

use super::{Frame, page_with, parameters::Parameters};
use crate::{
    Console,
    cookie::Cookie,
    desk::{Credentials, DeskError, SessionToken},
    failure::Failure,
    form::{Entering, FormToken, Submitted},
    limits::NEXT_BYTES,
    visitor::Answer,
};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    form: FormToken,
    next: String,
    name: String,
    refused: bool,
}

/// `GET /login`: the form, tied to this browser by a nonce.
pub(crate) async fn show(headers: HeaderMap, parameters: Parameters, State(console): State<Console>) -> Answer {
    let nonce = match Cookie::Entrance.read(&headers) {
        Some(nonce) => nonce,
        None => SessionToken::random(console.randomness.as_ref()).map_err(|error| {
            tracing::error!(%error, "no random bytes for the login form");
            Failure::Failed
        })?,
    };
    let next = parameters.text("next").filter(|next| is_returnable(next)).unwrap_or_default();
    let mut response = login_page(StatusCode::OK, &nonce, next, "");
    set_cookie(&mut response, Cookie::Entrance.set(&nonce));
    Ok(response)
}

/// `POST /login`.
pub(crate) async fn log_in(State(console): State<Console>, entering: Entering) -> Answer {
    let Entering { fields, nonce } = entering;
    let name = fields.text("name").trim().to_owned();
    let credentials = Credentials {
        name: name.clone(),
        password: SecretString::from(fields.text("password").to_owned()),
        code: fields.text("code").to_owned(),
    };
    let answer = console.ask(move |desk| match desk.log_in(&credentials) {
        Ok(session) => Ok(Some(session)),
        Err(DeskError::LoginRefused) => Ok(None),
        Err(other) => Err(other),
    });
    let next = Some(fields.text("next")).filter(|next| is_returnable(next)).unwrap_or("/");
    let Some(session) = answer.await? else {
        return Ok(login_page(StatusCode::FORBIDDEN, &nonce, next, &name));
    };
    let mut response = see_other(next);
    set_cookie(&mut response, Cookie::Session.set(&session.token));
    set_cookie(&mut response, Cookie::Entrance.remove());
    Ok(response)
}

/// `POST /logout`.
pub(crate) async fn log_out(State(console): State<Console>, submitted: Submitted) -> Answer {
    let token = submitted.visitor.token().clone();
    console.ask(move |desk| desk.log_out(&token)).await?;
    let mut response = see_other("/login");
    set_cookie(&mut response, Cookie::Session.remove());
    Ok(response)
}

/// Whether a path is one of this host that a person may be sent back to.
pub(crate) fn is_returnable(next: &str) -> bool {
    let here = next.starts_with('/') && !next.starts_with("//");
    here && next.len() <= NEXT_BYTES && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// A text as the value of a query parameter.
pub(crate) fn query_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
        }
    }
    escaped
}

fn login_page(status: StatusCode, nonce: &SessionToken, next: &str, name: &str) -> Response {
    let refused = status != StatusCode::OK;
    let (zh, en) = if refused { ("出错：登录", "Error: log in") } else { ("登录", "Log in") };
    let login = LoginPage {
        frame: Frame::plain(zh, en),
        form: FormToken::of(nonce),
        next: next.to_owned(),
        name: name.to_owned(),
        refused,
    };
    page_with(status, &login)
}

fn see_other(path: &str) -> Response {
    let location = HeaderValue::try_from(path).unwrap_or_else(|_| HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

fn set_cookie(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_host() {
        for good in ["/q", "/c/7K2M-9QXW-3T5A", "/search?q=%E9%9C%8D&skip=50"] {
            assert!(is_returnable(good), "{good}");
        }
        for bad in ["", "q", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/a b", "/霍"] {
            assert!(!is_returnable(bad), "{bad}");
        }
        assert!(!is_returnable(&format!("/{}", "a".repeat(NEXT_BYTES))));
    }

    #[test]
    fn query_values_are_escaped() {
        assert_eq!(query_escaped("/search?q=a&b 霍"), "%2Fsearch%3Fq%3Da%26b%20%E9%9C%8D");
    }
}
