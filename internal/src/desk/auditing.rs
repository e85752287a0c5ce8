//! Who reads the log and the proofs of the draws, and which cases are kept from them all the same. Nothing is shown here.

use nightsafe_casework::{account::Viewer, role::Permission, visibility::closed};
use nightsafe_console::desk::DeskError;
use nightsafe_schema::case::CaseId;

use super::{SiteDesk, failed};
use crate::cases;

impl SiteDesk {
    /// Whether this viewer audits: by role, and in a unit of the level that the office belongs to as the units are now. An
    /// account may be older than that rule, and an import may have given its unit another level.
    pub(super) fn audits(&self, viewer: &Viewer) -> bool {
        let unit = self.site.data.units.unit(viewer.unit());
        viewer.may(Permission::ReadAudit) && unit.is_some_and(|unit| viewer.role().may_belong_to(unit.level))
    }

    /// Whether a case is kept from the viewer's own unit: it is forbidden to it, or can be read no more to say so.
    pub(super) fn is_kept_from(&self, viewer: &Viewer, case: CaseId) -> Result<bool, DeskError> {
        let state = cases::state(&self.site, &self.site.records.register(), case).map_err(failed)?;
        let Some(state) = state else { return Ok(!self.site.records.register().events_of(case).is_empty()) };
        Ok(closed(&state.forbidden_units(), &self.site.data.units).contains(viewer.unit()))
    }
}
