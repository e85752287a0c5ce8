//! Who is asking: the session's viewer, checked with the desk on every request.

use axum::{extract::FromRequestParts, response::Response};
use http::{HeaderMap, Uri, request::Parts};
use nightsafe_casework::{account::Viewer, role::Permission};

use crate::{
    Console,
    cookie::Cookie,
    desk::{Desk, DeskError, Notices, SessionToken},
    failure::Failure,
    form::FormToken,
};

/// Someone logged in.
pub(crate) struct Visitor {
    viewer: Viewer,
    token: SessionToken,
    notices: Notices,
}

impl Visitor {
    /// The visitor that a request's cookie stands for; without one, the way to the login page and back.
    pub(crate) async fn of(headers: &HeaderMap, uri: &Uri, console: &Console) -> Result<Self, Failure> {
        let next = || Failure::NotLoggedIn { next: uri.path_and_query().map(ToString::to_string) };
        let token = Cookie::Session.read(headers).ok_or_else(next)?;
        let held = token.clone();
        let viewer = console.ask(move |desk| {
            let viewer = desk.session(&held)?;
            let notices = desk.notices(&viewer)?;
            Ok((viewer, notices))
        });
        match viewer.await {
            Ok((viewer, notices)) => Ok(Self { viewer, token, notices }),
            Err(Failure::NotLoggedIn { .. }) => Err(next()),
            Err(other) => Err(other),
        }
    }

    /// Goes on only if the role may do this.
    pub(crate) fn allowed(&self, permission: Permission) -> Result<(), Failure> {
        if self.viewer.may(permission) { Ok(()) } else { Err(Failure::NotAllowed) }
    }

    pub(crate) const fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    pub(crate) const fn notices(&self) -> &Notices {
        &self.notices
    }

    pub(crate) const fn token(&self) -> &SessionToken {
        &self.token
    }

    pub(crate) fn form_token(&self) -> FormToken {
        FormToken::of(&self.token)
    }
}

impl FromRequestParts<Console> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Failure> {
        Self::of(&parts.headers, &parts.uri, console).await
    }
}

impl Console {
    /// Asks the desk where blocking is allowed.
    pub(crate) async fn ask<T, F>(&self, question: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Desk) -> Result<T, DeskError> + Send + 'static,
    {
        let desk = self.desk.clone();
        match tokio::task::spawn_blocking(move || question(desk.as_ref())).await {
            Ok(answer) => answer.map_err(Failure::from),
            Err(crashed) => Err(Failure::from(DeskError::Failed(Box::new(crashed)))),
        }
    }
}

/// What a page answers with.
pub(crate) type Answer = Result<Response, Failure>;
