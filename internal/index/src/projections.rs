//! The half of the index that is looked up by key: small status records and pointers into the ledger, in sled.
//!
//! Bodies and posting lists have no place here. All rows of up to a hundred reports change in one transaction, together
//! with the ledger position and a sum over every row; a scan after the next start must find the same sum, whatever changes
//! while it runs. Every call into sled is fenced: over damaged files it may panic.

mod release;
mod scan;
mod sum;
mod tree;

use std::{
    collections::BTreeMap,
    ops::Bound,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use nightsafe_schema::digest::Digest;
use serde::{Deserialize, Serialize};
use sled::{
    IVec, Transactional as _,
    transaction::{ConflictableTransactionError, TransactionError, TransactionalTree},
};

pub(crate) use self::tree::Tree;
use self::{scan::Scan, sum::RowSum};
use crate::{
    damage::{Damage, Part, fenced},
    key::{IndexKey, TAG, Tagger},
    limits,
    position::{Position, Standing},
};

/// An open set of trees.
pub(crate) struct Projections {
    // In an option so that dropping can be fenced.
    open: Option<Open>,
    path: PathBuf,
    rows: Tagger,
    status: Tagger,
    damaged: AtomicBool,
    /// How far the rows have been looked through since they were opened; none once all of them were.
    scan: Mutex<Option<Scan>>,
}

struct Open {
    database: sled::Db,
    /// In the order of [`Tree::ALL`], then the tree of the status.
    trees: Vec<sled::Tree>,
}

/// Rows to put, each row once. Rows are written anew and never removed: what is erased goes with the whole index.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    rows: BTreeMap<(Tree, Vec<u8>), Vec<u8>>,
}

/// What stands beside the rows, under a tag of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    standing: Standing,
    rows: u64,
    sum: Digest,
}

impl Changes {
    pub(crate) fn put(&mut self, tree: Tree, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.rows.insert((tree, key.into()), value.into());
    }
}

impl Projections {
    /// New, empty trees in a folder that is not there yet.
    pub(crate) fn create(path: &Path, key: &IndexKey, standing: Standing) -> Result<Self, Damage> {
        let projections = Self::connect(path, key)?;
        let status = Status { standing, rows: 0, sum: RowSum::default().digest() };
        let bytes = projections.sealed(&status)?;
        projections.with(|open| open.status_tree()?.insert(STATUS_KEY, bytes).map_err(|error| error.to_string()))?;
        Ok(projections)
    }

    /// The trees as they were left, once every row was read and compared with the sum.
    pub(crate) fn open(path: &Path, key: &IndexKey) -> Result<Self, Damage> {
        let projections = Self::open_unchecked(path, key)?;
        while !projections.check_some()? {}
        Ok(projections)
    }

    /// The trees as they were left. Whether they are is known when [`Self::check_some`] has said so to the end.
    pub(crate) fn open_unchecked(path: &Path, key: &IndexKey) -> Result<Self, Damage> {
        let projections = Self::connect(path, key)?;
        projections.status()?;
        *projections.scan() = Some(Scan::default());
        Ok(projections)
    }

    /// Looks through some more rows; whether that were the last. At the end their sum must be the one that was kept,
    /// with all that was changed meanwhile.
    pub(crate) fn check_some(&self) -> Result<bool, Damage> {
        let mut scanning = self.scan();
        let Some(scan) = scanning.as_mut() else { return Ok(true) };
        let Some(&tree) = Tree::ALL.get(scan.tree) else {
            let status = self.status()?;
            if !scan.comes_to(status.rows, status.sum) {
                return Err(Damage::projections(format_args!("rows that are not the {} written", status.rows)));
            }
            *scanning = None;
            return Ok(true);
        };
        let from = scan.last.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let more = self.with(|open| {
            let mut last = None;
            let range = open.tree(tree)?.range::<Vec<u8>, _>((from, Bound::Unbounded));
            for row in range.take(limits::ROWS_CHECKED_AT_ONCE) {
                let (key, value) = row.map_err(|error| error.to_string())?;
                scan.add(&self.rows.whole(&[tree.name().as_bytes(), &key, &value]));
                last = Some(key.to_vec());
            }
            Ok(last)
        })?;
        match more {
            Some(last) => scan.last = Some(last),
            None => scan.next_tree(),
        }
        Ok(false)
    }

    /// How far they have come.
    pub(crate) fn standing(&self) -> Result<Standing, Damage> {
        self.status().map(|status| status.standing)
    }

    /// Applies all changes and moves to the position, or does neither.
    pub(crate) fn apply(&self, changes: &Changes, position: Position) -> Result<(), Damage> {
        let mut scan = self.scan();
        let written = self.with(|open| {
            let transaction =
                open.trees.as_slice().transaction(|views| self.write(views, changes, position, scan.as_ref()));
            transaction.map_err(|error| match error {
                TransactionError::Abort(damage) => damage.to_string(),
                TransactionError::Storage(error) => error.to_string(),
            })
        })?;
        *scan = written;
        Ok(())
    }

    /// Makes everything applied so far durable.
    pub(crate) fn flush(&self) -> Result<(), Damage> {
        self.with(|open| open.database.flush().map(drop).map_err(|error| error.to_string()))
    }

    /// The value of a row.
    pub(crate) fn row(&self, tree: Tree, key: &[u8]) -> Result<Option<IVec>, Damage> {
        self.with(|open| open.tree(tree)?.get(key).map_err(|error| error.to_string()))
    }

