//! The thread that runs the receipt: woken by a change in the inbox, by a request, or by time.
//!
//! One thread, one pass after the other; whoever wants a pass asks here and waits for its outcome. Notifications may be
//! lost, so the inbox is looked at every few seconds all the same.

use std::sync::{
    Arc, Condvar, Mutex, PoisonError,
    mpsc::{self, SyncSender},
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::{
    indexed::SharedIndex,
    limits,
    receipt::{Receipt, fault::chain, pass::Pass},
    site::Site,
};

/// How the ingest thread is spoken to.
#[derive(Debug, Default)]
pub(crate) struct Ingest {
    wishes: Mutex<Wishes>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Wishes {
    awake: bool,
    stop: bool,
    asking: Vec<SyncSender<Pass>>,
}

impl Ingest {
    /// Something may have come in.
    pub(crate) fn wake(&self) {
        self.change(|wishes| wishes.awake = true);
    }

    /// No further pass; whoever waits for one is let go.
    pub(crate) fn stop(&self) {
        self.change(|wishes| {
            wishes.stop = true;
            wishes.asking.clear();
        });
    }

    /// A pass now, and what it did; `None` if the thread stops before.
    pub(crate) fn look_now(&self) -> Option<Pass> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.change(|wishes| {
            if !wishes.stop {
                wishes.asking.push(answer);
            }
        });
        answered.recv().ok()
    }

    /// Runs the receipt until stopped.
    pub(crate) fn run(self: &Arc<Self>, mut receipt: Receipt, site: &Site, index: &SharedIndex) {
        let _watcher = watch(&receipt, Arc::clone(self));
        let _ended = Ended(self);
        let mut reloaded = site.clock.elapsed();
        let mut verdict = Verdict::default();
        loop {
            let Some(asking) = self.next() else { return };
            let now = site.clock.elapsed();
            if !asking.is_empty() {
                receipt.look_again();
                reloaded = now;
            } else if now.saturating_sub(reloaded) >= limits::ROUND_EVERY {
                receipt.reload_trust();
                reloaded = now;
            }
            let pass = self.drain(&mut receipt, site);
            verdict.follow(&pass);
            site.numbers.stir();
            if !asking.is_empty() {
                if let Err(error) = site.linker.follow(site, &|| !self.is_stopping()) {
                    tracing::error!(reason = chain(&error), "reports are not compared");
                }
                index.catch_up(site);
            }
            for answer in asking {
                // Whoever asked may have gone.
                let _ = answer.try_send(pass.clone());
            }
        }
    }

    /// Rounds until the inbox gives nothing more, or someone asks to stop.
    fn drain(&self, receipt: &mut Receipt, site: &Site) -> Pass {
        let mut all = Pass::default();
        let mut go_on = || {
            site.numbers.stir();
            !self.is_stopping()
        };
        loop {
            match receipt.round(&mut go_on) {
                Ok(round) => {
                    let idle = round.is_idle();
                    all.add(&round);
                    if idle || self.is_stopping() {
                        return all;
                    }
                }
                Err(error) => {
                    all.trouble = Some(chain(&error));
                    return all;
                }
            }
        }
    }

    fn next(&self) -> Option<Vec<SyncSender<Pass>>> {
        let wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |wishes: &mut Wishes| !wishes.awake && !wishes.stop && wishes.asking.is_empty();
        let waited = self.changed.wait_timeout_while(wishes, limits::RESCAN_EVERY, idle);
        let (mut wishes, _timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
        wishes.awake = false;
        if wishes.stop { None } else { Some(std::mem::take(&mut wishes.asking)) }
    }

    fn is_stopping(&self) -> bool {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner).stop
    }

    fn change(&self, change: impl FnOnce(&mut Wishes)) {
        change(&mut self.wishes.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }
}

/// What the operator is told: once when the receipt gets stuck and why, once when it goes on.
#[derive(Debug, Default)]
struct Verdict {
    trouble: Option<String>,
}

impl Verdict {
    fn follow(&mut self, pass: &Pass) {
        match (&self.trouble, &pass.trouble) {
            (before, Some(now)) if before.as_ref() != Some(now) => {
                tracing::error!(
                    reason = now,
                    waiting = pass.postponed,
                    "接收受阻：密封件留在收件箱，每几秒重试 (the receipt is stuck: items stay in the inbox and are tried again)"
                );
            }
            (Some(_before), None) => tracing::info!("接收恢复 (the receipt goes on)"),
            _ => {}
        }
        self.trouble.clone_from(&pass.trouble);
    }
}

/// However the thread ends, nobody waits for it any more.
struct Ended<'a>(&'a Ingest);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Wakes the thread when the inbox changes. Without it the rescan does, later.
fn watch(receipt: &Receipt, ingest: Arc<Ingest>) -> Option<RecommendedWatcher> {
    let wake = move |event: notify::Result<notify::Event>| {
        if tells_of_a_change(&event) {
            ingest.wake();
        }
    };
    let watched = notify::recommended_watcher(wake).and_then(|mut watcher| {
        for folder in receipt.watched() {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(watcher)
    });
    watched
        .inspect_err(|error| tracing::warn!(%error, "the inbox is not watched, only looked at every few seconds"))
        .ok()
}

/// Whether an event is a reason to look: our own looking is announced as well, and must not wake us again for ever.
fn tells_of_a_change(event: &notify::Result<notify::Event>) -> bool {
    event.as_ref().map_or(true, |event| !event.kind.is_access())
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, RemoveKind};

    use super::*;

    #[test]
    fn nobody_waits_for_a_thread_that_has_ended() {
        let ingest = Arc::new(Ingest::default());
        let waiting = Arc::clone(&ingest);
        let asked = std::thread::spawn(move || waiting.look_now());
        ingest.stop();
        assert_eq!(asked.join().unwrap(), None);
        assert_eq!(ingest.look_now(), None);
    }

    #[test]
    fn looking_at_the_inbox_does_not_wake_the_looker() {
        let tells = |kind| tells_of_a_change(&Ok(notify::Event::new(kind)));
        assert!(!tells(EventKind::Access(AccessKind::Open(AccessMode::Any))));
        assert!(!tells(EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(tells(EventKind::Create(CreateKind::File)));
        assert!(tells(EventKind::Remove(RemoveKind::File)));
        assert!(tells_of_a_change(&Err(notify::Error::generic("events were lost"))));
    }
}
