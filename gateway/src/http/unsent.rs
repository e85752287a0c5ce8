//! Answers that their clients have not read yet: how much memory they may hold, and for how long.
//!
//! A client that asks for pages and reads none of them makes the gateway keep them. All connections share one budget for
//! that; a connection's share comes back as its bytes leave. A connection that does not take in, within one period, what
//! lay ready for it at the period's beginning is given up: whoever reads at all, however slowly, gets further than that.
//! When the budget runs out, those that have read nothing for a few seconds give way at once: who reads goes before who
//! only asks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use crate::limits::{ANSWER_TIME, PRESSED_ANSWER_TIME, UNREAD_BY_ONE};

/// The memory that all unread answers share.
#[derive(Debug, Clone)]
pub(crate) struct AnswerBudget {
    room: Arc<Semaphore>,
    pressure: Arc<Pressure>,
}

/// Wakes every connection when there is no room, at most once a second.
#[derive(Debug, Default)]
struct Pressure {
    felt: Notify,
    last: Mutex<Option<Instant>>,
}

/// What one connection has not read yet. Clones are the same connection; the last one gives everything back.
#[derive(Debug, Clone)]
pub(crate) struct Unsent {
    budget: AnswerBudget,
    held: Arc<Mutex<Held>>,
}

/// All unread answers together have no more room for this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRoom;

#[derive(Debug)]
struct Held {
    share: Option<OwnedSemaphorePermit>,
    unsent: usize,
    /// Bytes that left since the beginning, to compare two moments.
    sent: u64,
    /// When bytes left last, or began to wait.
    moved: Instant,
}

impl AnswerBudget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { room: Arc::new(Semaphore::new(bytes / UNIT)), pressure: Arc::default() }
    }

    /// For a new connection.
    pub(crate) fn connection(&self) -> Unsent {
        let held = Held { share: None, unsent: 0, sent: 0, moved: Instant::now() };
        Unsent { budget: self.clone(), held: Arc::new(Mutex::new(held)) }
    }
}

impl Pressure {
    fn press(&self) {
        let now = Instant::now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now.duration_since(last) >= BETWEEN_PRESSES) {
            *last = Some(now);
            self.felt.notify_waiters();
        }
    }
}

impl Unsent {
    /// Makes room for an answer.
    pub(crate) fn hold(&self, bytes: usize) -> Result<(), NoRoom> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let unsent = held.unsent.saturating_add(bytes);
        if unsent > UNREAD_BY_ONE {
            return Err(NoRoom);
        }
        let missing = u32::try_from(unsent.div_ceil(UNIT).saturating_sub(held.units())).map_err(|_| NoRoom)?;
        let share = Arc::clone(&self.budget.room).try_acquire_many_owned(missing).map_err(|_| {
            self.budget.pressure.press();
            NoRoom
        })?;
        match &mut held.share {
            Some(held) => held.merge(share),
            none => *none = Some(share),
        }
        if held.unsent == 0 {
            held.moved = Instant::now();
        }
        held.unsent = unsent;
        Ok(())
    }

    /// These bytes have left.
    pub(super) fn sent(&self, bytes: usize) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.sent = held.sent.saturating_add(bytes as u64);
        held.unsent = held.unsent.saturating_sub(bytes);
        if bytes > 0 {
            held.moved = Instant::now();
        }
        let spare = held.units().saturating_sub(held.unsent.div_ceil(UNIT));
        // Dropping the part gives it back.
        drop(held.share.as_mut().and_then(|share| share.split(spare)));
    }

    /// Whether the client has read everything.
    pub(super) fn is_nothing(&self) -> bool {
        self.look().0 == 0
    }

    /// Returns when the client has stopped reading.
    pub(super) async fn stalled(&self) {
        let mut period_ends = Instant::now() + ANSWER_TIME;
        let (mut ready, mut sent, _) = self.look();
        loop {
            tokio::select! {
                () = sleep_until(period_ends) => {
                    let (ready_now, sent_now, _) = self.look();
                    if ready > 0 && sent_now.saturating_sub(sent) < ready {
                        return;
                    }
                    (ready, sent) = (ready_now, sent_now);
                    period_ends += ANSWER_TIME;
                }
                () = self.budget.pressure.felt.notified() => {
                    let (ready_now, _, still_for) = self.look();
                    if ready_now > 0 && still_for >= PRESSED_ANSWER_TIME {
                        return;
                    }
                }
            }
        }
    }

    /// What lies ready, what has left so far, and for how long nothing has.
    fn look(&self) -> (u64, u64, Duration) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        (held.unsent as u64, held.sent, held.moved.elapsed())
    }
}

impl Held {
    fn units(&self) -> usize {
        self.share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }
}

/// One permit stands for so many bytes.
const UNIT: usize = 1024;
/// Waking ten thousand connections is no work to do at every refusal.
const BETWEEN_PRESSES: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test]
    async fn the_budget_is_shared_and_comes_back_as_bytes_leave() {
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
        assert_eq!(budget.room.available_permits(), 4);
    }

    #[tokio::test]
    async fn one_connection_cannot_hold_everything() {
        let budget = AnswerBudget::new(10 * UNREAD_BY_ONE);
        let connection = budget.connection();
        connection.hold(UNREAD_BY_ONE).unwrap();
        assert_eq!(connection.hold(1), Err(NoRoom));
        budget.connection().hold(UNREAD_BY_ONE).unwrap();
    }

    #[tokio::test]
    async fn what_was_never_held_cannot_be_given_back() {
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
        connection.stalled().await;
        assert_eq!(began.elapsed().as_secs(), ANSWER_TIME.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_on_is_waited_for() {
        let connection = AnswerBudget::new(1024 * UNIT).connection();
        let reading = async {
            for _ in 0..100 {
                connection.hold(10 * UNIT).unwrap();
                sleep(ANSWER_TIME / 2).await;
                connection.sent(10 * UNIT);
            }
        };
        tokio::select! {
            () = connection.stalled() => panic!("it was reading"),
            () = reading => {}
        }
        // An idle connection has nothing to read.
        assert!(timeout(10 * ANSWER_TIME, connection.stalled()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn when_room_is_short_who_reads_nothing_gives_way_to_who_does() {
        let budget = AnswerBudget::new(4 * UNIT);
        let (idler, reader, next) = (budget.connection(), budget.connection(), budget.connection());
        idler.hold(2 * UNIT).unwrap();
        reader.hold(2 * UNIT).unwrap();
        let began = Instant::now();
        let asking = async {
            while next.hold(UNIT + 1).is_err() {
                sleep(Duration::from_secs(1)).await;
                reader.sent(1);
            }
        };
        let serving = async {
            tokio::select! {
                () = idler.stalled() => drop(idler),
                () = reader.stalled() => panic!("it was reading"),
            }
        };
        tokio::join!(asking, serving);
        assert!(began.elapsed() < 2 * PRESSED_ANSWER_TIME, "{:?}", began.elapsed());
    }
}
