//! The marks of a report, made while it is taken in: afterwards nobody here knows who the reporter is.

use nightsafe_casework::{
    event::IdentityPart,
    linking::{Mark, marks},
};
use nightsafe_schema::report::Report;

use crate::site::Site;

/// The marks of this report's reporter, of its own number, of the numbers that it cites.
pub(crate) fn marks_of(report: &Report, identity: &IdentityPart, site: &Site) -> Vec<Mark> {
    marks(&identity.reporter, &identity.clue_number.grouped(), report.document(), &site.marker)
}