    /// Visits the rows whose key begins so, in order, until told to stop.
    pub(crate) fn each(
        &self,
        tree: Tree,
        prefix: &[u8],
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<bool, Damage>,
    ) -> Result<(), Damage> {
        self.with(|open| {
            for row in open.tree(tree)?.scan_prefix(prefix) {
                let (key, value) = row.map_err(|error| error.to_string())?;
                if !visit(&key, &value).map_err(|damage| damage.to_string())? {
                    break;
                }
            }
            Ok(())
        })
    }

    fn connect(path: &Path, key: &IndexKey) -> Result<Self, Damage> {
        let open = fenced(Part::Projections, || {
            let database = sled::Config::new()
                .path(path)
                .cache_capacity(limits::SLED_CACHE)
                .flush_every_ms(None) // only where the position says that it may
                .open()?;
            let names = Tree::ALL.iter().map(|tree| tree.name()).chain([STATUS_TREE]);
            let trees = names.map(|name| database.open_tree(name)).collect::<sled::Result<Vec<_>>>()?;
            Ok::<_, sled::Error>(Open { database, trees })
        })?;
        Ok(Self {
            open: Some(open),
            path: path.to_owned(),
            rows: key.purpose("rows"),
            status: key.purpose("status"),
            damaged: AtomicBool::new(false),
            scan: Mutex::new(None),
        })
    }

    fn with<T>(&self, work: impl FnOnce(&Open) -> Result<T, String>) -> Result<T, Damage> {
        let result = match &self.open {
            // After the first damage sled is not asked again: it may hold locks that a panic left behind.
            Some(open) if !self.damaged.load(Ordering::Acquire) => fenced(Part::Projections, || work(open)),
            _ => Err(Damage::projections("given up after earlier damage")),
        };
        if result.is_err() {
            self.damaged.store(true, Ordering::Release);
        }
        result
    }

    fn status(&self) -> Result<Status, Damage> {
        let bytes = self.with(|open| open.status_tree()?.get(STATUS_KEY).map_err(|error| error.to_string()))?;
        self.unsealed(bytes.as_deref())
    }

    fn write(
        &self,
        views: &[TransactionalTree],
        changes: &Changes,
        position: Position,
        scan: Option<&Scan>,
    ) -> Result<Option<Scan>, ConflictableTransactionError<Damage>> {
        let mut scan = scan.cloned();
        let abort = |what: &str| ConflictableTransactionError::Abort(Damage::projections(what));
        let status_view = views.get(Tree::ALL.len()).ok_or_else(|| abort("no tree of the status"))?;
        let mut status =
            self.unsealed(status_view.get(STATUS_KEY)?.as_deref()).map_err(ConflictableTransactionError::Abort)?;
        let mut sum = RowSum::from(status.sum);
        for ((tree, key), value) in &changes.rows {
            let view = views.get(tree.index()).ok_or_else(|| abort("no such tree"))?;
            let before = view.insert(key.as_slice(), value.as_slice())?;
            let element = |value: &[u8]| self.rows.whole(&[tree.name().as_bytes(), key, value]);
            let mut passed = scan.as_mut().filter(|scan| scan.has_passed(*tree, key));
            if let Some(before) = before {
                let element = element(&before);
                sum.subtract(&element);
                status.rows = status.rows.saturating_sub(1);
                passed.as_mut().into_iter().for_each(|scan| scan.remove(&element));
            }
            let element = element(value);
            sum.add(&element);
            status.rows = status.rows.saturating_add(1);
            passed.as_mut().into_iter().for_each(|scan| scan.add(&element));
        }
        status.sum = sum.digest();
        status.standing.position = position;
        let bytes = self.sealed(&status).map_err(ConflictableTransactionError::Abort)?;
        status_view.insert(STATUS_KEY, bytes)?;
        Ok(scan)
    }

    fn scan(&self) -> MutexGuard<'_, Option<Scan>> {
        self.scan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sealed(&self, status: &Status) -> Result<Vec<u8>, Damage> {
        let content = serde_json::to_vec(status).map_err(Damage::projections)?;
        let mut bytes = self.status.tag(&[&content]).to_vec();
        bytes.extend(content);
        Ok(bytes)
    }

    fn unsealed(&self, bytes: Option<&[u8]>) -> Result<Status, Damage> {
        let (tag, content) = bytes
            .and_then(|bytes| bytes.split_first_chunk::<TAG>())
            .ok_or_else(|| Damage::projections("the status is missing"))?;
        if self.status.tag(&[content]) != *tag {
            return Err(Damage::projections("the status is not what was written"));
        }
        serde_json::from_slice(content).map_err(Damage::projections)
    }
}

impl Drop for Projections {
    fn drop(&mut self) {
        let open = self.open.take();
        // Closing writes what is still in memory; over damaged files that may panic, and there is nobody left to tell.
        drop(fenced(Part::Projections, || {
            drop(open);
            Ok::<_, String>(())
        }));
        release::wait(&self.path.join(DATABASE));
    }
}

impl Open {
    fn tree(&self, tree: Tree) -> Result<&sled::Tree, String> {
        self.trees.get(tree.index()).ok_or_else(|| "no such tree".to_owned())
    }

    fn status_tree(&self) -> Result<&sled::Tree, String> {
        self.trees.get(Tree::ALL.len()).ok_or_else(|| "no tree of the status".to_owned())
    }
}

/// The file of sled's that it locks while it is open.
const DATABASE: &str = "db";
const STATUS_TREE: &str = "status";
const STATUS_KEY: &str = "status";

#[cfg(test)]
mod tests;
