//! Who gets a place at the disk: a few work, a bounded number waits, the rest is told so at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::ProblemKind;
use crate::limits;

/// The places. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    working: Arc<Semaphore>,
    present: Arc<Semaphore>,
}

/// Held while one report is taken in.
#[derive(Debug)]
pub(crate) struct Place {
    _working: OwnedSemaphorePermit,
    _present: OwnedSemaphorePermit,
}

impl Admission {
    pub(crate) fn new() -> Self {
        Self::of(limits::ACCEPTING, limits::WAITING)
    }

    fn of(working: usize, waiting: usize) -> Self {
        Self { working: Arc::new(Semaphore::new(working)), present: Arc::new(Semaphore::new(working + waiting)) }
    }

    /// Whether one more would be told so now.
    pub(crate) fn is_full(&self) -> bool {
        self.present.available_permits() == 0
    }

    /// Waits for a place, unless too many wait already: a late 503 helps nobody.
    pub(crate) async fn enter(&self) -> Result<Place, ProblemKind> {
        let present = Arc::clone(&self.present).try_acquire_owned().map_err(|_| ProblemKind::Busy)?;
        let working = Arc::clone(&self.working).acquire_owned().await.map_err(|_| ProblemKind::Busy)?;
        Ok(Place { _working: working, _present: present })
    }
}

#[cfg(test)]
mod tests {
    use super::Admission;
    use crate::http::ProblemKind;

    #[tokio::test]
    async fn one_too_many_is_told_at_once() {
        let admission = Admission::of(1, 1);
        let first = admission.enter().await.unwrap();
        let waiting = admission.clone();
        let mut second = Box::pin(async move { waiting.enter().await });
        tokio::select! {
            biased;
            _ = &mut second => panic!("there is one place only"),
            () = std::future::ready(()) => {}
        }
        assert!(admission.is_full());
        assert_eq!(admission.enter().await.err(), Some(ProblemKind::Busy));
        drop(first);
        assert!(second.await.is_ok());
    }
}
