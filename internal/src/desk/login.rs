//! Logging in and out, at the console and on the control socket.
//!
//! An unknown name, a closed account and a wrong password take the same time and get the same answer; the ledger knows
//! which it was.

use jiff::Timestamp;
use nightsafe_casework::{
    account::{AccountName, Viewer},
    event::{Body, LoggedIn, LoggedOut, LoginRefused, Refusal},
};
use nightsafe_console::desk::{Credentials, DeskError};
use nightsafe_schema::digest::Digest;
use secrecy::ExposeSecret as _;

use super::{SiteDesk, failed};
use crate::{
    accounts::{
        Held, Standing,
        password::{self, Password},
        sessions::SessionKey,
        throttle::Wait,
    },
    limits,
    records::{Actor, NewEvent},
};

impl From<Digest> for SessionKey {
    fn from(token: Digest) -> Self {
        Self::Token(token)
    }
}

/// Somebody whose password, and code where one is wanted, was just checked.
pub(crate) struct Authenticated {
    /// Who.
    pub(crate) viewer: Viewer,
    /// The step of the code.
    pub(crate) totp_step: Option<u64>,
}

impl SiteDesk {
    /// Checks name, password and one-time code; every refusal is recorded.
    pub(crate) fn authenticate(&self, credentials: &Credentials) -> Result<Authenticated, DeskError> {
        let typed: String = credentials.name.chars().take(limits::ACCOUNT_NAME_CHARACTERS).collect();
        let name = typed.parse::<AccountName>().ok();
        if let Err(wait) = self.throttle.admit(&typed, self.now()) {
            return self.throttled(name, wait);
        }
        let held = name.as_ref().and_then(|name| self.site.records.register().account(name).cloned());
        let kept = held.as_ref().map_or_else(password::hash_of_nobody, |held| held.password.clone());
        let given = Password::new(credentials.password.expose_secret().to_owned());
        let fits = match &given {
            Ok(given) => {
                let _turn = self.site.stretching.turn();
                password::matches(given, &kept).map_err(failed)?
            }
            Err(_too_short_or_too_long) => false,
        };
        let refusal = match held {
            None => Refusal::UnknownAccount,
            Some(_) if !fits => Refusal::WrongPassword,
            Some(held) if held.standing == Standing::Closed => Refusal::Closed,
            Some(held) => match self.second_factor(&held, &credentials.code) {
                Ok(totp_step) => {
                    self.throttle.succeeded(&typed);
                    return Ok(Authenticated { viewer: Viewer::authenticated(held.account), totp_step });
                }
                Err(refusal) => refusal,
            },
        };
        self.record_refusal(name, refusal)?;
        Err(DeskError::LoginRefused)
    }

    /// Opens a session for someone who was just authenticated; when it ends.
    pub(crate) fn open_session(
        &self,
        authenticated: Authenticated,
        key: SessionKey,
    ) -> Result<(Viewer, Timestamp), DeskError> {
        let Authenticated { viewer, totp_step } = authenticated;
        self.record(&viewer, NewEvent::of_site(LoggedIn { via: self.via, totp_step }))?;
        self.sessions.open(key, viewer.account(), self.now());
        let now = self.site.clock.now();
        Ok((viewer, now.checked_add(limits::SESSION_LIFE).unwrap_or(now)))
    }

    /// The step of the code that was typed, if the account wants one.
    fn second_factor(&self, held: &Held, code: &str) -> Result<Option<u64>, Refusal> {
        let Some(totp) = &held.totp else { return Ok(None) };
        let step = self.codes.take(&held.account.name, totp, code, self.site.clock.now());
        step.map(Some).ok_or(Refusal::WrongCode)
    }

    /// Who is behind a session. The account is looked up anew each time: closing it ends its sessions.
    pub(crate) fn viewer_of(&self, key: SessionKey) -> Result<Viewer, DeskError> {
        let name = self.sessions.account(key, self.now()).ok_or(DeskError::NotLoggedIn)?;
        let register = self.site.records.register();
        let held = register.account(&name).filter(|held| held.standing == Standing::Open);
        held.map(|held| Viewer::authenticated(held.account.clone())).ok_or(DeskError::NotLoggedIn)
    }

    /// Ends a session; one that does not exist is no error.
    pub(crate) fn close_session(&self, key: SessionKey) -> Result<(), DeskError> {
        let viewer = self.viewer_of(key);
        self.sessions.close(key);
        match viewer {
            Ok(viewer) => self.record(&viewer, NewEvent::of_site(LoggedOut { via: self.via })),
            Err(_nobody) => Ok(()),
        }
    }

    /// The first attempt of each wait is recorded; the rest would let anyone fill the ledger.
    fn throttled<T>(&self, name: Option<AccountName>, wait: Wait) -> Result<T, DeskError> {
        if wait.is_first {
            let known = name.filter(|name| self.site.records.register().account(name).is_some());
            self.record_refusal(known, Refusal::Throttled)?;
        }
        Err(DeskError::TryLater { seconds: wait.left.as_secs().max(1) })
    }

    fn record_refusal(&self, name: Option<AccountName>, reason: Refusal) -> Result<(), DeskError> {
        // A name that is no account's is not kept: people type passwords into the wrong field.
        let account = name.filter(|_name| reason != Refusal::UnknownAccount);
        let body = Body::from(LoginRefused { via: self.via, account, reason });
        let event = vec![NewEvent::of_site(body)];
        self.site.records.append(&Actor::stranger(), &*self.site.clock, event).map(drop).map_err(failed)
    }
}
