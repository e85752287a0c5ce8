//! Who depends on whom, as the table in docs/architecture.md says.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use super::repository::{read, root};

#[test]
fn packages_depend_only_as_the_architecture_page_says() {
    let allowed = allowed();
    let mut wrong = Vec::new();
    for (package, dependencies) in actual() {
        match allowed.get(&package) {
            None => wrong.push(format!("{package} has no row")),
            Some(allowed) => {
                wrong.extend(
                    dependencies.difference(allowed).map(|other| format!("{package} → {other} is not allowed")),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_package_keeps_the_workspace_lints() {
    for package in metadata()["packages"].as_array().unwrap() {
        let manifest = std::fs::read_to_string(package["manifest_path"].as_str().unwrap()).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package["name"]);
    }
}

/// The rows `| package | allowed, allowed |` below the sentence that announces the table.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let page = read("docs/architecture.md");
    let (_, table) = page.split_once("| package | may depend on |").expect("the table of arrows");
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut allowed = BTreeMap::new();
    for row in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let mut cells = row.trim_matches('|').split('|');
        let package = names(cells.next().unwrap()).pop().unwrap();
        allowed.insert(package, names(cells.next().unwrap()).into_iter().collect());
    }
    assert!(allowed.len() > 10, "the table of arrows has only {} rows", allowed.len());
    allowed
}

/// Normal and build dependencies between members; what tests use is their own business.
fn actual() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let dependencies = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        let ours = all.filter(|one| one["path"].is_string() && one["kind"] != "dev");
        ours.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    packages.iter().map(|package| (package["name"].as_str().unwrap().to_owned(), dependencies(package))).collect()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}
