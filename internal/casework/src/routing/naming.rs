//! Units in people's words: which unit a name means, where a table of ids cannot say.
//!
//! It errs to the safe side: a name that fits several units means all of them, and what it cannot tell it says.

mod words;

use std::collections::BTreeMap;

use nightsafe_schema::{
    division::{Division, DivisionCode, DivisionLevel, Divisions},
    unit::{Level, System, Unit, UnitId, UnitRegistry},
};

use crate::plain::plain;

use self::words::{
    GOVERNMENT, KINDS_OF_DIVISION, OF_A_PREFECTURE, OF_A_PROVINCE, OF_THE_NATION, SYSTEM_WORDS, TOWNSHIP,
};

/// The names of all units, found in a text by their first two characters.
pub(super) struct Names<'a> {
    units: &'a UnitRegistry,
    divisions: &'a Divisions,
    by_start: BTreeMap<(char, char), Vec<(String, &'a Unit)>>,
}

/// The name of a unit in a text.
pub(super) struct Found<'a> {
    /// The units of that name.
    pub(super) units: Vec<&'a Unit>,
    /// What follows the name.
    pub(super) rest: String,
    length: usize,
}

/// What a text says about a unit.
pub(super) enum Named<'a> {
    /// These units; several if the name does not tell which.
    Units {
        /// The units.
        units: Vec<&'a Unit>,
        /// What the text says beyond the name: a division, a post.
        rest: String,
    },
    /// A unit of this system and division that the registry does not have.
    Absent(DivisionCode),
    /// The party committee or government of this division.
    Government(DivisionCode),
    /// A township or village body in a county: below every organ.
    Township,
    /// Nothing that can be told.
    Unclear,
}

impl<'a> Names<'a> {
    /// Reads all names once.
    pub(super) fn new(units: &'a UnitRegistry, divisions: &'a Divisions) -> Self {
        let mut by_start: BTreeMap<(char, char), Vec<(String, &Unit)>> = BTreeMap::new();
        for unit in units.units() {
            let name = unit_name(unit);
            if let Some(start) = start(&name) {
                by_start.entry(start).or_default().push((name, unit));
            }
        }
        Self { units, divisions, by_start }
    }

