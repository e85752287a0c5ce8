//! The key ring's life on the offline machine: made from a specification, signed by each officer, checked by anybody.

mod changes;
pub(crate) mod check;
mod files;
pub(crate) mod make;
pub(crate) mod sign;
mod spec;
mod windows;
