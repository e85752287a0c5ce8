//! The thread that sends: it takes the most urgent group, numbers and seals its datagrams in bursts, and lets each burst go
//! as soon as the rate allows. A link that refuses is tried again until it takes the burst: nothing counts as sent before.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use nightsafe_diode::datagram::{DatagramSize, Header, Kind, seal};
use nightsafe_diode::interleave::round_robin;
use nightsafe_diode::pacing::TokenBucket;
use nightsafe_diode::session::{SessionId, SessionKey};
use nightsafe_runtime::{SystemClock, failpoint};
use nightsafe_schema::time::Clock as _;

use super::blocks::EncodedBlock;
use super::lanes::{Group, Lane, Lanes, SentGroup};
use super::transmit::transmit;
use crate::diode::socket::LinkSocket;
use crate::diode::stop::Stop;
use crate::failpoints;
use crate::limits;

/// Sends what the producer made.
pub(super) struct Pacer {
    socket: LinkSocket,
    to: SocketAddr,
    key: SessionKey,
    session: SessionId,
    size: DatagramSize,
    lanes: Arc<Lanes>,
    clock: SystemClock,
    bucket: TokenBucket,
    repeats: TokenBucket,
    counter: u64,
    burst: Vec<u8>,
    under_way: [Option<UnderWay>; LANES.len()],
    /// When something other than a heartbeat was last sent.
    busy: Option<Duration>,
}

/// A group that is being sent.
struct UnderWay {
    group: Group,
    /// Block and shard in sending order.
    order: Vec<(usize, usize)>,
    next: usize,
}

impl UnderWay {
    fn of(group: Group) -> Self {
        let shards: Vec<usize> = group.blocks.iter().map(EncodedBlock::shards).collect();
        let order = round_robin(&shards).collect();
        Self { group, order, next: 0 }
    }
}

impl Pacer {
    #[expect(clippy::too_many_arguments, reason = "what a link is made of; called once")]
    pub(super) fn new(
        socket: LinkSocket,
        to: SocketAddr,
        key: SessionKey,
        session: SessionId,
        size: DatagramSize,
        bytes_a_second: u64,
        lanes: Arc<Lanes>,
        clock: SystemClock,
    ) -> Self {
        let now = clock.elapsed();
        let depth = (bytes_a_second / BURSTS_A_SECOND).max(2 * BURST_BYTES as u64);
        let bucket = TokenBucket::new(bytes_a_second, depth, now);
        let repeats = TokenBucket::new(bytes_a_second / limits::REPEAT_SHARE, 2 * BURST_BYTES as u64, now);
        let burst = Vec::with_capacity(BURST_BYTES);
        let under_way = [const { None }; LANES.len()];
        Self { socket, to, key, session, size, lanes, clock, bucket, repeats, counter: 0, burst, under_way, busy: None }
    }

    /// Sends until asked to stop.
    pub(super) fn run(mut self, stop: &Stop) {
        while !stop.is_asked() {
            self.admit();
            let Some(lane) = self.most_urgent() else {
                self.lanes.wait(IDLE);
                continue;
            };
            if lane == Lane::Repeat
                && let Err(wait) = self.repeats.take(BURST_BYTES as u64, self.clock.elapsed())
            {
                // Whatever is more urgent wakes it.
                self.lanes.wait(wait.min(IDLE));
                continue;
            }
            self.warm_up(lane, stop);
            self.fill(lane);
            self.let_go(lane, stop);
            self.finish(lane);
        }
    }

    /// Takes over the next group of every lane that has none under way.
    fn admit(&mut self) {
        for (lane, place) in LANES.into_iter().zip(&mut self.under_way) {
            if place.is_none() {
                *place = self.lanes.pop(lane).map(UnderWay::of);
            }
        }
    }

    fn most_urgent(&self) -> Option<Lane> {
        LANES.into_iter().zip(&self.under_way).find_map(|(lane, place)| place.as_ref().map(|_| lane))
    }

    fn place(&mut self, lane: Lane) -> Option<&mut Option<UnderWay>> {
        LANES.into_iter().zip(&mut self.under_way).find_map(|(other, place)| (other == lane).then_some(place))
    }

    /// After a silence, cards and switches lose what comes first: padding comes first.
    fn warm_up(&mut self, lane: Lane, stop: &Stop) {
        if lane == Lane::Control {
            return;
        }
        let now = self.clock.elapsed();
        let was_silent = self.busy.is_none_or(|busy| now.saturating_sub(busy) > SILENCE);
        if was_silent && lane != Lane::Repeat {
            let mut left = limits::WARM_UP;
            while left > 0 && !stop.is_asked() {
                let padding = u32::try_from(self.a_burst()).unwrap_or(1).min(left);
                for _ in 0..padding {
                    let header = Header { kind: Kind::Padding, counter: self.counter, ..self.padding() };
                    self.add(&header, &[]);
                }
                left -= padding;
                self.let_go(lane, stop);
            }
        }
        self.busy = Some(self.clock.elapsed());
    }

