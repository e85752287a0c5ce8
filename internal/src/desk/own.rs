//! One's own account: password, one-time codes, sessions. Whoever changes how they log in types the password again, and a
//! wrong one counts as a wrong login.

use nightsafe_casework::{
    account::{AccountName, Viewer},
    case::Columns,
    event::{AccountChange, AccountChanged, Via},
};
use nightsafe_console::desk::{AccountProblem, DeskError, OwnAccount, OwnChange, OwnChanged, OwnSession};
use secrecy::{ExposeSecret as _, SecretString};

use super::{SiteDesk, failed};
use crate::{
    accounts::{
        password::{self, Password},
        sessions::{Open, SessionKey},
        totp,
    },
    records::NewEvent,
};

impl SiteDesk {
    /// The account behind a session.
    pub(crate) fn own(&self, key: SessionKey) -> Result<OwnAccount, DeskError> {
        let viewer = self.viewer_of(key)?;
        let name = viewer.account().clone();
        let has_totp = self.site.records.register().account(&name).is_some_and(|held| held.totp.is_some());
        let (now, at) = (self.now(), self.site.clock.now());
        let session = |open: Open| OwnSession {
            via: match open.key {
                SessionKey::Token(_) => Via::Console,
                SessionKey::User(_) => Via::CommandLine,
            },
            until: at.checked_add(open.left).unwrap_or(at),
            is_this: open.key == key,
        };
        let sessions = self.sessions.of(&name, now).into_iter().map(session).collect();
        let (shortcuts, columns) = (self.has_shortcuts(&name), self.columns_of(&name));
        Ok(OwnAccount { totp_begun: self.codes.has_begun(&name, now), name, has_totp, sessions, shortcuts, columns })
    }

    /// Changes the account behind a session; recorded.
    pub(crate) fn change(&self, key: SessionKey, change: &OwnChange) -> Result<OwnChanged, DeskError> {
        let viewer = self.viewer_of(key)?;
        let name = viewer.account();
        match change {
            OwnChange::Password { current, new } => {
                self.prove(&viewer, current)?;
                let change = AccountChange::Password(self.hashed(new)?);
                self.record_change(&viewer, change)?;
                self.sessions.end(name, Some(key));
            }
            OwnChange::BeginTotp { current } => {
                self.prove(&viewer, current)?;
                let secret = self.codes.begin(name, self.now(), &*self.site.randomness).map_err(failed)?;
                let uri = totp::uri(self.site.config.site.as_str(), name, &secret).into();
                return Ok(OwnChanged::Totp { secret: secret.0.into(), uri });
            }
            OwnChange::ConfirmTotp { code } => {
                let enrolled = self.codes.confirm(name, code, self.now(), self.site.clock.now());
                let enrolled = enrolled.ok_or(DeskError::Account(AccountProblem::WrongCode))?;
                self.record_change(&viewer, AccountChange::Totp(enrolled))?;
                // Whoever had only the password is out.
                self.sessions.end(name, Some(key));
            }
            OwnChange::Shortcuts(on) => {
                if self.has_shortcuts(name) != *on {
                    self.record_change(&viewer, AccountChange::Shortcuts(*on))?;
                }
            }
            OwnChange::Columns(columns) => {
                if self.columns_of(name) != *columns {
                    self.record_change(&viewer, AccountChange::Columns(columns.clone()))?;
                }
            }
            OwnChange::EndOtherSessions => {
                self.record_change(&viewer, AccountChange::SessionsEnded)?;
                self.sessions.end(name, Some(key));
            }
        }
        Ok(OwnChanged::Done)
    }

    /// The hash of a new password.
    pub(super) fn hashed(&self, typed: &SecretString) -> Result<nightsafe_casework::event::PasswordHash, DeskError> {
        let typed = Password::new(typed.expose_secret().to_owned())
            .map_err(|_length| DeskError::Account(AccountProblem::PasswordLength))?;
        let _turn = self.site.stretching.turn();
        password::hash(&typed, &*self.site.randomness).map_err(failed)
    }

    /// Whether keys act on the pages of this account.
    pub(super) fn has_shortcuts(&self, name: &AccountName) -> bool {
        self.site.records.register().account(name).is_none_or(|held| held.shortcuts)
    }

    /// What this account is shown of each case in a list.
    pub(super) fn columns_of(&self, name: &AccountName) -> Columns {
        self.site.records.register().account(name).map(|held| held.columns.clone()).unwrap_or_default()
    }

    /// Whether this is the viewer's password; throttled with the logins.
    fn prove(&self, viewer: &Viewer, typed: &SecretString) -> Result<(), DeskError> {
        let name = viewer.account().as_str();
        if let Err(wait) = self.throttle.admit(name, self.now()) {
            return Err(DeskError::TryLater { seconds: wait.left.as_secs().max(1) });
        }
        let kept = self.site.records.register().account(viewer.account()).map(|held| held.password.clone());
        let kept = kept.ok_or(DeskError::NotLoggedIn)?;
        let fits = match Password::new(typed.expose_secret().to_owned()) {
            Ok(typed) => {
                let _turn = self.site.stretching.turn();
                password::matches(&typed, &kept).map_err(failed)?
            }
            Err(_too_short_or_too_long) => false,
        };
        if !fits {
            return Err(DeskError::Account(AccountProblem::WrongPassword));
        }
        self.throttle.succeeded(name);
        Ok(())
    }

    fn record_change(&self, viewer: &Viewer, change: AccountChange) -> Result<(), DeskError> {
        let name = viewer.account().clone();
        self.record(viewer, NewEvent::of_site(AccountChanged { name, change }))
    }
}
