//! What a run of `receive` did, and what the receiver says of itself while it runs.

use jiff::Timestamp;
use nightsafe_diode::heartbeat::Backlog;
use nightsafe_runtime::ExitCode;
use nightsafe_schema::journal::StreamId;
use serde::{Deserialize, Serialize};

use crate::high::import::Stopped;
use crate::trouble::Troubles;

/// The report of one run.
#[derive(Debug, Serialize)]
pub(crate) struct ReceiveReport {
    /// When it ended.
    pub(crate) at: Timestamp,
    /// Items that were handed over.
    pub(crate) handed_over: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// What was refused for the first time.
    pub(crate) refused: u64,
    /// Quarantine records that good material has settled.
    pub(crate) healed: u64,
    /// Places that exist and have not come.
    pub(crate) missing: u64,
    /// Whether the run was asked to stop before it was through.
    pub(crate) interrupted: bool,
    /// What is wrong.
    pub(crate) troubles: Troubles,
}

impl ReceiveReport {
    /// How the high side stands after the run.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let interrupted = if self.interrupted { ExitCode::Interrupted } else { ExitCode::Ok };
        self.troubles.exit_code().worse_of(interrupted)
    }
}

/// `state/diode/receiving.json`: how the receiver stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ReceiveState {
    /// When this was written.
    pub(crate) at: Timestamp,
    /// When the receiver started.
    pub(crate) started: Timestamp,
    /// The sender's session that was heard last.
    pub(crate) session: String,
    /// Bytes that the kernel keeps for us.
    pub(crate) socket_buffer: u64,
    /// Datagrams that came.
    pub(crate) datagrams: u64,
    /// Their bytes.
    pub(crate) wire_bytes: u64,
    /// Dropped: of another size.
    pub(crate) wrong_size: u64,
    /// Dropped: of no known form.
    pub(crate) unreadable: u64,
    /// Dropped: not made by the other side of this pair.
    pub(crate) wrong_tag: u64,
    /// Dropped: came before.
    pub(crate) copies: u64,
    /// Datagrams that this machine's kernel dropped because we were too slow.
    pub(crate) lost_here: u64,
    /// Datagrams that were sent and never reached our socket.
    pub(crate) lost_before: u64,
    /// Blocks that are whole.
    pub(crate) blocks: u64,
    /// Blocks that were restored from parity.
    pub(crate) blocks_restored: u64,
    /// Data shards of all whole blocks.
    pub(crate) shards: u64,
    /// Data shards that parity restored.
    pub(crate) shards_restored: u64,
    /// The largest share of a block that parity restored, in thousandths.
    pub(crate) worst_restored_permille: u64,
    /// Blocks that were given up.
    pub(crate) blocks_given_up: u64,
    /// Items that were given up half way for want of room.
    pub(crate) items_given_up: u64,
    /// Items that this run handed over.
    pub(crate) handed_over: u64,
    /// Seconds since the newest heartbeat.
    pub(crate) heartbeat_seconds: Option<u64>,
    /// What it says.
    pub(crate) heard: Option<Heard>,
    /// Whether three heartbeats were missed.
    pub(crate) silent: bool,
    /// Items that are being received.
    pub(crate) parts: Vec<PartState>,
    /// Why nothing can be handed over at the moment.
    pub(crate) stopped: Option<(Timestamp, Stopped)>,
    /// A place of which a heartbeat says something else than the signed entry.
    pub(crate) contradiction: Option<(Timestamp, StreamId, u64)>,
}

/// What the newest heartbeat says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Heard {
    /// The low side's clock.
    pub(crate) at: Timestamp,
    /// Datagrams that it had sent.
    pub(crate) sent: u64,
    /// What waits there.
    pub(crate) backlog: Backlog,
}

/// An item that is being received.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PartState {
    pub(crate) stream: StreamId,
    pub(crate) seq: u64,
    pub(crate) size: u64,
    pub(crate) came: u64,
    /// Blocks with a part of it that came.
    pub(crate) blocks: u64,
}

impl ReceiveState {
    /// The file's name.
    pub(crate) const FILE: &'static str = "receiving.json";

    /// The share of data shards that parity restored.
    #[expect(clippy::cast_precision_loss, reason = "a share for people and graphs")]
    pub(crate) fn repair_ratio(&self) -> f64 {
        if self.shards == 0 { 0.0 } else { self.shards_restored as f64 / self.shards as f64 }
    }
}
