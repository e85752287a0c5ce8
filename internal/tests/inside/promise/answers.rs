//! What one person is answered, and what of it they must not be told.
//!
//! Three things are wrong with an answer: a word, a number or a file of a hidden case stands in it; it differs from what is
//! said of a case that does not exist; it counts more cases than may be seen.

use data_encoding::HEXUPPER;
use nightsafe_runtime::SystemRandomness;
use nightsafe_schema::{clue::ClueNumber, digest::Digest, item::ItemId, submission::SiteSecret};

use super::doors::{Door, Doors, changes_by_itself, least};
use crate::{browser::Browser, daemon::Daemon, gateway::submission, program::Run, site::Site};

/// All by which a case can be asked for.
pub(super) struct Named {
    /// Its number.
    pub(super) case: String,
    /// Stands in no other report.
    pub(super) word: String,
    /// What its reporter was shown.
    pub(super) clue: String,
    /// Its attachment.
    pub(super) item: String,
}

/// Somebody at both doors.
pub(super) struct Answers<'a> {
    name: &'a str,
    site: &'a Site,
    daemon: &'a Daemon<'a>,
    browser: Browser<'a>,
    hidden: Vec<&'a Named>,
    seen: Vec<&'a Named>,
}

impl Named {
    /// Of a case that there is not.
    fn nowhere() -> Self {
        let clue = ClueNumber::derive(&SiteSecret::from_bytes([3; 32]), &submission(), &Digest::ZERO);
        let item = ItemId::random(&SystemRandomness).unwrap();
        Self {
            case: NOWHERE.to_owned(),
            word: "针9号尖".to_owned(),
            clue: clue.as_str().to_owned(),
            item: item.to_string(),
        }
    }

    /// Each with what stands for it once it was typed.
    fn parts(&self) -> [(&'static str, String); 6] {
        let grouped: Vec<&str> = self.clue.as_bytes().chunks(4).map(|group| str::from_utf8(group).unwrap()).collect();
        [
            ("{case}", self.case.clone()),
            ("{word}", self.word.clone()),
            ("{word}", escaped(&self.word)),
            ("{clue}", self.clue.clone()),
            ("{clue}", grouped.join(" ")),
            ("{item}", self.item.clone()),
        ]
    }

    fn stands_in(&self, text: &str) -> bool {
        self.parts().iter().any(|(_, part)| text.contains(part.as_str()))
    }
}

fn escaped(word: &str) -> String {
    let hex = HEXUPPER.encode(word.as_bytes());
    hex.as_bytes().chunks(2).flat_map(|pair| ["%", str::from_utf8(pair).unwrap()]).collect()
}

impl<'a> Answers<'a> {
    /// This account, logged in at both doors.
    pub(super) fn to(
        name: &'a str,
        site: &'a Site,
        daemon: &'a Daemon<'a>,
        hidden: Vec<&'a Named>,
        seen: Vec<&'a Named>,
    ) -> Self {
        daemon.log_in(name);
        let browser = Browser::logged_in(site, &daemon.address, name);
        Self { name, site, daemon, browser, hidden, seen }
    }

    /// What was wrong with the answers, one line each.
    pub(super) fn leaks(&mut self, doors: &Doors, turn: usize) -> Vec<String> {
        let mut leaks = Vec::new();
        for door in doors.lists() {
            let answer = self.ask(door, &Named::nowhere());
            let told = self.hidden.iter().filter(|hidden| hidden.stands_in(&answer));
            leaks.extend(told.map(|hidden| format!(" {} tells of {}", door.name(), hidden.word)));
            leaks.extend(self.miscount(door, &answer));
        }
        if self.hidden.is_empty() {
            return leaks;
        }
        for door in doors.about_a_case(turn) {
            let nowhere = Named::nowhere();
            let nothing = typed(&self.ask(door, &nowhere), &nowhere);
            for hidden in self.hidden.clone() {
                let answer = typed(&self.ask(door, hidden), hidden);
                let others = self.hidden.iter().filter(|other| other.stands_in(&answer));
                leaks.extend(others.map(|other| format!(" {} tells of {}", door.name(), other.word)));
                if answer != nothing {
                    leaks.push(format!(" {} of {}: {answer}\nof nothing: {nothing}", door.name(), hidden.word));
                }
            }
        }
        leaks
    }

    /// What the lists say, each with its way of asking.
    pub(super) fn lists(&mut self, doors: &Doors) -> Vec<(String, String)> {
        let asked = doors.lists().filter(|door| !changes_by_itself(*door));
        asked.map(|door| (door.name(), self.ask(door, &Named::nowhere()))).collect()
    }

