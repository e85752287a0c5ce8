//! A site of its own, what happens on it, who is asked, and what is wrong with the answers.

use std::{collections::BTreeSet, fs};

use nightsafe_schema::unit::UnitId;

use super::{
    Kept,
    answers::{Answers, Named},
    doors::Doors,
    plan::{How, Oracle, Plan, Planned, Tree},
};
use crate::{
    daemon::Daemon,
    gateway::{Gateway, submission},
    site::{OFFICER, Site, samples},
    work::taken,
    workflow::undertake,
};

/// The site while its daemon runs.
pub(super) struct World<'a> {
    site: &'a Site,
    daemon: Daemon<'a>,
    gateway: Gateway,
    doors: Doors,
    oracle: Oracle,
    kept: Option<Kept>,
    cases: Vec<Planted>,
    people: Vec<Person>,
}

/// A case, and what is known of it from how it was made.
struct Planted {
    named: Named,
    submission: nightsafe_schema::submission::SubmissionId,
    /// Who has a conflict with it.
    conflicted: BTreeSet<String>,
}

/// Somebody who asks.
struct Person {
    name: String,
    unit: UnitId,
}

/// A site with these units.
pub(super) fn site(tree: &Tree) -> (Site, Gateway) {
    let mut site = Site::new();
    fs::write(site.path("units.json"), tree.file()).unwrap();
    let configured = fs::read_to_string(site.config()).unwrap();
    let known = samples().join("units.json").display().to_string();
    let own = site.path("units.json").display().to_string();
    fs::write(site.config(), configured.replace(&known, &own)).unwrap();
    let gateway = taken(&mut site);
    (site, gateway)
}

impl<'a> World<'a> {
    /// The site with those who work on it, and nothing that came.
    pub(super) fn of(site: &'a Site, gateway: Gateway, oracle: Oracle, kept: Option<Kept>) -> Self {
        let doors = Doors::of(site);
        let daemon = Daemon::start(site);
        let world = Self { site, daemon, gateway, doors, oracle, kept, cases: Vec::new(), people: Vec::new() };
        for (name, role) in [(ANALYST, "analyst"), (DISPATCHER, "dispatcher"), (OPERATOR, "administrator")] {
            world.employ(name, role, "OFFICE.000000");
        }
        world
    }

    fn employ(&self, name: &str, role: &str, unit: &str) {
        self.daemon.log_in(OFFICER);
        let password = self.site.password_file();
        let password = password.to_str().unwrap();
        let add = ["users", "add", "--name", name, "--role", role, "--unit", unit, "--password-file", password];
        self.daemon.run(add).expect(0);
    }

    /// Reports come, are merged, are added to, are parted again, and are given to whom they accuse, if that can be done.
    pub(super) fn live_through(&mut self, plan: &Plan) {
        let accusable = self.oracle.tree.accusable();
        for planned in &plan.reports {
            self.hand_over(planned, planned.accused.get(&accusable).clone());
        }
        self.take_in();
        self.merge(plan);
        for (number, planned) in plan.reports.iter().enumerate() {
            let Some(accused) = planned.supplement.map(|index| index.get(&accusable).clone()) else { continue };
            if self.kept != Some(Kept::Supplement) {
                let told = self.oracle.tree.report(("", How::Umbrella, false), Some(&accused), "补充");
                self.gateway.submit(&told, self.cases[number].submission, &[]);
            }
            self.oracle.supplement(number, accused);
        }
        self.take_in();
        self.undo(plan);
        self.transfer(plan, &accusable);
        self.ask_for_people();
        self.recuse(plan);
    }

