//! Killed at any step of the receipt or of a registration, the inside goes on where it was: nothing lost, nothing twice
//! (SECURITY T2).
//!
//! Needs the program built with failpoints (`NIGHTSAFE_FAILPOINT_PROGRAMS`, or this package's feature).

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use crate::{
    counter,
    daemon::Daemon,
    gateway::submission,
    program::{command, finish, program_with_failpoints},
    site::{Site, sample},
};

#[test]
fn killed_at_every_step_it_records_everything_once() {
    let program = program_with_failpoints();
    let names = finish(command(&program, &Site::new().config(), ["failpoints"])).stdout;
    assert!(names.lines().count() > 5, "{names}");
    for name in names.lines().filter(|name| !name.starts_with("counter.")) {
        let mut site = Site::new();
        let ahead = site.gateway.media("ahead.jpg", b"\xff\xd8 ahead");
        site.gateway.hand_over_media(&ahead);
        site.gateway.envelope("not a report");
        let id = submission();
        let media = [ahead, site.gateway.media("behind.jpg", b"\xff\xd8 behind")];
        let first = site.gateway.submit(&sample("01"), id, &media);
        site.gateway.hand_over_media(&media[1]);
        site.gateway.submit(&sample("01"), id, &media);

        let mut killed = 0;
        for count in 1..=3 {
            let mut run = command(&program, &site.config(), ["ingest", "--once", "--json"]);
            run.env("NIGHTSAFE_FAILPOINT", format!("{name}:{count}"));
            let run = finish(run);
            assert!(matches!(run.code, None | Some(0 | 3)), "{name}:{count} {:?} {}", run.code, run.stderr);
            killed += usize::from(run.code.is_none());
        }
        assert!(killed > 0, "{name} was never passed");
        let last = site.run(["ingest", "--once", "--json"]);
        assert!(matches!(last.code, Some(0 | 3)), "{name} {}", last.stderr);
        assert_eq!(site.gateway.waiting(), 0, "{name}");
        site.run(["audit", "verify"]).expect(0);

        let daemon = Daemon::start(&site);
        daemon.become_new("national", "analyst", "OFFICE.000000");
        let cases = daemon.found(first.clue_number.as_str());
        assert_eq!(cases.len(), 1, "{name}");
        assert_eq!(daemon.found("霍大椿"), cases, "{name}");
        let shown = daemon.run(["show", "--json", &cases[0]]).json();
        assert_eq!(shown["retries"], 1, "{name}");
        let arrived = |one: &&Value| one["state"] == "arrived";
        // The sample declares a third, which nobody supplied.
        assert_eq!(shown["attachments"].as_array().unwrap().iter().filter(arrived).count(), 2, "{name} {shown}");
        daemon.become_new("auditor", "auditor", "OFFICE.000000");
        let log = daemon.run(["audit", "--json", "--kind", "ITEM_QUARANTINED"]).json();
        assert_eq!(log["total"], 1, "{name}");
        drop(daemon);
        for (item, bytes) in [(first.item, &first.bytes), (media[0].item, &media[0].bytes)] {
            let out = site.path("out.age");
            site.run(["item", "export", &item.to_string(), "--out", out.to_str().unwrap()]).expect(0);
            assert_eq!(&fs::read(&out).unwrap(), bytes, "{name}");
            fs::remove_file(&out).unwrap();
        }
    }
}

/// A clerk's registration with two attachments: what was acknowledged is there once, what was not is there whole or not at all,
/// and the same registration sent again is one report with one number either way.
#[test]
fn killed_at_every_step_of_a_registration_it_is_there_once_or_not_at_all() {
    let program = program_with_failpoints();
    let names = finish(command(&program, &Site::new().config(), ["failpoints"])).stdout;
    let names: Vec<&str> = names.lines().filter(|name| name.starts_with("counter.")).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    let files: [(&str, &[u8]); 2] = [("page-1.jpg", b"\xff\xd8\xff first page"), ("call.mp3", b"ID3\x04 a recording")];
    for name in names {
        let site = Site::new();
        let register = |daemon: &Daemon<'_>, start, channel: &str| {
            daemon.log_in("clerk");
            counter::register(daemon, &site, channel, &counter::told(start), &files)
        };
        let acknowledged = {
            let daemon = Daemon::start(&site);
            for (name, role) in [("clerk", "clerk"), ("national", "analyst")] {
                daemon.become_new(name, role, "OFFICE.000000");
            }
            let number = counter::number(&register(&daemon, "09", "phone").json());
            daemon.ingest();
            number
        };
        let mut doomed = command(&program, &site.config(), ["serve"]);
        doomed.env("NIGHTSAFE_FAILPOINT", name);
        let doomed = Daemon::doomed(&site, doomed);
        let cut = register(&doomed, "01", "letter");
        assert!(cut.code.is_some_and(|code| code != 0) && cut.stdout.is_empty(), "{name}: {}", cut.stdout);
        assert_eq!(doomed.killed_by(), Some(9), "{name} was never passed");

        // The next start sweeps; only then is anything received.
        let daemon = Daemon::start(&site);
        assert_eq!(unnamed(&site.path("state/counter")), BTreeSet::new(), "{name}");
        assert_eq!(daemon.ingest()["quarantined"], 0, "{name}");
        let whole = ["counter.after-lines", "counter.after-journal", "counter.after-event"].contains(&name);
        daemon.log_in("national");
        assert_eq!((daemon.count(&acknowledged), daemon.count("霍大椿")), (1, u64::from(whole)), "{name}");

        let again = register(&daemon, "01", "letter").json();
        assert_eq!(again["before"], whole, "{name}");
        assert_eq!(daemon.ingest()["quarantined"], 0, "{name}");
        daemon.log_in("national");
        let case = daemon.found(&counter::number(&again));
        assert_eq!((case.len(), daemon.found("霍大椿")), (1, case.clone()), "{name}");
        let shown = daemon.run(["show", "--json", &case[0]]).json();
        let arrived = shown["attachments"].as_array().unwrap().iter().filter(|one| one["state"] == "arrived");
        assert_eq!((arrived.count(), &shown["retries"]), (2, &json!(0)), "{name}");
        assert_eq!(daemon.stop(), Some(0));
        assert_eq!(fs::read_dir(site.path("state/counter/items")).unwrap().count(), 0, "{name}");
        let kept = crate::hostile::files_under(&site.path("vault")).len();
        assert_eq!(kept, 6, "{name}: two reports with two files each, and nothing else");
        site.run(["audit", "verify"]).expect(0);
    }
}

/// Files of the counter that are no journal, and no item with a line in it.
fn unnamed(counter: &Path) -> BTreeSet<String> {
    let journals = fs::read_dir(counter.join("journal")).unwrap();
    let lines: String = journals.map(|journal| fs::read_to_string(journal.unwrap().path()).unwrap()).collect();
    let items =
        fs::read_dir(counter.join("items")).unwrap().map(|item| item.unwrap().file_name().into_string().unwrap());
    items.filter(|item| !lines.contains(item.trim_end_matches(".age"))).collect()
}
