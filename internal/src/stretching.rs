//! Argon2id takes 19 MiB and a core for tens of milliseconds: so many at once and no more, whoever asks.

use std::sync::{Condvar, Mutex, PoisonError};

use crate::limits;

/// Turns at Argon2id.
#[derive(Debug)]
pub(crate) struct Stretching {
    free: Mutex<usize>,
    freed: Condvar,
}

/// One turn; given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a>(&'a Stretching);

impl Stretching {
    /// Waits for a turn.
    pub(crate) fn turn(&self) -> Turn<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Turn(self)
    }
}

impl Default for Stretching {
    fn default() -> Self {
        Self { free: Mutex::new(limits::PASSWORD_HASHES), freed: Condvar::new() }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
