//! Every index can be thrown away (promise 6).

use std::fs;

use crate::{
    daemon::Daemon,
    site::{Site, sample},
};

#[test]
fn a_deleted_or_damaged_index_comes_back_the_same() {
    let mut site = Site::new();
    for start in ["01", "04", "08", "09"] {
        site.gateway.report(&sample(start));
    }
    site.ingest();
    let dump = site.path("first.dump");
    let whole = site.run(["reindex", "--json", "--dump", dump.to_str().unwrap()]).json();
    fs::remove_dir_all(site.path("index")).unwrap();
    fs::create_dir(site.path("index")).unwrap();
    let again = site.path("again.dump");
    let rebuilt = site.run(["reindex", "--json", "--dump", again.to_str().unwrap()]).json();
    assert_eq!(whole["dump_sha256"], rebuilt["dump_sha256"]);
    assert_eq!(fs::read(dump).unwrap(), fs::read(again).unwrap());

    for path in files_under(&site.path("index")) {
        let length = fs::metadata(&path).unwrap().len();
        fs::write(&path, vec![0xa5; usize::try_from(length).unwrap()]).unwrap();
    }
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    assert_eq!(daemon.found("霍大椿").len(), 1);
}

#[test]
fn a_running_daemon_heals_its_index() {
    let mut site = Site::new();
    site.gateway.report(&sample("01"));
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    for path in files_under(&site.path("index")) {
        let length = fs::metadata(&path).unwrap().len();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, &vec![0xa5; usize::try_from(length).unwrap()], 0).unwrap();
    }
    site_report_again(&daemon);
    assert_eq!(daemon.found("霍大椿").len(), 1);
}

/// Whatever happens to the index, looking at the inbox and searching go on.
fn site_report_again(daemon: &Daemon<'_>) {
    daemon.ingest();
    daemon.log_in("national");
}

fn files_under(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_under(&path)) } else { found.push(path) }
    }
    found
}
