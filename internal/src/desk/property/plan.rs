//! Random trees of units, reports that accuse some of them and what becomes of their cases, and who must then hear nothing of
//! which: what the property of the desk and the one of the running program (`tests/inside/promise.rs`) have in common.
//!
//! Nothing of the rules is asked here. Who is accused is known from how a report was written, and what lies below a unit by
//! climbing the tree by hand.

use std::collections::BTreeSet;

use nightsafe_schema::unit::UnitId;
use proptest::{
    prelude::*,
    sample::{Index, select},
    strategy::ValueTree as _,
    test_runner::TestRunner,
};
use serde_json::{Value, json};

/// A tree of units over the fictional provinces, and reports about them.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Counties under their province instead of their prefecture, and stations that are added.
    pub(super) shape: Vec<(Index, bool)>,
    pub(super) reports: Vec<Planned>,
}

/// A report, whom it accuses and how, and what becomes of its case.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) place: &'static str,
    pub(super) accused: Index,
    pub(super) how: How,
    pub(super) urgent: bool,
    /// Merged with an earlier one.
    pub(super) merged: Option<Merged>,
    /// A supplement accuses another unit.
    pub(super) supplement: Option<Index>,
    /// Given to an accused unit, or an attempt at it.
    pub(super) moved: bool,
    /// Everybody who sees it says that they have a conflict with it.
    pub(super) conflict: bool,
}

/// With which of the earlier reports, and whether that is undone.
#[derive(Debug, Clone)]
pub(super) struct Merged {
    pub(super) with: Index,
    pub(super) undone: bool,
}

/// In which of its fields a report accuses a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Umbrella,
    Subject,
    Disputed,
    Text,
}

impl How {
    const ALL: [Self; 4] = [Self::Umbrella, Self::Subject, Self::Disputed, Self::Text];
}

impl Planned {
    /// An urgent report against this unit that goes to it in the end; nothing else becomes of it.
    pub(super) fn against(unit: &str, how: How) -> Self {
        let accused = index_of(unit);
        let (merged, supplement) = (None, None);
        Self { place: "990121", accused, how, urgent: true, merged, supplement, moved: true, conflict: false }
    }

    /// The same, merged with the report before it.
    pub(super) fn merged(self) -> Self {
        let with = self.accused;
        Self { merged: Some(Merged { with, undone: false }), ..self }
    }

    /// The same with a supplement against another unit.
    pub(super) fn adding(self, unit: &str) -> Self {
        Self { supplement: Some(index_of(unit)), ..self }
    }

    /// The same, and everybody has a conflict with it.
    pub(super) fn conflicted(self) -> Self {
        Self { conflict: true, ..self }
    }
}

/// Plans of up to so many reports.
pub(super) fn plans(most: usize) -> impl Strategy<Value = Plan> {
    let merged = (any::<Index>(), any::<bool>()).prop_map(|(with, undone)| Merged { with, undone });
    let later = (
        proptest::option::weighted(0.4, merged),
        proptest::option::weighted(0.3, any::<Index>()),
        proptest::bool::weighted(0.7),
        proptest::bool::weighted(0.15),
    );
    let places = select(vec!["990121", "990102", "990201", "980101", ""]);
    let report = (places, any::<Index>(), select(&How::ALL[..]), any::<bool>(), later);
    let report = report.prop_map(|(place, accused, how, urgent, (merged, supplement, moved, conflict))| Planned {
        place,
        accused,
        how,
        urgent,
        merged,
        supplement,
        moved,
        conflict,
    });
    (proptest::collection::vec((any::<Index>(), any::<bool>()), 0..6), proptest::collection::vec(report, 1..=most))
        .prop_map(|(shape, reports)| Plan { shape, reports })
}

/// The index by which a plan over the units as they are names one of them.
fn index_of(unit: &str) -> Index {
    let all = Tree::shaped(&[]).accusable();
    let wanted = all.iter().position(|id| id.as_str() == unit).unwrap();
    let mut runner = TestRunner::deterministic();
    loop {
        let index = any::<Index>().new_tree(&mut runner).unwrap().current();
        if index.index(all.len()) == wanted {
            return index;
        }
    }
}

/// Units as a file has them.
pub(super) struct Tree(Vec<Value>);

impl Tree {
    /// The fictional units with some counties right under their province, and some with a station more.
    pub(super) fn shaped(shape: &[(Index, bool)]) -> Self {
        let mut units: Vec<Value> = serde_json::from_str::<Value>(UNITS).unwrap()["units"].as_array().unwrap().clone();
        let counties: Vec<usize> = (0..units.len()).filter(|place| units[*place]["level"] == "COUNTY").collect();
        for (number, (which, station)) in shape.iter().enumerate() {
            let place = *which.get(&counties);
            let county = units[place].clone();
            if *station {
                let id = format!("{}.s{number}", county["id"].as_str().unwrap());
                let name = format!("{}第{number}站派出所", county["name"].as_str().unwrap());
                units.push(json!({"id": id, "name": name, "system": county["system"], "level": "STATION",
                    "division": null, "parent": county["id"], "organ": county["id"]}));
            } else {
                let above = units.iter().find(|unit| unit["id"] == county["parent"]).unwrap()["parent"].clone();
                if !above.is_null() {
                    units[place]["parent"] = above;
                }
            }
        }
        Self(units)
    }

    /// The file.
    pub(super) fn file(&self) -> String {
        json!({ "units": self.0 }).to_string()
    }

    fn unit(&self, id: &str) -> &Value {
        self.0.iter().find(|unit| unit["id"] == id).unwrap()
    }

