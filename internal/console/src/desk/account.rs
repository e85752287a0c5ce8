//! Accounts as the security officer sees them.

use jiff::Timestamp;
use nightsafe_casework::{account::AccountName, role::Role};
use nightsafe_schema::unit::UnitId;
use secrecy::SecretString;

/// An account in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its name.
    pub name: AccountName,
    /// Its role.
    pub role: Role,
    /// Its unit.
    pub unit: UnitId,
    /// Since when.
    pub added_at: Timestamp,
    /// It can no longer log in.
    pub closed: bool,
}

/// An account to be made.
#[derive(Debug)]
pub struct NewAccount {
    /// Its name.
    pub name: AccountName,
    /// Its role.
    pub role: Role,
    /// Its unit.
    pub unit: UnitId,
    /// Its first password.
    pub password: SecretString,
}

/// Why an account cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountProblem {
    /// There is one of that name.
    #[error("the name is taken")]
    NameTaken,
    /// The registry has no such unit.
    #[error("there is no such unit")]
    UnknownUnit,
    /// The password is too short or too long.
    #[error("a password has 12 to 200 characters")]
    PasswordLength,
}