    fn ask(&mut self, door: Door<'_>, named: &Named) -> String {
        let out = self.site.path("taken-out");
        let seen = self.seen.first().map_or(NOWHERE, |seen| seen.case.as_str());
        let fill = |text: &str, word: &str| {
            text.replace("{case}", &named.case)
                .replace("{word}", word)
                .replace("{clue}", &named.clue)
                .replace("{item}", &named.item)
                .replace("{seen}", seen)
                .replace("{out}", out.to_str().unwrap())
        };
        match door {
            Door::Page(path) => steady(&self.browser.ask("GET", &fill(path, &escaped(&named.word)), "")),
            Door::Verb(words) => {
                let Run { code, stdout, stderr } = self.daemon.run(words.iter().map(|word| fill(word, &named.word)));
                let taken = std::fs::remove_file(&out).is_ok();
                let taken = if taken { "\na file was written" } else { "" };
                without_position(&format!("{code:?}\n{stdout}{stderr}{taken}"))
            }
        }
    }

    /// Whether more is counted than may be seen.
    fn miscount(&self, door: Door<'_>, answer: &str) -> Option<String> {
        let counted = match door {
            Door::Page(path) if path == "/q" || path.starts_with("/q?") => pager(answer),
            Door::Page(path) if path.starts_with("/stats/csv") => csv(answer),
            Door::Verb(words) if words.iter().any(|word| word == "--csv") => csv(answer),
            Door::Verb(words) => match words[0].as_str() {
                "search" | "inbox" => json(answer).map(|answer| {
                    let facets = answer["facets"].as_object().into_iter().flat_map(|facets| facets.values());
                    let facets =
                        facets.filter_map(serde_json::Value::as_array).flatten().filter_map(|row| row[1].as_u64());
                    facets.chain(answer["total"].as_u64()).max().unwrap_or_default()
                }),
                "alarms" => json(answer).and_then(|answer| answer["alarms"].as_array().map(|rows| rows.len() as u64)),
                "stats" => json(answer).map(|answer| {
                    let tables = answer["tables"].as_array().unwrap();
                    let flow = tables.iter().find(|table| table["key"] == "flow").unwrap();
                    least(&flow["sum"]["total"])
                }),
                _ => None,
            },
            Door::Page(_) => None,
        }?;
        let seen = self.seen.len() as u64;
        (counted > seen).then(|| format!(" {} counts {counted} where {} sees {seen}", door.name(), self.name))
    }
}

/// The answer with what was typed taken out of it.
fn typed(answer: &str, named: &Named) -> String {
    named.parts().iter().fold(answer.to_owned(), |text, (name, part)| text.replace(part.as_str(), name))
}

/// A page without what is drawn anew or goes on by itself.
fn steady(answer: &str) -> String {
    let mut rest = answer;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("name=\"form\" value=\"") {
        kept.push_str(before);
        rest = after.split_once('"').map_or("", |(_token, rest)| rest);
    }
    kept.push_str(rest);
    let varies = |line: &&str| ["date: ", "set-cookie: "].iter().any(|head| line.to_lowercase().starts_with(head));
    let lines = kept.lines().filter(|line| !varies(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// `alarms` says up to where it looked in the log of all.
fn without_position(answer: &str) -> String {
    let Some((before, after)) = answer.split_once("\"at\":") else { return answer.to_owned() };
    if !before.ends_with('{') {
        return answer.to_owned();
    }
    format!("{before}{}", after.trim_start_matches(|digit: char| digit.is_ascii_digit()))
}

/// The number behind the stroke of a page's `1–3 / 3`.
fn pager(page: &str) -> Option<u64> {
    let told = page.split("role=\"status\">").nth(1)?.split('<').next()?;
    told.rsplit('/').next()?.trim().parse().ok()
}

/// The rows of the table of flows, added up as far as they are shown.
fn csv(answer: &str) -> Option<u64> {
    let rows = answer.lines().filter(|line| line.contains(",flow,"));
    rows.filter_map(|row| row.rsplit(',').next()).map(|number| number.trim_matches(['"', '\r'])).map(cell).max()
}

fn cell(number: &str) -> u64 {
    number.parse().unwrap_or_else(|_| u64::from(number == "<5"))
}

fn json(answer: &str) -> Option<serde_json::Value> {
    serde_json::from_str(answer.split_once('\n')?.1).ok()
}

const NOWHERE: &str = "0000-0000-0000";
