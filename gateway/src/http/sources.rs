//! How much one source may ask for, without knowing who it is (promise 2).
//!
//! An address becomes one of a fixed number of counters by a keyed hash and is forgotten. The key exists in memory only
//! and is replaced every ten minutes, the counters with it: nobody, the operator included, can ask which address a
//! counter belongs to, and nothing can be joined across two windows. Because the table never grows, no number of
//! addresses can fill it; a few share a counter by chance, and no longer than one window.
//!
//! One currency for everything: a request costs a unit, a posted one more, a body one a MiB, a connection a few. A source
//! over its allowance is told so with 429, and still gets the way out and what that page looks like; one far over it, or
//! with too many connections open, is not even greeted. Places for uploads are few and held for long, so a source has no
//! more than its share of them.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use nightsafe_schema::randomness::{NoRandomness, Randomness, random_bytes};
use nightsafe_schema::time::Clock;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::limits::{
    RETRY_AFTER, SOURCE_ALLOWANCE, SOURCE_CONNECTIONS, SOURCE_COUNTERS, SOURCE_KEY_LIFE, SOURCE_UNITS_A_SECOND,
    SOURCE_UPLOADS, UNITS_A_CONNECTION, UNITS_A_MIB, UNITS_A_POST, UNITS_A_REQUEST,
};

/// The counters of all sources.
pub(crate) struct Sources {
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    forwarders: Vec<IpAddr>,
    window: Mutex<Arc<Window>>,
}

/// Where a connection or request came from: a counter, or a forwarder that has none. Clones are the same connection.
#[derive(Clone)]
pub(crate) struct Source(Option<Arc<Connected>>);

/// One of the uploads that a source may have at once; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct UploadShare(Source);

/// A source has used up its allowance; after this long it may ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OverAllowance {
    pub(crate) wait: Duration,
}

/// Ten minutes of counting under one key.
struct Window {
    key: Zeroizing<[u8; 32]>,
    began: Duration,
    counters: Box<[Counter]>,
}

#[derive(Default)]
struct Counter {
    /// The moment, in nanoseconds of the clock, at which everything used so far has been earned back (GCRA).
    even_at: AtomicU64,
    connections: AtomicU32,
    uploads: AtomicU32,
}

/// One connection's hold on its counter.
struct Connected {
    clock: Arc<dyn Clock>,
    window: Arc<Window>,
    counter: usize,
}

impl Sources {
    /// Connections from `forwarders` carry everybody's requests and are counted against nobody.
    pub(crate) fn new(
        forwarders: Vec<IpAddr>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, NoRandomness> {
        let window = Mutex::new(Arc::new(Window::begin(&*clock, &*randomness)?));
        Ok(Self { clock, randomness, forwarders, window })
    }

    /// A new connection from `address`; `None` if it is not to be greeted.
    pub(crate) fn connect(&self, address: IpAddr) -> Option<Source> {
        let address = address.to_canonical();
        if self.forwarders.contains(&address) {
            return Some(Source(None));
        }
        let window = self.window();
        let index = window.index_of(address);
        let counter = window.counters.get(index)?;
        let now = self.clock.elapsed();
        counter.spend(now, UNITS_A_CONNECTION, LEAST_WELCOME).ok()?;
        let open = counter.connections.fetch_add(1, Ordering::Relaxed);
        // From here on dropping it gives the place back.
        let connected = Connected { clock: Arc::clone(&self.clock), window, counter: index };
        (open < SOURCE_CONNECTIONS).then(|| Source(Some(Arc::new(connected))))
    }

    /// The current window, or a new one when its time is over.
    fn window(&self) -> Arc<Window> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if self.clock.elapsed().saturating_sub(window.began) >= SOURCE_KEY_LIFE {
            match Window::begin(&*self.clock, &*self.randomness) {
                Ok(fresh) => *window = Arc::new(fresh),
                Err(error) => tracing::error!(
                    alarm = "randomness",
                    error = &error as &dyn std::error::Error,
                    "the key of the sources was not replaced"
                ),
            }
        }
        Arc::clone(&window)
    }
}

/// Beyond which a source is not even greeted.
const LEAST_WELCOME: u64 = 2 * SOURCE_ALLOWANCE;

