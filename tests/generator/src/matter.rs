//! A matter: who did what to whom, where and when. All that stays the same however it is told.

use std::sync::LazyLock;

use nightsafe_schema::{
    digest::Digest,
    division::{DivisionLevel, Divisions},
};

use crate::{dice::Dice, words};

/// The three kinds of report that tell a matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Gang,
    Officer,
    Sector,
}

/// Somebody or something that a matter is about.
#[derive(Clone, Debug)]
pub(crate) struct Suspects {
    pub(crate) name: String,
    pub(crate) nick: &'static str,
    pub(crate) firm: String,
    pub(crate) plate: String,
    pub(crate) phone: String,
    pub(crate) account: (&'static str, String),
    pub(crate) url: String,
    pub(crate) app: Option<(String, String)>,
    pub(crate) official: String,
    pub(crate) post: &'static str,
}

/// Where it happened.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Empty on the net.
    pub(crate) code: String,
    pub(crate) county: String,
    pub(crate) town: &'static str,
    pub(crate) spot: &'static str,
}

/// A deed: which sentence tells it, with its particulars filled in.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    pub(crate) sentence: &'static str,
    pub(crate) spot: &'static str,
    pub(crate) sum: u64,
    pub(crate) count: u64,
    pub(crate) thing: &'static str,
    pub(crate) witness: &'static str,
    pub(crate) month: u64,
    pub(crate) day: u64,
}

/// A matter.
#[derive(Clone, Debug)]
pub(crate) struct Matter {
    pub(crate) flow: Flow,
    /// Nothing that this service is for.
    pub(crate) out_of_scope: bool,
    pub(crate) place: Place,
    pub(crate) suspects: Suspects,
    pub(crate) deeds: Vec<Deed>,
    pub(crate) year: u64,
    pub(crate) month: u64,
    pub(crate) title: &'static str,
    pub(crate) umbrella: bool,
    pub(crate) category: u64,
}

/// Every county in use: code and name.
static COUNTIES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let Ok(divisions) = Divisions::embedded() else { return Vec::new() };
    let mut counties = Vec::new();
    for prefecture in divisions.provinces().flat_map(|province| divisions.children(province.code)) {
        for county in divisions.children(prefecture.code).filter(|county| county.level == DivisionLevel::County) {
            counties.push((county.code.to_string(), county.name.clone()));
        }
    }
    counties
});

impl Matter {
    /// The matter of this number; `suspects` is the number whose suspects it is about.
    pub(crate) fn of(seed: u64, number: u64, suspects: u64) -> Self {
        let mut dice = Dice::of(seed ^ MATTERS, number);
        // About the shares that such a service sees.
        let mut flow = match dice.below(100) {
            0..55 => Flow::Gang,
            55..75 => Flow::Officer,
            _ => Flow::Sector,
        };
        let out_of_scope = number == suspects && dice.happens(10);
        if out_of_scope {
            flow = Flow::Sector;
        }
        let mut place = Place::any(&mut dice);
        if number != suspects {
            // The same people again: where they are, and what they do with others.
            flow = Self::of(seed, suspects, suspects).flow;
            place = Self::of(seed, suspects, suspects).place.elsewhere(&mut dice);
        }
        let mut other = Dice::of(seed ^ SUSPECTS, suspects);
        let suspects = Suspects::any(&mut other, flow);
        let sentences: &[&str] = match flow {
            _ if out_of_scope => &words::OUT_OF_SCOPE,
            Flow::Gang => &words::GANG,
            Flow::Officer => &words::OFFICER,
            Flow::Sector => &words::SECTOR,
        };
        let count = if out_of_scope { 1 + dice.below(2) } else { 2 + dice.below(2) };
        let mut deeds: Vec<Deed> = (0..count).map(|_| Deed::any(&mut dice, sentences)).collect();
        if !out_of_scope {
            deeds.extend((0..2 + dice.below(3)).map(|_| Deed::any(&mut dice, &words::PARTICULARS)));
        }
        Self {
            flow,
            out_of_scope,
            umbrella: dice.happens(12) && !place.code.is_empty(),
            place,
            suspects,
            deeds,
            year: 2021 + dice.below(6),
            month: 1 + dice.below(10),
            title: dice.one(&words::TITLES),
            category: dice.roll(),
        }
    }
}

