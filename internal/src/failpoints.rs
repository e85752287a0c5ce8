//! The places at which a test may kill the daemon (feature `failpoints`), in the order in which an item passes them: those of
//! the receipt, then those of the counter.

/// Every name that is passed to `failpoint::hit`.
#[cfg_attr(not(any(test, feature = "failpoints")), expect(dead_code, reason = "listed only where they exist"))]
pub(crate) const NAMES: [&str; 17] = [
    "receipt.after-verify",
    "receipt.after-parse",
    "receipt.after-vault",
    "receipt.after-key",
    "receipt.after-append",
    "receipt.after-rewrap",
    "receipt.after-removal",
    "receipt.after-quarantine-event",
    "receipt.after-quarantine-note",
    "numbers.after-derivation",
    "index.before-apply",
    "counter.after-seal",
    "counter.after-name",
    "counter.after-place",
    "counter.after-lines",
    "counter.after-journal",
    "counter.after-event",
];

#[cfg(test)]
mod tests {
    use super::NAMES;

    #[test]
    fn the_list_and_the_code_name_the_same_places() {
        let sources = [
            include_str!("receipt.rs"),
            include_str!("receipt/kept.rs"),
            include_str!("receipt/recorded.rs"),
            include_str!("receipt/quarantine.rs"),
            include_str!("receipt/numbers.rs"),
            include_str!("indexed.rs"),
            include_str!("counter.rs"),
            include_str!("counter/placing.rs"),
            include_str!("counter/journal.rs"),
        ];
        let mut hit: Vec<&str> = sources
            .iter()
            .flat_map(|source| source.split("failpoint::hit(\"").skip(1))
            .filter_map(|rest| rest.split('"').next())
            .collect();
        hit.sort_unstable();
        hit.dedup();
        let mut names = NAMES.to_vec();
        names.sort_unstable();
        assert_eq!(hit, names);
    }
}
