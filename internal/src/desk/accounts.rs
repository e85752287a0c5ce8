//! Accounts: listed and added by the security officer.

use nightsafe_casework::{
    account::{AccountName, Viewer},
    event::{AccountAdded, AccountChange, AccountChanged, Body},
    role::Permission,
};
use nightsafe_console::desk::{AccountOrder, AccountProblem, AccountRow, DeskError, NewAccount};

use super::{SiteDesk, failed};
use crate::{
    accounts::{Held, Standing},
    records::{Actor, NewEvent, RecordError},
    register::Register,
};

impl SiteDesk {
    /// All accounts, by name.
    pub(crate) fn list_accounts(&self, viewer: &Viewer) -> Result<Vec<AccountRow>, DeskError> {
        Self::require(viewer, Permission::ManageAccounts)?;
        let now = self.now();
        let register = self.site.records.register();
        let row = |held: &Held| row(held, self.sessions.of(&held.account.name, now).len(), &register);
        Ok(register.accounts().map(row).collect())
    }

    /// Makes an account; recorded.
    pub(crate) fn make_account(&self, viewer: &Viewer, account: &NewAccount) -> Result<(), DeskError> {
        Self::require(viewer, Permission::ManageAccounts)?;
        let unit = self.site.data.units.unit(&account.unit).ok_or(DeskError::Account(AccountProblem::UnknownUnit))?;
        if !account.role.may_belong_to(unit.level) {
            return Err(DeskError::Account(AccountProblem::AuditorBelow));
        }
        let hash = self.hashed(&account.password)?;
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

    /// Changes an account; recorded. However it is changed, whoever was logged in logs in again.
    pub(crate) fn order_account(
        &self,
        viewer: &Viewer,
        name: &AccountName,
        order: &AccountOrder,
    ) -> Result<(), DeskError> {
        Self::require(viewer, Permission::ManageAccounts)?;
        let change = match order {
            AccountOrder::Close => AccountChange::Closed,
            AccountOrder::Password(password) => AccountChange::Password(self.hashed(password)?),
            AccountOrder::RemoveTotp => AccountChange::TotpRemoved,
            AccountOrder::EndSessions => AccountChange::SessionsEnded,
        };
        let (actor, clock) = (Actor::from(viewer), &*self.site.clock);
        match self.site.records.decide(&actor, clock, |register| changing(register, name, change)) {
            Ok(_numbers) => {
                self.sessions.end(name, None);
                Ok(())
            }
            Err(NotChanged::Problem(problem)) => Err(DeskError::Account(problem)),
            Err(NotChanged::Record(error)) => Err(failed(error)),
        }
    }
}

/// The change that an order comes to, if this account can be changed like that.
fn changing(register: &Register, name: &AccountName, change: AccountChange) -> Result<Vec<NewEvent>, NotChanged> {
    let held = register.account(name).ok_or(AccountProblem::NoSuchAccount)?;
    if held.standing == Standing::Closed {
        return Err(AccountProblem::Closed.into());
    }
    if change == AccountChange::TotpRemoved && held.totp.is_none() {
        return Err(AccountProblem::NoTotp.into());
    }
    let manages = |held: &&Held| held.standing == Standing::Open && held.account.role.may(Permission::ManageAccounts);
    let closes_the_last =
        change == AccountChange::Closed && manages(&held) && register.accounts().filter(manages).count() == 1;
    if closes_the_last {
        return Err(AccountProblem::LastOfficer.into());
    }
    Ok(vec![NewEvent::of_site(AccountChanged { name: name.clone(), change })])
}

/// Why an account was not changed.
enum NotChanged {
    Problem(AccountProblem),
    Record(RecordError),
}

impl From<AccountProblem> for NotChanged {
    fn from(problem: AccountProblem) -> Self {
        Self::Problem(problem)
    }
}

impl From<RecordError> for NotChanged {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
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

/// An account as it is listed.
pub(super) fn row(held: &Held, sessions: usize, register: &Register) -> AccountRow {
    let account = held.account.clone();
    AccountRow {
        undertaking: register.undertaking(&account.name).copied(),
        name: account.name,
        role: account.role,
        unit: account.unit,
        added_at: held.added_at,
        closed: held.standing == Standing::Closed,
        has_totp: held.totp.is_some(),
        sessions,
    }
}
