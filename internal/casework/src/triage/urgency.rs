//! P0 to P4: one line a rule.

use nightsafe_schema::report::{Code, Flow, IdentityMode, PriorReport};

use super::{FiredRule, Matter, Priority, claims_umbrella, gang, has, is, is_one_of};

/// Every rule that fires, with its priority. P3 has no rule: it is what is left.
pub(super) fn fired(matter: &Matter<'_>, doubts: &[FiredRule]) -> Vec<(Priority, FiredRule)> {
    let groups = [(Priority::P0, danger(matter)), (Priority::P1, importance(matter)), (Priority::P2, support(matter))];
    let mut fired: Vec<(Priority, FiredRule)> = groups
        .into_iter()
        .flat_map(|(priority, rules)| rules.into_iter().map(move |rule| (priority, rule)))
        .filter(|(_, rule)| !rule.fields.is_empty())
        .collect();
    // DOMAIN's P4: another office's matter, however well supported; or nothing else found anything in it, and it says
    // nothing or is a test.
    let another_office = doubts.iter().find(|doubt| doubt.rule == "NA1");
    let empty = doubts.iter().find(|doubt| EMPTY.contains(&doubt.rule.as_str()));
    if let (Some(doubt), true) = (another_office, fired.iter().all(|(priority, _)| *priority == Priority::P2)) {
        fired = vec![(Priority::P4, FiredRule { rule: "P4_OUT_OF_SCOPE".to_owned(), fields: doubt.fields.clone() })];
    } else if let (true, Some(doubt)) = (fired.is_empty(), empty) {
        fired.push((Priority::P4, FiredRule { rule: "P4_EMPTY".to_owned(), fields: doubt.fields.clone() }));
    }
    fired
}

fn danger(matter: &Matter<'_>) -> Vec<FiredRule> {
    let facts = matter.report.facts();
    let over = is(facts.ongoing.as_ref(), "NO");
    let detained = has(&facts.acts, &["DETAIN"]) && !over;
    let minors = is(facts.minors_involved.as_ref(), "YES") && is(facts.ongoing.as_ref(), "YES");
    vec![
        rule("P0_LIFE", [field(facts.imminent_danger, "facts.imminent_danger"), text(matter, "life_danger")]),
        rule(
            "P0_WEAPONS",
            [field(is(facts.weapons.as_ref(), "GUN"), "facts.weapons"), text(matter, "guns_explosives")],
        ),
        rule("P0_DETAINED", [field(detained, "facts.acts"), text(matter, "detained_now").filter(|_| !over)]),
        rule("P0_MINORS", [field(minors, "facts.minors_involved")]),
        rule("P0_RETALIATION", [text(matter, "retaliation")]),
    ]
}

fn importance(matter: &Matter<'_>) -> Vec<FiredRule> {
    let (report, facts) = (matter.report, matter.report.facts());
    let high = |rank: Option<&Code>| is_one_of(rank, &HIGH_RANKS);
    let subjects = report.subjects().iter().enumerate().filter(|(_, subject)| high(subject.rank.as_ref()));
    let mut ranks: Vec<Option<String>> = subjects.map(|(place, _)| Some(format!("subjects[{place}].rank"))).collect();
    let persons = report.umbrella().map(|umbrella| umbrella.persons.as_slice()).unwrap_or_default();
    let officials = persons.iter().enumerate().filter(|(_, person)| high(person.rank.as_ref()));
    ranks.extend(officials.map(|(place, _)| Some(format!("umbrella.persons[{place}].rank"))));
    let umbrella = claims_umbrella(report);
    let harm = is_one_of(facts.injury.as_ref(), &["SERIOUS", "DEATH"]);
    vec![
        rule(
            "P1_UMBRELLA",
            [field(umbrella, if report.umbrella().is_some() { "umbrella" } else { "facts.categories" })],
        ),
        rule("P1_RANK", ranks),
        rule("P1_HARM", [field(harm, "facts.injury")]),
        rule("P1_GANG_NATURE", gang::four_features(matter).into_iter().map(Some)),
        rule("P1_POLICE_IN_TEXT", [field(matter.police_suspected(), "facts.narrative")]),
        rule("P1_SERIES", [several(matter, INDEPENDENT_REPORTS)]),
        rule("P1_AGAIN", [several(matter, 2).filter(|_| unsubstantiated_before(matter))]),
    ]
}

fn support(matter: &Matter<'_>) -> Vec<FiredRule> {
    let (report, facts, evidence) = (matter.report, matter.report.facts(), matter.report.evidence());
    if report.flow() == Flow::SectorDisorder {
        return Vec::new();
    }
    let real_name = report.reporter().identity_mode == IdentityMode::RealName;
    let supplied = matter.dossier.attachments.iter().any(|attachment| attachment.supplied.is_some());
    let accounts =
        !evidence.accounts.is_empty() || report.subjects().iter().any(|subject| !subject.accounts.is_empty());
    let online = !evidence.urls.is_empty() || !evidence.transactions.is_empty() || !evidence.apps.is_empty();
    let supported = supplied || online || !evidence.accounts.is_empty();
    let loss = is_one_of(facts.loss_range.as_ref(), &["L_100K_1M", "L_1M_10M", "L_OVER_10M"]);
    let internet = facts.internet_types.iter().any(|code| !code.is_unknown());
    vec![
        rule("P2_REAL_NAME_EVIDENCE", [field(real_name && supported, "evidence")]),
        rule("P2_INTERNET_ACCOUNTS", [field(internet && accounts, "facts.internet_types")]),
        rule("P2_LOSS", [field(loss, "facts.loss_range")]),
        rule("P2_ONGOING", [field(is(facts.ongoing.as_ref(), "YES"), "facts.ongoing")]),
    ]
}

/// So many different people at least report the matter.
fn several(matter: &Matter<'_>, least: u32) -> Option<String> {
    let people = matter.dossier.companions.independent_reports;
    (people >= least).then(|| format!("links[{people}]"))
}

/// The matter was closed as 查否 before: as this report says, or as another of its series does.
fn unsubstantiated_before(matter: &Matter<'_>) -> bool {
    let says = |prior: &PriorReport| is(prior.result.as_ref(), "NOT_SUBSTANTIATED");
    matter.dossier.companions.unsubstantiated_before || matter.report.prior_reports().iter().any(says)
}

/// A rule with the fields it fired on; it has fired if there is one.
fn rule(code: &str, fields: impl IntoIterator<Item = Option<String>>) -> FiredRule {
    FiredRule { rule: code.to_owned(), fields: fields.into_iter().flatten().collect() }
}

fn field(fires: bool, path: &str) -> Option<String> {
    fires.then(|| path.to_owned())
}

/// The words of a list that were found, as the field that a rule fired on.
fn text(matter: &Matter<'_>, list: &str) -> Option<String> {
    let words = matter.words(list);
    (!words.is_empty()).then(|| format!("“{}”", words.join("”“")))
}

/// 县处级 and above.
const HIGH_RANKS: [&str; 5] = ["PROVINCIAL", "BUREAU_CHIEF", "BUREAU_DEPUTY", "COUNTY_CHIEF", "COUNTY_DEPUTY"];

/// The doubts that leave nothing of a report.
const EMPTY: [&str; 2] = ["NA3", "NA6"];

/// So many independent reports make a matter important (DOMAIN 4.4).
const INDEPENDENT_REPORTS: u32 = 3;
