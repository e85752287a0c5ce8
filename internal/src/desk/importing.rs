//! Imports: a dry run or the same as an event, by the office that each table belongs to.

use nightsafe_casework::{account::Viewer, event::Table, role::Permission};
use nightsafe_console::desk::DeskError;

use super::{SiteDesk, failed};
use crate::{
    import::{Candidate, Difference, ImportError, NewUsers, holding},
    receipt::fault::chain,
    records::{Actor, RecordError},
};

impl SiteDesk {
    /// What a file would change; with `apply` it is changed, as an event.
    pub(crate) fn import(
        &self,
        viewer: &Viewer,
        table: &str,
        text: &str,
        apply: bool,
    ) -> Result<Difference, DeskError> {
        let table = Table::of_code(table).ok_or(DeskError::NotFound)?;
        let needed = if table == Table::Users { Permission::ManageAccounts } else { Permission::ManageTables };
        Self::require(viewer, needed)?;
        if table == Table::Users {
            self.import_users(viewer, text, apply)
        } else {
            self.import_table(viewer, table, text, apply)
        }
    }

    fn import_table(&self, viewer: &Viewer, table: Table, text: &str, apply: bool) -> Result<Difference, DeskError> {
        let site = &*self.site;
        let candidate = Candidate::read(&site.config, &site.records, &site.data, table, text).map_err(refused)?;
        if !candidate.gone.is_empty() {
            let held = holding(&site.records, &site.records.register(), &candidate.gone).map_err(failed)?;
            if !held.is_empty() {
                let units = held.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                return Err(refused(ImportError::Holding { units }));
            }
        }
        if apply {
            site.records.append(&Actor::from(viewer), &*site.clock, candidate.events()).map_err(failed)?;
        }
        Ok(candidate.difference)
    }

    fn import_users(&self, viewer: &Viewer, text: &str, apply: bool) -> Result<Difference, DeskError> {
        let site = &*self.site;
        let read = |register: &_| NewUsers::read(text, register, &site.data.units);
        let users = read(&site.records.register()).map_err(refused)?;
        let difference = users.difference.clone();
        if apply {
            // Hashing takes a while; whether the names are still free is asked again when nothing else is recorded.
            let events = users.events(&site.stretching, &*site.randomness).map_err(failed)?;
            let decided = site.records.decide(&Actor::from(viewer), &*site.clock, |register| {
                let now = read(register).map_err(Undecided::Refused)?;
                if now.difference == difference { Ok(events) } else { Err(Undecided::Changed) }
            });
            decided.map_err(|undecided| match undecided {
                Undecided::Refused(error) => refused(error),
                Undecided::Changed => DeskError::Import("the accounts have changed meanwhile: try again".to_owned()),
                Undecided::Record(error) => failed(error),
            })?;
        }
        Ok(difference)
    }
}

/// Why accounts were not imported after all.
enum Undecided {
    Refused(ImportError),
    Changed,
    Record(RecordError),
}

impl From<RecordError> for Undecided {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

/// The words of what is wrong with a file, with the place in it.
fn refused(error: ImportError) -> DeskError {
    match error {
        ImportError::Record(error) => failed(error),
        error => DeskError::Import(chain(&error)),
    }
}
