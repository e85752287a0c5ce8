//! Accounts: listed and added by the security officer.

use nightsafe_casework::{
    account::Viewer,
    event::{AccountAdded, Body},
    role::Permission,
};
use nightsafe_console::desk::{AccountProblem, AccountRow, DeskError, NewAccount};
use secrecy::ExposeSecret as _;

use super::{SiteDesk, failed};
use crate::{
    accounts::{
        Held, Standing,
        password::{self, Password},
    },
    records::{Actor, NewEvent, RecordError},
    register::Register,
};

impl SiteDesk {
    /// All accounts, by name.
    pub(crate) fn list_accounts(&self, viewer: &Viewer) -> Result<Vec<AccountRow>, DeskError> {
        Self::require(viewer, Permission::ManageAccounts)?;
        Ok(self.site.records.register().accounts().map(row).collect())
    }

    /// Makes an account; recorded.
    pub(crate) fn make_account(&self, viewer: &Viewer, account: &NewAccount) -> Result<(), DeskError> {
        Self::require(viewer, Permission::ManageAccounts)?;
        if !self.site.data.units.contains(&account.unit) {
            return Err(DeskError::Account(AccountProblem::UnknownUnit));
        }
        let typed = Password::new(account.password.expose_secret().to_owned())
            .map_err(|_length| DeskError::Account(AccountProblem::PasswordLength))?;
        let hash = {
            let _turn = self.site.stretching.turn();
            password::hash(&typed, &*self.site.randomness).map_err(failed)?
        };
        let added =
            AccountAdded { name: account.name.clone(), role: account.role, unit: account.unit.clone(), password: hash };
        let decided =
            self.site.records.decide(&Actor::from(viewer), &*self.site.clock, |register| adding(register, added));
        match decided {
            Ok(_numbers) => Ok(()),
            Err(NotAdded::NameTaken) => Err(DeskError::Account(AccountProblem::NameTaken)),
            Err(NotAdded::Record(error)) => Err(failed(error)),
        }
    }
}

/// The event that adds an account, unless the name is taken.
pub(crate) fn adding(register: &Register, added: AccountAdded) -> Result<Vec<NewEvent>, NotAdded> {
    if register.account(&added.name).is_some() {
        return Err(NotAdded::NameTaken);
    }
    Ok(vec![NewEvent::of_site(Body::from(added))])
}

/// Why an account was not added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAdded {
    /// There is one of that name.
    #[error("账号已存在 (the name is taken)")]
    NameTaken,
    /// The ledger did not take it.
    #[error("账号没有记下 (the account was not recorded)")]
    Record(#[from] RecordError),
}

fn row(held: &Held) -> AccountRow {
    let account = held.account.clone();
    AccountRow {
        name: account.name,
        role: account.role,
        unit: account.unit,
        added_at: held.added_at,
        closed: held.standing == Standing::Closed,
    }
}
