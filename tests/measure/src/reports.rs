//! Reports as people write them: Chinese, distinct, of the lengths and shapes of the samples, and good by the catalog.
//!
//! Report number *n* of a seed is the same on every machine and needs no report before it, so that several threads can
//! make them at once. Nothing in them is real.

mod words;

use serde_json::{Value, json};

use crate::dice::Dice;

/// A seed's reports.
#[derive(Clone, Copy, Debug)]
pub struct Reports {
    seed: u64,
}

impl Reports {
    /// The reports of this seed.
    pub const fn of(seed: u64) -> Self {
        Self { seed }
    }

    /// The report of this number.
    pub fn report(self, number: u64) -> Value {
        let mut dice = Dice::of(self.seed, number);
        let cast = Cast::any(&mut dice);
        // About the shares that such a service sees.
        match dice.below(100) {
            0..55 => gang(&mut dice, &cast),
            55..75 => officer(&mut dice, &cast),
            _ => sector(&mut dice, &cast),
        }
    }
}

/// Where it happened.
struct Place {
    code: &'static str,
    county: &'static str,
    detail: String,
}

/// Who and what the sentences name.
struct Cast {
    who: String,
    nick: &'static str,
    firm: &'static str,
}

impl Place {
    /// Anywhere, but one in twelve only on the net.
    fn any(dice: &mut Dice) -> Self {
        if dice.below(12) == 0 {
            return Self { code: "", county: "网络", detail: "网络".to_owned() };
        }
        Self::known(dice)
    }

    fn known(dice: &mut Dice) -> Self {
        let (code, county, prefecture) = usize::try_from(dice.below(4))
            .ok()
            .and_then(|place| words::COUNTIES.get(place))
            .copied()
            .unwrap_or(NOWHERE);
        let detail = format!("{prefecture}{county}{}{}", dice.one(&words::TOWNS), dice.one(&words::SPOTS));
        Self { code, county, detail }
    }
}

impl Cast {
    fn any(dice: &mut Dice) -> Self {
        Self { who: person(dice), nick: dice.one(&words::NICKNAMES), firm: dice.one(&words::COMPANIES) }
    }
}

#[expect(clippy::indexing_slicing, reason = "fields of an object made right here")]
fn gang(dice: &mut Dice, cast: &Cast) -> Value {
    let place = &Place::any(dice);
    let mut report = frame(dice, "GANG_CRIME", place, cast, &words::GANG_DEEDS);
    let online = place.code.is_empty() || dice.happens(25);
    let category = if online { "GC11" } else { dice.one(&["GC02", "GC03", "GC05", "GC06", "GC07", "GC08"]) };
    let internet: &[&str] = if online { &[dice.one(&["NC1", "NC2", "NC3", "NC5", "NC6"])] } else { &[] };
    report["notice_ack"]["rules_version"] = "R-2026-1".into();
    report["facts"]["categories"] = json!([category]);
    report["facts"]["internet_types"] = json!(internet);
    report["facts"]["acts"] = json!([dice.one(&["INTIMIDATE", "SOFT_VIOLENCE", "EXTORT", "USURY", "FORCED_DEAL"])]);
    report["facts"]["member_count"] = dice.one(&["UNKNOWN", "M_3_5", "M_6_10", "M_11_30"]).into();
    report["facts"]["victim_count"] = dice.one(&["UNKNOWN", "V_1", "V_2_9", "V_10_49"]).into();
    report["facts"]["loss_range"] = dice.one(&["L_UNDER_10K", "L_10K_100K", "L_100K_1M"]).into();
    report["facts"]["injury"] = dice.one(&["NONE", "MENTAL", "MINOR", "UNKNOWN"]).into();
    report["facts"]["weapons"] = dice.one(&["NO", "UNKNOWN", "NO", "YES"]).into();
    report["facts"]["minors_involved"] = dice.one(&["NO", "UNKNOWN"]).into();
    report["facts"]["imminent_danger"] = dice.happens(1).into();
    report["subjects"] = json!([{
        "sid": "S1", "kind": "individual", "name": cast.who, "alias": [cast.nick], "gender": "M",
        "age_range": dice.one(&["AGE_30_39", "AGE_40_49", "AGE_50_59", "UNKNOWN"]), "region_code": place.code,
        "address": place.detail, "role": dice.one(&["LEADER", "MEMBER", "UNKNOWN"]), "plates": [plate(dice)],
        "accounts": [account(dice)],
    }, {
        "sid": "S2", "kind": "organisation", "name": cast.firm, "region_code": place.code, "address": "不清楚",
        "industry": dice.one(&["S03", "S04", "S06", "S08"]), "role": "ORG",
    }]);
    report["umbrella"] = json!({ "known": "UNKNOWN", "persons": [], "acts": [] });
    if dice.happens(12) && !place.code.is_empty() {
        report["umbrella"] = json!({
            "known": "YES",
            "persons": [{ "name": person(dice), "org_name": format!("{}公安局", place.county), "system": "POLICE",
                "post": dice.one(&words::POSTS), "rank": "TOWNSHIP_CHIEF", "region_code": place.code }],
            "acts": ["UM3"], "detail": "多次报警不受案。",
        });
    }
    report
}

