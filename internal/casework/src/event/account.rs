//! What is recorded about accounts and sessions.

use std::fmt;

use nightsafe_schema::unit::UnitId;
use serde::{Deserialize, Serialize};

use crate::{
    account::{Account, AccountName},
    case::Columns,
    role::Role,
};

/// An account was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountAdded {
    /// Its name.
    pub name: AccountName,
    /// Its role.
    pub role: Role,
    /// Its unit.
    pub unit: UnitId,
    /// Its password.
    pub password: PasswordHash,
}

/// An account was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountChanged {
    /// Its name.
    pub name: AccountName,
    /// What changed.
    pub change: AccountChange,
}

/// A change of an account. Role and unit never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountChange {
    /// It has another password.
    Password(PasswordHash),
    /// It can no longer log in.
    Closed,
    /// Whoever logs in also types a one-time code from here on.
    Totp(TotpEnrolled),
    /// No more: the device is lost.
    TotpRemoved,
    /// Whoever was logged in is not any more.
    SessionsEnded,
    /// Keys on the console's pages act, or are only typed: its owner chose so.
    Shortcuts(bool),
    /// What its owner is shown of each case in a list.
    Columns(Columns),
}

/// A second factor that its owner has proven to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TotpEnrolled {
    /// What the codes follow from.
    pub secret: TotpSecret,
    /// The step of the code that proved it: none up to it is taken again.
    pub step: u64,
}

/// The secret of one-time codes (RFC 6238): 20 random bytes in base32.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TotpSecret(pub String);

/// The Argon2id hash of a password, in PHC form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub String);

/// Someone logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoggedIn {
    /// Where.
    pub via: Via,
    /// The step of the one-time code that was typed: none up to it is taken again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp_step: Option<u64>,
}

/// A login was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginRefused {
    /// Where.
    pub via: Via,
    /// The account; none if the name typed is no account's, because people type passwords into the wrong field.
    pub account: Option<AccountName>,
    /// Why.
    pub reason: Refusal,
}

/// Why a login was refused; the person is told nothing of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No account of that name.
    UnknownAccount,
    /// The password is wrong.
    WrongPassword,
    /// The password is right, the one-time code is not, or was typed before.
    WrongCode,
    /// The account is closed.
    Closed,
    /// Too many attempts; the password was not looked at.
    Throttled,
}

/// Someone logged out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoggedOut {
    /// Where.
    pub via: Via,
}

/// Which door was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The web console.
    Console,
    /// The command line.
    CommandLine,
    /// None: the daemon does it by itself.
    Daemon,
}

impl AccountAdded {
    /// Whom it stands for.
    pub fn account(&self) -> Account {
        Account { name: self.name.clone(), role: self.role, unit: self.unit.clone() }
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}
