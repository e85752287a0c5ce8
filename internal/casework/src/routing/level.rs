//! At which level each part of a report starts (DOMAIN 7.3).

use std::collections::BTreeSet;

use nightsafe_schema::{
    division::{DivisionCode, Divisions},
    unit::Level,
};

use super::accused::{Accused, Body};
use crate::triage::{Priority, Triage};

/// Where the search for a unit starts, and the rules that say so.
pub(super) struct Start {
    pub(super) level: Level,
    pub(super) division: Option<DivisionCode>,
    pub(super) rules: Vec<&'static str>,
}

/// Gang facts: the county, and higher for a reason. What is urgent goes to the prefecture at once, designation follows.
pub(super) fn of_crime(
    triage: &Triage,
    place: Option<DivisionCode>,
    reach: Option<(Level, &'static str)>,
    police_suspected: bool,
) -> Start {
    let suspected = police_suspected.then_some((Level::Prefecture, "R_POLICE_SUSPECTED"));
    let important = (triage.priority == Priority::P1).then_some((Level::Prefecture, "R_LEVEL_P1"));
    let reasons: Vec<(Level, &str)> = if triage.priority == Priority::P0 {
        vec![(Level::Prefecture, "R_LEVEL_P0")]
    } else {
        reach.into_iter().chain(important).chain(suspected).collect()
    };
    let level = reasons.iter().map(|(level, _)| *level).min().unwrap_or(Level::County);
    Start { level, division: place, rules: reasons.into_iter().map(|(_, rule)| rule).collect() }
}

/// Disorder in a sector: the county's office; the prefecture's, if the local police are suspected.
pub(super) fn of_sector(place: Option<DivisionCode>, police_suspected: bool) -> Start {
    if police_suspected {
        Start { level: Level::Prefecture, division: place, rules: vec!["R_POLICE_SUSPECTED"] }
    } else {
        Start { level: Level::County, division: place, rules: vec![] }
    }
}

/// Officials: one level above the unit and by rank, the higher of the two; of several, the highest, and high enough to
/// be over all of them.
pub(super) fn of_officials(accused: &[Accused<'_>], place: Option<DivisionCode>, divisions: &Divisions) -> Start {
    let mut rules = BTreeSet::new();
    let mut level = Level::County;
    let mut places = BTreeSet::new();
    let officials: Vec<&Accused<'_>> = accused.iter().filter(|accused| accused.official).collect();
    for official in &officials {
        level = level.min(level_above(official, place, divisions, &mut rules));
        places.extend(official.division.or(place));
    }
    if officials.is_empty() {
        // An umbrella is claimed and nobody named: some unit of the place.
        rules.insert("R_UNKNOWN_UNIT");
        level = own_level(place, divisions).above().unwrap_or(Level::Nation);
        places.extend(place);
    }
    while level != Level::Nation && divisions_at(level, &places, divisions) > 1 {
        level = level.above().unwrap_or(Level::Nation);
    }
    Start { level, division: places.into_iter().next(), rules: rules.into_iter().collect() }
}

fn level_above(
    official: &Accused<'_>,
    place: Option<DivisionCode>,
    divisions: &Divisions,
    rules: &mut BTreeSet<&'static str>,
) -> Level {
    let ambiguous = matches!(&official.body, Body::Units(units) if units.len() > 1);
    let own = official.level.unwrap_or_else(|| own_level(official.division.or(place), divisions));
    let mut level = own.above().unwrap_or(Level::Nation);
    rules.insert("R_LEVEL_ABOVE_ACCUSED");
    if ambiguous || official.level.is_none() {
        rules.insert("R_UNKNOWN_UNIT");
    }
    if ambiguous {
        level = level.above().unwrap_or(Level::Nation);
    }
    if let Some(by_rank) = official.by_rank.filter(|by_rank| by_rank.is_above(level)) {
        rules.insert("R_LEVEL_RANK");
        level = by_rank;
    }
    level
}

/// The level of a unit that nothing is known of but its place: an organ of that division.
fn own_level(place: Option<DivisionCode>, divisions: &Divisions) -> Level {
    let division = place.and_then(|place| divisions.division(place));
    division.map_or(Level::County, |division| super::naming::level_of(division.level))
}

fn divisions_at(level: Level, places: &BTreeSet<DivisionCode>, divisions: &Divisions) -> usize {
    let Some(division_level) = level.division_level() else { return 0 };
    let at: BTreeSet<Option<DivisionCode>> =
        places.iter().map(|place| divisions.at_level(*place, division_level)).collect();
    at.len()
}
