//! The low side, opened: its folders, its key ring, its memory.

use std::path::{Path, PathBuf};

use nightsafe_runtime::durable_file;
use nightsafe_runtime::{FolderTurn, RingStore, StartError};

use crate::config::LowConfig;
use crate::health::Health;
use crate::low::memory::Memory;
use crate::low::outbox::Outbox;
use crate::low::send::SendMemory;
use crate::trust::Gateways;

/// The low side while this process works on it.
#[derive(Debug)]
pub(crate) struct LowSide {
    pub(crate) outbox: Outbox,
    pub(crate) medium: PathBuf,
    pub(crate) state: PathBuf,
    pub(crate) ring: RingStore,
    pub(crate) gateways: Gateways,
    pub(crate) memory: Memory,
    /// The memory as it is on disk.
    pub(crate) remembered: Memory,
    pub(crate) health: Health,
    pub(crate) volume_bytes: u64,
    pub(crate) oldest_hours: u32,
    pub(crate) pair_secret: Option<PathBuf>,
    /// Whether there is a one-way link beside the medium.
    pub(crate) has_diode: bool,
    /// `None` for a look beside whoever is at work.
    _turn: Option<FolderTurn>,
}

impl LowSide {
    /// Waits for its turn on the side and sweeps what a crash left.
    pub(crate) fn open(config: &LowConfig) -> Result<Self, StartError> {
        durable_file::create_folder(&config.state)?;
        let turn = FolderTurn::wait(&config.state)?;
        durable_file::sweep(&config.state)?;
        let ring = config.ring.open(&config.state)?;
        Self::with(config, ring, Some(turn))
    }

    /// Looks at the side beside whoever works on it; changes nothing.
    pub(crate) fn look(config: &LowConfig) -> Result<Self, StartError> {
        Self::with(config, config.ring.peek(&config.state)?, None)
    }

    /// The side with a ring that is open already.
    pub(crate) fn with(config: &LowConfig, ring: RingStore, turn: Option<FolderTurn>) -> Result<Self, StartError> {
        let mut memory = Memory::load(&config.state)?;
        if turn.is_none() && config.diode.is_some() {
            // A look tells what has left, whichever way it went. It is never written.
            memory.add(&SendMemory::load(&config.state)?);
        }
        Ok(Self {
            outbox: Outbox::new(&config.outbox),
            medium: config.medium.to_path_buf(),
            state: config.state.to_path_buf(),
            gateways: Gateways::of(&ring),
            ring,
            remembered: memory.clone(),
            health: Health::load(&config.state),
            memory,
            volume_bytes: config.volume_bytes,
            oldest_hours: config.oldest_hours,
            pair_secret: config.pair_secret.as_deref().map(Path::to_owned),
            has_diode: config.diode.is_some(),
            _turn: turn,
        })
    }
}
