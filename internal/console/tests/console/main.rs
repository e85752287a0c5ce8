//! The console's pages over a made-up desk, asked as a browser asks.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of this binary is tests"
)]

mod browser;
mod catalog;
mod columns;
mod desk;
mod forms;
mod hostile;
mod many;
mod pages;
mod register;
mod routes;