impl Source {
    /// A source that is not counted.
    pub(crate) fn uncounted() -> Self {
        Self(None)
    }

    /// Pays for a request before anything is done about it.
    pub(crate) fn ask(&self, method: &Method) -> Result<(), OverAllowance> {
        let units = if *method == Method::POST { UNITS_A_REQUEST + UNITS_A_POST } else { UNITS_A_REQUEST };
        self.counter().map_or(Ok(()), |(counter, now)| counter.spend(now, units, SOURCE_ALLOWANCE))
    }

    /// Pays for what is given to a source over its allowance too, until it is so far over it that it is not greeted.
    pub(crate) fn ask_anyway(&self) -> Result<(), OverAllowance> {
        self.counter().map_or(Ok(()), |(counter, now)| counter.spend(now, UNITS_A_REQUEST, LEAST_WELCOME))
    }

    /// A share of the places for uploads, unless the source has all of its own in use.
    pub(crate) fn begin_upload(&self) -> Result<UploadShare, OverAllowance> {
        let running = self.counter().map_or(0, |(counter, _)| counter.uploads.fetch_add(1, Ordering::Relaxed));
        // From here on dropping it gives it back.
        let share = UploadShare(self.clone());
        if running < SOURCE_UPLOADS { Ok(share) } else { Err(OverAllowance { wait: RETRY_AFTER }) }
    }

    /// Pays for a MiB that has arrived. What has begun is never cut off for it; the next request may have to wait.
    pub(crate) fn received_a_mib(&self) {
        if let Some((counter, now)) = self.counter() {
            counter.owe(now, UNITS_A_MIB);
        }
    }

    fn counter(&self) -> Option<(&Counter, Duration)> {
        let connected = self.0.as_deref()?;
        Some((connected.window.counters.get(connected.counter)?, connected.clock.elapsed()))
    }
}

impl fmt::Debug for Source {
    /// Says nothing: not even which counter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

impl Drop for UploadShare {
    fn drop(&mut self) {
        if let Some((counter, _)) = self.0.counter() {
            counter.uploads.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        if let Some(counter) = self.window.counters.get(self.counter) {
            counter.connections.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Window {
    fn begin(clock: &dyn Clock, randomness: &dyn Randomness) -> Result<Self, NoRandomness> {
        let key = Zeroizing::new(random_bytes::<32>(randomness)?);
        let counters = (0..SOURCE_COUNTERS).map(|_| Counter::default()).collect();
        Ok(Self { key, began: clock.elapsed(), counters })
    }

    /// Whole IPv4 addresses, and the /64 that an IPv6 line is given.
    fn index_of(&self, address: IpAddr) -> usize {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&*self.key) else { return 0 };
        match address {
            IpAddr::V4(address) => mac.update(&address.octets()),
            IpAddr::V6(address) => mac.update(address.octets().split_at(8).0),
        }
        let hash = mac.finalize().into_bytes();
        let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        // Below the length of the table, which fits any machine's word.
        usize::try_from(number % self.counters.len() as u64).unwrap_or(0)
    }
}

impl Counter {
    /// Takes `units` unless more than `allowance` would then be owed.
    fn spend(&self, now: Duration, units: u64, allowance: u64) -> Result<(), OverAllowance> {
        let now = nanos(now);
        let after = |even_at: u64| even_at.max(now).saturating_add(units.saturating_mul(NANOS_A_UNIT));
        let limit = now.saturating_add(allowance.saturating_mul(NANOS_A_UNIT));
        let spent = self.even_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |even_at| {
            let after = after(even_at);
            (after <= limit).then_some(after)
        });
        let over = |even_at| OverAllowance { wait: Duration::from_nanos(after(even_at).saturating_sub(limit)) };
        spent.map(|_| ()).map_err(over)
    }

    /// Takes `units` whatever is owed already.
    fn owe(&self, now: Duration, units: u64) {
        // Without a limit it cannot be refused.
        let _ = self.spend(now, units, u64::MAX / NANOS_A_UNIT);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// In which one unit is earned back.
const NANOS_A_UNIT: u64 = 1_000_000_000 / SOURCE_UNITS_A_SECOND;

#[cfg(test)]
mod tests;
