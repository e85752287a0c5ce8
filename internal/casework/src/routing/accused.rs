//! Whom a report accuses: units named or implied, and where each stands (DOMAIN 7.4 a, d, e; 7.6).

use nightsafe_schema::{
    catalog::Catalog,
    division::DivisionCode,
    report::{Code, Flow, Report, SubjectKind},
    unit::{Level, Unit},
};

use super::naming::{Named, Names, normalised};
use crate::triage::names_police;

/// Somebody or some unit that the report accuses, as far as it can be told.
pub(super) struct Accused<'a> {
    /// The field that says so.
    pub(super) field: String,
    /// Which body it is.
    pub(super) body: Body<'a>,
    /// The level of the organ that it answers as.
    pub(super) level: Option<Level>,
    /// The division of that organ.
    pub(super) division: Option<DivisionCode>,
    /// The lowest level that may handle someone of this rank (管理权限).
    pub(super) by_rank: Option<Level>,
    /// A head or deputy head of the organ.
    pub(super) head: bool,
    /// A discipline task follows from it.
    pub(super) official: bool,
}

/// The body behind an accusation.
pub(super) enum Body<'a> {
    /// Units of the registry as named: a station stays a station here.
    Units(Vec<&'a Unit>),
    /// The party committee or government of a division: all units there are below it.
    Government(DivisionCode),
    /// A township or village body, or one that cannot be told: no unit of the registry.
    Other,
}

/// What is asked of one accused person or unit.
struct Claim<'r> {
    field: String,
    texts: Vec<&'r str>,
    /// The one of the texts that is a person's own name, which may sound like anything.
    person: Option<&'r str>,
    system: Option<&'r Code>,
    rank: Option<&'r Code>,
    post: &'r str,
    region: Option<DivisionCode>,
    /// Fields of an official say that there is a unit, also when it cannot be told which.
    official: bool,
}

/// Everything and everybody that the structured fields accuse.
pub(super) fn in_fields<'a>(
    report: &Report,
    place: Option<DivisionCode>,
    names: &Names<'a>,
    catalog: &Catalog,
) -> Vec<Accused<'a>> {
    let officers = report.flow() == Flow::OfficerMisconduct;
    let subjects = report.subjects().iter().enumerate().map(|(number, subject)| Claim {
        field: format!("subjects[{number}]"),
        texts: vec![&subject.org_name, &subject.name, &subject.occupation, &subject.post],
        person: (subject.kind != SubjectKind::Organisation).then_some(subject.name.as_str()),
        system: subject.system.as_ref(),
        rank: subject.rank.as_ref(),
        post: &subject.post,
        region: subject.region_code,
        official: officers,
    });
    let persons = report.umbrella().map(|umbrella| umbrella.persons.as_slice()).unwrap_or_default();
    let persons = persons.iter().enumerate().map(|(number, person)| Claim {
        field: format!("umbrella.persons[{number}]"),
        texts: vec![&person.org_name, &person.name, &person.post],
        person: Some(&person.name),
        system: person.system.as_ref(),
        rank: person.rank.as_ref(),
        post: &person.post,
        region: person.region_code,
        official: true,
    });
    subjects.chain(persons).flat_map(|claim| claim.resolved(place, names, catalog)).collect()
}

/// Units that handled the matter before, where the result is disputed (7.4 e).
pub(super) fn handled_before<'a>(
    report: &Report,
    place: Option<DivisionCode>,
    names: &Names<'a>,
) -> Vec<(String, Vec<&'a Unit>)> {
    let near: Vec<DivisionCode> = place.into_iter().collect();
    let prior = report.prior_reports().iter().enumerate().filter(|(_, prior)| {
        let says = |code: Option<&Code>, wanted: &str| code.is_some_and(|code| *code == *wanted);
        let refused = ["NOT_FILED", "NOT_SUBSTANTIATED"].iter().any(|result| says(prior.result.as_ref(), result));
        says(prior.satisfied.as_ref(), "NO") || (refused && !says(prior.satisfied.as_ref(), "YES"))
    });
    prior
        .filter_map(|(number, prior)| match names.meant(&prior.receiving_unit, None, &near) {
            Named::Units { units, .. } if !prior.receiving_unit.trim().is_empty() => {
                Some((format!("prior_reports[{number}].receiving_unit"), units))
            }
            _ => None,
        })
        .collect()
}

/// Units that free text names as accused: the name followed by somebody's post (7.6). The nation's units are left out: a
/// word about a ministry must not seal a report.
pub(super) fn in_text<'a>(report: &Report, names: &Names<'a>, catalog: &Catalog) -> Vec<(&'static str, Vec<&'a Unit>)> {
    let facts = report.facts();
    let detail = report.umbrella().map(|umbrella| umbrella.detail.as_str()).unwrap_or_default();
    let texts =
        [("facts.title", facts.title.as_str()), ("facts.narrative", &facts.narrative), ("umbrella.detail", detail)];
    let mut accused = Vec::new();
    for (field, text) in texts {
        for found in names.found_in(text) {
            let after: String = found.rest.chars().take(POST_WITHIN).collect();
            let local = found.units.iter().all(|unit| unit.level != Level::Nation);
            if local && (has_word(catalog, "heads", &after) || STAFF.iter().any(|word| after.contains(word))) {
                accused.push((field, found.units));
            }
        }
    }
    accused
}

