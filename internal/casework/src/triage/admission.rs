//! Reasons not to admit a report that a person should consider: NA1 to NA6. Each is a proposal with the fields and words
//! that made it; none of them decides anything.

use nightsafe_schema::report::{Flow, SubjectKind};

use super::{FiredRule, Matter, NOTHING, Repeat, claims_umbrella, is_one_of};

/// The doubts, in the order of their numbers.
pub(super) fn doubts(matter: &Matter<'_>) -> Vec<FiredRule> {
    let facts = matter.report.facts();
    let supplement = matter.report.flow() == Flow::Supplement;
    let letters = facts.narrative.chars().filter(|character| character.is_alphanumeric()).count();
    let mut doubts = Vec::new();
    if !supplement && !shows_crime(matter) {
        doubts.extend(another_office(matter));
    }
    if is_one_of(facts.litigation_status.as_ref(), &["CLOSED", "RECONSIDERATION"]) {
        doubts.push(doubt("NA2", ["facts.litigation_status"]));
    }
    if !supplement && (says_nothing(&facts.narrative) || is_about_nobody(matter, letters)) {
        doubts.push(doubt("NA3", ["facts.narrative"]));
    }
    if matter.dossier.companions.repeats == Some(Repeat::NothingNew) {
        doubts.push(doubt("NA4", ["links"]));
    }
    if !supplement && !shows_crime(matter) && !names_somebody(matter) {
        doubts.extend(words_of(matter, "NA5", "consultation"));
    }
    if facts.narrative.chars().count() < TEST_CHARACTERS {
        doubts.extend(words_of(matter, "NA6", "abuse_or_test"));
    }
    doubts
}

/// NA1: words of a list that says `out_of_scope`, in a category that the list is for.
fn another_office(matter: &Matter<'_>) -> Option<FiredRule> {
    if matter.report.flow() == Flow::OfficerMisconduct {
        return None;
    }
    let categories = &matter.report.facts().categories;
    let mut fields = Vec::new();
    for (name, list) in matter.catalog.word_lists().filter(|(_, list)| list.out_of_scope) {
        let fits = list.within.is_empty()
            || categories.iter().all(|code| code.is_unknown() || list.within.iter().any(|within| *code == **within));
        let found = if fits { matter.words(name) } else { Vec::new() };
        if found.len() >= list.least.max(1) {
            fields.push(format!("{}：“{}”", list.label.zh, found.join("”“")));
        }
    }
    (!fields.is_empty()).then(|| FiredRule { rule: "NA1".to_owned(), fields })
}

/// Anything that a gang, a weapon or an official would be reported for: then the words of a quarrel prove nothing.
fn shows_crime(matter: &Matter<'_>) -> bool {
    let facts = matter.report.facts();
    let lists = ["violence", "hint", "gang_nature", "life_danger", "guns_explosives", "detained_now", "retaliation"];
    let did = facts.acts.iter().any(|act| !act.is_unknown() && *act != "OTHER");
    did || facts.imminent_danger
        || claims_umbrella(matter.report)
        || is_one_of(facts.injury.as_ref(), &["MINOR", "SERIOUS", "DEATH"])
        || is_one_of(facts.weapons.as_ref(), &["YES", "GUN"])
        || facts.internet_types.iter().any(|code| !code.is_unknown())
        || lists.iter().any(|list| !matter.words(list).is_empty())
}

/// Somebody or some unit is named as the one who did it.
fn names_somebody(matter: &Matter<'_>) -> bool {
    let told = |text: &str| !NOTHING.contains(&text.trim());
    matter.report.subjects().iter().any(|subject| {
        told(&subject.name)
            || told(&subject.org_name)
            || subject.kind == SubjectKind::Organisation
            || subject.alias.iter().any(|alias| told(alias))
            || !subject.accounts.is_empty()
    })
}

/// No who, no where and hardly a word.
fn is_about_nobody(matter: &Matter<'_>, letters: usize) -> bool {
    let facts = matter.report.facts();
    let somewhere = facts.place.code.is_some() || !NOTHING.contains(&facts.place.detail.trim());
    let evidence = matter.report.evidence();
    let shown = !matter.dossier.attachments.is_empty() || !evidence.urls.is_empty() || !evidence.accounts.is_empty();
    letters < FEW_LETTERS && !somewhere && !shown && !names_somebody(matter) && !shows_crime(matter)
}

fn words_of(matter: &Matter<'_>, rule: &str, list: &str) -> Option<FiredRule> {
    let found = matter.words(list);
    (!found.is_empty()).then(|| doubt(rule, [format!("“{}”", found.join("”“")).as_str()]))
}

fn doubt<const N: usize>(rule: &str, fields: [&str; N]) -> FiredRule {
    FiredRule { rule: rule.to_owned(), fields: fields.map(str::to_owned).to_vec() }
}

/// No word, or fewer than four different characters again and again.
fn says_nothing(narrative: &str) -> bool {
    let mut letters: Vec<char> = narrative.chars().filter(|character| character.is_alphanumeric()).collect();
    letters.sort_unstable();
    letters.dedup();
    letters.len() < 4 || NOTHING.contains(&narrative.trim())
}

/// A text longer than this that contains a test word is a report about something.
const TEST_CHARACTERS: usize = 40;
/// A text shorter than this says nothing by itself if it names nobody and no place.
const FEW_LETTERS: usize = 20;
