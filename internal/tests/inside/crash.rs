//! Killed at any step of the receipt, the inside goes on where it was: nothing lost, nothing twice (SECURITY T2).
//!
//! Needs the program built with failpoints (`NIGHTSAFE_FAILPOINT_PROGRAMS`, or this package's feature).

use serde_json::Value;

use crate::{
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
    for name in names.lines() {
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
            assert_eq!(&std::fs::read(&out).unwrap(), bytes, "{name}");
            std::fs::remove_file(&out).unwrap();
        }
    }
}
