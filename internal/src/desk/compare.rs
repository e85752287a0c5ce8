//! Two cases side by side: what whoever merges has to see. Both are visible to the viewer, or there is no such page; the look
//! is an event in each, in one batch.

use nightsafe_casework::{account::Viewer, event::CaseViewed};
use nightsafe_console::desk::{CaseDetail, Comparison, DeskError};
use nightsafe_schema::case::CaseId;

use super::{SiteDesk, failed, linking};
use crate::records::{Actor, NewEvent};

impl SiteDesk {
    /// Both cases; recorded in both. A case and itself are no two cases.
    pub(crate) fn show_pair(&self, viewer: &Viewer, left: CaseId, right: CaseId) -> Result<Comparison, DeskError> {
        self.reads(viewer)?;
        if left == right {
            return Err(DeskError::NotFound);
        }
        let (first, second) = (self.visible(viewer, left)?, self.visible(viewer, right)?);
        let look = |case| NewEvent::of_case(case, CaseViewed { via: self.via, copies: Vec::new() });
        let site = &*self.site;
        let looks = vec![look(left), look(right)];
        site.records.append(&Actor::from(viewer), &*site.clock, looks).map(drop).map_err(failed)?;
        let link = linking::row(viewer, &first, right, &second);
        let detail = |case, state| CaseDetail::for_viewer(viewer, case, state);
        Ok(Comparison { left: detail(left, first), right: detail(right, second), link })
    }
}
