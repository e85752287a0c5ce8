//! The rules of the repository: what the pages under docs/ say of the code is compared with the code.

mod arrows;
mod files;
mod promises;
pub(crate) mod repository;
