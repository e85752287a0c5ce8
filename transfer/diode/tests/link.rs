//! Sender and receiver over a link that loses, bends and forges, all of it decided by a seed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a test that meets the unexpected fails"
)]

use std::collections::BTreeMap;

use nightsafe_diode::assembler::Assembler;
use nightsafe_diode::code::{Code, Encoder, shard_of};
use nightsafe_diode::content::{Draft, Filled, Records};
use nightsafe_diode::datagram::{Claimed, DatagramSize, Header, Kind, seal};
use nightsafe_diode::interleave::round_robin;
use nightsafe_diode::limits;
use nightsafe_diode::reception::Arrival;
use nightsafe_diode::session::{SessionId, SessionKey, Sessions};
use nightsafe_diode::shape::{ParityPercent, repeat_parity, repeat_window};
use nightsafe_schema::ticket::PairSecret;

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// Whether something that happens so often in 10,000 cases happens now.
    fn happens(&mut self, often: u64) -> bool {
        self.below(10_000) < often
    }
}

/// What a link does, in cases of 10,000.
#[derive(Clone, Copy, Default)]
struct Faults {
    loss: u64,
    burst_begins: u64,
    longest_burst: u64,
    reordered: u64,
    doubled: u64,
    flipped: u64,
    foreign: u64,
    cut: u64,
}

fn cross(datagrams: Vec<Vec<u8>>, faults: Faults, dice: &mut Dice) -> Vec<Vec<u8>> {
    let mut arrived: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut burst = 0;
    for (time, mut datagram) in (0_u64..).step_by(16).zip(datagrams) {
        if burst > 0 || dice.happens(faults.loss) {
            burst = u64::saturating_sub(burst, 1);
            continue;
        }
        if dice.happens(faults.burst_begins) {
            burst = dice.below(faults.longest_burst);
        }
        let late = if dice.happens(faults.reordered) { dice.below(16 * 64) } else { 0 };
        if dice.happens(faults.foreign) {
            let foreign = (0..datagram.len()).map(|_| dice.next() as u8).collect();
            arrived.push((time, foreign));
        }
        if dice.happens(faults.doubled) {
            arrived.push((time + dice.below(999), datagram.clone()));
        }
        if dice.happens(faults.flipped) {
            let place = dice.below(datagram.len() as u64) as usize;
            datagram[place] ^= 1 << dice.below(8);
        }
        if dice.happens(faults.cut) {
            datagram.truncate(dice.below(datagram.len() as u64) as usize);
        }
        arrived.push((time + late, datagram));
    }
    arrived.sort_by_key(|(time, _)| *time);
    arrived.into_iter().map(|(_, datagram)| datagram).collect()
}

const SIZE: u16 = 600;
const SECRET: [u8; 32] = [5; 32];

struct Sender {
    id: SessionId,
    key: SessionKey,
    counter: u64,
    blocks: Vec<Filled>,
    encoder: Encoder,
    size: DatagramSize,
}

impl Sender {
    /// Packs items into blocks; a block with many small items, and several blocks for a large one.
    fn new(items: &BTreeMap<String, Vec<u8>>) -> Self {
        let id = SessionId::from_bytes([1; 8]);
        let size = DatagramSize::try_from(SIZE).unwrap();
        let mut blocks = Vec::new();
        let mut draft = Draft::new(size.shard());
        for (line, bytes) in items {
            let mut offset = 0;
            while offset < bytes.len() {
                let wanted = bytes.len() - offset;
                if let Some(room) = draft.add(line.as_bytes(), offset as u64, wanted as u64) {
                    room.copy_from_slice(&bytes[offset..][..room.len()]);
                    offset += room.len();
                } else {
                    blocks.extend(std::mem::replace(&mut draft, Draft::new(size.shard())).finish());
                }
            }
        }
        blocks.extend(draft.finish());
        let key = SessionKey::derive(&PairSecret::from_bytes(SECRET), id).unwrap();
        Self { id, key, counter: 0, blocks, encoder: Encoder::default(), size }
    }

    /// The datagrams of one pass over all blocks, 16 of them interleaved.
    fn pass(&mut self, pass: u16) -> Vec<Vec<u8>> {
        let mut datagrams = Vec::new();
        let blocks: Vec<usize> = (0..self.blocks.len()).collect();
        for group in blocks.chunks(16) {
            let shards: Vec<Vec<(Header, Vec<u8>)>> = group.iter().map(|number| self.shards(*number, pass)).collect();
            let counts: Vec<usize> = shards.iter().map(Vec::len).collect();
            for (block, shard) in round_robin(&counts) {
                let (header, bytes) = &shards[block][shard];
                let mut out = vec![0; self.size.bytes()];
                seal(&self.key, &Header { counter: self.counter, ..*header }, bytes, &mut out).unwrap();
                self.counter += 1;
                datagrams.push(out);
            }
        }
        datagrams
    }

