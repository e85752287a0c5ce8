//! fulltext
pub(crate) mod folder;
pub(crate) mod tokens;
