//! Ctrl-C and SIGTERM: noted at once, acted upon between two steps, so that children are always ended by their owner.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use tokio::signal::unix::{SignalKind, signal};

/// Whether somebody asked to stop.
#[derive(Debug)]
pub struct Interruption {
    asked: Arc<AtomicBool>,
    sender: Sender<Stop>,
    stops: Receiver<Stop>,
}

/// Why a site that is up comes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Ctrl-C or SIGTERM.
    Asked,
    /// The child at this position ended by itself.
    Child(usize),
}

impl Interruption {
    /// Installs the signal handlers.
    pub fn listen() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let (sender, stops) = mpsc::channel();
        let asked = Arc::new(AtomicBool::new(false));
        let (noted, told) = (Arc::clone(&asked), sender.clone());
        let (mut interrupt, mut terminate) = {
            let _context = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        thread::spawn(move || {
            runtime.block_on(async {
                loop {
                    tokio::select! {
                        Some(()) = interrupt.recv() => {}
                        Some(()) = terminate.recv() => {}
                        else => return,
                    }
                    noted.store(true, Ordering::SeqCst);
                    // Nobody waits yet; the flag is enough.
                    let _ = told.send(Stop::Asked);
                }
            });
        });
        Ok(Self { asked, sender, stops })
    }

    /// Whether somebody asked to stop.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Where a child's end is told.
    pub fn sender(&self) -> Sender<Stop> {
        self.sender.clone()
    }

    /// Waits until there is a reason to stop.
    pub fn wait(&self) -> Stop {
        // The signal thread holds a sender for as long as the process lives.
        self.stops.recv().unwrap_or(Stop::Asked)
    }
}
