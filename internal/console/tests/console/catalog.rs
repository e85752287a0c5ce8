//! A field or an option that the catalog gains shows up in the console with no code.

use std::{collections::BTreeMap, fs, sync::Arc};

use nightsafe_schema::catalog::Catalog;
use serde_json::json;

use crate::{
    browser::Browser,
    desk::{CASE, FakeDesk, reference, reference_with, root, sample_report},
};

fn edited() -> Catalog {
    let folder = root().join("shared-schema/catalog");
    let read = |name: &str| (name.to_owned(), fs::read_to_string(folder.join(name)).unwrap());
    let mut files: BTreeMap<String, String> = Catalog::FILES.into_iter().map(read).collect();
    files.get_mut("fields.toml").unwrap().push_str(
        "\n[[field]]\npath = \"facts.weather\"\nkind = \"code\"\nlist = \"weathers\"\nflows = [\"SECTOR_DISORDER\"]\n\
         zh = \"当时天气\"\nen = \"Weather\"\n",
    );
    files.get_mut("lists.toml").unwrap().push_str(
        "\n[weathers]\nzh = \"天气\"\nen = \"Weather\"\nentries = [\n  { code = \"RAIN\", zh = \"下雨\", en = \"Rain\" },\n  \
         { code = \"UNKNOWN\", zh = \"不清楚\", en = \"I do not know\" },\n]\n",
    );
    Catalog::from_files(&files).unwrap()
}

#[tokio::test]
async fn a_new_field_and_its_options_show_up() {
    let mut document = sample_report("09_sector_minimal_elderly.json");
    document["facts"]["weather"] = json!("RAIN");
    let desk = Arc::new(FakeDesk::with(&document, &reference_with(edited())));
    let mut browser = Browser::logged_in(&desk, reference_with(edited()), "analyst").await;
    let page = browser.get(&format!("/c/{CASE}")).await.body;
    assert!(page.contains("当时天气") && page.contains("Weather") && page.contains("下雨"));
}

#[tokio::test]
async fn a_field_that_this_catalog_does_not_know_is_shown_under_its_bare_name() {
    let mut document = sample_report("09_sector_minimal_elderly.json");
    document["facts"]["weather"] = json!("RAIN");
    let desk = Arc::new(FakeDesk::with(&document, &reference_with(edited())));
    let mut browser = Browser::logged_in(&desk, reference(), "analyst").await;
    let page = browser.get(&format!("/c/{CASE}")).await.body;
    assert!(page.contains("<bdi>weather</bdi>") && page.contains("RAIN"));
}
