//! The one way in which the threads of a link are ended and wait: nobody sleeps, everybody can be woken.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Shared by all threads of one end of the link.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    asked: AtomicBool,
    lock: Mutex<()>,
    wake: Condvar,
}

impl Stop {
    /// Asks every thread to end.
    pub(crate) fn ask(&self) {
        let _guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.asked.store(true, Ordering::SeqCst);
        self.wake.notify_all();
    }

    /// Whether somebody asked.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Waits for a moment, or until somebody asks.
    pub(crate) fn pause(&self, moment: Duration) {
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_asked() {
            // Woken for nothing is as good as a shorter moment.
            let _ = self.wake.wait_timeout(guard, moment);
        }
    }
}

/// Asks to stop when its thread ends, in whatever way: one end of a link has no use for half of its threads.
#[derive(Debug)]
pub(crate) struct StopWhenDropped<'a>(pub(crate) &'a Stop);

impl Drop for StopWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.ask();
    }
}
