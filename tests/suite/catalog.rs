//! What can be reported is data: an entry added to a catalog file alone shows wherever the catalog is read.

use std::{fs, path::Path, process::Command};

use nightsafe_quickstart::{layout::Part, run::workspace};

use crate::scene::{Scene, file, programs, sample};

#[test]
fn an_option_added_to_a_catalog_file_shows_in_page_api_openapi_and_console() {
    let scene = Scene::prepared(programs());
    let catalog = scene.layout().root().join("catalog");
    let copied =
        Command::new("cp").arg("-r").arg(workspace().join("shared-schema/catalog")).arg(&catalog).status().unwrap();
    assert!(copied.success());
    add_option(&catalog.join("lists.toml"));
    for part in [Part::Gateway, Part::Internal] {
        let path = scene.layout().configuration(part);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("divisions = ", "catalog = \"../catalog\"\ndivisions = ", 1)).unwrap();
    }

    let (mut gateway, client) = scene.start_gateway();
    let (status, offered) = client.fetch("/api/v1/catalog").unwrap();
    assert_eq!(status, 200);
    assert!(offered.contains(CODE) && offered.contains(LABEL));
    let (status, description) = client.fetch("/api/v1/openapi.json").unwrap();
    assert_eq!(status, 200);
    assert!(description.contains(CODE));
    let (status, page) = client.fetch("/report/sector/what").unwrap();
    assert_eq!(status, 200);
    assert!(page.contains(CODE) && page.contains(LABEL));

    let mut report = sample("09").report;
    report["facts"]["categories"] = serde_json::json!([CODE]);
    let number = file(&client, &report, None);
    gateway.end();
    scene.carry();
    let (_inside, visitor) = scene.start_inside_with_visitor();
    let case = scene.inspector().search(&number).unwrap().pop().expect("the case");
    let shown = scene.inspector().ask(&["show", "--json", &case]).unwrap();
    assert!(shown.to_string().contains(CODE));
    let page = visitor.page(&format!("/c/{case}"));
    assert!(page.contains(LABEL), "{page}");
}

/// Puts a category of sector disorder beside the first one.
fn add_option(lists: &Path) {
    let text = fs::read_to_string(lists).unwrap();
    let line = text.lines().find(|line| line.contains("\"SD01\"")).expect("the first category of sector disorder");
    let added = line.replace("SD01", CODE);
    let label_start = added.find("zh = \"").expect("a label") + "zh = \"".len();
    let label_end = label_start + added[label_start..].find('"').unwrap();
    let added = format!("{}{LABEL}{}", &added[..label_start], &added[label_end..]);
    fs::write(lists, text.replacen(line, &format!("{line}\n{added}"), 1)).unwrap();
}

const CODE: &str = "SD77";
const LABEL: &str = "低空经济乱象";
