//! The built-in catalog is sound, and every kind of fault is named.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use crate::{
    catalog::{Catalog, CatalogError, Strictness, files},
    division::Divisions,
    report::{
        Flow,
        samples::{self, report},
    },
    unit::UnitRegistry,
};

fn edited(file: &str, from: &str, to: &str) -> Result<Catalog, CatalogError> {
    let mut texts = files::embedded();
    let text = texts.get_mut(file).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    *text = text.replacen(from, to, 1);
    Catalog::from_files(&texts)
}

fn with_added(file: &str, more: &str) -> Result<Catalog, CatalogError> {
    let mut texts = files::embedded();
    texts.get_mut(file).unwrap().push_str(more);
    Catalog::from_files(&texts)
}

#[track_caller]
fn fault(edition: Result<Catalog, CatalogError>, words: &str) {
    let error = edition.expect_err("the catalog was taken");
    let printed = error.to_string();
    assert!(matches!(error, CatalogError::Contradiction { .. }), "{printed}");
    assert!(printed.contains(words), "{printed}");
}

#[test]
fn the_built_in_catalog_is_sound_and_has_every_flow() {
    let catalog = Catalog::embedded().unwrap();
    for flow in Flow::ALL {
        assert!(catalog.flow(flow.as_str()).is_some());
    }
    assert_eq!(catalog.flow_by_slug("gang").unwrap().code, "GANG_CRIME");
    assert!(catalog.flow_by_slug("SUPPLEMENT").is_none());
    assert!(catalog.version().starts_with("2026-11-2+"));
}

#[test]
fn flows_have_no_more_pages_than_promised() {
    let catalog = Catalog::embedded().unwrap();
    let pages = |slug| catalog.flow_by_slug(slug).unwrap().pages.len() + 1;
    assert!(pages("officers") <= 5 && pages("gang") <= 6 && pages("sector") <= 4, "the start page counts");
}

#[test]
fn every_required_field_is_asked_for_by_its_form() {
    let catalog = Catalog::embedded().unwrap();
    let implied = ["schema", "flow", "notice_ack.notice_version", "notice_ack.rules_version"];
    for flow in catalog.flows() {
        let mut waiting: Vec<_> = catalog.fields(&flow.code).collect();
        while let Some(field) = waiting.pop() {
            if field.is_required_in(&flow.code) && !implied.contains(&field.path.as_str()) {
                assert!(flow.page_of(&field.path).is_some(), "{} does not ask for {}", flow.code, field.path);
                waiting.extend(field.fields(&flow.code));
            }
        }
    }
}

#[test]
fn the_campaign_of_the_notice_names_places_and_units_that_exist() {
    let (catalog, divisions, units) =
        (Catalog::embedded().unwrap(), Divisions::embedded().unwrap(), UnitRegistry::embedded().unwrap());
    let campaign = catalog.campaign("xilingol-internet").unwrap();
    assert_eq!(campaign.units.len(), 15);
    assert!(campaign.units.iter().all(|unit| units.contains(unit)));
    assert_eq!(divisions.name(campaign.region), Some("锡林郭勒盟"));
}

#[test]
fn a_field_added_in_a_file_is_accepted_checked_and_described() {
    let added = r#"
[[field]]
path = "facts.vehicle_count"
kind = "whole"
max = 99
flows = ["SECTOR_DISORDER"]
zh = "车辆数"
en = "How many vehicles"
"#;
    let catalog = with_added(files::FIELDS, added).unwrap();
    let mut document = report(samples::SECTOR);
    document["facts"]["vehicle_count"] = json!(3);
    assert!(catalog.check(&document, Strictness::Soft).is_ok());
    document["facts"]["vehicle_count"] = json!(100);
    assert_eq!(catalog.check(&document, Strictness::Soft).unwrap_err()[0].path, "facts.vehicle_count");
    let described = catalog.openapi();
    assert_eq!(
        described["components"]["schemas"]["SECTOR_DISORDER"]["properties"]["facts"]["properties"]["vehicle_count"]["maximum"],
        99
    );
    assert_ne!(catalog.version(), Catalog::embedded().unwrap().version());
}

#[test]
fn the_words_fire_on_the_samples_as_noted() {
    let catalog = Catalog::embedded().unwrap();
    let narrative = |text| report(text)["facts"]["narrative"].as_str().unwrap().to_owned();
    let fired = |list, text: &str| catalog.words(list).unwrap().found_in(text).map(str::to_owned).collect::<Vec<_>>();
    let (construction, market) = (narrative(samples::SECTOR), narrative(samples::MARKET));
    assert_eq!(fired("violence", &construction), ["黑衣"]);
    assert_eq!(fired("violence", &market), Vec::<String>::new());
    assert_eq!(fired("hint", &market), ["掀摊", "不交就"]);
    assert_eq!(catalog.words("hint").unwrap().suggests.as_deref(), Some("GC06"));
}

