//! `receive`: from a one-way link into the inbox. Nothing is ever sent from here: the socket is bound and read, and no code
//! of this program sends with it.
//!
//! ```text
//! socket ─ intake ═ verifier ═ store ═ delivery ─ inbox
//!          copies   tags,      bytes,   judged, flushed, named, recorded: as an import does
//!                   blocks     digests
//!                               └ flusher
//! ```
//!
//! Four threads with bounded queues between them, and one that writes behind; what is empty again goes back to whoever fills
//! it. When a disk stalls, the queues and then the kernel's buffer fill; what is
//! lost then was lost here, and the counts say so.

mod account;
mod claims;
mod delivery;
mod flusher;
mod intake;
mod parts;
mod report;
mod store;
mod verifier;

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use nightsafe_runtime::durable_file::{self, DurableError, FlushGroup};
use nightsafe_runtime::exit::exit_code_of_io;
use nightsafe_runtime::{ExitCode, HasExitCode, StartError, SystemClock};

use crate::cli::Runs;
use crate::config::{DiodeConfigError, HighConfig};
use crate::diode::driver::Around;
use crate::diode::socket::LinkSocket;
use crate::diode::state;
use crate::diode::stop::StopWhenDropped;
use crate::diode::threads;
use crate::high::inbox::INCOMING;
use crate::high::side::HighSide;
use crate::limits;
use crate::pair_secret;

use account::Account;
use delivery::Delivery;
use flusher::WriteBehind;
use intake::Collected;
use parts::Parts;
use store::{Known, Store};
use verifier::{Flow, Verifier};

pub(crate) use report::{ReceiveReport, ReceiveState};

/// Why receiving ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    /// The socket cannot be read.
    #[error("cannot read from the link")]
    Socket(#[source] std::io::Error),
    /// The folder of items on their way cannot be used.
    #[error("cannot use the folder of incoming items")]
    Incoming(#[source] DurableError),
    /// A thread ended by itself.
    #[error("a thread of the link crashed")]
    Crashed,
}

impl HasExitCode for ReceiveError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Socket(source) => exit_code_of_io(source),
            Self::Incoming(source) => source.exit_code(),
            Self::Crashed => ExitCode::Unexpected,
        }
    }
}

/// Receives until asked to stop; as a job, until everything that the other end names is here, or it is silent.
pub(crate) fn run(
    config: &HighConfig,
    runs: Runs,
    around: &Around<'_>,
) -> Result<(ExitCode, ReceiveReport), StartError> {
    let diode = config.diode.as_ref().ok_or(DiodeConfigError::Absent)?;
    let size = diode.size()?;
    let secret = pair_secret::read(config.pair_secret.as_deref())?;
    let known = Known::of(&HighSide::open(config)?);
    let incoming = config.inbox.join(INCOMING);
    durable_file::create_folder(&incoming).map_err(ReceiveError::Incoming)?;
    durable_file::sweep(&incoming).map_err(ReceiveError::Incoming)?;
    // Before the first byte is written: see `FlushGroup::open`.
    let group = FlushGroup::open(&incoming).map_err(ReceiveError::Incoming)?;
    let socket = LinkSocket::receiving(diode.listen)?;
    let clock = SystemClock::start();
    let account = Account::new(&clock);
    let address = socket.socket.local_addr().map_err(ReceiveError::Socket)?;
    account.write_state(config, &socket, &clock);
    (around.ready)(Some(address))?;

    let (chunks, to_verify) = sync_channel(limits::CHUNKS);
    let (blocks, to_store) = sync_channel(limits::WHOLE_BLOCKS);
    let (whole, to_deliver) = sync_channel(limits::WHOLE_ITEMS);
    let (behind, to_flush) = sync_channel(limits::BEHIND);
    let (empty_chunks, to_fill) = sync_channel(limits::KEPT.0);
    let (empty_blocks, to_open) = sync_channel(limits::KEPT.1);
    let verifier = Verifier::new(size, secret, &account, &clock);
    let store = Store::new(Parts::new(incoming, WriteBehind::to(behind)), &known, &account);
    let delivery = Delivery::new(config, group, &known, &account, &clock);
    std::thread::scope(|scope| {
        let (stop, beats) = (around.stop, whole.clone());
        // Should one thread not start, the others end.
        let _ended = StopWhenDropped(stop);
        let (socket, account) = (&socket, &account);
        let reading = threads::start(scope, "intake", move || {
            let _ended = StopWhenDropped(stop);
            intake::run(socket, size, Collected::new(chunks, to_fill), account, stop)
        })?;
        let verifying = threads::start(scope, "verifier", move || {
            let _ended = StopWhenDropped(stop);
            verifier.run(&Flow { chunks: to_verify, empty_chunks, blocks, empty_blocks: to_open, beats });
        })?;
        let storing = threads::start(scope, "store", move || {
            let _ended = StopWhenDropped(stop);
            store.run(&to_store, &whole, &empty_blocks);
        })?;
        let flushing = threads::start(scope, "flusher", move || flusher::run(&to_flush))?;
        let delivering = threads::start(scope, "delivery", move || {
            let _ended = StopWhenDropped(stop);
            delivery.run(&to_deliver, runs, around)
        })?;
        while !stop.is_asked() {
            account.write_state(config, socket, &clock);
            stop.pause(Duration::from_secs(limits::STATE_SECONDS));
        }
        let read = reading.join().map_err(|_| ReceiveError::Crashed)?;
        verifying.join().map_err(|_| ReceiveError::Crashed)?;
        storing.join().map_err(|_| ReceiveError::Crashed)?;
        flushing.join().map_err(|_| ReceiveError::Crashed)?;
        let report = delivering.join().map_err(|_| ReceiveError::Crashed)?;
        if runs.watch {
            account.write_state(config, socket, &clock);
        } else {
            state::remove(&config.state, ReceiveState::FILE);
        }
        read.map_err(ReceiveError::Socket)?;
        let report = report?;
        Ok((report.exit_code(), report))
    })
}
