//! Triage and routing against the sample reports and against properties over made-up ones.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of this binary is tests"
)]

mod admission;
mod cases;
mod properties;
mod samples;
mod world;
