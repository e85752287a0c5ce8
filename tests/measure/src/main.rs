//! `nightsafe-measure`: run by `tests/bench`, which builds the programs first.

use std::process::ExitCode;

use clap::Parser as _;
use nightsafe_measure::cli::{Arguments, run};

fn main() -> anyhow::Result<ExitCode> {
    run(&Arguments::parse())
}
