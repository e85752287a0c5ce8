//! Blocks that are ready to be sent: encoded, with the order of their shards.

use nightsafe_diode::code::{Code, CodeError, Encoder, shard_of};
use nightsafe_diode::content::{Draft, Filled};
use nightsafe_diode::datagram::{DatagramSize, Header, Kind};
use nightsafe_diode::limits::MOST_SHARDS;
use nightsafe_diode::session::SessionId;
use nightsafe_diode::shape::{ParityPercent, repeat_parity, repeat_window};

/// A block with its recovery shards.
#[derive(Clone, Debug)]
pub(super) struct EncodedBlock {
    /// The header of every datagram of it; counter and index are still to be filled in.
    header: Header,
    data: Vec<u8>,
    recovery: Vec<u8>,
    indexes: Vec<u16>,
    shard: usize,
}

/// The memory of a block that has left.
#[derive(Debug, Default)]
pub(super) struct Spent {
    data: Vec<u8>,
    recovery: Vec<u8>,
}

/// Numbers and encodes the blocks of a session.
pub(super) struct BlockMaker {
    session: SessionId,
    size: DatagramSize,
    parity: ParityPercent,
    encoder: Encoder,
    next_block: u32,
    next_heartbeat: u32,
    /// What full blocks left behind: new memory costs more than what is done in it.
    spent: Vec<Spent>,
}

impl EncodedBlock {
    /// Its number.
    pub(super) fn number(&self) -> u32 {
        self.header.block
    }

    /// How many shards are to be sent.
    pub(super) fn shards(&self) -> usize {
        self.indexes.len()
    }

    /// A shard by its place in sending order, with its header at this counter.
    pub(super) fn shard(&self, place: usize, counter: u64) -> Option<(Header, &[u8])> {
        let index = *self.indexes.get(place)?;
        let bytes = match index.checked_sub(self.header.data) {
            Some(recovery) => shard_of(&self.recovery, recovery.into(), self.shard)?,
            None => shard_of(&self.data, index.into(), self.shard)?,
        };
        Some((Header { index, counter, ..self.header }, bytes))
    }

    /// What is left of it once it has left.
    pub(super) fn spent(self) -> Spent {
        Spent { data: self.data, recovery: self.recovery }
    }
}

impl BlockMaker {
    /// The blocks of a session, from the first.
    pub(super) fn new(session: SessionId, size: DatagramSize, parity: ParityPercent) -> Self {
        Self { session, size, parity, encoder: Encoder::default(), next_block: 0, next_heartbeat: 0, spent: Vec::new() }
    }

    /// The session.
    pub(super) fn session(&self) -> SessionId {
        self.session
    }

    /// Bytes of a shard.
    pub(super) fn shard(&self) -> usize {
        self.size.shard()
    }

    /// A block to be filled.
    pub(super) fn draft(&mut self) -> Draft {
        let memory = self.spent.last_mut().map(|spent| std::mem::take(&mut spent.data));
        Draft::within(memory.unwrap_or_default(), self.shard())
    }

    /// Takes back what full blocks were made of, as far as it is soon needed again.
    pub(super) fn take_back(&mut self, spent: impl IntoIterator<Item = Spent>) {
        let full = usize::from(MOST_SHARDS) * self.shard();
        let room = SPENT.saturating_sub(self.spent.len());
        self.spent.extend(spent.into_iter().filter(|spent| spent.data.capacity() >= full).take(room));
    }

    /// A new block of records.
    pub(super) fn records(&mut self, filled: Filled) -> Result<EncodedBlock, CodeError> {
        let block = self.next_block;
        self.next_block = self.next_block.wrapping_add(1);
        let parity = self.parity.of(filled.data);
        self.encode(Kind::Records, block, filled, parity, 0)
    }

    /// A block that was sent before, with the same content, for its pass of this number.
    pub(super) fn again(&mut self, block: u32, filled: Filled, pass: u16) -> Result<EncodedBlock, CodeError> {
        let parity = repeat_parity(filled.data);
        self.encode(Kind::Records, block, filled, parity, pass)
    }

    /// A heartbeat: as much parity as data.
    pub(super) fn heartbeat(&mut self, filled: Filled) -> Result<EncodedBlock, CodeError> {
        let block = self.next_heartbeat;
        self.next_heartbeat = self.next_heartbeat.wrapping_add(1);
        let parity = filled.data.max(LEAST_PARITY);
        self.encode(Kind::Heartbeat, block, filled, parity, 0)
    }

    fn encode(
        &mut self,
        kind: Kind,
        block: u32,
        filled: Filled,
        parity: u16,
        pass: u16,
    ) -> Result<EncodedBlock, CodeError> {
        let Filled { bytes, data, length } = filled;
        let shard = self.size.shard();
        let memory = self.spent.pop().unwrap_or_default().recovery;
        let recovery = self.encoder.parity_within(memory, Code { data, parity, shard }, &bytes)?;
        let indexes = if pass == 0 { (0..data + parity).collect() } else { repeat_window(data, pass).collect() };
        let header = Header { kind, session: self.session, counter: 0, block, index: 0, data, parity, length, pass };
        Ok(EncodedBlock { header, data: bytes, recovery, indexes, shard })
    }
}

/// Blocks whose memory is kept: those of the group that is made while another leaves; 26 MB.
const SPENT: usize = 32;
/// Parity of the smallest heartbeat.
const LEAST_PARITY: u16 = 4;
