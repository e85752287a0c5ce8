//! The index: opened against the ledger, kept up with it, asked by viewers.
//!
//! Whatever lies under `index/` can be thrown away at any time (promise 6). Every question about cases takes a
//! [`Viewer`] and is answered within what that viewer may see (promise 8).

mod dump;
mod queries;
mod unreadable;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use nightsafe_ledger::{Event, EventLog};

use crate::{
    damage::Damage,
    error::IndexError,
    fold::{Hashes, States},
    folder::{Generation, IndexFolder},
    key::IndexKey,
    position::Position,
    rules::Rules,
    stores::{Checking, Commit, Sources, Stores},
};

/// An open index. All methods may be called from any thread; those that write wait for each other.
pub struct Index {
    folder: IndexFolder,
    key: IndexKey,
    rules: Rules,
    hashes: Hashes,
    /// The generation in use. None only after a rebuild failed half way.
    stores: RwLock<Option<Arc<Stores>>>,
    /// Held by whoever writes.
    writer: Mutex<States>,
}

/// How an index was found when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Sound; it went on from this event.
    Sound {
        /// The last event that it had.
        at: u64,
    },
    /// There was none: built.
    Missing,
    /// It could not be trusted: built anew.
    Rebuilt {
        /// What was wrong.
        why: Damage,
    },
}

impl Index {
    /// Opens the index under `folder`, checks all of it, and brings it to the end of the ledger; or builds it.
    pub fn open(folder: &Path, key: IndexKey, rules: Rules, log: &dyn EventLog) -> Result<(Self, Found), IndexError> {
        Self::open_checking(Checking::Now, folder, key, rules, log)
    }

    /// As [`Self::open`], but answers before all of it is checked: whoever opens it so calls [`Self::check_some`] until
    /// that is done. Lists and cases are right meanwhile, or damaged.
    pub fn open_unchecked(
        folder: &Path,
        key: IndexKey,
        rules: Rules,
        log: &dyn EventLog,
    ) -> Result<(Self, Found), IndexError> {
        Self::open_checking(Checking::Later, folder, key, rules, log)
    }

    /// Looks through some more of what was opened unchecked; whether that was the last.
    pub fn check_some(&self) -> Result<bool, IndexError> {
        self.ask(|stores| Ok(stores.projections.check_some()?))
    }

    fn open_checking(
        checking: Checking,
        folder: &Path,
        key: IndexKey,
        rules: Rules,
        log: &dyn EventLog,
    ) -> Result<(Self, Found), IndexError> {
        let hashes = Hashes { records: key.purpose("records"), identifiers: key.purpose("identifiers") };
        let index = Self {
            folder: IndexFolder::open(folder)?,
            key,
            rules,
            hashes,
            stores: RwLock::new(None),
            writer: Mutex::new(States::default()),
        };
        let found = index.open_newest(checking, log)?;
        Ok((index, found))
    }

    /// How far it has come.
    pub fn position(&self) -> Result<Position, IndexError> {
        self.ask(|stores| Ok(stores.position()?))
    }

    /// Puts these events in; when this returns, every question is answered with them. Events that it has already are
    /// passed over, a gap before them is an error.
    pub fn apply(&self, log: &dyn EventLog, events: &[Event]) -> Result<Position, IndexError> {
        let mut states = self.writing();
        self.ask(|stores| stores.apply(events, self.sources(log), &mut states))
    }

    /// Reads on from where it is to the end of the ledger.
    pub fn catch_up(&self, log: &dyn EventLog) -> Result<Position, IndexError> {
        if self.stores().is_ok_and(|stores| stores.is_current(self.sources(log)) && !stores.is_given_up()) {
            return self.position();
        }
        let mut states = self.writing();
        self.ask(|stores| stores.catch_up(self.sources(log), &mut states, Commit::EachBatch))
    }

    /// Builds the index anew from the ledger in a folder of its own, then swaps it in and removes the old one.
    ///
    /// Needed when a key of the ledger was erased; for damage there is [`Self::heal`]. Until it is swapped in,
    /// questions go to the old one.
    pub fn rebuild(&self, log: &dyn EventLog) -> Result<Position, IndexError> {
        let mut states = self.writing();
        self.build(log, &mut states)
    }

