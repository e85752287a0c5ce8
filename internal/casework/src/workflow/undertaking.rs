//! 保密承诺: who verifies has signed that nothing leaves (the platform article, fact 11).
//!
//! Without a valid one on file nobody of a role that needs one is given a case, or reads one.

use jiff::civil::Date;
use nightsafe_schema::digest::Digest;
use serde::{Deserialize, Serialize};

use crate::role::Role;

/// An undertaking on file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undertaking {
    /// When it was signed.
    pub signed_on: Date,
    /// The last day on which it holds.
    pub valid_to: Date,
    /// The digest of the signed paper's scan.
    pub document: Digest,
}

impl Undertaking {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.signed_on <= day && day <= self.valid_to
    }

    /// Whether somebody of this role may do on that day what the role is for.
    pub fn suffices(role: Role, on_file: Option<&Self>, day: Date) -> bool {
        !role.needs_undertaking() || on_file.is_some_and(|undertaking| undertaking.holds_on(day))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_undertaking_holds_from_its_signature_to_its_last_day() {
        let signed = Undertaking { signed_on: date(2026, 3, 1), valid_to: date(2027, 2, 28), document: Digest::ZERO };
        for (day, holds) in
            [(date(2026, 2, 28), false), (date(2026, 3, 1), true), (date(2027, 2, 28), true), (date(2027, 3, 1), false)]
        {
            assert_eq!(signed.holds_on(day), holds, "{day}");
            assert_eq!(Undertaking::suffices(Role::Verifier, Some(&signed), day), holds, "{day}");
            assert!(Undertaking::suffices(Role::Analyst, None, day));
        }
        assert!(!Undertaking::suffices(Role::Verifier, None, date(2026, 3, 1)));
    }
}
