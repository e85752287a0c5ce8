//! `send`: from the outbox over a one-way link, as fast as the rate allows and again until it is acknowledged.
//!
//! ```text
//! journals ─ Outlook ─ OpenItem ─ Draft ─ BlockMaker ─ Lanes ═ Pacer ─ socket
//!                └── Carousel ──────────────┘          (producer ║ pacer: two threads)
//! ```
//!
//! The producer reads, packs and encodes; the pacer takes the most urgent of what is ready, gives every datagram its number
//! and tag, and keeps the rate. An entry counts as sent when its last datagram has left; the memory follows behind, and
//! losing it costs a repeat.

mod blocks;
mod carousel;
mod lanes;
mod memory;
mod meter;
mod open_item;
mod outlook;
mod pacer;
mod producer;
mod report;
mod tickets;
mod transmit;

use std::sync::Arc;

use nightsafe_diode::session::{SessionId, SessionKey};
use nightsafe_runtime::{ExitCode, HasExitCode, StartError, SystemClock, SystemRandomness, durable_file};
use nightsafe_schema::randomness::NoRandomness;

use crate::cli::Runs;
use crate::config::{DiodeConfigError, LowConfig};
use crate::diode::driver::Around;
use crate::diode::socket::LinkSocket;
use crate::diode::state;
use crate::diode::stop::StopWhenDropped;
use crate::diode::threads;
use crate::pair_secret;

use lanes::Lanes;
use pacer::Pacer;
use producer::Producer;

pub(crate) use memory::{SendMemory, SendMemoryError};
pub(crate) use report::{SendReport, SendState};
pub(crate) use tickets::drop_ticket;

/// Why sending does not begin, or ends.
#[derive(Debug, thiserror::Error)]
enum SendError {
    /// There are no random bytes for the session.
    #[error("the session has no name")]
    Randomness(#[source] NoRandomness),
    /// The key cannot be made.
    #[error("the session has no key")]
    Key,
    /// A thread ended by itself.
    #[error("a thread of the link crashed")]
    Crashed,
}

impl HasExitCode for SendError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Unexpected
    }
}

/// Sends until everything was sent, or until asked to stop.
pub(crate) fn run(config: &LowConfig, runs: Runs, around: &Around<'_>) -> Result<(ExitCode, SendReport), StartError> {
    let diode = config.diode.as_ref().ok_or(DiodeConfigError::Absent)?;
    let (size, parity, interleave) = (diode.size()?, diode.parity()?, diode.interleave()?);
    let rate = diode.bytes_a_second()?;
    let secret = pair_secret::read(config.pair_secret.as_deref())?;
    let session = SessionId::random(&SystemRandomness).map_err(SendError::Randomness)?;
    let key = SessionKey::derive(&secret, session).ok_or(SendError::Key)?;
    let socket = LinkSocket::sending(diode.from, diode.to, diode.offload)?;
    durable_file::sweep(&state::folder(&config.state))?;
    let clock = SystemClock::start();
    let lanes = Arc::new(Lanes::default());
    let maker = blocks::BlockMaker::new(session, size, parity);
    let mut producer = Producer::new(config, maker, interleave, Arc::clone(&lanes), &clock)?;
    let pacer = Pacer::new(socket, diode.to, key, session, size, rate, Arc::clone(&lanes), clock.clone());
    producer.write_state();
    (around.ready)(None)?;
    std::thread::scope(|scope| {
        let pacing = threads::start(scope, "pacer", || {
            let _ended = StopWhenDropped(around.stop);
            pacer.run(around.stop);
        })?;
        let outcome = {
            let _ended = StopWhenDropped(around.stop);
            producer.run(runs, around)
        };
        lanes.wake();
        pacing.join().map_err(|_| SendError::Crashed)?;
        let report = outcome?;
        if !runs.watch {
            state::remove(&config.state, SendState::FILE);
        }
        Ok((report.exit_code(), report))
    })
}
