//! One telling of a matter: whose words, which fields, what is left out. The same matter told twice is two reports.

use serde_json::{Map, Value, json};

use crate::{
    dice::Dice,
    matter::{Deed, Flow, Matter, Place, person},
    plan::{Planted, Truth},
    words,
};

/// Whoever reports.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    mode: Mode,
    name: String,
    id: String,
    phone: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    RealName,
    Contactable,
    Anonymous,
}

/// How one person tells it.
struct Voice {
    dice: Dice,
    /// In a hundred, how often the words of the first telling are chosen.
    likeness: u64,
    /// In a hundred, how often a field is left out.
    silence: u64,
    /// The name as this person writes it.
    name: String,
    place: Place,
}

/// The report of this number.
#[expect(clippy::indexing_slicing, reason = "fields of an object made right here")]
pub(crate) fn tell(seed: u64, matter: &Matter, truth: &Truth) -> Value {
    let mut voice = Voice::of(seed, matter, truth);
    let narrative = voice.narrative(seed, matter, truth);
    let began = format!("{}-{:02}", matter.year, matter.month);
    let mut report = json!({
        "schema": "report/1",
        "flow": match matter.flow {
            Flow::Gang => "GANG_CRIME",
            Flow::Officer => "OFFICER_MISCONDUCT",
            Flow::Sector => "SECTOR_DISORDER",
        },
        "notice_ack": { "notice_version": "N-2026-1", "accepted": true },
        "reporter": Reporter::of(seed, truth.reporter).told(&mut voice.dice, &matter.place),
        "facts": {
            "title": voice.title(matter),
            "narrative": voice.marked(narrative, truth),
            "occurred_from": if voice.leaves_out() { String::new() } else { began },
            "occurred_to": "2026-11",
            "ongoing": voice.dice.one(&["YES", "UNKNOWN", "NO"]),
            "place": { "code": voice.place.code, "detail": voice.place.detail() },
        },
        "evidence": voice.evidence(matter),
        "declaration": { "truthful": true },
    });
    match matter.flow {
        Flow::Gang => voice.gang(matter, &mut report),
        Flow::Officer => voice.officer(matter, &mut report),
        Flow::Sector => {
            let sector = matter.category % 13 + 1;
            let other = matter.out_of_scope;
            report["facts"]["categories"] = json!([if other { "SD99".to_owned() } else { format!("SD{sector:02}") }]);
            report["facts"]["sectors"] = json!([if other { "S99".to_owned() } else { format!("S{sector:02}") }]);
        }
    }
    report
}

impl Voice {
    fn of(seed: u64, matter: &Matter, truth: &Truth) -> Self {
        let mut dice = Dice::of(seed ^ VOICES, truth.number);
        let (likeness, silence) = match truth.planted {
            Some((Planted::Duplicate, _)) => (55, 25),
            Some((Planted::Series, _)) => (25, 45),
            Some((Planted::Related, _)) => (0, 15),
            Some((Planted::Replay, _)) | None => (100, 0),
        };
        let heard = matches!(truth.planted, Some((Planted::Series | Planted::Related, _)));
        let name = matter.suspects.name.clone();
        let name = if heard && dice.happens(35) { misheard(&name, &mut dice) } else { name };
        let place = if truth.planted.is_some() { matter.place.remembered(&mut dice) } else { matter.place.clone() };
        Self { dice, likeness, silence, name, place }
    }

    fn leaves_out(&mut self) -> bool {
        self.dice.happens(self.silence)
    }