    /// Rebuilds the index if any answer since it was opened was [`IndexError::Damaged`]; says whether it did. Of several
    /// threads that met the same damage, one rebuilds.
    pub fn heal(&self, log: &dyn EventLog) -> Result<bool, IndexError> {
        let mut states = self.writing();
        let damaged = self.stores().map_or(true, |stores| stores.is_given_up());
        if damaged {
            tracing::warn!("the index is damaged and is rebuilt from the ledger");
            self.build(log, &mut states)?;
        }
        Ok(damaged)
    }

    fn open_newest(&self, checking: Checking, log: &dyn EventLog) -> Result<Found, IndexError> {
        let mut states = self.writing();
        let Some(newest) = self.folder.newest()? else {
            self.build(log, &mut states)?;
            return Ok(Found::Missing);
        };
        match self.open_generation(&self.folder.at(newest), checking, log, &mut states) {
            Ok((stores, at)) => {
                self.swap(stores);
                self.keep_only(newest);
                Ok(Found::Sound { at })
            }
            Err(IndexError::Damaged(why)) => {
                tracing::warn!(%why, "the index is rebuilt from the ledger");
                self.build(log, &mut states)?;
                Ok(Found::Rebuilt { why })
            }
            Err(error) => Err(error),
        }
    }

    fn open_generation(
        &self,
        path: &Path,
        checking: Checking,
        log: &dyn EventLog,
        states: &mut States,
    ) -> Result<(Stores, u64), IndexError> {
        let stores = Stores::open(path, &self.key, checking, self.sources(log), states)?;
        let at = stores.position()?.seq;
        stores.catch_up(self.sources(log), states, Commit::EachBatch)?;
        Ok((stores, at))
    }

    fn build(&self, log: &dyn EventLog, states: &mut States) -> Result<Position, IndexError> {
        states.forget();
        let (generation, path) = self.folder.begin()?;
        let built = Stores::create(&path, &self.key, &self.rules)?;
        built.catch_up(self.sources(log), states, Commit::AtTheEnd)?;
        // Both halves keep their paths, so they are closed before the folder gets its name.
        drop(built);
        states.forget();
        let path = self.folder.finish(generation)?;
        // Written by this process a moment ago; what is read of it is compared with its tags all the same.
        let (stores, _) = self.open_generation(&path, Checking::Later, log, states)?;
        let position = stores.position()?;
        self.swap(stores);
        self.keep_only(generation);
        Ok(position)
    }

    fn keep_only(&self, generation: Generation) {
        if let Err(error) = self.folder.keep_only(generation) {
            // The old one may still be writing its last merge; the next start removes it.
            tracing::warn!(%error, "an old generation of the index is still there");
        }
    }

    fn swap(&self, stores: Stores) {
        let mut current = self.stores.write().unwrap_or_else(PoisonError::into_inner);
        let old = current.replace(Arc::new(stores));
        drop(current);
        // Closing the old one may take a while; nobody has to wait for it.
        drop(old);
    }

    /// Asks the generation in use; what shows damage is not asked for long any more.
    fn ask<T>(&self, question: impl FnOnce(&Stores) -> Result<T, IndexError>) -> Result<T, IndexError> {
        let stores = self.stores()?;
        question(&stores).inspect_err(|error| {
            if matches!(error, IndexError::Damaged(_)) {
                stores.give_up();
            }
        })
    }

    fn stores(&self) -> Result<Arc<Stores>, IndexError> {
        let current = self.stores.read().unwrap_or_else(PoisonError::into_inner);
        current.clone().ok_or_else(|| Damage::projections("none is open").into())
    }

    fn writing(&self) -> MutexGuard<'_, States> {
        self.writer.lock().unwrap_or_else(|poisoned| {
            // Whoever panicked may have left states that no row agrees with.
            let mut states = poisoned.into_inner();
            states.forget();
            states
        })
    }

    fn sources<'a>(&'a self, log: &'a dyn EventLog) -> Sources<'a> {
        Sources { log, rules: &self.rules, hashes: &self.hashes }
    }
}