    fn padding(&self) -> Header {
        Header {
            kind: Kind::Padding,
            session: self.session,
            counter: 0,
            block: 0,
            index: 0,
            data: 0,
            parity: 0,
            length: 0,
            pass: 0,
        }
    }

    /// Datagrams in a burst.
    fn a_burst(&self) -> usize {
        (BURST_BYTES / self.size.bytes()).max(1)
    }

    /// The next burst of a lane's group.
    fn fill(&mut self, lane: Lane) {
        let most = self.a_burst();
        let Some(mut under_way) = self.place(lane).and_then(Option::take) else { return };
        for (block, shard) in under_way.order.iter().skip(under_way.next).take(most) {
            let found = under_way.group.blocks.get(*block).and_then(|block| block.shard(*shard, self.counter));
            if let Some((header, bytes)) = found {
                self.add(&header, bytes);
            }
        }
        under_way.next += most;
        if let Some(place) = self.place(lane) {
            *place = Some(under_way);
        }
    }

    fn add(&mut self, header: &Header, shard: &[u8]) {
        let start = self.burst.len();
        self.burst.resize(start + self.size.bytes(), 0);
        let sealed = self.burst.get_mut(start..).and_then(|out| seal(&self.key, header, shard, out));
        match sealed {
            Some(()) => self.counter += 1,
            // 2^48 datagrams of one session: after 130 years at a gigabit.
            None => self.burst.truncate(start),
        }
    }

    /// Waits for the rate, then sends the burst, however long the link refuses it.
    fn let_go(&mut self, lane: Lane, stop: &Stop) {
        while let Err(wait) = self.bucket.take(self.burst.len() as u64, self.clock.elapsed()) {
            if stop.is_asked() {
                return;
            }
            stop.pause(wait);
        }
        let burst = std::mem::take(&mut self.burst);
        let mut rest = burst.as_slice();
        while !rest.is_empty() && !stop.is_asked() {
            let segments = self.socket.segments();
            match transmit(&self.socket, self.to, rest, self.size) {
                Ok(taken) => rest = rest.get(taken..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let _ = self.socket.wait_to_write(IDLE);
                }
                // Offloading was refused, and is not tried again.
                Err(_) if self.socket.segments() < segments => {}
                Err(error) => {
                    tracing::debug!(reason = %error, "the link refuses");
                    self.lanes.note_failure(Some((self.clock.now(), error.to_string())));
                    stop.pause(REFUSED);
                }
            }
        }
        if rest.is_empty() && !burst.is_empty() {
            self.lanes.note_failure(None);
            let datagrams = (burst.len() / self.size.bytes()) as u64;
            self.lanes.meter.sent(datagrams, burst.len() as u64);
            if lane == Lane::Repeat {
                self.lanes.meter.repeated(datagrams);
            }
        }
        self.burst = burst;
        self.burst.clear();
        if lane != Lane::Control {
            self.busy = Some(self.clock.elapsed());
        }
    }

    /// Tells the producer when a group has left whole.
    fn finish(&mut self, lane: Lane) {
        let has_ended = |under_way: &UnderWay| under_way.next >= under_way.order.len();
        let Some(place) = self.place(lane) else { return };
        let Some(UnderWay { group, .. }) = place.take_if(|under_way| has_ended(under_way)) else { return };
        failpoint::hit(failpoints::SEND_GROUP_SENT);
        let blocks = group.blocks.iter().map(EncodedBlock::number).collect();
        let spent = group.blocks.into_iter().map(EncodedBlock::spent).collect();
        self.lanes.finish(SentGroup { lane, blocks, ends: group.ends, spent });
    }
}

/// All lanes, the most urgent first.
const LANES: [Lane; 4] = [Lane::Control, Lane::Small, Lane::Large, Lane::Repeat];
/// A burst stays below what one datagram of segmentation offload may take.
const BURST_BYTES: usize = 64_000;
/// After a pause, as much leaves at once as in a millisecond.
const BURSTS_A_SECOND: u64 = 1000;
/// How long it waits when there is nothing to send, or no room in the socket.
const IDLE: Duration = Duration::from_millis(50);
/// How long it waits after the link refused.
const REFUSED: Duration = Duration::from_millis(200);
/// After so long without data the link is warmed up again.
const SILENCE: Duration = Duration::from_secs(1);
