//! 保密承诺: filed by the security officer for everybody, by the head of a unit for its people.

use jiff::ToSpan as _;
use nightsafe_casework::{account::Viewer, event::UndertakingFiled, role::Permission};
use nightsafe_console::desk::{AccountRow, DeskError, NewUndertaking, UndertakingProblem};

use super::{SiteDesk, accounts::row, failed};
use crate::{
    accounts::{Held, Standing},
    records::{Actor, NewEvent, RecordError},
    site::Site,
};

impl SiteDesk {
    /// The people whose undertakings this viewer may file, with what is on file.
    pub(crate) fn list_undertakings(&self, viewer: &Viewer) -> Result<Vec<AccountRow>, DeskError> {
        Self::require(viewer, Permission::FileUndertakings)?;
        let register = self.site.records.register();
        let within = register.accounts().filter(|held| held.standing == Standing::Open && self.files_for(viewer, held));
        // Whether somebody is logged in is the account's administration, and not told here.
        Ok(within.map(|held| row(held, 0, &register)).collect())
    }

    /// Puts one on file; recorded.
    pub(crate) fn file_undertaking(&self, viewer: &Viewer, filed: &NewUndertaking) -> Result<(), DeskError> {
        Self::require(viewer, Permission::FileUndertakings)?;
        let undertaking = filed.undertaking;
        let today = Site::day_of(self.site.clock.now());
        let last = undertaking.signed_on.checked_add(LONGEST_YEARS.years()).unwrap_or(undertaking.signed_on);
        if undertaking.signed_on > today || undertaking.valid_to < undertaking.signed_on || undertaking.valid_to > last
        {
            return Err(DeskError::Undertaking(UndertakingProblem::Period));
        }
        if filed.account == *viewer.account() {
            return Err(DeskError::Undertaking(UndertakingProblem::Own));
        }
        let site = &*self.site;
        let decided = site.records.decide(&Actor::from(viewer), &*site.clock, |register| {
            let held = register.account(&filed.account).filter(|held| held.standing == Standing::Open);
            if !held.is_some_and(|held| self.files_for(viewer, held)) {
                return Err(NotFiled::UnknownAccount);
            }
            let (account, by) = (filed.account.clone(), viewer.account().clone());
            Ok(vec![NewEvent::of_site(UndertakingFiled { via: self.via, account, undertaking, by })])
        });
        match decided {
            Ok(_numbers) => Ok(()),
            Err(NotFiled::UnknownAccount) => Err(DeskError::Undertaking(UndertakingProblem::UnknownAccount)),
            Err(NotFiled::Record(error)) => Err(failed(error)),
        }
    }

    /// The security officer files for everybody, the head of a unit for it and what stands below it.
    fn files_for(&self, viewer: &Viewer, held: &Held) -> bool {
        viewer.may(Permission::ManageAccounts) || self.site.data.units.is_at_or_below(&held.account.unit, viewer.unit())
    }
}

/// Why nothing was filed.
enum NotFiled {
    UnknownAccount,
    Record(RecordError),
}

impl From<RecordError> for NotFiled {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

/// How long an undertaking may hold: whoever signed longer ago is asked again.
const LONGEST_YEARS: i64 = 5;