    fn narrative(&mut self, seed: u64, matter: &Matter, truth: &Truth) -> String {
        let mut deeds: Vec<(usize, &Deed)> = matter.deeds.iter().enumerate().collect();
        if truth.planted.is_some_and(|(planted, _)| planted != Planted::Related) {
            while deeds.len() > 2 && self.leaves_out() {
                let place = usize::try_from(self.dice.below(deeds.len() as u64)).unwrap_or(0);
                deeds.remove(place);
            }
            if self.dice.happens(50) {
                deeds.rotate_left(1);
            }
        }
        let mut text = if matter.out_of_scope {
            String::new()
        } else {
            self.dice.one(&["", "我叫不出全名，", "情况是这样的：", "我是附近居民。", "反映一件事："]).to_owned()
        };
        if self.dice.happens(60) && !matter.out_of_scope {
            let began = [matter.year.to_string(), "年".to_owned(), matter.month.to_string(), "月".to_owned()].concat();
            text.push_str(&began);
            text.push_str(self.dice.one(&["以来，", "开始，", "前后，", "起，"]));
        }
        for (place, deed) in deeds {
            let mut first = Dice::of(seed ^ PHRASES, truth.matter.wrapping_mul(64).wrapping_add(place as u64));
            let sentence = self.phrased(deed.sentence, &mut first);
            text.push_str(&self.filled(&sentence, matter, deed));
        }
        if truth.planted.is_some() && self.dice.happens(50) {
            // Something that the first one did not know.
            text.push_str(&self.noise(matter));
        }
        text.push_str(self.dice.one(&words::CLOSINGS));
        text
    }

    /// A sentence with one of each alternative: the first telling's, or this person's own.
    fn phrased(&mut self, sentence: &str, first: &mut Dice) -> String {
        let mut text = String::new();
        let mut rest = sentence;
        while let Some((before, (inside, after))) =
            rest.split_once('[').and_then(|(before, rest)| Some((before, rest.split_once(']')?)))
        {
            let choices: Vec<&str> = inside.split('|').collect();
            let (canonical, own) = (first.one(&choices), self.dice.one(&choices));
            text.push_str(before);
            text.push_str(if self.dice.happens(self.likeness) { canonical } else { own });
            rest = after;
        }
        text.push_str(rest);
        text
    }

    fn filled(&mut self, sentence: &str, matter: &Matter, deed: &Deed) -> String {
        let who = if self.dice.happens(25) { matter.suspects.nick.to_owned() } else { self.name.clone() };
        sentence
            .replace("{who}", &who)
            .replace("{nick}", matter.suspects.nick)
            .replace("{firm}", &matter.suspects.firm)
            .replace("{spot}", deed.spot)
            .replace("{sum}", &deed.sum.to_string())
            .replace("{count}", &deed.count.to_string())
            .replace("{thing}", deed.thing)
            .replace("{witness}", deed.witness)
            .replace("{month}", &deed.month.to_string())
            .replace("{day}", &deed.day.to_string())
    }

    fn noise(&mut self, matter: &Matter) -> String {
        let place = usize::try_from(self.dice.below(words::PARTICULARS.len() as u64)).unwrap_or(0);
        let sentence = words::PARTICULARS.get(place).copied().unwrap_or_default();
        let mut own = self.dice.clone();
        let sentence = self.phrased(sentence, &mut own);
        let deed = Deed {
            sentence: "",
            spot: self.dice.one(&words::SPOTS),
            sum: (self.dice.below(900) + 1) * 100,
            count: self.dice.below(28) + 2,
            thing: self.dice.one(&words::THINGS),
            witness: self.dice.one(&words::WITNESSES),
            month: self.dice.below(12) + 1,
            day: self.dice.below(28) + 1,
        };
        self.filled(&sentence, matter, &deed)
    }

    fn title(&mut self, matter: &Matter) -> String {
        if matter.out_of_scope {
            return self.dice.one(&["咨询", "求助", "建议", "请领导看看", "测试"]).to_owned();
        }
        match self.dice.below(3) {
            0 => format!("{}{}{}", matter.place.county, self.name, matter.title),
            1 => format!("{}{}", self.name, self.dice.one(&["欺负老百姓", "这伙人的事", "的问题"])),
            _ => matter.title.to_owned(),
        }
    }