    /// A report with a file, both with a word of their own.
    fn hand_over(&mut self, planned: &Planned, accused: UnitId) {
        let word = format!("针{}号尖", self.cases.len());
        let media = self.gateway.media(&format!("{word}.jpg"), b"\xff\xd8\xff no picture");
        self.gateway.hand_over_media(&media);
        let shown = (self.kept != Some(Kept::Accusation)).then_some(&accused);
        let report = self.oracle.tree.report((planned.place, planned.how, planned.urgent), shown, &word);
        let submission = submission();
        let sent = self.gateway.submit(&report, submission, std::slice::from_ref(&media));
        let named = Named {
            case: String::new(),
            word,
            clue: sent.clue_number.as_str().to_owned(),
            item: media.item.to_string(),
        };
        self.cases.push(Planted { named, submission, conflicted: BTreeSet::new() });
        self.oracle.report(accused);
    }

    /// Everything that was handed over is received, and the new cases get to know their numbers.
    fn take_in(&mut self) {
        self.daemon.log_in(OPERATOR);
        let done = self.daemon.run(["ingest", "--json"]).json();
        assert_eq!(done["quarantined"], 0, "{done}");
        self.daemon.log_in(ANALYST);
        for planted in self.cases.iter_mut().filter(|planted| planted.named.case.is_empty()) {
            planted.named.case = self.daemon.found(&planted.named.clue).remove(0);
        }
    }

    fn act(&self, case: usize, act: &[&str]) -> bool {
        let case = self.cases[case].named.case.as_str();
        self.daemon.run(["act", case].into_iter().chain(act.iter().copied()).chain(["--reason", REASON])).code
            == Some(0)
    }

    fn merge(&mut self, plan: &Plan) {
        for (number, planned) in plan.reports.iter().enumerate().skip(1) {
            let Some(with) = planned.merged.as_ref().map(|merged| merged.with.index(number)) else { continue };
            let other = self.cases[with].named.case.clone();
            if self.kept == Some(Kept::Merge) || self.act(number, &["merge", &other]) {
                self.oracle.merge(number, with);
            }
        }
    }

    fn undo(&self, plan: &Plan) {
        let undone = |number: usize| plan.reports[number].merged.as_ref().is_some_and(|merged| merged.undone);
        for (number, with) in self.oracle.merged().filter(|(number, _)| undone(*number)) {
            let other = self.cases[with].named.case.clone();
            assert!(self.act(number, &["unmerge", &other]), "what was merged can be parted");
        }
    }

    /// To whom it accuses, which must be refused, and to somebody else, which need not be.
    fn transfer(&self, plan: &Plan, accusable: &[UnitId]) {
        self.daemon.log_in(DISPATCHER);
        for (number, _) in plan.reports.iter().enumerate().filter(|(_, planned)| planned.moved) {
            let shown = self.daemon.run(["show", "--json", &self.cases[number].named.case]).json();
            let Some(part) = shown["tasks"][0]["part"].as_str() else { continue };
            let give = |unit: &UnitId| self.act(number, &["transfer", "--part", part, "--unit", unit.as_str()]);
            let accused = self.oracle.accused(number).last().unwrap();
            assert!(!give(accused) || self.kept.is_some(), "{accused} was given what accuses it");
            let next = plan.reports.get(number + 1).unwrap_or(&plan.reports[0]);
            let other = next.accused.get(accusable);
            if self.kept.is_none() {
                let given = give(other);
                assert!(!given || !self.oracle.barred(number).contains(other), "{other} was given what accuses it");
            }
        }
    }

    /// Those accused, somebody below them, those who work on it, and the national office; each with another role.
    fn ask_for_people(&mut self) {
        let mut units: Vec<UnitId> = vec!["OFFICE.000000".parse().unwrap()];
        for number in 0..self.cases.len() {
            units.extend(self.oracle.accused(number).iter().cloned());
            units.extend(self.oracle.barred(number).iter().last().cloned());
            let shown = self.daemon.run(["show", "--json", &self.cases[number].named.case]).json();
            let tasks = shown["tasks"].as_array().into_iter().flatten();
            units.extend(tasks.map(|task| task["unit"].as_str().unwrap().parse::<UnitId>().unwrap()));
        }
        let most = if self.kept.is_some() { FEW_PEOPLE } else { MOST_PEOPLE };
        let mut seen = BTreeSet::new();
        units.retain(|unit| seen.insert(unit.clone()));
        for (number, unit) in units.into_iter().take(most).enumerate() {
            let (name, role) = (format!("person-{number}"), ROLES[number % ROLES.len()]);
            self.employ(&name, role, unit.as_str());
            if role == "verifier" {
                undertake(&self.daemon, &name);
            }
            self.people.push(Person { name, unit });
        }
    }

