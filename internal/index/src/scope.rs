//! What a viewer may be answered from. Every query takes one, and nothing but a viewer makes one.

use nightsafe_casework::{
    account::{AccountName, Viewer},
    role::Permission,
};
use nightsafe_schema::unit::{Level, UnitId, UnitRegistry};

/// The cases that a viewer may see, as a condition inside each query: counts and facets follow from it too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    unit: Option<UnitId>,
    account: Option<AccountName>,
    reach: Reach,
}

/// How far up the viewer's unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The national level: lists may be ordered by relevance.
    National,
    /// Below it: an order by relevance could be read as a hint at cases that are not shown.
    Below,
}

impl Scope {
    /// The scope of this viewer. A role that reads no case has an empty one.
    pub(crate) fn of(viewer: &Viewer, units: &UnitRegistry) -> Self {
        let known = units.unit(viewer.unit()).filter(|_| viewer.may(Permission::ReadCases));
        let reach = match known.map(|unit| unit.level) {
            Some(Level::Nation) => Reach::National,
            _ => Reach::Below,
        };
        Self { unit: known.map(|unit| unit.id.clone()), account: Some(viewer.account().clone()), reach }
    }

    /// The unit that must stand among a case's viewers; none if this viewer sees no case at all.
    pub(crate) const fn unit(&self) -> Option<&UnitId> {
        self.unit.as_ref()
    }

    /// Who must not stand among those with a conflict (回避).
    pub(crate) const fn account(&self) -> Option<&AccountName> {
        self.account.as_ref()
    }

    pub(crate) const fn reach(&self) -> Reach {
        self.reach
    }
}

#[cfg(test)]
impl Scope {
    pub(crate) fn for_tests(unit: UnitId, reach: Reach) -> Self {
        Self { unit: Some(unit), account: None, reach }
    }

    pub(crate) fn of_account(self, name: &str) -> Self {
        Self { account: Some(name.parse().unwrap()), ..self }
    }

    pub(crate) fn nobody() -> Self {
        Self { unit: None, account: None, reach: Reach::Below }
    }
}