    /// One in a hundred holds markup, one in a hundred marks that turn the direction or hide in a name.
    fn marked(&mut self, narrative: String, truth: &Truth) -> String {
        match self.dice.below(100) {
            0 if truth.planted.is_none() => format!("<script>alert(1)</script><b>{narrative}</b>"),
            1 => format!("\u{202e}{}\u{202c}", narrative.replacen(&self.name, &spread(&self.name), 1)),
            _ => narrative,
        }
    }

    #[expect(clippy::indexing_slicing, reason = "fields of an object made right here")]
    fn evidence(&mut self, matter: &Matter) -> Value {
        let mut evidence = json!({ "urls": [], "accounts": [], "transactions": [], "apps": [], "attachments": [] });
        let suspects = &matter.suspects;
        if matter.flow != Flow::Gang || !matter.category.is_multiple_of(3) {
            return evidence;
        }
        if !self.leaves_out() {
            let scheme = self.dice.one(&["", "?from=share", "/", "#top"]);
            evidence["urls"] = json!([format!("{}{scheme}", suspects.url)]);
        }
        if !self.leaves_out() {
            let mut account = self.account(matter);
            account["holder"] = "不清楚".into();
            evidence["accounts"] = json!([account]);
        }
        if let Some((package, digest)) = suspects.app.as_ref().filter(|_| !self.dice.happens(self.silence)) {
            evidence["apps"] = json!([{ "name": suspects.firm, "package": package, "version": "1.0.2",
                "platform": "ANDROID", "installer_sha256": digest }]);
        }
        evidence
    }

    fn account(&mut self, matter: &Matter) -> Value {
        let (platform, account) = &matter.suspects.account;
        // Bank cards are typed in groups by some.
        let groups = account.len() > 12 && self.dice.happens(40);
        let written = account.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>();
        json!({ "platform": platform, "account": written.join(if groups { " " } else { "" }) })
    }

