//! The trees and what their keys and values are (docs/spec/index.md).

/// One tree. Numbers are eight bytes, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tree {
    /// case → status record.
    Cases,
    /// case, ledger seq of an event that changed what it is and that its record has no room for → nothing.
    Events,
    /// ledger seq of an event that could not be read → why.
    Unreadable,
}

impl Tree {
    /// Every tree, in the order of the numbers.
    pub(crate) const ALL: &[Self] = &[Self::Cases, Self::Events, Self::Unreadable];

    /// Its name in sled and in a dump.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cases => "case",
            Self::Events => "event",
            Self::Unreadable => "unreadable",
        }
    }

    /// Its place in [`Self::ALL`].
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_tree_stands_in_its_place_under_its_own_name() {
        for (index, tree) in Tree::ALL.iter().enumerate() {
            assert_eq!(tree.index(), index);
        }
        assert_eq!(Tree::ALL.iter().map(|tree| tree.name()).collect::<BTreeSet<_>>().len(), Tree::ALL.len());
    }
}
