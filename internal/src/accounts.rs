//! Accounts as the ledger tells them, and what proves that someone is one of them.
//!
//! The ledger holds the accounts (`ACCOUNT_ADDED`, `ACCOUNT_CHANGED`); this is their projection in memory, replayed at
//! start and kept up with every append. It authorises nothing: [`crate::desk`] does.

pub(crate) mod password;
pub(crate) mod sessions;
pub(crate) mod throttle;
pub(crate) mod totp;

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightsafe_casework::{
    account::{Account, AccountName},
    case::Columns,
    event::{AccountAdded, AccountChange, AccountChanged, PasswordHash, TotpEnrolled},
};

/// Every account by name.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Accounts {
    by_name: BTreeMap<AccountName, Held>,
}

/// One account.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Held {
    /// Name, role and unit.
    pub(crate) account: Account,
    /// Whether it may log in.
    pub(crate) standing: Standing,
    /// Since when there is such an account.
    pub(crate) added_at: Timestamp,
    /// Its password.
    pub(crate) password: PasswordHash,
    /// Its second factor, with the last step of which a code was taken.
    pub(crate) totp: Option<TotpEnrolled>,
    /// Keys act on the console's pages, unless its owner turned that off.
    pub(crate) shortcuts: bool,
    /// What its owner is shown of each case in a list.
    pub(crate) columns: Columns,
}

/// Whether an account may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It may.
    Open,
    /// Closed for good.
    Closed,
}

impl Accounts {
    /// An account was made.
    pub(crate) fn added(&mut self, added: AccountAdded, added_at: Timestamp) {
        let held = Held {
            account: added.account(),
            standing: Standing::Open,
            added_at,
            password: added.password,
            totp: None,
            shortcuts: true,
            columns: Columns::default(),
        };
        self.by_name.entry(added.name).or_insert(held);
    }

    /// An account was changed.
    pub(crate) fn changed(&mut self, changed: AccountChanged) {
        let Some(held) = self.by_name.get_mut(&changed.name) else { return };
        match changed.change {
            AccountChange::Password(password) => held.password = password,
            AccountChange::Closed => held.standing = Standing::Closed,
            AccountChange::Totp(enrolled) => held.totp = Some(enrolled),
            AccountChange::TotpRemoved => held.totp = None,
            AccountChange::Shortcuts(on) => held.shortcuts = on,
            AccountChange::Columns(columns) => held.columns = columns,
            AccountChange::SessionsEnded => {}
        }
    }

    /// A code of this step was taken at a login.
    pub(crate) fn took_code(&mut self, name: &str, step: u64) {
        let held = name.parse().ok().and_then(|name: AccountName| self.by_name.get_mut(&name));
        if let Some(totp) = held.and_then(|held| held.totp.as_mut()) {
            totp.step = totp.step.max(step);
        }
    }

    /// Its second factor, as it was kept.
    pub(crate) fn enrolled(&mut self, name: &AccountName, totp: TotpEnrolled) {
        if let Some(held) = self.by_name.get_mut(name) {
            held.totp = Some(totp);
        }
    }

    /// Its owner turned the keys off.
    pub(crate) fn without_shortcuts(&mut self, name: &AccountName) {
        if let Some(held) = self.by_name.get_mut(name) {
            held.shortcuts = false;
        }
    }

    /// What its owner is shown of each case in a list, as it was kept.
    pub(crate) fn with_columns(&mut self, name: &AccountName, columns: Columns) {
        if let Some(held) = self.by_name.get_mut(name) {
            held.columns = columns;
        }
    }

    /// It can no longer log in.
    pub(crate) fn close(&mut self, name: &AccountName) {
        if let Some(held) = self.by_name.get_mut(name) {
            held.standing = Standing::Closed;
        }
    }

    /// The account of this name.
    pub(crate) fn of(&self, name: &AccountName) -> Option<&Held> {
        self.by_name.get(name)
    }

    /// All of them, by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Held> {
        self.by_name.values()
    }
}