    fn shards(&mut self, number: usize, pass: u16) -> Vec<(Header, Vec<u8>)> {
        let Filled { bytes, data, length } = &self.blocks[number];
        let parity = if pass == 0 { ParityPercent::try_from(10).unwrap().of(*data) } else { repeat_parity(*data) };
        let code = Code { data: *data, parity, shard: self.size.shard() };
        let recovery = self.encoder.parity(code, bytes).unwrap();
        let indexes: Vec<u16> =
            if pass == 0 { (0..data + parity).collect() } else { repeat_window(*data, pass).collect() };
        let header = |index: u16| Header {
            kind: Kind::Records,
            session: self.id,
            counter: 0,
            block: number as u32,
            index,
            data: *data,
            parity,
            length: *length,
            pass,
        };
        let shard = |index: u16| {
            let place = usize::from(index);
            let found = match place.checked_sub(usize::from(*data)) {
                Some(place) => shard_of(&recovery, place, code.shard),
                None => shard_of(bytes, place, code.shard),
            };
            found.unwrap().to_vec()
        };
        indexes.into_iter().map(|index| (header(index), shard(index))).collect()
    }
}

struct Receiver {
    sessions: Sessions,
    assembler: Assembler,
    items: BTreeMap<String, BTreeMap<u64, Vec<u8>>>,
    refused: usize,
}

impl Receiver {
    fn new() -> Self {
        let size = DatagramSize::try_from(SIZE).unwrap();
        Self {
            sessions: Sessions::new(PairSecret::from_bytes(SECRET)),
            assembler: Assembler::new(size, 8 << 20),
            items: BTreeMap::new(),
            refused: 0,
        }
    }

    fn take(&mut self, datagrams: &[Vec<u8>]) {
        let size = DatagramSize::try_from(SIZE).unwrap();
        for bytes in datagrams {
            let verified = Claimed::parse(bytes, size).ok().and_then(|claimed| self.sessions.verify(claimed));
            let Some(received) = verified else {
                self.refused += 1;
                continue;
            };
            let header = received.header();
            if self.sessions.reception(header.session).unwrap().note(header.counter) == Arrival::Again {
                continue;
            }
            let Some(whole) = self.assembler.take(&received) else { continue };
            for record in Records::of(&whole.content) {
                let record = record.unwrap();
                let line = String::from_utf8(record.line.to_vec()).unwrap();
                self.items.entry(line).or_default().insert(record.offset, record.bytes.to_vec());
            }
            // What the next block is put together in held this one.
            self.assembler.reuse(whole.content);
        }
    }

    /// The items of which all bytes are there.
    fn whole<'a>(&self, sent: &'a BTreeMap<String, Vec<u8>>) -> Vec<&'a String> {
        let is_whole = |(line, bytes): &(&String, &Vec<u8>)| {
            let parts = self.items.get(*line);
            parts.is_some_and(|parts| parts.values().flatten().eq(bytes.iter()))
        };
        sent.iter().filter(is_whole).map(|(line, _)| line).collect()
    }
}

fn items(count: usize, dice: &mut Dice) -> BTreeMap<String, Vec<u8>> {
    let item = |number: usize| {
        let size = match number % 10 {
            9 => 300_000 + dice.below(500_000),
            _ => 1 + dice.below(30_000),
        };
        let seed = dice.next();
        (format!("line {number:04}"), (0..size).map(|place| (place.wrapping_mul(seed) >> 7) as u8).collect())
    };
    (0..count).map(item).collect()
}

/// Sends everything, then repeats until it is there; returns how many passes it took.
fn passes_until_whole(faults: Faults, seed: u64, most: u16) -> u16 {
    let mut dice = Dice(seed);
    let sent = items(60, &mut dice);
    let (mut sender, mut receiver) = (Sender::new(&sent), Receiver::new());
    for pass in 0..most {
        receiver.take(&cross(sender.pass(pass), faults, &mut dice));
        // What is there is right, whatever happened to the rest.
        for (line, parts) in &receiver.items {
            for (offset, bytes) in parts {
                assert_eq!(&sent[line][*offset as usize..][..bytes.len()], bytes, "seed {seed}");
            }
        }
        if receiver.whole(&sent).len() == sent.len() {
            let (bytes, _) = receiver.assembler.open();
            assert!(bytes <= 8 << 20);
            return pass + 1;
        }
    }
    panic!("seed {seed}: {} of {} after {most} passes", receiver.whole(&sent).len(), sent.len());
}

