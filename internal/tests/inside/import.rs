//! Tables replaced by files: tried first, then put in force as an event, never by half.

use serde_json::{Value, json};

use crate::{
    daemon::Daemon,
    site::{OFFICER, Site, sample},
};

/// Writes a file and imports it; the run.
fn import(daemon: &Daemon<'_>, site: &Site, table: &str, text: &str, more: &[&str]) -> crate::program::Run {
    let file = site.path("import");
    std::fs::write(&file, text).unwrap();
    let arguments = ["import", table, file.to_str().unwrap(), "--json"];
    daemon.run(arguments.iter().chain(more))
}

fn station(id: &str) -> Value {
    json!({"id": id, "name": "青禾县公安局石桥派出所", "system": "POLICE", "level": "STATION",
        "division": null, "parent": "POLICE.990121", "organ": "POLICE.990121"})
}

#[test]
fn a_table_is_tried_and_then_replaced_as_an_event() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    daemon.become_new("operator", "administrator", "OFFICE.000000");
    let units = json!({"units": [station("POLICE.990121.shiqiao")]}).to_string();
    let tried = import(&daemon, &site, "units", &units, &[]).json();
    assert_eq!((&tried["applied"], &tried["counts"]), (&json!(false), &json!([1, 0, 0])));
    assert!(tried["added"][0].as_str().unwrap().starts_with("POLICE.990121.shiqiao 青禾县公安局石桥派出所"));
    assert_eq!(import(&daemon, &site, "units", &units, &["--apply"]).json()["applied"], true);

    // The site is opened anew; whoever connects meanwhile finds it as soon as it is.
    let again = crate::work::until("the site is open again", || {
        let password = site.password_file();
        let login = ["login", "--json", "--name", "operator", "--password-file", password.to_str().unwrap()];
        (daemon.run(login).code == Some(0))
            .then(|| import(&daemon, &site, "units", &units, &[]))
            .filter(|run| run.code == Some(0))
            .map(|run| run.json())
            .filter(|run| run["counts"] == json!([0, 0, 0]))
    });
    assert_eq!(again["added"], json!([]), "it is in force");
    daemon.become_new("guard", "analyst", "POLICE.990121.shiqiao");
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let log = daemon.run(["audit", "--json", "--kind", "TABLE_IMPORTED"]).json();
    assert_eq!((&log["total"], &log["rows"][0]["actor"]), (&json!(1), &json!("operator")));
    assert!(log["rows"][0]["detail"].as_str().unwrap().starts_with("units +1 -0 ~0 "));
    assert_eq!(daemon.stop(), Some(0));
    // And after a start.
    let daemon = Daemon::start(&site);
    daemon.log_in("guard");
    daemon.run(["search", "x"]).expect(0);
}

#[test]
fn a_bad_file_says_where_and_changes_nothing() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    daemon.become_new("operator", "administrator", "OFFICE.000000");
    let mut orphan = station("POLICE.990121.shiqiao");
    orphan["parent"] = json!("POLICE.nowhere");
    let orphan = json!({"units": [orphan]}).to_string();
    for (table, text, words) in [
        ("units", "{\"units\": [{\"id\": \"POLICE.1\",\n \"nam\": \"x\"}]}", "line 2"),
        ("units", &orphan, "POLICE.nowhere"),
        ("routing", "queue,system,level,division,unit\ncrime,POLICE,COUNTRY,,POLICE.000000\n", "line: 2"),
        ("routing", "queue,system,level,division,unit\ncrime,POLICE,COUNTY,,POLICE.{county}\n", "no row"),
        ("calendar", "date,kind,note\n2027-01-01,holiday,元旦\n2027-01-04,workday,\n", "line 3, kind"),
        ("officers", "name,unit,from,to,head\n甲,POLICE.nowhere,2020-01-01,,no\n", "line 2, unit"),
    ] {
        let run = import(&daemon, &site, table, text, &["--apply"]).expect(2);
        assert!(run.stderr.contains(words), "{table}: {}", run.stderr);
    }
    daemon.log_in(OFFICER);
    for (row, words) in [
        ("li,analyst,POLICE.990100,short,", "line 2, password"),
        ("li,chief,POLICE.990100,long enough password,", "line 2, role"),
        ("li,analyst,POLICE.nowhere,long enough password,", "line 2, unit"),
        ("officer,analyst,OFFICE.000000,,", "line 2, role"),
        ("li,analyst,POLICE.990100,a password, with a comma,", "line 2, row"),
    ] {
        let run = import(&daemon, &site, "users", &format!("name,role,unit,password,closed\n{row}\n"), &[]).expect(2);
        assert!(run.stderr.contains(words), "{row}: {}", run.stderr);
    }
    import(&daemon, &site, "units", "{\"units\": []}", &[]).expect(1);
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    assert_eq!(daemon.run(["audit", "--json", "--kind", "TABLE_IMPORTED"]).json()["total"], 0);
}

