//! The one-way link with the real programs: what crosses, what is named, what heals it.

use std::fs;

use crate::link::{Faults, Linked, Running, append, wait_for};
use crate::program::run;

/// Items of many sizes: reports, one of a megabyte and more, one that takes several blocks.
fn accept(linked: &mut Linked, reports: usize) {
    linked.gateway.accept_many(reports);
    let large: Vec<u8> =
        (0..2_500_000_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    linked.gateway.accept(&large);
    linked.gateway.accept(&large[..1_100_000]);
    linked.gateway.accept(b"the last report");
    linked.gateway.write_head();
}

#[test]
fn everything_crosses_byte_for_byte_once_and_is_named_right() {
    let mut linked = Linked::new(1, Faults::default());
    accept(&mut linked, 30);
    let receiver = linked.receiver();
    let sender = linked.sender();
    wait_for("the first items", || linked.all_arrived());
    linked.assert_whole();
    // What comes while both run crosses, too; nothing is a hole at any moment after.
    linked.gateway.accept(b"one more");
    linked.gateway.write_head();
    let before = linked.relay.heartbeats();
    wait_for("one more item", || linked.all_arrived());
    wait_for("some heartbeats", || linked.relay.heartbeats() > before + 2);
    wait_for("all is well", || (linked.troubles("low"), linked.troubles("high")) == ((0, vec![]), (0, vec![])));
    let status = run(&linked.site, "high", &["status"]);
    assert_eq!(
        (status.json["missing"].as_u64(), status.json["received"].as_u64()),
        (Some(0), Some(34)),
        "{}",
        status.json
    );
    assert_eq!(status.json["diode"]["said"]["lost_before"], 0, "{}", status.json);
    assert!(status.json["streams"][0]["head_hour"].is_string(), "the signed head came with a heartbeat");
    // Both sides can be ended, and what the link brought an import knows.
    assert_eq!((sender.stop(), receiver.stop()), (Some(0), Some(0)));
    run(&linked.site, "low", &["export"]);
    let imported = run(&linked.site, "high", &["import"]);
    assert_eq!(
        (imported.json["handed_over"].as_u64(), imported.json["known"].as_u64()),
        (Some(0), Some(34)),
        "{}",
        imported.json
    );
    assert_eq!(run(&linked.site, "high", &["verify"]).code, 0);
    assert!(linked.site.leftovers("high").is_empty() && linked.site.leftovers("low").is_empty());
    linked.assert_whole();
}

#[test]
fn whatever_the_link_does_everything_is_there_after_the_repeats() {
    let items = if std::env::var_os("NIGHTSAFE_FULL").is_some() { 1000 } else { 150 };
    let faults =
        Faults { loss: 500, reordered: 300, doubled: 200, flipped: 100, foreign: 100, cut: 100, ..Faults::default() };
    let mut linked = Linked::new(7, faults);
    accept(&mut linked, items - 3);
    let _receiver = linked.receiver();
    let _sender = linked.sender();
    wait_for("every item", || linked.all_arrived());
    linked.assert_whole();
    wait_for("nothing is missing", || linked.missing().is_empty());
    // What the receiver says of itself is a second old.
    let said = || run(&linked.site, "high", &["status"]).json["diode"]["said"].clone();
    for count in ["wrong_tag", "wrong_size", "copies", "lost_before", "shards_restored"] {
        wait_for(count, || said()[count].as_u64().unwrap() > 0);
    }
    assert_eq!(said()["lost_here"], 0);
}

#[test]
fn bursts_are_healed() {
    for (seed, longest_burst) in [(1, 200), (2, 2000)] {
        let mut linked = Linked::new(seed, Faults { burst_begins: 20, longest_burst, ..Faults::default() });
        accept(&mut linked, 40);
        let _receiver = linked.receiver();
        let _sender = linked.sender();
        wait_for("every item", || linked.all_arrived());
        linked.assert_whole();
    }
}

#[test]
fn what_is_lost_is_named_within_three_heartbeats_and_a_ticket_brings_it() {
    let mut linked = Linked::new(3, Faults::default());
    linked.gateway.accept_many(3);
    let _receiver = linked.receiver();
    let _sender = linked.sender();
    wait_for("the first items", || linked.all_arrived());
    linked.relay.only_heartbeats(true);
    linked.gateway.accept_many(2);
    let before = linked.relay.heartbeats();
    wait_for("the lost places are named", || linked.missing() == [4, 5]);
    assert!(linked.relay.heartbeats() - before <= 4, "{}", linked.relay.heartbeats() - before);
    let (code, kinds) = linked.troubles("high");
    assert_eq!((code, kinds), (4, vec!["lost-on-line".to_owned()]));
    let ticket = run(&linked.site, "high", &["gap"]).json["tickets"][0]["ticket"].as_str().unwrap().to_owned();
    linked.relay.only_heartbeats(false);
    let queued = run(&linked.site, "low", &["resend", &ticket]);
    assert_eq!((queued.code, queued.json["queued"].as_u64()), (0, Some(2)), "{}", queued.stderr);
    wait_for("what was asked for", || linked.all_arrived());
    wait_for("all is well", || linked.troubles("high") == (0, vec![]));
    wait_for("the ticket is done with", || {
        fs::read_dir(linked.site.path("low/state/diode/tickets")).unwrap().count() == 0
    });
    assert_eq!(run(&linked.site, "low", &["status"]).json["streams"][0]["resend"], 0);
    linked.assert_whole();
}

#[test]
fn a_receiver_that_starts_late_gets_everything() {
    let mut linked = Linked::new(4, Faults::default());
    accept(&mut linked, 20);
    let _sender = linked.sender();
    wait_for("everything was sent", || {
        linked.troubles("low") == (0, vec![]) && { run(&linked.site, "low", &["status"]).json["waiting"] == 0 }
    });
    let _receiver = linked.receiver();
    wait_for("every item", || linked.all_arrived());
    linked.assert_whole();
    wait_for("all is well", || linked.troubles("high") == (0, vec![]));
}

#[test]
fn silence_is_an_alarm_and_ends_with_the_next_heartbeat() {
    let mut linked = Linked::new(5, Faults::default());
    linked.gateway.accept_many(2);
    let receiver = linked.receiver();
    let _sender = linked.sender();
    wait_for("the items", || linked.all_arrived());
    linked.relay.cut();
    wait_for("silence is noticed", || linked.troubles("high") == (5, vec!["link-silent".to_owned()]));
    // A tail that is lost meanwhile is named as soon as the link is back, and comes.
    linked.gateway.accept(b"sent into the void");
    linked.relay.lead_to(receiver.address.unwrap());
    wait_for("it is over", || linked.troubles("high").0 != 5);
    wait_for("the tail", || linked.all_arrived());
    wait_for("all is well", || linked.troubles("high") == (0, vec![]));
}

#[test]
fn what_came_in_part_is_missing_once_the_link_is_silent() {
    let mut linked = Linked::new(9, Faults::default());
    // One block after the other: 564 datagrams each, behind the padding.
    append(&linked.site, "low", "interleave = 1\n");
    linked.gateway.accept(&vec![7; 8_000_000]);
    linked.relay.cut_after(2_000);
    let _receiver = linked.receiver();
    let _sender = linked.sender();
    wait_for("it is named", || linked.missing() == [1]);
    let status = run(&linked.site, "high", &["status"]).json;
    let hole = &status["streams"][0]["holes"][0];
    assert_eq!(hole["why"]["reason"], "lost-on-line", "{hole}");
    assert!(hole["why"]["came"].as_u64().unwrap() > 0, "{hole}");
    linked.relay.cut_after(0);
    wait_for("the rest", || linked.all_arrived());
    linked.assert_whole();
    wait_for("nothing is missing", || linked.missing().is_empty());
}

#[test]
fn what_another_pair_sends_is_dropped_and_said() {
    let mut linked = Linked::new(6, Faults::default());
    linked.gateway.accept_many(2);
    fs::write(linked.site.path("low/pair.secret"), [8; 32]).unwrap();
    let _receiver = linked.receiver();
    let _sender = linked.sender();
    wait_for("silence is noticed", || linked.troubles("high") == (5, vec!["link-silent".to_owned()]));
    let status = run(&linked.site, "high", &["status"]);
    assert!(status.json["diode"]["said"]["wrong_tag"].as_u64().unwrap() > 0, "{}", status.json);
    let why = status.json["troubles"][0]["why"]["en"].as_str().unwrap();
    assert!(why.contains("pair secret"), "{why}");
    assert_eq!(linked.arrived(), 0);
}

#[test]
fn jobs_end_when_everything_has_crossed() {
    let mut linked = Linked::new(8, Faults::default());
    accept(&mut linked, 10);
    let receiver = {
        let mut command = crate::program::command(&linked.site, "high");
        command.args(["--json", "receive", "--once"]);
        Running::of(command)
    };
    linked.relay.lead_to(receiver.address.unwrap());
    let sent = run(&linked.site, "low", &["send", "--once"]);
    assert_eq!(
        (sent.code, sent.json["entries"].as_u64(), sent.json["waiting"].as_u64()),
        (0, Some(13), Some(0)),
        "{}",
        sent.json
    );
    assert_eq!(receiver.ended(), Some(0));
    assert!(linked.all_arrived());
    linked.assert_whole();
    // What was sent is not sent again by the next job; a job that has nothing to do may say so.
    let again = run(&linked.site, "low", &["send", "--once", "--fail-if-empty"]);
    assert_eq!((again.code, again.json["entries"].as_u64()), (9, Some(0)), "{}", again.json);
    // Without a sender, a receiving job ends with silence; nothing is missing by that.
    assert_eq!(run(&linked.site, "high", &["receive", "--once"]).json["missing"], 0);
}

/// Blocks are long due for their repeat before the last has left; a job is one pass all the same, and takes what was there
/// when it began.
#[test]
fn a_job_is_one_pass_over_what_was_there() {
    let mut linked = Linked::new(12, Faults::default());
    let path = linked.site.path("low/transfer.toml");
    let slow = fs::read_to_string(&path).unwrap().replace("rate_mbit = 200", "rate_mbit = 20\ninterleave = 1");
    fs::write(&path, slow).unwrap();
    linked.gateway.accept(&vec![7; 7_000_000]);
    let receiver = linked.receiver();
    let sender = {
        let mut command = crate::program::command(&linked.site, "low");
        command.args(["--json", "send", "--once"]);
        Running::telling(command)
    };
    wait_for("it is under way", || linked.relay.forwarded() > 500);
    linked.gateway.accept(b"for the next job");
    let (code, said) = sender.told();
    assert_eq!((code, &said["entries"], &said["waiting"]), (Some(0), &1.into(), &0.into()), "{said}");
    assert_eq!(linked.relay.repeats(), 0);
    wait_for("the item", || linked.places() == [1].into());
    // The next one brings what came meanwhile.
    let next = run(&linked.site, "low", &["send", "--once"]);
    assert_eq!((next.code, next.json["entries"].as_u64()), (0, Some(1)), "{}", next.json);
    wait_for("the other item", || linked.all_arrived());
    linked.assert_whole();
    assert_eq!((linked.relay.repeats(), receiver.stop()), (0, Some(0)));
}

#[test]
fn a_job_on_a_link_that_refuses_ends_and_says_what_waits() {
    let mut linked = Linked::new(13, Faults::default());
    linked.gateway.accept_many(3);
    let path = linked.site.path("low/transfer.toml");
    let right = fs::read_to_string(&path).unwrap();
    // The kernel lets nobody broadcast who did not ask for it.
    fs::write(&path, right.replace(&linked.relay.address.to_string(), "255.255.255.255:9")).unwrap();
    let refused = run(&linked.site, "low", &["send", "--once"]);
    assert_eq!((refused.code, refused.json["waiting"].as_u64()), (7, Some(3)), "{}", refused.json);
    assert_eq!(refused.json["troubles"][0]["kind"], "link-refuses", "{}", refused.json);
    fs::write(&path, right).unwrap();
    let _receiver = linked.receiver();
    assert_eq!(run(&linked.site, "low", &["send", "--once"]).code, 0);
    wait_for("every item", || linked.all_arrived());
}

#[test]
fn the_outbox_that_lost_an_item_sends_the_entry_and_says_so() {
    let mut linked = Linked::new(9, Faults::default());
    linked.gateway.accept_many(4);
    let item = |linked: &Linked, place: u64| {
        linked.gateway.outbox.join("items").join(linked.gateway.entries[&place].2.file_name())
    };
    fs::rename(item(&linked, 2), linked.site.path("lost")).unwrap();
    let altered = fs::read(item(&linked, 3)).unwrap();
    fs::write(item(&linked, 3), altered.to_ascii_uppercase()).unwrap();
    let _receiver = linked.receiver();
    let _sender = linked.sender();
    wait_for("the others", || linked.arrived() == 2);
    wait_for("the low side says so", || {
        linked.troubles("low") == (4, vec!["held-absent".to_owned(), "held-differs".to_owned()])
    });
    wait_for("the high side names it", || linked.missing() == [2, 3]);
    assert_eq!(linked.troubles("high"), (4, vec!["without-item".to_owned()]));
    // Found again, it crosses by itself.
    fs::rename(linked.site.path("lost"), item(&linked, 2)).unwrap();
    fs::write(item(&linked, 3), altered).unwrap();
    wait_for("the found items", || linked.all_arrived());
    linked.assert_whole();
    wait_for("all is well", || (linked.troubles("low").0, linked.troubles("high").0) == (0, 0));
}

#[test]
fn one_instance_runs_a_link_and_what_it_needs_is_said() {
    let linked = Linked::new(10, Faults::default());
    let receiver = linked.receiver();
    let sender = linked.sender();
    assert_eq!((run(&linked.site, "low", &["send"]).code, run(&linked.site, "high", &["receive"]).code), (8, 8));
    // Volumes go beside it.
    assert_eq!((run(&linked.site, "low", &["export"]).code, run(&linked.site, "high", &["import"]).code), (0, 0));
    assert_eq!((sender.stop(), receiver.stop()), (Some(0), Some(0)));
    assert_eq!((run(&linked.site, "low", &["receive"]).code, run(&linked.site, "high", &["send"]).code), (2, 2));
    for (side, verb) in [("low", "send"), ("high", "receive")] {
        fs::rename(linked.site.path(&format!("{side}/pair.secret")), linked.site.path("away")).unwrap();
        assert_eq!(run(&linked.site, side, &[verb]).code, 6, "{verb}");
        fs::rename(linked.site.path("away"), linked.site.path(&format!("{side}/pair.secret"))).unwrap();
        append(&linked.site, side, "datagram = 99\n");
        assert_eq!(run(&linked.site, side, &[verb]).code, 2, "{verb}");
    }
}

#[test]
fn a_program_that_died_is_said() {
    let linked = Linked::new(11, Faults::default());
    linked.receiver().kill();
    linked.sender().kill();
    assert_eq!(linked.troubles("high"), (5, vec!["not-receiving".to_owned()]));
    assert_eq!(linked.troubles("low"), (5, vec!["not-sending".to_owned()]));
    let _receiver = linked.receiver();
    wait_for("it runs again", || !linked.troubles("high").1.contains(&"not-receiving".to_owned()));
}
