//! Looking through all rows while some of them change.
//!
//! Rows are passed tree by tree in the order of their keys. A change behind the place reached changes what was counted, a
//! change before it will be met.

use nightsafe_schema::digest::Digest;

use super::{Tree, sum::RowSum};

/// How far the rows have been looked through.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    /// The tree that is looked through, by its place in [`Tree::ALL`].
    pub(super) tree: usize,
    /// The last key passed in it.
    pub(super) last: Option<Vec<u8>>,
    rows: u64,
    sum: RowSum,
}

impl Scan {
    /// Whether this row has been passed, or would have been if it had been there.
    pub(super) fn has_passed(&self, tree: Tree, key: &[u8]) -> bool {
        tree.index() < self.tree || (tree.index() == self.tree && self.last.as_deref().is_some_and(|last| key <= last))
    }

    pub(super) fn next_tree(&mut self) {
        self.tree += 1;
        self.last = None;
    }

    pub(super) fn add(&mut self, element: &[u8; 32]) {
        self.rows += 1;
        self.sum.add(element);
    }

    pub(super) fn remove(&mut self, element: &[u8; 32]) {
        self.rows = self.rows.saturating_sub(1);
        self.sum.subtract(element);
    }

    /// Whether these are the rows.
    pub(super) fn comes_to(&self, rows: u64, sum: Digest) -> bool {
        (self.rows, self.sum.digest()) == (rows, sum)
    }
}