    /// Everybody who sees a case that is so planned has a conflict with it.
    fn recuse(&mut self, plan: &Plan) {
        for Person { name, .. } in &self.people {
            self.daemon.log_in(name);
            for (number, _) in plan.reports.iter().enumerate().filter(|(_, planned)| planned.conflict) {
                let case = self.cases[number].named.case.clone();
                let conflicted = if self.kept == Some(Kept::Conflict) {
                    self.daemon.run(["show", "--json", &case]).code == Some(0)
                } else {
                    self.act(number, &["recuse"])
                };
                if conflicted {
                    self.cases[number].conflicted.insert(name.clone());
                }
            }
        }
    }

    fn is_hidden(&self, number: usize, person: &Person) -> bool {
        self.oracle.barred(number).contains(&person.unit) || self.cases[number].conflicted.contains(&person.name)
    }

    /// Everything that somebody is told which they must not be.
    pub(super) fn leaks(&self) -> Vec<String> {
        let mut leaks = Vec::new();
        for (turn, person) in self.people.iter().enumerate() {
            let is_hidden = |number: &usize| self.is_hidden(*number, person);
            let (hidden, seen): (Vec<usize>, Vec<usize>) = (0..self.cases.len()).partition(is_hidden);
            let named = |numbers: Vec<usize>| numbers.into_iter().map(|number| &self.cases[number].named).collect();
            let mut answers = Answers::to(&person.name, self.site, &self.daemon, named(hidden), named(seen));
            let wrong = answers.leaks(&self.doors, turn);
            leaks.extend(wrong.into_iter().map(|wrong| format!("{} of {} {wrong}", person.name, person.unit)));
        }
        leaks
    }

    /// One more urgent report comes: whoever it accuses gets the very same answers as before, and the national office others.
    pub(super) fn differences(&mut self, plan: &Plan) -> Vec<String> {
        let mut before = Vec::new();
        for person in &self.people {
            let mut answers = Answers::to(&person.name, self.site, &self.daemon, vec![], vec![]);
            before.push(answers.lists(&self.doors));
        }
        let planned = Planned { how: How::Umbrella, urgent: true, ..plan.reports[0].clone() };
        self.hand_over(&planned, self.oracle.accused(0)[0].clone());
        self.take_in();
        let (number, mut wrong) = (self.cases.len() - 1, Vec::new());
        for (person, before) in self.people.iter().zip(before) {
            let barred = self.oracle.barred(number).contains(&person.unit);
            if !barred && person.unit.as_str() != "OFFICE.000000" {
                continue;
            }
            let mut answers = Answers::to(&person.name, self.site, &self.daemon, vec![], vec![]);
            let after = answers.lists(&self.doors);
            assert_eq!(before.len(), after.len());
            for ((door, before), (_, after)) in before.iter().zip(&after) {
                let must_differ =
                    !barred && ["GET /q", "GET /search?q=%E9%92%88", "search 针", "alarms"].contains(&door.as_str());
                if (barred && before != after) || (must_differ && before == after) {
                    wrong.push(format!("{} of {} {door} before: {before}\nafter: {after}", person.name, person.unit));
                }
            }
        }
        wrong
    }
}

const ANALYST: &str = "national";
const DISPATCHER: &str = "dispatcher";
const OPERATOR: &str = "operator";
const REASON: &str = "同一村同一伙人，核对过两份材料";
/// The national office asks first, with the first.
const ROLES: [&str; 6] = ["analyst", "dispatcher", "head", "reviewer", "verifier", "analyst"];
const MOST_PEOPLE: usize = 6;
/// Where something is kept from the daemon it is enough that somebody is told.
const FEW_PEOPLE: usize = 3;
