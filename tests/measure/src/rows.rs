//! What is measured, one module each. Every one makes its own site, runs the real programs and its reference in turn,
//! and leaves nothing behind.

pub mod diode;
pub mod durable;
pub mod ingest;
pub mod linking;
pub mod office;
pub mod search;
pub mod transfer;
pub mod upkeep;
pub mod upload;
pub mod visible;

use anyhow::Result;

use crate::{bench::Bench, row::Row};

/// A measurement: its name for `--only`, and what it does.
pub type Measurement = (&'static str, fn(&Bench) -> Result<Vec<Row>>);

/// All of them, in the order of a report's way.
pub const ALL: &[Measurement] = &[
    ("durable", durable::measure),
    ("upload", upload::measure),
    ("transfer", transfer::measure),
    ("diode", diode::measure),
    ("ingest", ingest::measure),
    ("visible", visible::measure),
    ("search", search::measure),
    ("linking", linking::measure),
    ("office", office::measure),
    ("upkeep", upkeep::measure),
];
