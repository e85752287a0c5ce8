//! What counts as new when a group has left, across a restart of the sender.

use std::sync::Arc;

use nightsafe_diode::datagram::DatagramSize;
use nightsafe_diode::session::SessionId;
use nightsafe_diode::shape::ParityPercent;
use nightsafe_runtime::SystemClock;
use nightsafe_schema::journal::EntryFields;

use super::{Lane, Producer};
use crate::config::{Config, LowConfig};
use crate::diode::state;
use crate::fixture::{Gateway, Site};
use crate::low::send::blocks::BlockMaker;
use crate::low::send::lanes::{Lanes, SentGroup};
use crate::low::send::outlook::Pending;

fn producer<'a>(config: &'a LowConfig, clock: &'a SystemClock, session: u8) -> Producer<'a> {
    let size = DatagramSize::try_from(1472).unwrap();
    let maker = BlockMaker::new(SessionId::from_bytes([session; 8]), size, ParityPercent::try_from(10).unwrap());
    Producer::new(config, maker, 16, Arc::new(Lanes::default()), clock).unwrap()
}

/// The next group of a lane leaves whole; returns how many entries left for the first time with it.
fn leave(producer: &mut Producer<'_>, lane: Lane) -> u64 {
    let group = producer.lanes.pop(lane).unwrap();
    producer.note_left(&SentGroup { lane, blocks: Vec::new(), ends: group.ends, spent: Vec::new() }).unwrap()
}

/// Every burst of new items is followed by a heartbeat at once. A sender that was started again packs anew what it repeats:
/// were that a burst, each group of repeats would bring another heartbeat, five a second for as long as a round lasts.
#[test]
fn what_a_restarted_sender_repeats_is_no_burst_of_new_items() {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept_many(3);
    let site = Site::new(&gateway);
    let Config::Low(config) = Config::load(&site.path("low/transfer.toml")).unwrap() else {
        panic!("the low side's configuration is for the high side");
    };
    std::fs::create_dir_all(state::folder(&config.state)).unwrap();
    let clock = SystemClock::start();

    let mut sender = producer(&config, &clock, 1);
    sender.scan().unwrap();
    assert!(sender.pack(Lane::Small).unwrap());
    assert_eq!(leave(&mut sender, Lane::Small), 3);
    assert!(sender.beat.after_burst);
    sender.save().unwrap();
    drop(sender);

    let mut sender = producer(&config, &clock, 2);
    sender.scan().unwrap();
    let mut start = 0;
    for (line, _, _) in gateway.entries.values() {
        let (entry, _) = sender.outlook.gateways.verify::<EntryFields>(line).unwrap();
        sender.again.push_back(Pending { entry, start });
        start += line.len() as u64 + 1;
    }
    assert!(sender.repeat().unwrap());
    assert_eq!(leave(&mut sender, Lane::Repeat), 0);
    assert!(!sender.beat.after_burst, "repeats are no news");
}
