//! The thread that checks tags and puts blocks together.

use std::sync::mpsc::{Receiver, SyncSender};

use nightsafe_diode::assembler::{Assembler, WholeBlock};
use nightsafe_diode::datagram::{Claimed, DatagramSize, Kind};
use nightsafe_diode::heartbeat::Heartbeat;
use nightsafe_diode::limits as link;
use nightsafe_diode::reception::Arrival;
use nightsafe_diode::session::Sessions;
use nightsafe_runtime::SystemClock;
use nightsafe_schema::ticket::PairSecret;
use nightsafe_schema::time::Clock as _;

use super::account::Account;
use super::delivery::Delivered;
use super::intake::Chunk;
use super::report::Heard;

/// Where datagrams come from, and where what they make goes.
pub(super) struct Flow {
    pub(super) chunks: Receiver<Chunk>,
    pub(super) empty_chunks: SyncSender<Chunk>,
    pub(super) blocks: SyncSender<Vec<u8>>,
    pub(super) empty_blocks: Receiver<Vec<u8>>,
    pub(super) beats: SyncSender<Delivered>,
}

/// What has come, up to whole blocks.
pub(super) struct Verifier<'a> {
    size: DatagramSize,
    sessions: Sessions,
    assembler: Assembler,
    account: &'a Account,
    clock: &'a SystemClock,
}

impl<'a> Verifier<'a> {
    pub(super) fn new(size: DatagramSize, secret: PairSecret, account: &'a Account, clock: &'a SystemClock) -> Self {
        let assembler = Assembler::new(size, link::OPEN_BYTES);
        Self { size, sessions: Sessions::new(secret), assembler, account, clock }
    }

    /// Works until nothing more comes.
    pub(super) fn run(mut self, flow: &Flow) {
        while let Ok(chunk) = flow.chunks.recv() {
            flow.empty_blocks.try_iter().for_each(|block| self.assembler.reuse(block));
            if self.account.take_wanted_again() {
                self.assembler.forget_done();
            }
            for datagram in chunk.chunks_exact(self.size.bytes()) {
                let Some(whole) = self.take(datagram) else { continue };
                let taken = match whole.kind {
                    Kind::Records => flow.blocks.send(whole.content).is_ok(),
                    Kind::Heartbeat => self.hear(&whole, &flow.beats),
                    Kind::Padding => true,
                };
                if !taken {
                    return;
                }
            }
            // One that finds no place is one too many.
            let _ = flow.empty_chunks.try_send(chunk);
            self.tell();
        }
    }

    fn take(&mut self, datagram: &[u8]) -> Option<WholeBlock> {
        let Ok(claimed) = Claimed::parse(datagram, self.size) else {
            self.account.unreadable();
            return None;
        };
        let Some(received) = self.sessions.verify(claimed) else {
            self.account.wrong_tag();
            return None;
        };
        let header = received.header();
        if self.sessions.reception(header.session)?.note(header.counter) == Arrival::Again {
            self.account.copy();
            return None;
        }
        self.assembler.take(&received)
    }

    /// Passes a heartbeat on; only one that is newer than all before counts as a sign of life.
    fn hear(&mut self, whole: &WholeBlock, beats: &SyncSender<Delivered>) -> bool {
        let Ok(heartbeat) = Heartbeat::parse(&whole.content) else {
            self.account.unreadable();
            return true;
        };
        let is_latest = self.sessions.all().last().is_some_and(|(session, _)| session == whole.session);
        if is_latest {
            let heard = Heard { at: heartbeat.at, sent: heartbeat.sent, backlog: heartbeat.backlog };
            self.account.view().beat = Some((self.clock.elapsed(), heard));
            // When handing over is behind, the next heartbeat says the same and more.
            let _ = beats.try_send(Delivered::Beat(Box::new(heartbeat)));
        }
        true
    }

    fn tell(&self) {
        let mut view = self.account.view();
        view.counts = self.assembler.counts();
        view.missing = self.sessions.all().map(|(_, reception)| reception.missing()).sum();
        if let Some((session, _)) = self.sessions.all().last() {
            view.session = session.to_string();
        }
    }
}