#[test]
fn accounts_come_and_go_by_a_file() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    daemon.log_in(OFFICER);
    let file = |closed: &str| {
        let password = crate::site::PASSWORD;
        format!(
            "\u{feff}name,role,unit,password,closed\r\nli,analyst,POLICE.990100,{password},{closed}\r\n\r\nwang, verifier ,DISC.990100,\"{}\",\r\n",
            QUOTED.replace('"', "\"\"")
        )
    };
    let tried = import(&daemon, &site, "users", &file(""), &[]).json();
    assert_eq!(tried["added"], json!(["li analyst POLICE.990100", "wang verifier DISC.990100"]));
    import(&daemon, &site, "users", &file(""), &["--apply"]).expect(0);
    crate::work::until("the new account can log in", || {
        let password = site.password_file();
        let login = ["login", "--json", "--name", "li", "--password-file", password.to_str().unwrap()];
        (daemon.run(login).code == Some(0)).then_some(())
    });
    let quoted = site.password_file().with_file_name("quoted");
    std::fs::write(&quoted, QUOTED).unwrap();
    daemon.run(["login", "--json", "--name", "wang", "--password-file", quoted.to_str().unwrap()]).expect(0);
    daemon.log_in(OFFICER);
    assert_eq!(
        import(&daemon, &site, "users", &file("yes"), &[]).json()["removed"],
        json!(["li analyst POLICE.990100"])
    );
}

#[test]
fn a_unit_that_holds_a_case_cannot_be_taken_away() {
    let mut site = Site::new();
    let mut moved = json!({"id": "POLICE.990101", "name": "松岭市公安局城关分局", "system": "POLICE", "level": "COUNTY",
        "division": null, "parent": "POLICE.990100", "organ": null});
    site.gateway.report(&sample("04"));
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("operator", "administrator", "OFFICE.000000");
    import(&daemon, &site, "units", &json!({"units": [moved.clone()]}).to_string(), &["--apply"]).expect(0);
    crate::work::until("the site is open again", || {
        let password = site.password_file();
        let login = ["login", "--json", "--name", "operator", "--password-file", password.to_str().unwrap()];
        let open = daemon.run(login).code == Some(0)
            && import(&daemon, &site, "units", &json!({"units": [moved.clone()]}).to_string(), &[])
                .stdout
                .contains("[0,0,0]");
        open.then_some(())
    });
    daemon.become_new("dispatcher", "dispatcher", "OFFICE.000000");
    let case = daemon.found("催收").remove(0);
    let transfer = ["act", &case, "transfer", "--part", "crime", "--unit", "POLICE.990101", "--reason", "指定管辖"];
    daemon.run(transfer).expect(0);
    daemon.log_in("operator");
    let run = import(&daemon, &site, "units", "{\"units\": []}", &["--apply"]).expect(2);
    assert!(run.stderr.contains("POLICE.990101"), "{}", run.stderr);
    moved["name"] = json!("松岭市公安局老城分局");
    let renamed = import(&daemon, &site, "units", &json!({"units": [moved]}).to_string(), &[]).json();
    assert_eq!(renamed["counts"], json!([0, 0, 1]));
}

/// What a spreadsheet has to quote.
const QUOTED: &str = "逗号, 引号\" 与空格, 也够长";
