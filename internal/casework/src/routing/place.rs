//! Where a report belongs: its place, and how far it reaches (DOMAIN 7.2, 7.3).

use std::collections::BTreeSet;

use nightsafe_schema::{
    catalog::Catalog,
    division::{DivisionCode, Divisions},
    report::{Flow, Report},
    unit::Level,
};

/// The place that the facts name, if a division table knows it or what lies above it.
pub(super) fn of_facts(report: &Report, divisions: &Divisions) -> Option<(DivisionCode, Vec<&'static str>)> {
    known(report.facts().place.code?, "R_PLACE_FACTS", divisions)
}

/// The next best place: the subject's, the reporter's residence, the campaign's region.
pub(super) fn otherwise(
    report: &Report,
    workplace: Option<DivisionCode>,
    divisions: &Divisions,
    catalog: &Catalog,
) -> Option<(DivisionCode, Vec<&'static str>)> {
    let subject = report.subjects().iter().find_map(|subject| subject.region_code);
    let subject = if report.flow() == Flow::OfficerMisconduct { workplace.or(subject) } else { subject };
    let residence = report.reporter().residence_code;
    let campaign = report.campaign().and_then(|code| catalog.campaign(code)).map(|campaign| campaign.region);
    let sources = [(subject, "R_PLACE_SUBJECT"), (residence, "R_PLACE_REPORTER"), (campaign, "R_PLACE_CAMPAIGN")];
    sources.into_iter().find_map(|(code, rule)| known(code?, rule, divisions))
}

/// Whether the facts reach across prefectures or provinces, and so to which level they go.
///
/// Places are those of the facts and of the subjects; in internet crime also where the victim was reached (犯罪结果发生地).
/// Where a witness lives is none.
pub(super) fn reach(
    report: &Report,
    place: Option<DivisionCode>,
    divisions: &Divisions,
) -> Option<(Level, &'static str)> {
    let subjects = report.subjects().iter().filter_map(|subject| subject.region_code);
    let reporter = report.reporter();
    let internet = report.facts().internet_types.iter().any(|code| !code.is_unknown());
    let hurt = reporter.relation.as_ref().is_some_and(|relation| *relation == "VICTIM" || *relation == "FAMILY");
    let victim = reporter.residence_code.filter(|_| internet && hurt);
    let places: Vec<DivisionCode> = place.into_iter().chain(subjects).chain(victim).collect();
    let provinces: BTreeSet<DivisionCode> = places.iter().filter_map(|code| divisions.province_of(*code)).collect();
    if provinces.len() > 1 {
        return Some((Level::Nation, "R_CROSS_PROVINCE"));
    }
    // A county that a province runs directly stands for a prefecture of its own.
    let prefecture = |code: &DivisionCode| divisions.prefecture_of(*code).or_else(|| divisions.county_of(*code));
    let prefectures: BTreeSet<DivisionCode> = places.iter().filter_map(prefecture).collect();
    (prefectures.len() > 1).then_some((Level::Province, "R_CROSS_PREFECTURE"))
}

/// A code that the tables know; else what lies above it by its digits, never below or beside it (DOMAIN 7.7).
fn known(code: DivisionCode, rule: &'static str, divisions: &Divisions) -> Option<(DivisionCode, Vec<&'static str>)> {
    if divisions.division(code).is_some() {
        return Some((code, vec![rule]));
    }
    let above = [6, 4, 2].into_iter().find_map(|digits| {
        let code: DivisionCode = format!("{:0<6}", code.as_str().get(..digits)?).parse().ok()?;
        divisions.division(code).map(|_| code)
    });
    above.map(|above| (above, vec![rule, "R_PLACE_ABOVE"]))
}
