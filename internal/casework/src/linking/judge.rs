//! What two cases are to each other, from everything that they have in common.
//!
//! Rules and no weights learned somewhere: each candidate can be explained by its reasons. The thresholds were set on
//! generated reports of the tuning seeds (tests/generator) and are measured on others.

use std::collections::BTreeSet;

use super::{
    mark::MarkKind,
    matter::Matter,
    named::{IdentifierKind, Person},
    reason::{LinkKind, Reason, ReasonCode},
};

/// What an earlier case is to a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it is.
    pub kind: LinkKind,
    /// Why; at least one, in the order of their codes.
    pub reasons: Vec<Reason>,
    /// For ordering candidates: the larger, the surer.
    pub weight: u32,
}

/// What the earlier case is to the later one; `None` if nothing ties them together.
pub fn judge(later: &Matter, earlier: &Matter) -> Option<Verdict> {
    let common = Common::of(later, earlier);
    let kind = common.kind()?;
    let mut reasons = common.reasons;
    if kind.is_one_matter() && has_new_facts(later, earlier) {
        reasons.insert(Reason::of(ReasonCode::NewFacts));
    }
    let weight = u32::from(common.text) + 25 * common.people + 40 * common.things + 100 * u32::from(common.reporter);
    Some(Verdict { kind, reasons: reasons.into_iter().collect(), weight })
}

/// What two matters have in common.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; rules combine them")]
struct Common {
    reasons: BTreeSet<Reason>,
    /// One reporter.
    reporter: bool,
    /// One cites the other's number.
    cited: bool,
    /// How many kinds of numbers, accounts, addresses they share.
    things: u32,
    /// How sure it is that somebody is in both: 1 for the sound of a name or a nickname, 2 for a whole name, 3 and more
    /// for several signs.
    people: u32,
    /// An organisation is in both.
    organisation: bool,
    /// In hundredths.
    text: u8,
    /// One of the texts is so short that it resembles many.
    short: bool,
    /// Both name people, and not one name is the same.
    strangers: bool,
    /// They share a nickname.
    nickname: bool,
    place: Nearness,
}

/// How near the places are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    /// Different prefectures.
    Apart,
    /// At least one is not known.
    Unknown,
    Prefecture,
    County,
}

impl Common {
    fn of(later: &Matter, earlier: &Matter) -> Self {
        let mut common = Self {
            reasons: BTreeSet::new(),
            reporter: false,
            cited: false,
            things: 0,
            people: 0,
            organisation: false,
            text: 0,
            short: false,
            strangers: false,
            nickname: false,
            place: nearness(&later.place, &earlier.place),
        };
        common.compare_marks(later, earlier);
        common.compare_things(later, earlier);
        common.compare_people(later, earlier);
        common.compare_texts(later, earlier);
        common.say(match common.place {
            Nearness::County => Some(ReasonCode::SameCounty),
            Nearness::Prefecture => Some(ReasonCode::SamePrefecture),
            Nearness::Unknown | Nearness::Apart => None,
        });
        let same_month = !later.month.is_empty() && later.month == earlier.month;
        common.say(same_month.then_some(ReasonCode::SameMonth));
        common
    }

    /// DOMAIN 4.3, from the surest to the least.
    fn kind(&self) -> Option<LinkKind> {
        let somebody = self.people > 0 || self.things > 0 || self.organisation;
        let same_matter = self.is_told_alike() || self.is_told_of_the_same();
        let same_reporters_matter = self.reporter && (self.text >= SIMILAR || self.text >= HINTED && somebody)
            || self.cited && (self.text >= HINTED || somebody);
        let near = self.place >= Nearness::Prefecture;
        let same_suspects = self.things > 0
            || self.people >= 3
            || self.people >= 2 && (self.organisation || self.place == Nearness::County)
            || self.people >= 1 && self.organisation && near;
        if same_reporters_matter || same_matter && self.reporter {
            Some(LinkKind::Duplicate)
        } else if same_matter {
            Some(LinkKind::Series)
        } else {
            same_suspects.then_some(LinkKind::Related)
        }
    }

    /// Whether the texts tell the same, so much that nothing else has to be shared but the place. Two that name different
    /// people must tell it nearly word by word, unless it is the nickname that they share; and what fits into two short
    /// sentences is written by many.
    fn is_told_alike(&self) -> bool {
        let least = match (self.short, self.strangers) {
            (true, _) => VERBATIM,
            (false, true) if !self.nickname => SAME,
            (false, _) => ALIKE,
        };
        match self.place {
            Nearness::County => self.text >= least,
            Nearness::Prefecture => self.text >= SAME && !self.strangers && !self.short,
            Nearness::Unknown | Nearness::Apart => false,
        }
    }

    /// Whether the texts have enough in common for two that are about the same people or things.
    fn is_told_of_the_same(&self) -> bool {
        let near = self.place >= Nearness::Prefecture;
        self.text >= SIMILAR && (self.things > 0 || self.people >= 2 && near)
            || self.text >= LIKE && (self.people > 0 || self.organisation && !self.strangers) && near
            || self.text >= ALIKE && self.people >= 2 && self.place == Nearness::Unknown
    }