/// Whether the local police count as suspected because the text names them (7.6), and no structured field already does.
pub(super) fn police_in_text(report: &Report, accused: &[Accused<'_>], catalog: &Catalog) -> bool {
    let structured = accused.iter().any(|accused| match &accused.body {
        Body::Units(units) => units.iter().any(|unit| unit.system == *"POLICE"),
        _ => false,
    });
    !structured && names_police(report, catalog)
}

impl Claim<'_> {
    /// The bodies that the claim's texts mean; one without a body for an official who can be placed nowhere.
    fn resolved<'a>(self, place: Option<DivisionCode>, names: &Names<'a>, catalog: &Catalog) -> Vec<Accused<'a>> {
        let near: Vec<DivisionCode> = self.region.into_iter().chain(place).collect();
        let system = self.system.map(Code::as_str).filter(|system| !["UNKNOWN", "OTHER_GOV"].contains(system));
        let mut found = Vec::new();
        let told = self.texts.iter().filter(|text| !matches!(normalised(text).as_str(), "" | "不清楚"));
        let first = told.clone().find(|text| self.person != Some(**text));
        for text in told.clone() {
            let sounds_like_one = || self.person != Some(*text) && super::naming::system_in(text).is_some();
            let tells = !names.found_in(text).is_empty() || sounds_like_one();
            // An ordinary subject's texts accuse a unit only by its name; an official's own fields by what they imply.
            if tells || (self.official && first == Some(text)) {
                found.push(names.meant(text, system, &near));
            }
        }
        let places_nothing = |named: &Named<'_>| matches!(named, Named::Unclear);
        if self.official && found.iter().all(places_nothing) {
            found = vec![names.meant("", system, &near)];
        }
        let mut accused: Vec<Accused<'a>> =
            found.into_iter().filter_map(|meant| self.placed(meant, &near, names, catalog)).collect();
        if accused.len() > 1 {
            accused.retain(|accused| accused.level.is_some());
        }
        accused
    }

    fn placed<'a>(
        &self,
        meant: Named<'a>,
        near: &[DivisionCode],
        names: &Names<'a>,
        catalog: &Catalog,
    ) -> Option<Accused<'a>> {
        let (body, level, division, rest) = match meant {
            Named::Units { units, rest } => {
                let level = units.iter().map(|unit| organ_level(unit)).min();
                let division = units.first().and_then(|unit| names.division_of(unit));
                let inside = units.iter().any(|unit| unit.level == Level::Station);
                let rest = if inside { STATION.to_owned() } else { rest };
                (Body::Units(units), level, division, rest)
            }
            Named::Government(division) => {
                (Body::Government(division), names.level_at(division), Some(division), String::new())
            }
            Named::Absent(division) => (Body::Other, names.level_at(division), Some(division), String::new()),
            Named::Township => (Body::Other, Some(Level::Station), near.first().copied(), String::new()),
            Named::Unclear => (Body::Other, None, near.first().copied(), String::new()),
        };
        if !self.official && matches!(body, Body::Other) {
            return None;
        }
        let head = self.heads(&rest, level, catalog);
        let by_rank = self.rank.and_then(level_for_rank);
        Some(Accused { field: self.field.clone(), body, level, division, by_rank, head, official: self.official })
    }

    /// Whether the person heads the organ itself, and not a division of it.
    fn heads(&self, rest: &str, level: Option<Level>, catalog: &Catalog) -> bool {
        let texts = [rest, self.post];
        let inside = texts.iter().any(|text| has_word(catalog, "divisions_of_organs", text));
        let named = texts
            .iter()
            .any(|text| has_word(catalog, "heads", text) || GOVERNMENT_HEADS.iter().any(|word| text.contains(word)));
        let rank = self.rank.map(Code::as_str).unwrap_or_default();
        let leads = match level {
            Some(Level::County) => ["COUNTY_CHIEF", "COUNTY_DEPUTY"].contains(&rank),
            Some(Level::Prefecture) => ["BUREAU_CHIEF", "BUREAU_DEPUTY"].contains(&rank),
            Some(Level::Province) => rank == "PROVINCIAL",
            _ => false,
        };
        !inside && (named || leads)
    }
}

impl Names<'_> {
    fn level_at(&self, division: DivisionCode) -> Option<Level> {
        self.division(division).map(|division| super::naming::level_of(division.level))
    }
}

/// A station counts as its organ, which is a county's at least.
fn organ_level(unit: &Unit) -> Level {
    unit.level.min(Level::County)
}

/// 管理权限: the lowest level that handles someone of this rank.
fn level_for_rank(rank: &Code) -> Option<Level> {
    match rank.as_str() {
        "PROVINCIAL" => Some(Level::Nation),
        "BUREAU_CHIEF" | "BUREAU_DEPUTY" => Some(Level::Province),
        "COUNTY_CHIEF" | "COUNTY_DEPUTY" => Some(Level::Prefecture),
        "TOWNSHIP_CHIEF" | "TOWNSHIP_DEPUTY" | "STAFF" => Some(Level::County),
        _ => None,
    }
}

fn has_word(catalog: &Catalog, list: &str, text: &str) -> bool {
    catalog.words(list).is_some_and(|list| list.found_in(text).next().is_some())
}

/// How far behind a unit's name a post may stand in free text.
const POST_WITHIN: usize = 6;

/// Posts in free text besides the catalog's heads.
const STAFF: [&str; 12] =
    ["民警", "干警", "警察", "辅警", "法官", "检察官", "队长", "庭长", "科长", "处长", "领导", "工作人员"];

const GOVERNMENT_HEADS: [&str; 9] = ["县长", "区长", "市长", "省长", "旗长", "盟长", "主席", "县委常委", "政委"];

/// A word that the catalog counts as an internal division, for a unit that is one.
const STATION: &str = "派出所";
