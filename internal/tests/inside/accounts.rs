//! Who may log in, who may make accounts, and what strangers learn.

use crate::{
    daemon::Daemon,
    program::{command, finish, program},
    site::{OFFICER, Site},
};

#[test]
fn init_makes_a_site_once_and_overwrites_nothing() {
    let site = Site::new();
    let key = std::fs::read(site.path("credentials/store.key")).unwrap();
    let password = site.password_file();
    let again = site.run(["init", "--json", "--first-officer", "other", "--password-file", password.to_str().unwrap()]);
    let again = again.json();
    assert_eq!((again["first_officer"].as_str(), again["accounts"].as_u64()), (Some("exists"), Some(1)));
    assert_eq!(again["made"].as_array().unwrap().len(), 0);
    assert_eq!(std::fs::read(site.path("credentials/store.key")).unwrap(), key);
}

#[test]
fn init_without_a_configuration_writes_an_example_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("internal.toml");
    finish(command(&program(), &config, ["init"])).expect(0);
    assert!(std::fs::read_to_string(&config).unwrap().contains("[credentials]"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_site_is_held_by_one_process() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    site.run(["ingest", "--once"]).expect(8);
    site.run(["reindex"]).expect(8);
    site.run(["serve"]).expect(8);
    assert!(daemon.address.starts_with("https://127.0.0.1:"));
    assert_eq!(daemon.stop(), Some(0));
    site.run(["reindex"]).expect(0);
}

#[test]
fn nobody_is_logged_in_until_they_are() {
    let site = Site::new();
    site.run(["users"]).expect(1);
    let daemon = Daemon::start(&site);
    for arguments in [vec!["users"], vec!["search", "x"], vec!["show", "0000-0000-0000"], vec!["audit"], vec!["ingest"]]
    {
        let run = daemon.run(arguments).expect(1);
        assert!(run.stderr.contains("请先登录"), "{}", run.stderr);
    }
    daemon.log_in(OFFICER);
    daemon.run(["users"]).expect(0);
    daemon.run(["logout"]).expect(0);
    daemon.run(["users"]).expect(1);
}

#[test]
fn wrong_names_and_wrong_passwords_look_alike_and_wait() {
    let site = Site::new();
    site.write_secret("wrong", "a wrong password");
    let daemon = Daemon::start(&site);
    let wrong = site.path("wrong");
    let attempt =
        |name: &str| daemon.run(["login", "--name", name, "--password-file", wrong.to_str().unwrap()]).expect(1).stderr;
    assert_eq!(attempt(OFFICER), attempt("nobody"));
    for _ in 0..4 {
        attempt("nobody");
    }
    assert!(attempt("nobody").contains("秒后再试"));
}

#[test]
fn accounts_are_made_by_the_security_officer_and_by_nobody_else() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    daemon.become_new("wei", "analyst", "OFFICE.000000");
    let password = site.password_file();
    let add = |name: &str, role: &str, unit: &str| {
        daemon.run([
            "users",
            "add",
            "--name",
            name,
            "--role",
            role,
            "--unit",
            unit,
            "--password-file",
            password.to_str().unwrap(),
        ])
    };
    add("li", "analyst", "OFFICE.000000").expect(1);
    daemon.log_in(OFFICER);
    add("wei", "auditor", "OFFICE.000000").expect(2);
    add("li", "emperor", "OFFICE.000000").expect(2);
    add("li", "analyst", "OFFICE.123456").expect(2);
    add("李", "analyst", "OFFICE.000000").expect(2);
    let users = daemon.run(["users", "--json"]).json();
    assert_eq!(users["users"].as_array().unwrap().len(), 2);
    assert!(!users.to_string().contains("argon2"));
}