    fn compare_marks(&mut self, later: &Matter, earlier: &Matter) {
        for mark in later.marks.intersection(&earlier.marks) {
            self.reporter = true;
            self.cited |= mark.kind == MarkKind::Number;
            self.say(Some(match mark.kind {
                MarkKind::Identity => ReasonCode::SameReporterIdentity,
                MarkKind::Contact => ReasonCode::SameReporterContact,
                MarkKind::Number => ReasonCode::SameNumberCited,
            }));
        }
    }

    fn compare_things(&mut self, later: &Matter, earlier: &Matter) {
        let shared: BTreeSet<IdentifierKind> =
            later.named.intersection(&earlier.named).map(|named| named.kind).collect();
        for kind in shared {
            let code = match kind {
                IdentifierKind::Person => continue,
                IdentifierKind::Organisation => ReasonCode::SameOrganisation,
                IdentifierKind::Number => ReasonCode::SameNumber,
                IdentifierKind::Phone => ReasonCode::SamePhone,
                IdentifierKind::Account => ReasonCode::SameAccount,
                IdentifierKind::Plate => ReasonCode::SamePlate,
                IdentifierKind::Url => ReasonCode::SameUrl,
                IdentifierKind::App => ReasonCode::SameApp,
            };
            if kind == IdentifierKind::Organisation {
                self.organisation = true;
            } else {
                self.things += 1;
            }
            self.say(Some(code));
        }
    }

    fn compare_people(&mut self, later: &Matter, earlier: &Matter) {
        let mut signs = BTreeSet::new();
        for (one, other) in later.people.iter().flat_map(|one| earlier.people.iter().map(move |other| (one, other))) {
            if one.sound == other.sound {
                let nearness = nearness(later.region_of(one), earlier.region_of(other));
                signs.extend(sign(one, other, nearness));
            }
        }
        let names = |matter: &Matter| matter.people.iter().any(|person| !person.is_alias);
        let is_nickname = |code: ReasonCode| code == ReasonCode::SameAlias;
        self.nickname = signs.iter().any(|(code, ..)| is_nickname(*code));
        // Two bosses are called 三爷: whoever has a name of their own is somebody else.
        self.strangers = names(later) && names(earlier) && signs.iter().all(|(code, ..)| is_nickname(*code));
        // Each name counts once, by its surest sign.
        let mut counted = BTreeSet::new();
        for (code, points, sound) in signs.into_iter().rev() {
            if counted.insert(sound) {
                self.people += if self.strangers { 0 } else { points };
                self.say(Some(code));
            }
        }
    }

    fn compare_texts(&mut self, later: &Matter, earlier: &Matter) {
        let pairs = later.texts.iter().flat_map(|one| earlier.texts.iter().map(move |other| (one, other)));
        let both = pairs.map(|(one, other)| (one.containment(other), one.len().min(other.len())));
        let (text, length) = both.max().unwrap_or((0, 0));
        self.text = text;
        self.short = length < SHORT;
        if self.text >= HINTED {
            self.reasons.insert(Reason { code: ReasonCode::Text, hundredths: Some(self.text) });
        }
    }

    fn say(&mut self, code: Option<ReasonCode>) {
        self.reasons.extend(code.map(Reason::of));
    }
}

/// What it says that a name of each sounds like the other: which reason, how sure, of which name. A name of two
/// characters is shared by many people in a county, one of three by few; elsewhere neither says anything.
fn sign(one: &Person, other: &Person, nearness: Nearness) -> Option<(ReasonCode, u32, String)> {
    let is_long = one.sound.matches('\'').count() > 2;
    let (code, points) = match (one.is_alias, other.is_alias, one.name == other.name) {
        (true, _, _) | (_, true, _) => (ReasonCode::SameAlias, 1),
        (false, false, true) => (ReasonCode::SameName, 1 + u32::from(is_long)),
        (false, false, false) => (ReasonCode::SameSound, 1),
    };
    let points = match nearness {
        Nearness::County => points + u32::from(is_long && code == ReasonCode::SameName),
        Nearness::Prefecture => points,
        Nearness::Unknown => points.min(2),
        Nearness::Apart if code == ReasonCode::SameAlias && is_long => 1,
        Nearness::Apart => return None,
    };
    Some((code, points, one.sound.clone()))
}

/// Codes without their trailing zeros: one is in the other if it begins with it.
fn nearness(one: &str, other: &str) -> Nearness {
    match (one.get(..4), other.get(..4)) {
        (Some(first), Some(second)) if first != second => Nearness::Apart,
        (Some(_), Some(_)) if one.len() >= 6 && one == other => Nearness::County,
        (Some(_), Some(_)) => Nearness::Prefecture,
        // Only a province, or nothing.
        _ if one.is_empty() || other.is_empty() || one.get(..2) == other.get(..2) => Nearness::Unknown,
        _ => Nearness::Apart,
    }
}

