//! The one-way link at its worst, as a seed decides: whatever it does to datagrams, whoever is killed, whatever the clocks say,
//! every place is in the inbox once and byte for byte, or named as missing; and then a clean item does not wait.

use crate::link::{Dice, Faults, Linked, Running, set_clock, wait_for};
use crate::program::run;

#[test]
fn every_place_is_there_once_or_named_whatever_happens() {
    let (seeds, rounds) = if std::env::var_os("NIGHTSAFE_FULL").is_some() { (1..=8, 10) } else { (1..=1, 5) };
    let named: usize = seeds.map(|seed| Storm::begin(seed).rage(rounds)).sum();
    assert!(named > 0, "nothing was ever missing: the storm is none");
}

#[test]
fn a_receiver_a_day_late_gets_everything() {
    let mut linked = Linked::new(90, Faults { loss: 500, reordered: 300, ..Faults::default() });
    set_clock(&linked.site.path("low-clock"), 0);
    set_clock(&linked.site.path("high-clock"), 1);
    linked.gateway.accept_many(20);
    linked.gateway.accept(&bytes(&mut Dice(90), 1_500_000));
    linked.gateway.write_head();
    let sender = linked.sender_with_clock();
    wait_for("everything was sent", || run(&linked.site, "low", &["status"]).json["waiting"] == 0);
    // Meanwhile the sender was restarted, so that no block of its first run comes again.
    sender.kill();
    set_clock(&linked.site.path("low-clock"), 1);
    let _sender = linked.sender_with_clock();
    let _receiver = linked.receiver_with_clock();
    wait_for("every item", || linked.all_arrived());
    linked.assert_whole();
    wait_for("nothing is missing", || linked.missing().is_empty());
}

/// A link under faults, and the programs at its ends.
struct Storm {
    linked: Linked,
    sender: Option<Running>,
    receiver: Option<Running>,
    dice: Dice,
    seed: u64,
}

impl Storm {
    fn begin(seed: u64) -> Self {
        let linked = Linked::new(seed, Faults::default());
        set_clock(&linked.site.path("low-clock"), 0);
        set_clock(&linked.site.path("high-clock"), 0);
        let receiver = Some(linked.receiver_with_clock());
        let sender = Some(linked.sender_with_clock());
        Self { linked, sender, receiver, dice: Dice(seed), seed }
    }

    /// Returns how many places were named as missing on the way.
    fn rage(mut self, rounds: u64) -> usize {
        let mut named = 0;
        for round in 0..rounds {
            let faults = self.faults();
            self.linked.relay.suffer(faults);
            self.accept();
            self.strike(round);
            named += self.all_are_there_or_named(round);
            self.a_clean_item_does_not_wait(round);
        }
        let linked = &self.linked;
        wait_for("every item", || linked.all_arrived());
        wait_for("nothing is missing", || linked.missing().is_empty());
        let (sender, receiver) = (self.sender.take().unwrap(), self.receiver.take().unwrap());
        assert_eq!((sender.stop(), receiver.stop()), (Some(0), Some(0)), "seed {}", self.seed);
        linked.assert_whole();
        assert!(linked.site.leftovers("high").is_empty() && linked.site.leftovers("low").is_empty());
        assert_eq!(run(&linked.site, "high", &["verify"]).code, 0);
        named
    }

    /// Loss of 0 to 20 %, or bursts of 1 to 2,000; always some that are late, doubled, bent, foreign or cut.
    fn faults(&mut self) -> Faults {
        let dice = &mut self.dice;
        let mut faults = Faults {
            reordered: dice.below(500),
            doubled: dice.below(300),
            flipped: dice.below(200),
            foreign: dice.below(200),
            cut: dice.below(200),
            ..Faults::default()
        };
        if dice.below(2) == 0 {
            faults.loss = dice.below(2001);
        } else {
            faults.burst_begins = 5 + dice.below(20);
            faults.longest_burst = 1 + dice.below(2000);
        }
        faults
    }

    fn accept(&mut self) {
        let count = 3 + self.dice.below(30);
        for _ in 0..count {
            let size = 1 + self.dice.below(20_000);
            let item = bytes(&mut self.dice, size);
            self.linked.gateway.accept(&item);
        }
        let size = 1_100_000 + self.dice.below(2_000_000);
        let large = bytes(&mut self.dice, size);
        self.linked.gateway.accept(&large);
        self.linked.gateway.write_head();
    }

    /// Something happens while it crosses.
    fn strike(&mut self, round: u64) {
        let linked = &self.linked;
        let from = linked.relay.forwarded();
        let under_way = self.dice.below(2000);
        wait_for("it crosses", || linked.relay.forwarded() > from + under_way);
        match round % 5 {
            0 => {}
            1 => {
                self.receiver.take().unwrap().kill();
                self.receiver = Some(linked.receiver_with_clock());
            }
            2 => {
                self.sender.take().unwrap().kill();
                self.sender = Some(linked.sender_with_clock());
            }
            3 => {
                let (low, high) = (self.dice.below(800), self.dice.below(800));
                set_clock(&linked.site.path("low-clock"), 400 - i64::try_from(low).unwrap());
                set_clock(&linked.site.path("high-clock"), 400 - i64::try_from(high).unwrap());
            }
            _ => {
                self.sender.take().unwrap().kill();
                self.receiver.take().unwrap().kill();
                self.receiver = Some(linked.receiver_with_clock());
                self.sender = Some(linked.sender_with_clock());
            }
        }
    }

    /// From here on nothing can heal: what is not in the inbox is named.
    fn all_are_there_or_named(&self, round: u64) -> usize {
        let linked = &self.linked;
        wait_for("all was sent", || run(&linked.site, "low", &["status"]).json["waiting"] == 0);
        linked.relay.only_heartbeats(true);
        linked.relay.suffer(Faults::default());
        let before = linked.relay.heartbeats();
        let all = 1..=linked.gateway.entries.len() as u64;
        wait_for("every place is there or named", || {
            let there = linked.places();
            linked.missing() == all.clone().filter(|place| !there.contains(place)).collect::<Vec<_>>()
        });
        let passed = linked.relay.heartbeats() - before;
        assert!(passed <= NAMING_HEARTBEATS, "seed {} round {round}: {passed} heartbeats", self.seed);
        linked.assert_whole();
        linked.missing().len()
    }

    fn a_clean_item_does_not_wait(&mut self, round: u64) {
        self.linked.relay.only_heartbeats(false);
        let tick = self.linked.relay.next_tick();
        let clean = self.linked.gateway.accept(format!("clean, after {round}").as_bytes());
        let linked = &self.linked;
        wait_for("a clean item", || linked.places().contains(&clean));
        linked.relay.assert_within_five_seconds(tick, &format!("seed {} round {round}", self.seed));
    }
}

/// Bytes that do not repeat.
fn bytes(dice: &mut Dice, count: u64) -> Vec<u8> {
    let seed = dice.next();
    (0..count).map(|place| (place.wrapping_mul(seed) >> 23).to_le_bytes()[0]).collect()
}

/// Three, and the one that comes at once after a burst.
const NAMING_HEARTBEATS: u64 = 4;