#[expect(clippy::indexing_slicing, reason = "fields of an object made right here")]
fn officer(dice: &mut Dice, cast: &Cast) -> Value {
    let place = &Place::known(dice);
    let mut report = frame(dice, "OFFICER_MISCONDUCT", place, cast, &words::OFFICER_DEEDS);
    let (system, organ) = match dice.below(4) {
        0 => ("COURT", "人民法院"),
        1 => ("PROC", "人民检察院"),
        _ => ("POLICE", "公安局"),
    };
    report["facts"]["categories"] = json!([dice.one(&["PD01", "PD02", "PD04", "PD05", "PD06", "PD10"])]);
    report["facts"]["acts"] = json!([dice.one(&["NO_FILING", "BRIBE", "INTERFERE", "FALSE_CLOSURE"])]);
    report["facts"]["litigation_status"] = "NONE".into();
    report["subjects"] = json!([{
        "sid": "S1", "kind": "individual", "name": cast.who, "org_name": format!("{}{organ}", place.county),
        "system": system, "post": dice.one(&words::POSTS),
        "rank": dice.one(&["STAFF", "TOWNSHIP_CHIEF", "COUNTY_DEPUTY", "UNKNOWN"]), "region_code": place.code,
        "role": "OFFICER",
    }]);
    report
}

#[expect(clippy::indexing_slicing, reason = "fields of an object made right here")]
fn sector(dice: &mut Dice, cast: &Cast) -> Value {
    let place = &Place::any(dice);
    let mut report = frame(dice, "SECTOR_DISORDER", place, cast, &words::SECTOR_DEEDS);
    let sector = dice.below(13) + 1;
    report["facts"]["categories"] = json!([format!("SD{sector:02}")]);
    report["facts"]["sectors"] = json!([format!("S{sector:02}")]);
    report
}

/// What every flow has.
fn frame(dice: &mut Dice, flow: &str, place: &Place, cast: &Cast, deeds: &[&str]) -> Value {
    let began = date(dice);
    let mut narrative = String::new();
    for _ in 0..=dice.below(3) {
        narrative.push_str(&dice.one(&words::WHEN).replace("{}", &spoken(dice)));
        for _ in 0..=dice.below(3) {
            let deed = dice.one(deeds);
            narrative.push_str(&filled(dice, deed, cast));
        }
    }
    narrative.push_str(dice.one(&words::CLOSINGS));
    json!({
        "schema": "report/1",
        "flow": flow,
        "notice_ack": { "notice_version": "N-2026-1", "accepted": true },
        "reporter": reporter(dice, place),
        "facts": {
            "title": format!("{}{}{}", place.county, cast.who, dice.one(&words::TITLES)),
            "narrative": narrative,
            "occurred_from": began,
            "occurred_to": "2026-11",
            "ongoing": dice.one(&["YES", "UNKNOWN", "NO"]),
            "place": { "code": place.code, "detail": place.detail },
        },
        "evidence": evidence(dice),
        "declaration": { "truthful": true },
    })
}

/// Two in five give their name.
fn reporter(dice: &mut Dice, place: &Place) -> Value {
    if !dice.happens(40) {
        return json!({ "kind": "undisclosed", "identity_mode": "anonymous" });
    }
    json!({
        "kind": "individual", "identity_mode": "real_name", "name": person(dice), "id_type": "RESIDENT_ID",
        "id_no": resident_id(dice), "phone": format!("144{}", dice.digits(8)), "residence_code": place.code,
        "address": place.detail, "relation": dice.one(&["VICTIM", "FAMILY", "WITNESS", "INSIDER"]),
        "consent_contact": true, "consent_sms_callback": true, "consent_disclose_identity": false,
        "protection_requested": dice.happens(30),
    })
}