    /// Local units that reports accuse.
    pub(super) fn accusable(&self) -> Vec<UnitId> {
        let local = self.0.iter().filter(|unit| {
            let id = unit["id"].as_str().unwrap();
            (id.contains(".99") || id.contains(".98"))
                && ["POLICE", "COURT", "PROC", "DISC"].contains(&unit["system"].as_str().unwrap())
        });
        local.map(|unit| unit["id"].as_str().unwrap().parse().unwrap()).collect()
    }

    /// The accused unit, the organ it counts as, and everything below either: climbing from each unit by hand.
    fn barred(&self, accused: &UnitId) -> BTreeSet<UnitId> {
        let organ = self.unit(accused.as_str())["organ"].as_str().unwrap_or(accused.as_str());
        let is_barred = |start: &str| {
            let mut next = Some(start);
            while let Some(id) = next {
                if id == accused.as_str() || id == organ {
                    return true;
                }
                next = self.unit(id)["parent"].as_str().or_else(|| self.unit(id)["organ"].as_str());
            }
            false
        };
        let all = self.0.iter().map(|unit| unit["id"].as_str().unwrap());
        all.filter(|id| is_barred(id)).map(|id| id.parse().unwrap()).collect()
    }

    /// A report with a word of its own that accuses a unit in this way, or nobody.
    pub(super) fn report(&self, planned: (&str, How, bool), accused: Option<&UnitId>, word: &str) -> Value {
        let (place, how, urgent) = planned;
        let unit = accused.map(|accused| self.unit(accused.as_str()));
        let name = unit.map_or("", |unit| unit["name"].as_str().unwrap());
        let system = unit.map_or("OTHER_GOV", |unit| unit["system"].as_str().unwrap());
        let system = if system == "DISC" { "OTHER_GOV" } else { system };
        let officers = how == How::Subject && system != "OTHER_GOV";
        let subject = if officers {
            json!({"sid": "S1", "kind": "organisation", "name": name, "org_name": name, "system": system, "role": "UNIT"})
        } else {
            json!({"sid": "S1", "kind": "individual", "name": "某人"})
        };
        let in_words = how == How::Text || (how == How::Subject && !officers);
        let says = if in_words && unit.is_some() { format!("，{name}领导收了钱") } else { String::new() };
        let mut report = json!({
            "schema": "report/1",
            "flow": if officers { "OFFICER_MISCONDUCT" } else { "GANG_CRIME" },
            "notice_ack": {"notice_version": "N-2026-1", "accepted": true},
            "reporter": {"kind": "undisclosed"},
            "subjects": [subject],
            "facts": {
                "categories": [if officers { "PD05" } else { "GC06" }],
                "title": format!("{word}收钱"),
                "narrative": format!("每月都有人来收钱，{word}{says}，大家都不敢说。"),
                "place": {"code": place, "detail": "集市"},
            },
            "evidence": {},
            "declaration": {"truthful": true},
        });
        if !officers {
            report["facts"]["imminent_danger"] = json!(urgent);
            report["notice_ack"]["rules_version"] = json!("R-2026-1");
        }
        match how {
            How::Umbrella if unit.is_some() => {
                let person =
                    json!({"name": "某", "org_name": name, "system": system, "post": "工作人员", "rank": "STAFF"});
                report["umbrella"] = json!({"known": "YES", "persons": [person], "acts": ["UM3"]});
            }
            How::Disputed if unit.is_some() => {
                report["prior_reports"] = json!([{"receiving_unit": name, "channel": "LETTER", "result": "NOT_SUBSTANTIATED", "satisfied": "NO"}]);
            }
            _ => {}
        }
        report
    }
}

/// Who must hear nothing of which report, by its number.
pub(super) struct Oracle {
    pub(super) tree: Tree,
    accused: Vec<Vec<UnitId>>,
    barred: Vec<BTreeSet<UnitId>>,
    /// Pairs that were merged at any time: an undoing frees nobody.
    merged: BTreeSet<(usize, usize)>,
}

impl Oracle {
    /// Before the first report.
    pub(super) const fn new(tree: Tree) -> Self {
        Self { tree, accused: Vec::new(), barred: Vec::new(), merged: BTreeSet::new() }
    }

    /// The next report accuses this unit.
    pub(super) fn report(&mut self, accused: UnitId) {
        self.barred.push(self.tree.barred(&accused));
        self.accused.push(vec![accused]);
    }

    /// Something that is added to a report accuses another unit.
    pub(super) fn supplement(&mut self, number: usize, accused: UnitId) {
        self.barred[number].extend(self.tree.barred(&accused));
        self.accused[number].push(accused);
        self.share();
    }

    /// Two are merged.
    pub(super) fn merge(&mut self, number: usize, with: usize) {
        self.merged.insert((number, with));
        self.share();
    }

    /// What was merged.
    pub(super) fn merged(&self) -> impl Iterator<Item = (usize, usize)> {
        self.merged.iter().copied()
    }

    /// The units that must hear nothing of a report.
    pub(super) fn barred(&self, number: usize) -> &BTreeSet<UnitId> {
        &self.barred[number]
    }

    /// Whom it accuses, or a report that it was ever merged with; the last one last.
    pub(super) fn accused(&self, number: usize) -> &[UnitId] {
        &self.accused[number]
    }

    /// Whoever is accused in one case of a series is accused in all.
    fn share(&mut self) {
        for _ in 0..self.barred.len() {
            for (one, other) in self.merged.clone() {
                for (to, from) in [(one, other), (other, one)] {
                    let (barred, accused) = (self.barred[from].clone(), self.accused[from].clone());
                    self.barred[to].extend(barred);
                    let known = self.accused[to].clone();
                    self.accused[to].extend(accused.into_iter().filter(|unit| !known.contains(unit)));
                }
            }
        }
    }
}

const UNITS: &str = include_str!("../../../../tests/data/samples/units.json");
