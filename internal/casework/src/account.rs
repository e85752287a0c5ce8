//! An account and the viewer that it becomes once its password has been checked.

use std::{fmt, str::FromStr};

use nightsafe_schema::unit::UnitId;
use serde::{Deserialize, Serialize, de};

use crate::role::{Permission, Role};

/// The name of an account: 1 to 32 of `a-z 0-9 . _ -`, first a letter.
///
/// Names are compared byte for byte and shown in pages and logs, so nothing that looks like another letter gets in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AccountName(String);

/// The text is no account name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an account name has 1 to 32 of a-z, 0-9, dot, underscore and dash, and begins with a letter")]
pub struct AccountNameError;

/// Whom an account stands for: its name, role and unit. Unit and role never change; another job is another account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its name.
    pub name: AccountName,
    /// Its one role.
    pub role: Role,
    /// The unit it works in; for the three offices, the unit that runs the service.
    pub unit: UnitId,
}

/// Someone who has logged in: the only thing that reads are asked with.
///
/// Whoever makes one says that the account's password, session or peer user id was checked just before; there is no
/// other reason to call [`Viewer::authenticated`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    account: Account,
}

impl Viewer {
    /// The viewer behind an account whose credentials have been checked.
    pub const fn authenticated(account: Account) -> Self {
        Self { account }
    }

    /// The account.
    pub const fn account(&self) -> &AccountName {
        &self.account.name
    }

    /// The role.
    pub const fn role(&self) -> Role {
        self.account.role
    }

    /// The unit.
    pub const fn unit(&self) -> &UnitId {
        &self.account.unit
    }

    /// Name, role and unit together.
    pub const fn as_account(&self) -> &Account {
        &self.account
    }

    /// Whether this viewer's role may do that at all.
    pub const fn may(&self, permission: Permission) -> bool {
        self.account.role.may(permission)
    }
}

impl AccountName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AccountName {
    type Err = AccountNameError;

    fn from_str(text: &str) -> Result<Self, AccountNameError> {
        let follows = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let fits = text.len() <= 32 && text.starts_with(|first: char| first.is_ascii_lowercase());
        if fits && text.bytes().all(follows) { Ok(Self(text.to_owned())) } else { Err(AccountNameError) }
    }
}

impl<'de> Deserialize<'de> for AccountName {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_name_is_plain() {
        for good in ["a", "li.wei", "disc-990100_2", "a2345678901234567890123456789012"] {
            assert!(good.parse::<AccountName>().is_ok(), "{good}");
        }
        for bad in ["", "1a", "A", "李", "a b", "a\n", "аdmin", "a23456789012345678901234567890123"] {
            assert_eq!(bad.parse::<AccountName>(), Err(AccountNameError), "{bad}");
        }
    }
}
