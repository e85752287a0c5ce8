//! Names of folders that the outbox and the inbox share (DESIGN section 13).

/// The folder of journals in an outbox and an inbox; items lie beside it in `items/`.
pub(crate) const JOURNAL: &str = "journal";
