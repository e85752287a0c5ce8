//! The same done with several cases at once: what can be, and with which.

use std::collections::BTreeSet;

use nightsafe_casework::{
    case::CaseSummary,
    event::OnceKey,
    role::{Permission, Role},
    workflow::Move,
};
use nightsafe_schema::case::CaseId;

use super::{Act, ActProblem, DeskError};
use crate::limits::PAGE_ROWS;

/// An act that is the same for every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Common {
    /// A move of [`Move::FOR_MANY`].
    Step(Move),
    /// Have the same person verify them.
    Verifier,
    /// Write the same note on each.
    Note,
    /// Mark them.
    Star,
    /// Take the marks away.
    Unstar,
}

/// The same, to be done with several cases: each by its own guards, whatever becomes of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Many {
    act: Act,
    common: Common,
    cases: Vec<(CaseId, Option<u64>)>,
    key: Option<OnceKey>,
}

/// What became of each case.
pub type Fates = Vec<(CaseId, Result<(), DeskError>)>;

/// A case that may be chosen, as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its line in lists.
    pub summary: CaseSummary,
    /// What it would be acted on from.
    pub edition: u64,
    /// It can be done with it now, by this viewer, as far as nothing typed is asked.
    pub open: bool,
}

impl Common {
    /// Every one, in the order in which a page offers them.
    pub fn all() -> impl Iterator<Item = Self> {
        let beside = [Self::Verifier, Self::Note, Self::Star, Self::Unstar];
        Move::FOR_MANY.into_iter().map(Self::Step).chain(beside)
    }

    /// The name of the act, as [`Act::read`] reads it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Step(act) => act.code(),
            Self::Verifier => "assign",
            Self::Note => "note",
            Self::Star => "star",
            Self::Unstar => "unstar",
        }
    }

    /// The one of this name.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::all().find(|common| common.code() == code)
    }

    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Step(act) => act.words(),
            Self::Verifier => ("指派核查员", "Name a verifier"),
            Self::Note => ("写备注", "Write a note"),
            Self::Star => ("标记", "Mark"),
            Self::Unstar => ("取消标记", "Take the mark away"),
        }
    }

    /// Whether somebody in this role can ever do it.
    pub fn is_for(self, role: Role) -> bool {
        match self {
            Self::Step(act) => role.may(Permission::Work) && act.may_be_of(role),
            Self::Verifier => role.may(Permission::Dispatch),
            Self::Note | Self::Star | Self::Unstar => role.may(Permission::Work),
        }
    }

    /// Whether it is decided on what the case is: then it must be what its reader saw.
    pub const fn is_decided(self) -> bool {
        matches!(self, Self::Step(_) | Self::Verifier)
    }
}

impl Many {
    /// This act with these cases, each from the edition that its reader saw: of one page at most, none of them twice.
    pub fn new(act: Act, cases: Vec<(CaseId, Option<u64>)>, key: Option<OnceKey>) -> Result<Self, ActProblem> {
        let common = match &act {
            Act::Step(wish) => Common::of_code(wish.act.code()),
            Act::Assign { .. } => Some(Common::Verifier),
            Act::Note { .. } => Some(Common::Note),
            Act::Star => Some(Common::Star),
            Act::Unstar => Some(Common::Unstar),
            _ => None,
        };
        let common = common.ok_or(ActProblem::NotForMany)?;
        let different: BTreeSet<CaseId> = cases.iter().map(|(case, _)| *case).collect();
        if cases.is_empty() || cases.len() > PAGE_ROWS || different.len() < cases.len() {
            return Err(ActProblem::HowMany);
        }
        Ok(Self { act, common, cases, key })
    }

    /// What.
    pub const fn act(&self) -> &Act {
        &self.act
    }

    /// The same, without what was typed.
    pub const fn common(&self) -> Common {
        self.common
    }

    /// With which, and from which edition.
    pub fn cases(&self) -> &[(CaseId, Option<u64>)] {
        &self.cases
    }

    /// The key of the form: sent again it does nothing anew.
    pub const fn key(&self) -> Option<&OnceKey> {
        self.key.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use nightsafe_casework::workflow::Wish;

    use super::*;

    fn case(number: u64) -> CaseId {
        format!("0000-0000-{number:04}").parse().unwrap()
    }

    #[test]
    fn what_says_something_of_one_case_is_not_done_with_many() {
        let item = "01040G2081040G2081040G2081";
        let fields = [("reason", "同一个理由"), ("unit", "POLICE.990100"), ("case", "0000-0000-0002"), ("item", item)];
        let fields = fields.into_iter().chain([("part", "crime"), ("account", "verifier")]);
        let field = |name: &str| fields.clone().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
        let named = Act::NAMES.map(|name| (name, Act::read(name, field).unwrap()));
        let moves = Move::ALL.map(|act| (act.code(), Act::Step(Wish::new(None, act))));
        let mut refused = Vec::new();
        for (name, act) in named.into_iter().chain(moves) {
            let many = Many::new(act, vec![(case(1), None), (case(2), None)], None);
            assert_eq!(many.is_ok(), Common::of_code(name).is_some(), "{name}");
            refused.extend(many.is_err().then_some(name));
        }
        let never = [
            "acknowledge",
            "forbid",
            "recuse",
            "merge",
            "original-grant",
            "refuse",
            "record",
            "submit",
            "pass",
            "reject",
        ];
        for name in never.into_iter().chain(["feed-back", "protect", "approve-reward"]) {
            assert!(refused.contains(&name), "{name}: {refused:?}");
        }
    }

    #[test]
    fn a_page_of_different_cases_at_most() {
        let of = |cases: Vec<u64>| {
            let cases = cases.into_iter().map(|number| (case(number), None)).collect();
            Many::new(Act::Star, cases, None).map(|many| many.cases().len())
        };
        assert_eq!(of(vec![]), Err(ActProblem::HowMany));
        assert_eq!(of(vec![1, 2, 1]), Err(ActProblem::HowMany));
        assert_eq!(of((1..=50).collect()), Ok(50));
        assert_eq!(of((1..=51).collect()), Err(ActProblem::HowMany));
    }

    #[test]
    fn whoever_works_on_cases_is_offered_something_and_nobody_else_anything() {
        for role in Role::ALL {
            let offered = Common::all().filter(|common| common.is_for(role)).count();
            assert_eq!(offered > 0, role.may(Permission::Work), "{role}");
        }
        assert!(
            Common::Step(Move::Forward).is_for(Role::Dispatcher) && !Common::Step(Move::Forward).is_for(Role::Head)
        );
    }
}
