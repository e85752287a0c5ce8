//! Who may see a case (DESIGN section 8, DOMAIN 7.4): the exact set of units, and nothing else decides.
//!
//! Users of a unit that holds a task or a copy, of that unit's ancestors, of the provincial OFFICE of the place, and of
//! `OFFICE.000000`; never a unit in the forbidden set or below one, where a station or internal division counts as its
//! organ. A sealed case is seen by no unit at all.

use std::collections::BTreeSet;

use nightsafe_schema::{
    division::{DivisionCode, Divisions},
    unit::{Level, System, UnitId, UnitRegistry},
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

/// The units whose users may see the case: exactly these.
pub fn viewers(access: &Access, units: &UnitRegistry, divisions: &Divisions) -> BTreeSet<UnitId> {
    if access.sealed {
        return BTreeSet::new();
    }
    let above = access.holders.iter().flat_map(|holder| units.ancestors(holder)).map(|unit| &unit.id);
    let mut seeing: BTreeSet<UnitId> = access.holders.iter().chain(above).cloned().collect();
    seeing.extend(access.place.and_then(|place| provincial_office(place, units, divisions)).cloned());
    seeing.extend(national_office(units).cloned());
    let forbidden = closed(&access.forbidden, units);
    seeing.retain(|unit| units.contains(unit) && !forbidden.contains(unit));
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
    let mut closed = forbidden.clone();
    for unit in forbidden {
        let organ = units.organ_of(unit).map_or(unit, |organ| &organ.id);
        closed.insert(organ.clone());
        closed.extend(units.descendants(organ).into_iter().cloned());
        closed.extend(units.descendants(unit).into_iter().cloned());
    }
    closed
}

/// `OFFICE.000000`, the national pool, if the registry has it.
pub fn national_office(units: &UnitRegistry) -> Option<&UnitId> {
    units.serving(System::OFFICE, Level::Nation, DivisionCode::NATION).next().map(|unit| &unit.id)
}

/// The provincial office of the province that a place lies in.
fn provincial_office<'a>(place: DivisionCode, units: &'a UnitRegistry, divisions: &Divisions) -> Option<&'a UnitId> {
    let province = divisions.province_of(place)?;
    units.serving(System::OFFICE, Level::Province, province).next().map(|unit| &unit.id)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{account::Account, role::Role};

    const SAMPLE_UNITS: &str = include_str!("../../../tests/data/samples/units.json");
    const SAMPLE_DIVISIONS: &str = include_str!("../../../tests/data/samples/fictional_divisions.json");

    fn id(text: &str) -> UnitId {
        text.parse().unwrap()
    }

    fn ids(texts: &[&str]) -> BTreeSet<UnitId> {
        texts.iter().map(|text| id(text)).collect()
    }

    fn samples() -> (UnitRegistry, Divisions) {
        (UnitRegistry::from_json([SAMPLE_UNITS]).unwrap(), Divisions::with_files([SAMPLE_DIVISIONS]).unwrap())
    }

    #[test]
    fn holders_their_ancestors_the_province_and_the_nation_see_it() {
        let (units, divisions) = samples();
        let access = Access {
            holders: ids(&["POLICE.990100", "DISC.990100"]),
            forbidden: ids(&["POLICE.990121"]),
            place: Some("990121".parse().unwrap()),
            sealed: false,
        };
        let expected = [
            "POLICE.990100",
            "POLICE.990000",
            "POLICE.000000",
            "DISC.990100",
            "DISC.990000",
            "DISC.000000",
            "OFFICE.990000",
            "OFFICE.000000",
        ];
        assert_eq!(viewers(&access, &units, &divisions), ids(&expected));
    }

    #[test]
    fn a_forbidden_station_stands_for_its_organ() {
        let (units, divisions) = samples();
        let access = Access {
            holders: ids(&["POLICE.990121", "COURT.990102"]),
            forbidden: ids(&["POLICE.990121.liuye"]),
            ..Access::default()
        };
        let viewers = viewers(&access, &units, &divisions);
        assert!(!viewers.contains(&id("POLICE.990121")) && viewers.contains(&id("COURT.990102")));
    }

    #[test]
    fn the_provincial_and_the_national_office_can_be_forbidden() {
        let (units, divisions) = samples();
        let place = Some("990121".parse().unwrap());
        let holders = ids(&["DISC.000000"]);
        let forbidden = ids(&["OFFICE.990000"]);
        let access = Access { holders: holders.clone(), forbidden, place, sealed: false };
        assert_eq!(viewers(&access, &units, &divisions), ids(&["DISC.000000", "OFFICE.000000"]));
        let access = Access { holders, forbidden: ids(&["OFFICE.000000"]), place, sealed: false };
        assert_eq!(viewers(&access, &units, &divisions), ids(&["DISC.000000"]));
    }

    #[test]
    fn a_sealed_case_is_seen_by_no_unit() {
        let (units, divisions) = samples();
        let access = Access { holders: ids(&["OFFICE.000000"]), sealed: true, ..Access::default() };
        assert_eq!(viewers(&access, &units, &divisions), BTreeSet::new());
    }

    #[test]
    fn a_role_without_cases_sees_none_even_in_the_right_unit() {
        let viewers = ids(&["DISC.000000"]);
        for role in Role::ALL {
            let account = Account { name: "a".parse().unwrap(), role, unit: id("DISC.000000") };
            let expected =
                matches!(role, Role::Analyst | Role::Dispatcher | Role::Verifier | Role::Reviewer | Role::Head);
            assert_eq!(sees(&Viewer::authenticated(account), &viewers), expected, "{role}");
        }
    }

    /// A unit of a random tree: its level and, as an index into the level above, who stands above it.
    type Node = (usize, usize);

    const LEVELS: [&str; 5] = ["NATION", "PROVINCE", "PREFECTURE", "COUNTY", "STATION"];
    static DIVISIONS: LazyLock<Divisions> = LazyLock::new(|| Divisions::with_files([SAMPLE_DIVISIONS]).unwrap());
    const SYSTEMS: [&str; 3] = ["OFFICE", "POLICE", "DISC"];

    fn forest() -> impl Strategy<Value = Vec<Node>> {
        proptest::collection::vec((1_usize..5, 0_usize..8), 0..40)
    }

    /// A registry in which each system has the tree's shape, with `OFFICE.000000` at the top of one.
    fn registry(nodes: &[Node]) -> UnitRegistry {
        let mut units = Vec::new();
        for system in SYSTEMS {
            let mut by_level: Vec<Vec<String>> = vec![vec![format!("{system}.000000")], vec![], vec![], vec![], vec![]];
            units.push(json!({"id": by_level[0][0], "name": "x", "system": system, "level": "NATION",
                "division": "000000"}));
            for (number, &(level, above)) in nodes.iter().enumerate() {
                let Some(parents) = by_level[..level].iter().rev().find(|parents| !parents.is_empty()) else {
                    continue;
                };
                let parent = parents[above % parents.len()].clone();
                let id = format!("{system}.{number}");
                let organ = (level == 4).then_some(&parent);
                // A place's province is 990000; one unit in three serves it.
                let division = (level == 1 && number % 3 == 0).then_some("990000");
                units.push(json!({"id": id, "name": "x", "system": system, "level": LEVELS[level],
                    "division": division, "parent": parent, "organ": organ}));
                by_level[level].push(id);
            }
        }
        UnitRegistry::from_json([json!({"units": units}).to_string().as_str()]).unwrap()
    }

    /// DESIGN section 8 word for word, one unit at a time, climbing by hand.
    fn may_see_by_definition(unit: &UnitId, access: &Access, units: &UnitRegistry, divisions: &Divisions) -> bool {
        let above = |start: &UnitId| {
            let mut chain = Vec::new();
            let mut next = units.unit(start).and_then(|unit| unit.parent.clone());
            while let Some(parent) = next {
                next = units.unit(&parent).and_then(|unit| unit.parent.clone());
                chain.push(parent);
            }
            chain
        };
        let as_organ = |unit: &UnitId| units.unit(unit).and_then(|unit| unit.organ.clone());
        let holds = access.holders.contains(unit);
        let above_a_holder = access.holders.iter().any(|holder| above(holder).contains(unit));
        let found = units.unit(unit).unwrap();
        let office = found.system == *"OFFICE";
        let of_the_province = office
            && found.level == Level::Province
            && access.place.and_then(|place| divisions.province_of(place)).is_some_and(|p| found.division == Some(p))
            && units.serving("OFFICE", Level::Province, found.division.unwrap()).next().unwrap().id == *unit;
        let national = unit.as_str() == "OFFICE.000000";
        let accused: Vec<UnitId> =
            access.forbidden.iter().flat_map(|unit| [Some(unit.clone()), as_organ(unit)]).flatten().collect();
        let at_or_below = accused.contains(unit) || above(unit).iter().any(|higher| accused.contains(higher));
        !access.sealed && (holds || above_a_holder || of_the_province || national) && !at_or_below
    }

    proptest! {
        #[test]
        fn exactly_the_units_of_the_definition_see_a_case(
            nodes in forest(),
            holders in proptest::collection::vec((0_usize..3, 0_usize..40), 0..4),
            forbidden in proptest::collection::vec((0_usize..3, 0_usize..40), 0..4),
            place in proptest::option::of(Just("990121".parse::<DivisionCode>().unwrap())),
            sealed in proptest::bool::weighted(0.05),
        ) {
            let units = registry(&nodes);
            let divisions = &*DIVISIONS;
            let pick = |picks: &[(usize, usize)]| -> BTreeSet<UnitId> {
                picks.iter().map(|&(system, number)| id(&format!("{}.{number}", SYSTEMS[system])))
                    .filter(|unit| units.contains(unit)).collect()
            };
            let access = Access { holders: pick(&holders), forbidden: pick(&forbidden), place, sealed };
            let seeing = viewers(&access, &units, divisions);
            for unit in units.units() {
                let expected = may_see_by_definition(&unit.id, &access, &units, divisions);
                prop_assert_eq!(seeing.contains(&unit.id), expected, "{}", unit.id);
            }
            prop_assert!(seeing.iter().all(|unit| units.contains(unit)));
            prop_assert!(closed(&access.forbidden, &units).is_disjoint(&seeing));
        }
    }
}
