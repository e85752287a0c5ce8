//! Registering at the counter, by whoever's role it is.

use std::io::Read;

use nightsafe_casework::{account::Viewer, role::Permission};
use nightsafe_console::desk::{DeskError, MailImport, Registration, RegistrationReceipt};

use super::{SiteDesk, failed};
use crate::counter::RegisterError;

impl SiteDesk {
    /// Registers a report that came by telephone, letter or visit.
    pub(crate) fn register_report(
        &self,
        viewer: &Viewer,
        registration: &Registration,
        bytes: &mut dyn Read,
    ) -> Result<RegistrationReceipt, DeskError> {
        Self::require(viewer, Permission::Register)?;
        let site = &*self.site;
        site.counter.register(site, (viewer, self.via), registration, bytes).map_err(refused)
    }

    /// Registers a mail file.
    pub(crate) fn register_mail(
        &self,
        viewer: &Viewer,
        import: &MailImport,
        bytes: &mut dyn Read,
    ) -> Result<RegistrationReceipt, DeskError> {
        Self::require(viewer, Permission::Register)?;
        let site = &*self.site;
        site.counter.import_mail(site, (viewer, self.via), import, bytes).map_err(refused)
    }
}

fn refused(error: RegisterError) -> DeskError {
    match error {
        RegisterError::Problem(problem) => DeskError::Registration(problem),
        error => failed(error),
    }
}