    #[expect(clippy::indexing_slicing, reason = "fields of an object made right here")]
    fn gang(&mut self, matter: &Matter, report: &mut Value) {
        let suspects = &matter.suspects;
        let online = matter.place.code.is_empty() || matter.category.is_multiple_of(4);
        let one = |of: &[&'static str]| Dice::of(matter.category, 1).one(of);
        let category = if online { "GC11" } else { one(&["GC02", "GC03", "GC05", "GC06", "GC07", "GC08"]) };
        let internet: &[&str] = if online { &[one(&["NC1", "NC2", "NC3", "NC5", "NC6"])] } else { &[] };
        report["notice_ack"]["rules_version"] = "R-2026-1".into();
        let facts = &mut report["facts"];
        facts["categories"] = json!([category]);
        facts["internet_types"] = json!(internet);
        facts["acts"] = json!([one(&["INTIMIDATE", "SOFT_VIOLENCE", "EXTORT", "USURY", "FORCED_DEAL"])]);
        facts["member_count"] = self.dice.one(&["UNKNOWN", "M_3_5", "M_6_10", "M_11_30"]).into();
        facts["victim_count"] = self.dice.one(&["UNKNOWN", "V_1", "V_2_9", "V_10_49"]).into();
        facts["loss_range"] = self.dice.one(&["L_UNDER_10K", "L_10K_100K", "L_100K_1M"]).into();
        facts["injury"] = self.dice.one(&["NONE", "MENTAL", "MINOR", "UNKNOWN"]).into();
        facts["weapons"] = self.dice.one(&["NO", "UNKNOWN", "NO", "YES"]).into();
        facts["minors_involved"] = self.dice.one(&["NO", "UNKNOWN"]).into();
        facts["imminent_danger"] = self.dice.happens(1).into();
        let mut leader = Map::new();
        leader.insert("sid".to_owned(), "S1".into());
        leader.insert("kind".to_owned(), "individual".into());
        let nameless = self.dice.happens(self.silence / 2);
        leader.insert("name".to_owned(), if nameless { "不清楚".into() } else { self.name.as_str().into() });
        let nick = if self.leaves_out() { json!([]) } else { json!([suspects.nick]) };
        leader.insert("alias".to_owned(), nick);
        leader.insert("gender".to_owned(), "M".into());
        leader.insert("region_code".to_owned(), self.place.code.as_str().into());
        leader.insert("address".to_owned(), self.place.detail().into());
        leader.insert("role".to_owned(), self.dice.one(&["LEADER", "MEMBER", "UNKNOWN"]).into());
        if matter.category.is_multiple_of(2) && !self.leaves_out() {
            leader.insert("plates".to_owned(), json!([self.spaced(&suspects.plate)]));
        }
        if matter.category % 3 == 1 && !self.leaves_out() {
            leader.insert("phone".to_owned(), self.dialled(&suspects.phone).into());
        }
        if matter.category % 5 < 2 && !self.leaves_out() {
            leader.insert("accounts".to_owned(), json!([self.account(matter)]));
        }
        let mut subjects = vec![Value::Object(leader)];
        if !self.leaves_out() {
            subjects.push(json!({ "sid": "S2", "kind": "organisation", "name": suspects.firm,
                "org_name": suspects.firm, "region_code": self.place.code, "address": "不清楚", "role": "ORG",
                "industry": self.dice.one(&["S03", "S04", "S06", "S08"]) }));
        }
        report["subjects"] = Value::Array(subjects);
        report["umbrella"] = json!({ "known": "UNKNOWN", "persons": [], "acts": [] });
        if matter.umbrella && !self.leaves_out() {
            report["umbrella"] = json!({ "known": "YES", "acts": ["UM3"], "detail": "多次报警不受案。",
                "persons": [{ "name": suspects.official, "org_name": format!("{}公安局", matter.place.county),
                    "system": "POLICE", "post": suspects.post, "rank": "TOWNSHIP_CHIEF",
                    "region_code": self.place.code }] });
        }
    }

    fn officer(&mut self, matter: &Matter, report: &mut Value) {
        let one = |of: &[&'static str]| Dice::of(matter.category, 2).one(of);
        let system = match matter.suspects.firm.as_str() {
            "人民法院" => "COURT",
            "人民检察院" => "PROC",
            _ => "POLICE",
        };
        let facts = &mut report["facts"];
        facts["categories"] = json!([one(&["PD01", "PD02", "PD04", "PD05", "PD06", "PD10"])]);
        facts["acts"] = json!([one(&["NO_FILING", "BRIBE", "INTERFERE", "FALSE_CLOSURE"])]);
        facts["litigation_status"] = "NONE".into();
        report["subjects"] = json!([{
            "sid": "S1", "kind": "individual", "name": self.name,
            "org_name": format!("{}{}", matter.place.county, matter.suspects.firm), "system": system,
            "post": matter.suspects.post, "rank": one(&["STAFF", "TOWNSHIP_CHIEF", "COUNTY_DEPUTY", "UNKNOWN"]),
            "region_code": self.place.code, "role": "OFFICER",
        }]);
    }

    fn dialled(&mut self, phone: &str) -> String {
        match self.dice.below(4) {
            0 => format!("+86 {phone}"),
            1 => phone.chars().map(|digit| char::from_u32(u32::from(digit) + 0xfee0).unwrap_or(digit)).collect(),
            2 => format!(
                "{}-{}-{}",
                phone.get(..3).unwrap_or(""),
                phone.get(3..7).unwrap_or(""),
                phone.get(7..).unwrap_or("")
            ),
            _ => phone.to_owned(),
        }
    }

    fn spaced(&mut self, plate: &str) -> String {
        let mut characters = plate.chars();
        let head: String = characters.by_ref().take(2).collect();
        format!("{head}{}{}", self.dice.one(&["", "·", " ", "-"]), characters.as_str())
    }
}

impl Reporter {
    /// The reporter of this number.
    pub(crate) fn of(seed: u64, number: u64) -> Self {
        let mut dice = Dice::of(seed ^ REPORTERS, number);
        let mode = match dice.below(100) {
            0..40 => Mode::RealName,
            40..55 => Mode::Contactable,
            _ => Mode::Anonymous,
        };
        Self { mode, name: person(&mut dice), id: resident_id(&mut dice), phone: format!("145{}", dice.digits(8)) }
    }

    /// Whether anything could tell that two reports are theirs.
    pub(crate) fn can_be_found(&self) -> bool {
        self.mode != Mode::Anonymous
    }

    fn told(&self, dice: &mut Dice, place: &Place) -> Value {
        let phone = if dice.happens(30) { format!("+86 {}", self.phone) } else { self.phone.clone() };
        match self.mode {
            Mode::Anonymous => json!({ "kind": "undisclosed", "identity_mode": "anonymous" }),
            Mode::Contactable => {
                json!({ "kind": "individual", "identity_mode": "contactable_anonymous", "phone": phone,
                    "consent_contact": true })
            }
            Mode::RealName => json!({
                "kind": "individual", "identity_mode": "real_name", "name": self.name, "id_type": "RESIDENT_ID",
                "id_no": self.id, "phone": phone, "residence_code": place.code, "address": place.detail(),
                "relation": dice.one(&["VICTIM", "FAMILY", "WITNESS", "INSIDER"]), "consent_contact": true,
                "consent_sms_callback": true, "consent_disclose_identity": false,
                "protection_requested": dice.happens(30),
            }),
        }
    }
}

impl Place {
    /// As somebody else fills it in: mostly the county, by some only the prefecture, by some not at all.
    fn remembered(&self, dice: &mut Dice) -> Self {
        match (dice.below(100), self.code.get(..4)) {
            (0..5, Some(_)) => Self { code: String::new(), county: "不清楚".to_owned(), town: "", ..self.clone() },
            (5..13, Some(prefecture)) => Self { code: format!("{prefecture}00"), ..self.clone() },
            _ => self.clone(),
        }
    }
}

/// A name as somebody writes it who has only heard it.
fn misheard(name: &str, dice: &mut Dice) -> String {
    let mut heard = String::new();
    for character in name.chars() {
        let alike = words::HOMOPHONES.iter().find(|group| group.contains(character));
        heard.push(alike.map_or(character, |group| dice.character(group)));
    }
    heard
}

/// With a mark of no width between the characters.
fn spread(name: &str) -> String {
    name.chars().flat_map(|character| [character, '\u{200b}']).collect()
}

/// A number whose check character fits (GB 11643), of divisions that do not exist.
fn resident_id(dice: &mut Dice) -> String {
    let born = format!("{}{:02}{:02}", 1950 + dice.below(55), dice.below(12) + 1, dice.below(28) + 1);
    let digits = format!("9901{:02}{born}{}", dice.below(100), dice.digits(3));
    let sum: u32 = digits.bytes().zip(RESIDENT_WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = "10X98765432".chars().nth((sum % 11) as usize).unwrap_or('X');
    format!("{digits}{check}")
}

const VOICES: u64 = 0x564f_4943;
const PHRASES: u64 = 0x5048_5241;
const REPORTERS: u64 = 0x5245_504f;
const RESIDENT_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

#[cfg(test)]
mod tests {
    use nightsafe_casework::spelling::sound;
    use nightsafe_schema::identity_number::is_resident_id;

    use super::*;

    #[test]
    fn numbers_of_people_fit_their_check() {
        assert!((0..200).all(|number| is_resident_id(&resident_id(&mut Dice::of(5, number)))));
    }

    #[test]
    fn what_is_misheard_sounds_the_same() {
        for group in words::HOMOPHONES {
            let sounds: std::collections::BTreeSet<String> =
                group.chars().map(|one| sound(&format!("{one}好"))).collect();
            assert_eq!(sounds.len(), 1, "{group}: {sounds:?}");
        }
    }
}
