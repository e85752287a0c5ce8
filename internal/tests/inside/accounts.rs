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
    add("li", "auditor", "OFFICE.990000").expect(2);
    add("li", "emperor", "OFFICE.000000").expect(2);
    add("li", "analyst", "OFFICE.123456").expect(2);
    add("李", "analyst", "OFFICE.000000").expect(2);
    let users = daemon.run(["users", "--json"]).json();
    assert_eq!(users["users"].as_array().unwrap().len(), 2);
    assert!(!users.to_string().contains("argon2"));
}

/// A code of the account's secret, so many steps from now.
fn code(secret: &str, steps: i64) -> String {
    use totp_rs::{Builder, Secret};
    #[expect(clippy::disallowed_methods, reason = "an authenticator has a clock of its own")]
    let now = jiff::Timestamp::now().as_second() + 30 * steps;
    let codes = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    codes.generate(u64::try_from(now).unwrap()).to_string()
}

fn log_in_with(daemon: &Daemon<'_>, site: &Site, code: &str) -> i32 {
    let password = site.password_file();
    let login = ["login", "--name", "wei", "--password-file", password.to_str().unwrap(), "--code", code];
    daemon.run(login).code.unwrap()
}

#[test]
fn a_code_is_wanted_once_it_was_proven_works_once_and_survives_a_restart() {
    let site = Site::new();
    let password = site.password_file();
    let password = password.to_str().unwrap();
    let daemon = Daemon::start(&site);
    daemon.become_new("wei", "analyst", "OFFICE.000000");
    let begun = daemon.run(["me", "--json", "totp-begin", "--current-file", password]).json();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/Nightsafe%20test:wei?secret="));
    // Until it is proven nothing is asked for.
    assert_eq!(log_in_with(&daemon, &site, ""), 0);
    daemon.run(["me", "totp-confirm", "000000x"]).expect(2);
    daemon.run(["me", "totp-confirm", &code(&secret, -1)]).expect(0);
    assert_eq!(daemon.run(["me", "--json"]).json()["totp"], true);
    for wrong in ["", "12345", &code(&secret, -1), &code(&secret, 90)] {
        assert_eq!(log_in_with(&daemon, &site, wrong), 1, "{wrong}");
    }
    let ahead = code(&secret, 1);
    assert_eq!(log_in_with(&daemon, &site, &ahead), 0);
    assert_eq!(log_in_with(&daemon, &site, &ahead), 1);
    assert_eq!(daemon.stop(), Some(0));
    let daemon = Daemon::start(&site);
    assert_eq!(log_in_with(&daemon, &site, &ahead), 1);
    // Only the security officer helps whoever lost the device.
    daemon.log_in(OFFICER);
    daemon.run(["users", "totp-remove", "wei"]).expect(0);
    daemon.run(["users", "totp-remove", "wei"]).expect(2);
    assert_eq!(log_in_with(&daemon, &site, ""), 0);
    daemon.run(["users", "totp-remove", "wei"]).expect(1);
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let log = daemon.run(["audit", "--json", "--kind", "ACCOUNT_CHANGED"]).json();
    assert!(!log.to_string().contains(&secret));
    assert_eq!(log["rows"].as_array().unwrap().len(), 2);
}

#[test]
fn a_password_is_changed_by_whoever_knows_it_and_an_account_is_closed_for_good() {
    let site = Site::new();
    site.write_secret("other", "another battery staple horse");
    let (password, other) = (site.password_file(), site.path("other"));
    let (password, other) = (password.to_str().unwrap(), other.to_str().unwrap());
    let daemon = Daemon::start(&site);
    daemon.become_new("wei", "analyst", "OFFICE.000000");
    daemon.run(["me", "password", "--current-file", other, "--new-file", other]).expect(2);
    daemon.run(["me", "password", "--current-file", password, "--new-file", other]).expect(0);
    let log_in = |file: &str| daemon.run(["login", "--name", "wei", "--password-file", file]).code.unwrap();
    assert_eq!((log_in(password), log_in(other)), (1, 0));
    daemon.log_in(OFFICER);
    daemon.run(["users", "password", "wei", "--password-file", password]).expect(0);
    assert_eq!(log_in(password), 0);
    let sessions = daemon.run(["me", "--json"]).json()["sessions"].as_array().unwrap().clone();
    assert_eq!((sessions.len(), sessions[0]["this"].as_bool()), (1, Some(true)));
    daemon.run(["users", "close", "wei"]).expect(1);
    daemon.log_in(OFFICER);
    daemon.run(["users", "close", OFFICER]).expect(2);
    daemon.run(["users", "close", "nobody"]).expect(2);
    daemon.run(["users", "close", "wei"]).expect(0);
    daemon.run(["users", "close", "wei"]).expect(2);
    assert_eq!(log_in(password), 1);
}

#[test]
fn keys_and_columns_are_set_by_their_owner_recorded_once_and_outlive_a_restart() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    daemon.become_new("wei", "analyst", "OFFICE.000000");
    let own = |daemon: &Daemon<'_>| {
        let own = daemon.run(["me", "--json"]).json();
        (own["shortcuts"].as_bool().unwrap(), own["columns"].as_array().unwrap().len(), own["columns"].clone())
    };
    assert_eq!((own(&daemon).0, own(&daemon).1), (true, 9));
    for bent in
        [vec!["columns"], vec!["columns", "title"], vec!["columns", "--none", "place"], vec!["shortcuts", "maybe"]]
    {
        daemon.run([vec!["me"], bent.clone()].concat()).expect(2);
    }
    // What is so already is recorded by nobody.
    for _ in 0..2 {
        daemon.run(["me", "columns", "state", "place"]).expect(0);
        daemon.run(["me", "shortcuts", "off"]).expect(0);
    }
    let chosen = (false, 2, serde_json::json!(["place", "state"]));
    assert_eq!(own(&daemon), chosen);
    assert_eq!(daemon.stop(), Some(0));
    let daemon = Daemon::start(&site);
    daemon.log_in("wei");
    assert_eq!(own(&daemon), chosen);
    daemon.run(["me", "columns", "--none"]).expect(0);
    assert_eq!(own(&daemon).1, 0);
    daemon.run(["me", "columns", "--default"]).expect(0);
    daemon.run(["me", "shortcuts", "on"]).expect(0);
    assert_eq!((own(&daemon).0, own(&daemon).1), (true, 9));
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let log = daemon.run(["audit", "--json", "--kind", "ACCOUNT_CHANGED"]).json();
    let told: Vec<&str> = log["rows"].as_array().unwrap().iter().map(|row| row["detail"].as_str().unwrap()).collect();
    let all = "priority,kind,place,state,deadline,units,accepted,files,identity";
    let expected = [
        "wei shortcuts on".to_owned(),
        format!("wei columns {all}"),
        "wei columns ".to_owned(),
        "wei shortcuts off".to_owned(),
        "wei columns place,state".to_owned(),
    ];
    assert_eq!(told, expected);
}
