//! Answers that their clients have not read yet: how much memory they may hold, and for how long.
//!
//! A client that asks for pages and reads none of them makes the gateway keep them. All connections share one budget for
//! that; a connection's share comes back as its bytes leave. A connection that does not take in, within one period, what
//! lay ready for it at the period's beginning is given up: whoever reads at all, however slowly, gets further than that.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

/// The memory that all unread answers share.
#[derive(Debug, Clone)]
pub(crate) struct AnswerBudget(Arc<Semaphore>);

/// What one connection has not read yet. Clones are the same connection; the last one gives everything back.
#[derive(Debug, Clone)]
pub(crate) struct Unsent {
    budget: AnswerBudget,
    held: Arc<Mutex<Held>>,
}

/// All unread answers together have no more room for this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRoom;

#[derive(Debug, Default)]
struct Held {
    share: Option<OwnedSemaphorePermit>,
    unsent: usize,
    /// Bytes that left since the beginning, to compare two moments.
    sent: u64,
}

impl AnswerBudget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / UNIT)))
    }

    /// For a new connection.
    pub(crate) fn connection(&self) -> Unsent {
        Unsent { budget: self.clone(), held: Arc::default() }
    }
}

impl Unsent {
    /// Makes room for an answer.
    pub(crate) fn hold(&self, bytes: usize) -> Result<(), NoRoom> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let unsent = held.unsent.saturating_add(bytes);
        let missing = unsent.div_ceil(UNIT).saturating_sub(held.units());
        let missing = u32::try_from(missing).map_err(|_| NoRoom)?;
        let share = Arc::clone(&self.budget.0).try_acquire_many_owned(missing).map_err(|_| NoRoom)?;
        match &mut held.share {
            Some(held) => held.merge(share),
            none => *none = Some(share),
        }
        held.unsent = unsent;
        Ok(())
    }

    /// These bytes have left.
    pub(super) fn sent(&self, bytes: usize) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.sent = held.sent.saturating_add(bytes as u64);
        held.unsent = held.unsent.saturating_sub(bytes);
        let spare = held.units().saturating_sub(held.unsent.div_ceil(UNIT));
        // Dropping the part gives it back.
        drop(held.share.as_mut().and_then(|share| share.split(spare)));
    }

    /// Returns when the client has stopped reading.
    pub(super) async fn stalled(&self, period: Duration) {
        let (mut ready, mut sent) = self.look();
        loop {
            sleep(period).await;
            let (ready_now, sent_now) = self.look();
            if ready > 0 && sent_now.saturating_sub(sent) < ready {
                return;
            }
            (ready, sent) = (ready_now, sent_now);
        }
    }

    fn look(&self) -> (u64, u64) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        (held.unsent as u64, held.sent)
    }
}

impl Held {
    fn units(&self) -> usize {
        self.share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }
}

/// One permit stands for so many bytes.
const UNIT: usize = 1024;

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;

    const PERIOD: Duration = Duration::from_secs(30);

    #[test]
    fn the_budget_is_shared_and_comes_back_as_bytes_leave() {
        let budget = AnswerBudget::new(4 * UNIT);
        let (first, second) = (budget.connection(), budget.connection());
        first.hold(3 * UNIT).unwrap();
        assert_eq!(second.hold(2 * UNIT), Err(NoRoom));
        first.sent(UNIT);
        second.hold(2 * UNIT).unwrap();
        assert_eq!(first.hold(1), Err(NoRoom));
        drop(second);
        first.hold(1).unwrap();
        drop(first);
        assert_eq!(budget.0.available_permits(), 4);
    }

    #[test]
    fn what_was_never_held_cannot_be_given_back() {
        let budget = AnswerBudget::new(2 * UNIT);
        let connection = budget.connection();
        connection.sent(10 * UNIT);
        connection.hold(2 * UNIT).unwrap();
        assert_eq!(connection.hold(1), Err(NoRoom));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_nothing_is_given_up() {
        let connection = AnswerBudget::new(1024 * UNIT).connection();
        connection.hold(100 * UNIT).unwrap();
        let began = Instant::now();
        connection.stalled(PERIOD).await;
        assert_eq!(began.elapsed().as_secs(), PERIOD.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_on_is_waited_for() {
        let connection = AnswerBudget::new(1024 * UNIT).connection();
        let reading = async {
            for _ in 0..100 {
                connection.hold(10 * UNIT).unwrap();
                sleep(PERIOD / 2).await;
                connection.sent(10 * UNIT);
            }
        };
        tokio::select! {
            () = connection.stalled(PERIOD) => panic!("it was reading"),
            () = reading => {}
        }
        // An idle connection has nothing to read.
        assert!(timeout(10 * PERIOD, connection.stalled(PERIOD)).await.is_err());
    }
}