#[test]
fn two_percent_of_loss_needs_no_repeat() {
    for seed in 0..6 {
        let faults = Faults { loss: 200, reordered: 100, doubled: 100, ..Faults::default() };
        assert_eq!(passes_until_whole(faults, seed, 1), 1);
    }
}

#[test]
fn up_to_twenty_percent_of_loss_is_healed_by_repeats() {
    for (seed, loss) in (0..).zip([0, 100, 500, 1000, 1500, 2000]) {
        let faults =
            Faults { loss, reordered: 300, doubled: 200, flipped: 50, foreign: 50, cut: 50, ..Faults::default() };
        assert!(passes_until_whole(faults, seed, 8) <= 8, "{loss}");
    }
}

#[test]
fn bursts_of_up_to_two_thousand_are_healed() {
    for (seed, longest_burst) in (0..).zip([20, 200, 832, 2000]) {
        let faults = Faults { burst_begins: 3, longest_burst, ..Faults::default() };
        assert!(passes_until_whole(faults, seed, 8) <= 8, "{longest_burst}");
    }
}

#[test]
fn only_flipped_foreign_cut_and_doubled_datagrams_come_of_a_forger() {
    let mut dice = Dice(77);
    let sent = items(20, &mut dice);
    let (mut sender, mut receiver) = (Sender::new(&sent), Receiver::new());
    let faults = Faults { flipped: 10_000, foreign: 10_000, ..Faults::default() };
    receiver.take(&cross(sender.pass(0), faults, &mut dice));
    assert!(receiver.items.is_empty() && receiver.refused > 100);
    assert_eq!((receiver.sessions.all().count(), receiver.assembler.open()), (0, (0, 0)));
    // A good pass after it brings everything.
    receiver.take(&sender.pass(1));
    assert_eq!(receiver.whole(&sent).len(), sent.len());
}

#[test]
fn a_receiver_that_starts_in_the_middle_reads_at_once() {
    let mut dice = Dice(3);
    let sent = items(150, &mut dice);
    let (mut sender, mut receiver) = (Sender::new(&sent), Receiver::new());
    let first = sender.pass(0);
    receiver.take(&first[first.len() / 2..]);
    assert!(!receiver.items.is_empty());
    receiver.take(&sender.pass(1));
    assert_eq!(receiver.whole(&sent).len(), sent.len());
}

#[test]
fn open_blocks_are_bounded_and_the_oldest_is_given_up() {
    let size = DatagramSize::try_from(SIZE).unwrap();
    let key = SessionKey::derive(&PairSecret::from_bytes(SECRET), SessionId::from_bytes([1; 8])).unwrap();
    let mut sessions = Sessions::new(PairSecret::from_bytes(SECRET));
    let mut assembler = Assembler::new(size, 2 << 20);
    let mut datagram = vec![0; size.bytes()];
    // Whatever block numbers a sender makes up.
    for (counter, block) in (0..5000).map(|number: u64| (number, (number as u32).wrapping_mul(2_654_435_761))) {
        let data = limits::MOST_SHARDS;
        let length = u32::from(data) * size.shard() as u32;
        let header = Header {
            kind: Kind::Records,
            session: SessionId::from_bytes([1; 8]),
            counter,
            block,
            index: 0,
            data,
            parity: 52,
            length,
            pass: 0,
        };
        seal(&key, &header, &[7], &mut datagram).unwrap();
        let received = sessions.verify(Claimed::parse(&datagram, size).unwrap()).unwrap();
        assert!(assembler.take(&received).is_none());
        assert!(assembler.open().0 <= 2 << 20);
    }
    assert!(assembler.counts().evicted > 4900);
}

#[test]
fn of_many_sessions_a_few_are_remembered() {
    let size = DatagramSize::try_from(SIZE).unwrap();
    let mut sessions = Sessions::new(PairSecret::from_bytes(SECRET));
    for number in 0..30_u8 {
        let session = SessionId::from_bytes([number; 8]);
        let key = SessionKey::derive(&PairSecret::from_bytes(SECRET), session).unwrap();
        let header = Header {
            kind: Kind::Padding,
            session,
            counter: 0,
            block: 0,
            index: 0,
            data: 0,
            parity: 0,
            length: 0,
            pass: 0,
        };
        let mut datagram = vec![0; size.bytes()];
        seal(&key, &header, &[], &mut datagram).unwrap();
        assert!(sessions.verify(Claimed::parse(&datagram, size).unwrap()).is_some());
    }
    assert_eq!(sessions.all().count(), limits::SESSIONS);
}
