//! Who may see a case (DESIGN section 8, DOMAIN 7.4): the exact set of units, and nothing else decides.
//!
//! Users of a unit that holds a task or a copy, of that unit's ancestors, of the provincial OFFICE of the place, and of
//! `OFFICE.000000`; never a unit in the forbidden set or below one, where a station or internal division counts as its
//! organ. A sealed case is seen by no unit at all.

use std::collections::BTreeSet;

use nightsafe_schema::{
    division::Divisions,
    unit::{Level, UnitId, UnitRegistry},
};
use serde::{Deserialize, Serialize};

use crate::{account::Viewer, role::Permission};

/// What a case's visibility follows from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Units that hold a task or a copy.
    pub holders: BTreeSet<UnitId>,
    /// Units that must never see it; closed under descendants by [`viewers`] each time anew.
    pub forbidden: BTreeSet<UnitId>,
    /// The division of the place, if there is one.
    pub place: Option<DivisionCode>,
    /// 封存: in the sealed queue.
    pub sealed: bool,
}

/// The units whose users may see the case.
pub fn viewers(access: &Access, units: &UnitRegistry, divisions: &Divisions) -> BTreeSet<UnitId> {
    if access.sealed {
        return BTreeSet::new();
    }
    let mut seeing: BTreeSet<UnitId> = access.holders.clone();
    for holder in &access.holders {
        seeing.extend(units.ancestors(holder).cloned());
    }
    seeing.extend(provincial_office(access.place.as_deref(), units, divisions));
    seeing.extend(national_office(units));
    let forbidden = closed(&access.forbidden, units);
    seeing.retain(|unit| units.unit(unit).is_some() && !forbidden.contains(unit));
    seeing
}

/// Whether this viewer may see a case with these viewers: role and unit both.
pub fn sees(viewer: &Viewer, viewers: &BTreeSet<UnitId>) -> bool {
    viewer.may(Permission::ReadCases) && viewers.contains(viewer.unit())
}

/// The forbidden set in full: each unit, the organ that a station or internal division counts as, and all below them.
///
/// A unit that the registry does not know stays in the set, so that it is forbidden once it appears.
pub fn closed(forbidden: &BTreeSet<UnitId>, units: &UnitRegistry) -> BTreeSet<UnitId> {
    let mut closed = BTreeSet::new();
    for unit in forbidden {
        let organ = units.organ_of(unit).unwrap_or(unit);
        closed.extend([unit.clone(), organ.clone()]);
        closed.extend(units.descendants(organ).cloned());
    }
    closed
}

/// `OFFICE.000000`, the national pool, if the registry has it.
pub fn national_office(units: &UnitRegistry) -> Option<UnitId> {
    units.of("OFFICE", Level::Nation, NATION).map(|unit| unit.id.clone())
}

fn provincial_office(place: Option<&str>, units: &UnitRegistry, divisions: &Divisions) -> Option<UnitId> {
    let province = divisions.province_of(place?)?;
    units.of("OFFICE", Level::Province, province).map(|unit| unit.id.clone())
}

/// The division code of the whole country.
pub const NATION: &str = "000000";