#[expect(clippy::indexing_slicing, reason = "fields of an object made right here")]
fn evidence(dice: &mut Dice) -> Value {
    let mut evidence = json!({ "urls": [], "accounts": [], "transactions": [], "apps": [], "attachments": [] });
    if dice.happens(35) {
        evidence["urls"] =
            json!([format!("https://{}.example/{}", dice.one(&["pay", "live", "t", "loan"]), dice.digits(6))]);
    }
    if dice.happens(35) {
        let mut account = account(dice);
        account["holder"] = person(dice).into();
        evidence["accounts"] = json!([account]);
        evidence["transactions"] = json!([{
            "at": format!("{}T{:02}:{:02}:00+08:00", date(dice), dice.below(24), dice.below(60)),
            "amount_cny": format!("{}.00", (dice.below(400) + 1) * 100), "method": dice.one(&["BANK", "THIRD_PARTY", "CASH"]),
            "counterparty": dice.one(&words::COMPANIES),
        }]);
    }
    evidence
}

fn filled(dice: &mut Dice, deed: &str, cast: &Cast) -> String {
    deed.replace("{who}", &cast.who)
        .replace("{nick}", cast.nick)
        .replace("{firm}", cast.firm)
        .replace("{spot}", dice.one(&words::SPOTS))
        .replace("{sum}", &((dice.below(900) + 1) * 100).to_string())
        .replace("{count}", &(dice.below(28) + 2).to_string())
}

fn person(dice: &mut Dice) -> String {
    format!("{}{}", dice.one(&words::FAMILY_NAMES), dice.one(&words::GIVEN_NAMES))
}

fn account(dice: &mut Dice) -> Value {
    let platform = dice.one(&["WECHAT", "QQ", "ALIPAY", "BANK_CARD"]);
    json!({ "platform": platform, "account": dice.digits(if platform == "BANK_CARD" { 19 } else { 10 }) })
}

fn plate(dice: &mut Dice) -> String {
    format!("云A{}", dice.digits(5))
}

fn date(dice: &mut Dice) -> String {
    format!("{}-{:02}-{:02}", 2021 + dice.below(5), dice.below(12) + 1, dice.below(28) + 1)
}

fn spoken(dice: &mut Dice) -> String {
    format!("{}年{}月{}日", 2021 + dice.below(6), dice.below(12) + 1, dice.below(28) + 1)
}

/// A number whose check character fits (GB 11643), of divisions that do not exist.
fn resident_id(dice: &mut Dice) -> String {
    let born = format!("{}{:02}{:02}", 1950 + dice.below(55), dice.below(12) + 1, dice.below(28) + 1);
    let digits = format!("9901{:02}{born}{}", dice.below(100), dice.digits(3));
    let sum: u32 = digits.bytes().zip(RESIDENT_WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = "10X98765432".chars().nth((sum % 11) as usize).unwrap_or('X');
    format!("{digits}{check}")
}

const NOWHERE: (&str, &str, &str) = ("", "网络", "");
const RESIDENT_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use nightsafe_schema::{
        catalog::{Catalog, Strictness},
        identity_number::is_resident_id,
        report::Report,
    };

    use super::*;

    #[test]
    fn every_report_is_good_by_the_catalog_and_no_two_are_alike() {
        let catalog = Catalog::embedded().unwrap();
        let mut texts = BTreeSet::new();
        let mut flows = BTreeSet::new();
        for number in 0..3000 {
            let report = Reports::of(42).report(number);
            let checked =
                catalog.check(&report, Strictness::Strict).unwrap_or_else(|faults| panic!("{faults:?} {report:#}"));
            assert!(checked.warnings().is_empty(), "{:?} {report:#}", checked.warnings());
            flows.insert(report["flow"].as_str().unwrap().to_owned());
            assert!(texts.insert(report.to_string()), "{report:#}");
            Report::try_from(checked).unwrap();
        }
        assert_eq!(flows.len(), 3, "{flows:?}");
    }

    #[test]
    fn a_number_is_the_same_report_again() {
        assert_eq!(Reports::of(1).report(77), Reports::of(1).report(77));
        assert_ne!(Reports::of(1).report(77), Reports::of(2).report(77));
    }

    #[test]
    fn they_are_as_long_as_people_write() {
        let lengths: Vec<usize> = (0..500)
            .map(|number| Reports::of(3).report(number)["facts"]["narrative"].as_str().unwrap().chars().count())
            .collect();
        let mean = lengths.iter().sum::<usize>() / lengths.len();
        assert!((100..400).contains(&mean), "{mean}");
    }

    #[test]
    fn numbers_of_people_fit_their_check() {
        assert!((0..200).all(|number| is_resident_id(&resident_id(&mut Dice::of(5, number)))));
    }
}
