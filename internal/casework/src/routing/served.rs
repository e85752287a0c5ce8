//! DOMAIN 7.4 c: units where a named officer works or worked within two years must not see the report.
//!
//! The register knows names and not people: of several of one name, those count who fit what the report says of system and
//! province, so that a common name does not forbid half the country; where it says nothing, all of them do.

use jiff::{ToSpan as _, civil::Date};
use nightsafe_schema::{
    division::DivisionCode,
    officer::{Officers, Posting},
    report::{Code, Flow, Report, SubjectKind},
    unit::{Level, Unit},
};

use super::{Tables, forbidden::ForbiddenSet, naming::Names};

/// The register as of a day.
#[derive(Clone, Copy)]
pub(super) struct Served<'a> {
    pub(super) officers: &'a Officers,
    pub(super) on: Date,
}

/// What the report says of a named officer.
struct Person<'r> {
    field: String,
    name: &'r str,
    system: Option<&'r str>,
    region: Option<DivisionCode>,
}

impl Served<'_> {
    /// Forbids the units of every named officer.
    pub(super) fn forbid(
        self,
        report: &Report,
        place: Option<DivisionCode>,
        names: &Names<'_>,
        tables: &Tables<'_>,
        forbidden: &mut ForbiddenSet,
    ) {
        let since = self.on.checked_sub(YEARS.years()).unwrap_or(Date::MIN);
        for person in persons(report) {
            let around = person.region.or(place).and_then(|code| tables.divisions.province_of(code));
            for posting in self.officers.worked_since(person.name, since, self.on) {
                let Some(unit) = tables.units.unit(&posting.unit) else { continue };
                let province = names.division_of(unit).and_then(|code| tables.divisions.province_of(code));
                let elsewhere = around.zip(province).is_some_and(|(around, province)| around != province);
                if person.system.is_none_or(|system| unit.system == *system) && !elsewhere {
                    forbid(posting, unit, &person.field, names, tables, forbidden);
                }
            }
        }
    }
}

fn forbid(
    posting: &Posting,
    unit: &Unit,
    field: &str,
    names: &Names<'_>,
    tables: &Tables<'_>,
    forbidden: &mut ForbiddenSet,
) {
    forbidden.served(&posting.unit, field, tables);
    let organ = tables.units.organ_of(&posting.unit).unwrap_or(unit);
    if let (true, Some(division)) = (posting.head && unit.level != Level::Station, names.division_of(organ)) {
        forbidden.headed(organ.level, division, field, tables);
    }
}

/// Officials named in their own fields.
fn persons(report: &Report) -> Vec<Person<'_>> {
    let officers = report.flow() == Flow::OfficerMisconduct;
    let subjects = report.subjects().iter().enumerate();
    let subjects = subjects.filter(|(_, subject)| officers && subject.kind != SubjectKind::Organisation);
    let subjects = subjects.map(|(number, subject)| Person {
        field: format!("subjects[{number}].name"),
        name: &subject.name,
        system: told(subject.system.as_ref()),
        region: subject.region_code,
    });
    let persons = report.umbrella().map(|umbrella| umbrella.persons.as_slice()).unwrap_or_default();
    let persons = persons.iter().enumerate().map(|(number, person)| Person {
        field: format!("umbrella.persons[{number}].name"),
        name: &person.name,
        system: told(person.system.as_ref()),
        region: person.region_code,
    });
    subjects.chain(persons).collect()
}

/// A system that says which branch.
fn told(system: Option<&Code>) -> Option<&str> {
    system.map(Code::as_str).filter(|system| !["UNKNOWN", "OTHER_GOV"].contains(system))
}

/// How long a former unit stays forbidden.
const YEARS: i8 = 2;
