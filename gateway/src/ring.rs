//! The key ring in use, as everything here sees it; and the task that follows it on disk.
//!
//! The last good ring serves. A candidate that is unsigned, older or malformed changes nothing but the telemetry. Past
//! its window and its grace nothing is sealed any more: the gateway never accepts what nobody could open.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use nightsafe_runtime::Shutdown;
use nightsafe_runtime::ring_file::{Reloaded, RingStore};
use nightsafe_schema::journal::JournalKey;
use nightsafe_schema::ring::{NoRecipient, RingStanding, VerifiedRing};
use nightsafe_schema::time::Clock;
use nightsafe_seal::{RecipientError, SealingRecipients};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::watched::WatchedFiles;

/// Always the newest ring that was accepted. Clones see the same.
#[derive(Debug, Clone)]
pub(crate) struct CurrentRing {
    newest: watch::Receiver<Arc<VerifiedRing>>,
    /// The keys that were sealed to last: reading one costs as much as a tenth of sealing to it.
    read: Arc<Mutex<Option<ReadKeys>>>,
}

/// Two keys of a ring, as they stand there and as they are used.
#[derive(Debug, Clone)]
struct ReadKeys {
    texts: [String; 2],
    recipients: SealingRecipients,
}

/// Nothing may be sealed now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CannotSeal {
    #[error("no key of the ring may seal now")]
    Closed(#[from] NoRecipient),
    #[error("a key of the ring cannot be sealed to")]
    Recipient(#[from] RecipientError),
}

impl CurrentRing {
    pub(crate) fn ring(&self) -> Arc<VerifiedRing> {
        Arc::clone(&self.newest.borrow())
    }

    /// The two keys for an item that is sealed at `now`.
    pub(crate) fn recipients(&self, now: Timestamp) -> Result<SealingRecipients, CannotSeal> {
        let ring = self.ring();
        let keys = ring.sealing_keys(now)?;
        let texts = [keys.intake.recipient.as_str(), keys.recovery.recipient.as_str()];
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.as_ref().filter(|known| known.texts == texts) {
            return Ok(known.recipients.clone());
        }
        let recipients = SealingRecipients::parse(texts[0], texts[1])?;
        *read = Some(ReadKeys { texts: texts.map(str::to_owned), recipients: recipients.clone() });
        Ok(recipients)
    }
}

/// Follows the ring on disk.
#[derive(Debug)]
pub(crate) struct RingFollower {
    store: RingStore,
    path: PathBuf,
    clock_standing: Option<RingStanding>,
    current: watch::Sender<Arc<VerifiedRing>>,
}

impl RingFollower {
    /// Starts with what `store` accepted; `path` is where the ring lies.
    pub(crate) fn new(store: RingStore, path: &Path) -> (Self, CurrentRing) {
        let (current, seen) = watch::channel(store.current());
        let ring = CurrentRing { newest: seen, read: Arc::default() };
        (Self { store, path: path.to_owned(), clock_standing: None, current }, ring)
    }

    /// The ring should name this gateway's key: otherwise the inside trusts nothing it acknowledges.
    pub(crate) fn check_own_key(&self, key: &JournalKey) {
        if !self.store.current().journal_keys().contains(key) {
            tracing::error!(alarm = "journal-key", "the key ring does not name this gateway's journal key");
        }
    }

    /// Looks again whenever the ring may have changed; says loudly how it stands.
    pub(crate) fn follow(
        self,
        clock: Arc<dyn Clock>,
        shutdown: &Shutdown,
    ) -> std::io::Result<impl Future<Output = ()> + Send + use<>> {
        let watched = WatchedFiles::new(&[&self.path])?;
        Ok(self.look_again_and_again(clock, watched, shutdown.soft()))
    }

    async fn look_again_and_again(mut self, clock: Arc<dyn Clock>, mut watched: WatchedFiles, soft: CancellationToken) {
        loop {
            self.tell_standing(clock.now());
            if soft.run_until_cancelled(watched.changed()).await.is_none() {
                return;
            }
            let looked = tokio::task::spawn_blocking(move || {
                let looked = self.store.refresh();
                (self, looked)
            });
            let Ok((follower, looked)) = looked.await else { return };
            self = follower;
            if let Some(Reloaded::Replaced { version }) = looked {
                tracing::info!(version, "key ring replaced");
                self.current.send_replace(self.store.current());
            }
        }
    }

    fn tell_standing(&mut self, now: Timestamp) {
        let standing = self.store.current().standing(now);
        if self.clock_standing.replace(standing) == Some(standing) {
            return;
        }
        match standing {
            RingStanding::Good { .. } => {}
            RingStanding::Ending { days_left } => tracing::warn!(days_left, "the key ring ends soon"),
            RingStanding::Grace { days_left } => {
                tracing::error!(alarm = "ring", days_left, "the key ring has ended: intake closes when its grace does");
            }
            RingStanding::Closed => tracing::error!(alarm = "ring", "the key ring has ended: intake is closed"),
            RingStanding::Early => {
                tracing::error!(
                    alarm = "ring",
                    "the key ring is not valid yet, or the clock is wrong: intake is closed"
                );
            }
        }
    }
}
