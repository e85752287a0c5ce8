//! The high side, opened: its folders, its key ring, its inbox, its quarantine.

use std::path::PathBuf;

use nightsafe_runtime::durable_file;
use nightsafe_runtime::{FolderTurn, RingStore, StartError};

use crate::config::HighConfig;
use crate::diode::state;
use crate::health::Health;
use crate::high::inbox::Inbox;
use crate::high::losses::Losses;
use crate::high::quarantine::Quarantine;
use crate::high::seen::Seen;
use crate::high::stream::Opened;
use crate::trust::Gateways;

/// The high side while this process works on it; others wait for their turn.
#[derive(Debug)]
pub(crate) struct HighSide {
    pub(crate) medium: PathBuf,
    pub(crate) state: PathBuf,
    pub(crate) ring: RingStore,
    pub(crate) gateways: Gateways,
    pub(crate) inbox: Inbox,
    pub(crate) quarantine: Quarantine,
    pub(crate) losses: Losses,
    pub(crate) seen: Seen,
    pub(crate) health: Health,
    pub(crate) pair_secret: Option<PathBuf>,
    _turn: FolderTurn,
}

impl HighSide {
    /// Waits for its turn on the side, sweeps what a crash left, and brings the memory up to the inbox.
    pub(crate) fn open(config: &HighConfig) -> Result<Self, StartError> {
        durable_file::create_folder(&config.state)?;
        let turn = FolderTurn::wait(&config.state)?;
        durable_file::sweep(&config.state)?;
        let ring = config.ring.open(&config.state)?;
        let gateways = Gateways::of(&ring);
        let (mut inbox, agreed) = Inbox::open(&config.inbox, &config.state, &gateways)?;
        if !state::is_running(&config.state) {
            // Nobody hears the other end: what was on its way is missing.
            inbox.streams.values_mut().for_each(|stream| stream.record.crossing = None);
        }
        let mut seen = Seen::load(&config.state);
        if agreed == Opened::Rebuilt {
            tracing::error!("the inbox holds less than was handed over; every volume is read again");
            seen.clear();
        }
        Ok(Self {
            medium: config.medium.to_path_buf(),
            state: config.state.to_path_buf(),
            ring,
            gateways,
            inbox,
            quarantine: Quarantine::open(&config.quarantine)?,
            losses: Losses::load(&config.state),
            seen,
            health: Health::load(&config.state),
            pair_secret: config.pair_secret.as_deref().map(std::path::Path::to_owned),
            _turn: turn,
        })
    }
}