    /// Every unit name in a text, longest first; at one place the longest alone.
    pub(super) fn found_in(&self, text: &str) -> Vec<Found<'a>> {
        let text = normalised(text);
        let mut found: Vec<Found<'a>> =
            text.char_indices().filter_map(|(at, _)| self.found_at(text.get(at..)?)).collect();
        found.sort_by_key(|found| std::cmp::Reverse(found.length));
        found
    }

    /// What a text in an official's or unit's own field means. `system` and `near` are what other fields say.
    pub(super) fn meant(&self, text: &str, system: Option<&str>, near: &[DivisionCode]) -> Named<'a> {
        if let Some(found) = self.found_in(text).into_iter().next() {
            let units = self.nearest(found.units, near);
            return Named::Units { units: self.refined(units, &found.rest), rest: found.rest };
        }
        let text = normalised(text);
        let units = self.nearest(self.containing(&text, system), near);
        if !units.is_empty() {
            return Named::Units { units, rest: String::new() };
        }
        let inferred = system_in(&text);
        if inferred.is_none() && GOVERNMENT.iter().any(|word| text.contains(word)) {
            return self.division_in(&text, near).map_or(Named::Unclear, Named::Government);
        }
        if inferred.is_none() && TOWNSHIP.iter().any(|word| text.contains(word)) {
            return Named::Township;
        }
        let Some(division) = self.division_in(&text, near) else { return Named::Unclear };
        let serving = inferred.or(system).and_then(|system| self.at(system, division));
        match serving {
            Some(unit) => Named::Units { units: vec![unit], rest: text },
            None => Named::Absent(division),
        }
    }

    fn found_at(&self, text: &str) -> Option<Found<'a>> {
        let names = self.by_start.get(&start(text)?)?;
        let matching = || names.iter().filter(|(name, _)| text.starts_with(name.as_str()));
        let (longest, _) = matching().max_by_key(|(name, _)| name.len())?;
        let units = matching().filter(|(name, _)| name == longest).map(|(_, unit)| *unit).collect();
        let rest = text.get(longest.len()..).unwrap_or_default().to_owned();
        Some(Found { units, rest, length: longest.len() })
    }

    /// Units whose name contains the text: 柳叶派出所 for 青禾县公安局柳叶派出所.
    fn containing(&self, text: &str, system: Option<&str>) -> Vec<&'a Unit> {
        // 区公安局 is any district's, not the one whose name happens to contain it.
        let is_of_any_division = KINDS_OF_DIVISION.iter().any(|kind| text.starts_with(kind));
        if is_of_any_division || text.chars().count() < SHORTEST_PART {
            return Vec::new();
        }
        let names = self.by_start.values().flatten();
        let of_system = |unit: &Unit| system.is_none_or(|system| unit.system == *system);
        names.filter(|(name, unit)| name.contains(text) && of_system(unit)).map(|&(_, unit)| unit).collect()
    }

    /// Of several units of one name, those nearest: in the same county, else prefecture, else province, else all.
    fn nearest(&self, units: Vec<&'a Unit>, near: &[DivisionCode]) -> Vec<&'a Unit> {
        if units.len() < 2 {
            return units;
        }
        for level in [DivisionLevel::County, DivisionLevel::Prefecture, DivisionLevel::Province] {
            let around: Vec<DivisionCode> =
                near.iter().filter_map(|code| self.divisions.at_level(*code, level)).collect();
            let lies = |unit: &&Unit| {
                let within =
                    |outer: &DivisionCode| self.division_of(unit).is_some_and(|d| self.divisions.contains(*outer, d));
                around.iter().any(within)
            };
            let close: Vec<&Unit> = units.iter().copied().filter(lies).collect();
            if !close.is_empty() {
                return close;
            }
        }
        units
    }

    /// 松岭市公安局望河分局 is the county's unit, although its name begins with the prefecture's.
    fn refined(&self, units: Vec<&'a Unit>, rest: &str) -> Vec<&'a Unit> {
        let below = |unit: &&'a Unit| {
            let lower = self.units.descendants(&unit.id).into_iter().filter_map(|id| self.units.unit(id));
            let named = lower.filter(|lower| {
                let stem = lower.division.and_then(|division| self.stem(division));
                lower.level != Level::Station && stem.is_some_and(|stem| rest.contains(&stem))
            });
            named.max_by_key(|lower| lower.level)
        };
        units.into_iter().map(|unit| below(&unit).unwrap_or(unit)).collect()
    }

    /// The division that a text means, among those that other fields name and what lies above them.
    fn division_in(&self, text: &str, near: &[DivisionCode]) -> Option<DivisionCode> {
        for level in [DivisionLevel::County, DivisionLevel::Prefecture, DivisionLevel::Province] {
            let mut around = near.iter().filter_map(|code| self.divisions.at_level(*code, level));
            if let Some(named) = around.find(|code| self.stem(*code).is_some_and(|stem| text.contains(&stem))) {
                return Some(named);
            }
        }
        let first = *near.first()?;
        if OF_THE_NATION.iter().any(|word| text.starts_with(word)) {
            return None;
        }
        if text.starts_with('省') || OF_A_PROVINCE.iter().any(|word| text.contains(word)) {
            return self.divisions.province_of(first);
        }
        if text.starts_with(['市', '盟', '州']) || OF_A_PREFECTURE.iter().any(|word| text.contains(word)) {
            // 市 is the prefecture's, unless only the county is a 市 (锡林浩特市 in 锡林郭勒盟).
            let prefecture = self.divisions.prefecture_of(first);
            let is_city = |code: &DivisionCode| self.divisions.name(*code).is_some_and(|name| name.ends_with('市'));
            let county = self.divisions.county_of(first).filter(is_city);
            let only_county = text.contains('市') && !prefecture.as_ref().is_some_and(is_city);
            return county.filter(|_| only_county).or(prefecture).or_else(|| self.divisions.province_of(first));
        }
        Some(first)
    }

    /// A division's name without its kind: 青禾 for 青禾县; at least two characters.
    fn stem(&self, code: DivisionCode) -> Option<String> {
        let name = normalised(self.divisions.name(code)?);
        let name = name.split(['(', '（']).next().unwrap_or_default();
        let stem = KINDS_OF_DIVISION.iter().find_map(|kind| name.strip_suffix(kind)).unwrap_or(name);
        let stem = if stem.chars().count() < 2 { name } else { stem };
        (stem.chars().count() >= 2).then(|| stem.to_owned())
    }

    /// The unit of this system that serves exactly this division.
    fn at(&self, system: &str, division: DivisionCode) -> Option<&'a Unit> {
        let level = level_of(self.divisions.division(division)?.level);
        self.units.serving(system, level, division).next().and_then(|unit| self.units.unit(&unit.id))
    }

    /// The division of this code.
    pub(super) fn division(&self, code: DivisionCode) -> Option<&'a Division> {
        self.divisions.division(code)
    }

    /// The division of a unit, or of the nearest unit above it that has one.
    pub(super) fn division_of(&self, unit: &Unit) -> Option<DivisionCode> {
        let above = self.units.ancestors(&unit.id).into_iter().find_map(|above| above.division);
        unit.division.or(above)
    }
}

/// The level of units that serve a division of this level; below a county, the county's.
pub(super) const fn level_of(level: DivisionLevel) -> Level {
    match level {
        DivisionLevel::Province => Level::Province,
        DivisionLevel::Prefecture => Level::Prefecture,
        DivisionLevel::County | DivisionLevel::Locality => Level::County,
    }
}

/// The system that words in a text belong to.
pub(super) fn system_in(text: &str) -> Option<&'static str> {
    let found = SYSTEM_WORDS.iter().find(|(_, words)| words.iter().any(|word| text.contains(word)));
    found.map(|(system, _)| *system)
}

/// A text as names are compared: without spaces, quotation marks and what cannot be seen.
pub(super) fn normalised(text: &str) -> String {
    let counts = |character: &char| !character.is_whitespace() && !"“”\"'‘’·《》".contains(*character);
    plain(text).chars().filter(counts).collect()
}

/// A unit's name as people write it: the desk that a notice names (…扫黑办) left out.
fn unit_name(unit: &Unit) -> String {
    let name = normalised(&unit.name);
    match name.strip_suffix("扫黑办") {
        Some(organ) if unit.system != *System::OFFICE && !organ.is_empty() => organ.to_owned(),
        _ => name,
    }
}

fn start(text: &str) -> Option<(char, char)> {
    let mut characters = text.chars();
    Some((characters.next()?, characters.next()?))
}

impl std::fmt::Debug for Found<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids: Vec<&UnitId> = self.units.iter().map(|unit| &unit.id).collect();
        f.debug_struct("Found").field("units", &ids).field("rest", &self.rest).finish()
    }
}

/// Fewer characters fit too many names.
const SHORTEST_PART: usize = 4;
