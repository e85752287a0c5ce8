//! The tables that the tests route by: the fictional provinces beside the built-in ones.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use nightsafe_casework::{
    attachment,
    routing::{Decision, Router, Tables},
    triage::{Triage, triage},
    visibility::closed,
};
use nightsafe_schema::{
    catalog::{Catalog, Strictness},
    division::Divisions,
    intake::IntakeAttachment,
    report::Report,
    routing_table::RoutingTable,
    unit::{UnitId, UnitRegistry},
};
use serde_json::{Value, json};

pub(crate) struct World {
    pub(crate) catalog: Catalog,
    pub(crate) divisions: Divisions,
    pub(crate) units: UnitRegistry,
    table: RoutingTable,
}

pub(crate) static WORLD: LazyLock<World> = LazyLock::new(|| World {
    catalog: Catalog::embedded().unwrap(),
    divisions: Divisions::with_files([sample("fictional_divisions.json").as_str()]).unwrap(),
    units: UnitRegistry::with_files([sample("units.json").as_str()]).unwrap(),
    table: RoutingTable::embedded().unwrap(),
});

pub(crate) fn samples_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/samples")
}

fn sample(name: &str) -> String {
    fs::read_to_string(samples_folder().join(name)).unwrap()
}

/// Every sample report by file name.
pub(crate) fn samples() -> BTreeMap<String, Value> {
    let files = fs::read_dir(samples_folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let read = |name: String| (name.clone(), serde_json::from_str::<Value>(&sample(&name)).unwrap());
    files
        .filter(|name| has_extension(name, "json"))
        .map(read)
        .filter(|(_, value)| value.get("report").is_some())
        .collect()
}

impl World {
    pub(crate) fn tables(&self) -> Tables<'_> {
        let Self { catalog, divisions, units, table } = self;
        Tables { table, units, divisions, catalog }
    }

    /// A report as the inside checks it, with its declared attachments supplied.
    pub(crate) fn report(&self, document: &Value) -> (Report, Vec<IntakeAttachment>) {
        let declared = document.pointer("/evidence/attachments").and_then(Value::as_array);
        let supplied = declared.into_iter().flatten().map(|entry| {
            serde_json::from_value(json!({
                "item": "01234567890123456789012345", "name": entry["name"], "media_type": entry["media_type"],
                "length": entry["size"], "sha256": entry["sha256"], "item_sha256": "0".repeat(64),
            }))
            .unwrap()
        });
        let checked = self.catalog.check(document, Strictness::Soft).unwrap_or_else(|problems| {
            panic!("not a report: {problems:?}\n{document}");
        });
        (Report::try_from(checked).unwrap(), supplied.collect())
    }

    pub(crate) fn decide(&self, document: &Value) -> (Triage, Decision) {
        let (report, supplied) = self.report(document);
        let attachments = attachment::matched(report.document(), &supplied);
        let triage = triage(&report, &attachments, &self.catalog);
        let decision = Router::new(self.tables()).unwrap().route(&report, &triage);
        (triage, decision)
    }

    /// What every decision must hold, whatever the report says.
    pub(crate) fn holds(&self, decision: &Decision) -> Result<(), String> {
        let forbidden = closed(&decision.forbidden_units(), &self.units);
        let recorded: BTreeSet<UnitId> = decision.forbidden_units();
        if forbidden != recorded {
            return Err(format!("F is not closed: {:?}", forbidden.difference(&recorded)));
        }
        let holders = decision.access().holders;
        if let Some(unit) = holders.iter().find(|unit| forbidden.contains(unit)) {
            return Err(format!("{unit} is forbidden and holds a task or copy"));
        }
        let viewers = nightsafe_casework::visibility::viewers(&decision.access(), &self.units, &self.divisions);
        if let Some(unit) = viewers.iter().find(|unit| forbidden.contains(unit)) {
            return Err(format!("{unit} is forbidden and may see it"));
        }
        if decision.sealed != decision.tasks.is_empty() {
            return Err("a decision has tasks or is sealed".to_owned());
        }
        if decision.forbidden.iter().any(|forbidden| forbidden.why.is_empty()) {
            return Err("a unit is forbidden without a ground".to_owned());
        }
        Ok(())
    }
}

/// Tasks as `part unit copies…`, to compare with.
pub(crate) fn tasks(decision: &Decision) -> Vec<String> {
    let line = |task: &nightsafe_casework::routing::Task| {
        let part = serde_json::to_value(task.part).unwrap();
        let copies = task.copies.iter().map(|copy| format!("+{copy}"));
        let words = [part.as_str().unwrap().to_owned(), task.unit.to_string()].into_iter().chain(copies);
        words.collect::<Vec<_>>().join(" ")
    };
    decision.tasks.iter().map(line).collect()
}

pub(crate) fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}
