//! The trees and what their keys and values are (docs/spec/index.md).

/// One tree. Numbers are eight bytes, big-endian; a code in a key ends with a zero byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tree {
    /// case → status record.
    Cases,
    /// case, ledger seq of an event that changed what it is → nothing.
    Events,
    /// state, arrival, case → nothing.
    ByState,
    /// unit that holds a task or copy, arrival, case → nothing.
    ByUnit,
    /// deadline in seconds since 1970, arrival, case → nothing.
    ByDeadline,
    /// category, arrival, case → nothing.
    ByCategory,
    /// division of the place and each one around it, arrival, case → nothing.
    ByDivision,
    /// keyed hash of an identifier, case → kind of the identifier.
    Identifiers,
    /// item id → ledger seq of the event that took it in or set it aside.
    Items,
    /// journal stream, entry → ledger seq of that event.
    Entries,
    /// keyed hash of the submission id, content digest → case.
    Submissions,
    /// lookup key of a clue number → case.
    Numbers,
    /// attachment that came and that no case has claimed yet → ledger seq.
    Waiting,
    /// attachment that a case names and that did not come yet, case → nothing.
    Wanted,
    /// ledger seq of an event that could not be read → why.
    Unreadable,
}

impl Tree {
    /// Every tree, in the order of the numbers.
    pub(crate) const ALL: &[Self] = &[
        Self::Cases,
        Self::Events,
        Self::ByState,
        Self::ByUnit,
        Self::ByDeadline,
        Self::ByCategory,
        Self::ByDivision,
        Self::Identifiers,
        Self::Items,
        Self::Entries,
        Self::Submissions,
        Self::Numbers,
        Self::Waiting,
        Self::Wanted,
        Self::Unreadable,
    ];

    /// Its name in sled and in a dump.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cases => "case",
            Self::Events => "event",
            Self::ByState => "state",
            Self::ByUnit => "unit",
            Self::ByDeadline => "deadline",
            Self::ByCategory => "category",
            Self::ByDivision => "division",
            Self::Identifiers => "identifier",
            Self::Items => "item",
            Self::Entries => "entry",
            Self::Submissions => "submission",
            Self::Numbers => "number",
            Self::Waiting => "waiting",
            Self::Wanted => "wanted",
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