impl Place {
    /// Anywhere: large counties have many, one in twelve is on the net only, one in forty in the divisions of the samples.
    fn any(dice: &mut Dice) -> Self {
        let (town, spot) = (dice.one(&words::TOWNS), dice.one(&words::SPOTS));
        if dice.below(12) == 0 {
            return Self { code: String::new(), county: "网络".to_owned(), town: "", spot };
        }
        if dice.below(40) == 0 || COUNTIES.is_empty() {
            let sample = usize::try_from(dice.below(words::COUNTIES.len() as u64)).ok();
            let known = sample.and_then(|sample| words::COUNTIES.get(sample)).copied();
            let (code, county) = known.unwrap_or(("", "网络"));
            return Self { code: code.into(), county: county.into(), town, spot };
        }
        // The square of a fraction: a tenth of the counties has a third of the reports.
        let fraction = dice.below(1 << 20);
        let place = (((fraction * fraction) >> 20) * COUNTIES.len() as u64) >> 20;
        let found = usize::try_from(place).ok().and_then(|place| COUNTIES.get(place)).cloned();
        let (code, county) = found.unwrap_or_default();
        Self { code, county, town, spot }
    }

    fn elsewhere(self, dice: &mut Dice) -> Self {
        Self {
            town: if self.town.is_empty() { "" } else { dice.one(&words::TOWNS) },
            spot: dice.one(&words::SPOTS),
            ..self
        }
    }

    pub(crate) fn detail(&self) -> String {
        if self.code.is_empty() { "网络".to_owned() } else { format!("{}{}{}", self.county, self.town, self.spot) }
    }
}

impl Suspects {
    fn any(dice: &mut Dice, flow: Flow) -> Self {
        let platform = dice.one(&["WECHAT", "QQ", "ALIPAY", "BANK_CARD"]);
        let app = dice.happens(20).then(|| {
            let digest = Digest::from_bytes(dice.bytes()).to_string();
            (format!("com.{}.{}", dice.one(&["fake", "loan", "live", "pay"]), dice.letters(6)), digest)
        });
        let firm = if flow == Flow::Officer {
            dice.one(&["人民法院", "人民检察院", "公安局", "公安局"]).to_owned()
        } else {
            format!("{}{}", dice.one(&words::FIRM_NAMES), dice.one(&words::FIRM_KINDS))
        };
        Self {
            name: person(dice),
            nick: dice.one(&words::NICKNAMES),
            firm,
            plate: format!(
                "{}{}{}{}{}",
                dice.character("云蒙辽冀鲁豫川陕甘晋苏浙皖赣湘"),
                dice.character("ABCDEFGHJKLM"),
                dice.digits(2),
                dice.character("ABCDEFGHJKLMNPQRSTUVWXYZ"),
                dice.digits(3)
            ),
            phone: format!("144{}", dice.digits(8)),
            account: (platform, dice.digits(if platform == "BANK_CARD" { 19 } else { 10 })),
            url: format!("https://{}.example/{}", dice.letters(7), dice.digits(4)),
            app,
            official: person(dice),
            post: dice.one(&words::POSTS),
        }
    }
}

impl Deed {
    fn any(dice: &mut Dice, sentences: &[&'static str]) -> Self {
        let place = usize::try_from(dice.below(sentences.len() as u64)).ok();
        Self {
            sentence: place.and_then(|place| sentences.get(place)).copied().unwrap_or_default(),
            spot: dice.one(&words::SPOTS),
            sum: (dice.below(900) + 1) * 100,
            count: dice.below(28) + 2,
            thing: dice.one(&words::THINGS),
            witness: dice.one(&words::WITNESSES),
            month: 1 + dice.below(12),
            day: 1 + dice.below(28),
        }
    }
}

/// An invented name: one in twelve has one character after the family's.
pub(crate) fn person(dice: &mut Dice) -> String {
    let family = dice.one(&words::FAMILY_NAMES);
    let given = dice.character(words::GIVEN_CHARACTERS);
    if dice.below(12) == 0 {
        return format!("{family}{given}");
    }
    format!("{family}{given}{}", dice.character(words::GIVEN_CHARACTERS))
}

const MATTERS: u64 = 0x4d41_5454;
const SUSPECTS: u64 = 0x5355_5350;