/// Whether the later one has a file, a number or a name that the earlier one has not.
fn has_new_facts(later: &Matter, earlier: &Matter) -> bool {
    let sounds = |matter: &Matter| matter.people.iter().map(|person| person.sound.clone()).collect::<BTreeSet<_>>();
    !later.files.is_subset(&earlier.files)
        || !later.named.is_subset(&earlier.named)
        || !sounds(later).is_subset(&sounds(earlier))
}

/// Word by word.
const VERBATIM: u8 = 90;
/// Word by word, but for some.
const SAME: u8 = 72;
/// The texts tell the same.
const ALIKE: u8 = 52;
/// The texts tell something like it.
const LIKE: u8 = 38;
/// They may.
const SIMILAR: u8 = 33;
/// More than any two stories of the same kind have in common (DOMAIN 5.3: 0.16).
const HINTED: u8 = 17;
/// Pairs of a text of two short sentences.
const SHORT: usize = 60;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::linking::Mark;

    const FIRST: &str = "杏花村村委会主任霍大椿（外号“霍三爷”）纠集外号“铁头”等七八人，以修路、建砖厂为名强占我组二十三户承包地约一百六十亩，\
                         不签字的就夜里砸玻璃、堵大门。";
    const RETOLD: &str = "我们杏花村的村主任霍大春，人称霍三爷，带着铁头那伙人，打着修路、建砖厂的旗号强占承包地一百六十亩，谁不签字夜里就砸玻璃堵大门。";
    const OTHER: &str =
        "2026年6月在这个平台借3000元，实际到账2100元，七天还3300元，到期让我再借别的平台还，三个月滚到4.6万元。";

    fn report(place: &str, name: &str, narrative: &str) -> Value {
        json!({"subjects": [{"name": name, "region_code": place}],
            "facts": {"title": "", "narrative": narrative, "place": {"code": place}}})
    }

    fn mark(kind: MarkKind) -> Vec<Mark> {
        vec![Mark { kind, hash: "ab".repeat(16) }]
    }

    fn kind(later: &Matter, earlier: &Matter) -> Option<LinkKind> {
        judge(later, earlier).map(|verdict| verdict.kind)
    }

    #[test]
    fn each_kind_by_what_is_shared() {
        let first = Matter::of_report(&report("990121", "霍大椿", FIRST), &mark(MarkKind::Identity));
        let retold = report("990121", "霍大春", RETOLD);
        let verdict = judge(&Matter::of_report(&retold, &[]), &first).unwrap();
        assert_eq!(verdict.kind, LinkKind::Series);
        let codes: Vec<ReasonCode> = verdict.reasons.iter().map(|reason| reason.code).collect();
        for code in [ReasonCode::SameSound, ReasonCode::SameCounty, ReasonCode::Text] {
            assert!(codes.contains(&code), "{code:?}: {codes:?}");
        }
        let same_reporter = Matter::of_report(&retold, &mark(MarkKind::Identity));
        assert_eq!(kind(&same_reporter, &first), Some(LinkKind::Duplicate));
        let elsewhere = Matter::of_report(&report("990121", "霍大椿", OTHER), &[]);
        assert_eq!(kind(&elsewhere, &first), Some(LinkKind::Related));
        let stranger = Matter::of_report(&report("990121", "赵小七", OTHER), &mark(MarkKind::Identity));
        assert_eq!(kind(&stranger, &first), None, "one reporter may report two matters");
        let cites = Matter::of_report(&report("990121", "霍大椿", OTHER), &mark(MarkKind::Number));
        let named = Matter::of_report(&report("990121", "霍大椿", FIRST), &mark(MarkKind::Number));
        assert_eq!(kind(&cites, &named), Some(LinkKind::Duplicate));
    }

    #[test]
    fn text_alone_ties_nothing_together() {
        let first = Matter::of_report(&report("990121", "霍大椿", FIRST), &[]);
        let far = Matter::of_report(&report("130102", "不清楚", FIRST), &[]);
        assert_eq!(kind(&far, &first), None);
        let near = Matter::of_report(&report("990121", "不清楚", FIRST), &[]);
        assert_eq!(kind(&near, &first), Some(LinkKind::Series));
    }

    #[test]
    fn a_nickname_of_people_with_other_names_ties_nothing_together() {
        let called = |name: &str, narrative: &str| {
            let mut report = report("990121", name, narrative);
            report["subjects"][0]["alias"] = json!(["霍三爷"]);
            Matter::of_report(&report, &[])
        };
        let first = called("霍大椿", FIRST);
        assert_eq!(kind(&called("赵小七", OTHER), &first), None);
        assert_eq!(kind(&called("不清楚", RETOLD), &first), Some(LinkKind::Series));
    }

    #[test]
    fn a_name_elsewhere_is_somebody_else() {
        let first = Matter::of_report(&report("990121", "霍大椿", FIRST), &[]);
        assert_eq!(kind(&Matter::of_report(&report("130102", "霍大椿", OTHER), &[]), &first), None);
        assert_eq!(
            kind(&Matter::of_report(&report("990121", "霍大春", OTHER), &[]), &first),
            None,
            "a sound is not enough"
        );
    }
}
