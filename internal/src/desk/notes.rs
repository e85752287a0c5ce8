//! Notes that everybody who sees a case reads, and stars that nobody but whoever set them is told of.

use nightsafe_casework::{
    account::Viewer,
    event::{Body, NoteAdded, StarChanged},
};
use nightsafe_console::{
    PAGE_ROWS,
    desk::{Act, ActProblem, DeskError, Inbox, Page},
};
use nightsafe_index::FacetCounts;

use super::SiteDesk;
use crate::{limits, register::Register};
use nightsafe_schema::case::CaseId;

impl SiteDesk {
    /// The event of a note or a star; none for any other act.
    pub(super) fn event_beside(
        &self,
        viewer: &Viewer,
        case: CaseId,
        act: &Act,
        register: &Register,
    ) -> Result<Body, ActProblem> {
        let (via, by) = (self.via, viewer.account().clone());
        let stars = register.starred(viewer.account());
        let star = |starred: bool| {
            if stars.contains(&case) == starred {
                return Err(ActProblem::Already);
            }
            if starred && stars.len() >= limits::STARS {
                return Err(ActProblem::Stars);
            }
            Ok(Body::from(StarChanged { via, by: by.clone(), starred }))
        };
        match act {
            Act::Note { text } => Ok(Body::from(NoteAdded { via, by, text: text.to_string() })),
            Act::Star => star(true),
            Act::Unstar => star(false),
            _ => Err(ActProblem::NoSuchAct),
        }
    }

    /// The cases that this viewer marked and may still see, those marked last first.
    pub(super) fn list_starred(&self, viewer: &Viewer, skip: u64) -> Result<Inbox, DeskError> {
        let marked = self.site.records.register().starred(viewer.account()).to_vec();
        let mut rows = Vec::new();
        for case in marked {
            match self.visible(viewer, case) {
                Ok(state) => rows.push(state.summary(case)),
                Err(DeskError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        let total = rows.len() as u64;
        let skipped = skip.min(total);
        let first = usize::try_from(skipped).unwrap_or(usize::MAX);
        let rows = rows.into_iter().skip(first).take(PAGE_ROWS).collect();
        Ok(Inbox { page: Page { rows, total, skipped }, facets: FacetCounts::default() })
    }
}