#[test]
fn references_that_lead_nowhere_are_faults() {
    fault(edited(files::FIELDS, r#"list = "genders""#, r#"list = "gender""#), "its list is not in lists.toml");
    fault(edited(files::FLOWS, r#""facts.title""#, r#""facts.headline""#), "facts.headline is no field of this flow");
    fault(edited(files::FLOWS, r#"attachments = ["jpg""#, r#"attachments = ["jpeg""#), "jpeg is no kind of attachment");
    fault(edited(files::FLOWS, "N-2026-1", "N-2027-1"), "N-2027-1 is in no notice");
    fault(edited(files::CAMPAIGNS, r#"flow = "GANG_CRIME""#, r#"flow = "GANG""#), "GANG is no flow");
    fault(edited(files::CAMPAIGNS, "GC11", "GC98"), "GC98 is no code");
    fault(edited(files::CAMPAIGNS, r#"opens = "2023""#, r#"opens = "spring""#), "spring is no date");
    fault(edited(files::WORDS, r#"suggests = "GC06""#, r#"suggests = "GC66""#), "suggests a code");
    fault(edited(files::LISTS, r#"sector = "S01""#, r#"sector = "S77""#), "its sector is not in");
    fault(edited(files::LISTS, r#"shown_in = ["GANG_CRIME"]"#, r#"shown_in = ["GANGS"]"#), "GANGS, which is no flow");
}

#[test]
fn codes_and_paths_that_stand_twice_are_faults() {
    fault(edited(files::LISTS, r#"code = "GC03""#, r#"code = "GC02""#), "GC02 stands twice");
    fault(edited(files::FLOWS, r#"slug = "gang""#, r#"slug = "officers""#), "officers stands twice");
    let again = "\n[[field]]\npath = \"facts.title\"\nkind = \"line\"\nmax = 9\nzh = \"x\"\nen = \"x\"\n";
    fault(with_added(files::FIELDS, again), "stands twice for the same flow");
    let single = "\n[[field]]\npath = \"subjects\"\nkind = \"line\"\nmax = 9\nflows = [\"GANG_CRIME\"]\nzh = \"x\"\nen = \"x\"\n";
    fault(with_added(files::FIELDS, single), "both a list and a single value");
}

#[test]
fn labels_are_there_in_both_languages() {
    fault(edited(files::LISTS, r#"zh = "恐吓滋扰""#, r#"zh = " ""#), "zh is empty");
    let error = edited(files::LISTS, r#", en = "Threats and harassment""#, "").unwrap_err();
    assert!(matches!(error, CatalogError::Malformed { file: files::LISTS, .. }), "{error}");
}

#[test]
fn a_list_without_unknown_says_why() {
    let unknown = r#"  { code = "UNKNOWN", zh = "不清楚", en = "I do not know" },"#;
    fault(edited(files::LISTS, unknown, ""), "has no UNKNOWN 不清楚");
}

#[test]
fn everything_about_the_reporter_says_whether_it_is_identity() {
    let field =
        "\n[[field]]\npath = \"reporter.shoe_size\"\nkind = \"line\"\nmax = 9\nzh = \"鞋码\"\nen = \"Shoe size\"\n";
    fault(with_added(files::FIELDS, field), "does not say whether it is `identity`");
    let listed = "\n[[field]]\npath = \"evidence.urls_of_reporter[]\"\nkind = \"line\"\nmax = 9\nitems = 3\nidentity = true\nzh = \"x\"\nen = \"x\"\n";
    fault(with_added(files::FIELDS, listed), "cannot be `identity`");
}

#[test]
fn what_programs_rely_on_cannot_be_taken_away() {
    fault(edited(files::FIELDS, r#"path = "facts.narrative""#, r#"path = "facts.tale""#), "programs rely on it");
}

#[test]
fn fields_that_cannot_be_placed_are_faults() {
    let under =
        |path: &str| format!("\n[[field]]\npath = \"{path}\"\nkind = \"line\"\nmax = 9\nzh = \"x\"\nen = \"x\"\n");
    fault(with_added(files::FIELDS, &under("nowhere.name")), "which is no group");
    fault(with_added(files::FIELDS, &under("facts.title.short")), "which is no group");
    fault(with_added(files::FIELDS, &under("facts.Title")), "a name is");
    fault(with_added(files::FIELDS, &under("")), "a name is");
    fault(with_added(files::FIELDS, &under("a.b.c.d.e.f")), "lies too deep");
    fault(with_added(files::FIELDS, &under("facts.names[]")), "a list needs `items`");
    fault(edited(files::FIELDS, "max = 5000", "max = 5"), "needs `max`");
}

#[test]
fn files_are_complete_and_rightly_named() {
    let mut texts = files::embedded();
    texts.insert("README.md".to_owned(), "anything".to_owned());
    assert!(Catalog::from_files(&texts).is_ok());
    texts.insert("list.toml".to_owned(), String::new());
    assert!(matches!(Catalog::from_files(&texts), Err(CatalogError::StrangeFile { .. })));
    assert!(matches!(Catalog::from_files(&BTreeMap::new()), Err(CatalogError::MissingFile { .. })));
    let unknown_key = edited(files::FIELDS, "max = 5000", "max = 5000\nmaximum = 3");
    assert!(matches!(unknown_key, Err(CatalogError::Malformed { file: files::FIELDS, .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_in_any_file_never_panics(which in 0_usize..7, text in "\\PC*", keep in any::<bool>()) {
        let mut texts = files::embedded();
        let file = texts.get_mut(Catalog::FILES[which]).unwrap();
        if keep { file.push_str(&text) } else { *file = text }
        let _ = Catalog::from_files(&texts);
    }
}
