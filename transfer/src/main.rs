//! nightsafe-transfer: moves sealed items across the gap and proves that none is missing.
//!
//! On the low side it copies what the gateway signed from the outbox into volumes or sends it over a one-way link; on the
//! high side it verifies what comes and hands the items over to the inbox. It opens no item, holds no key that signs or decrypts, and has no path from
//! the high side to the low side.

mod board;
mod cli;
mod config;
mod diode;
mod disk;
mod doctor;
mod failpoints;
mod health;
mod high;
mod layout;
mod limits;
mod low;
mod manual;
mod metrics;
mod page;
mod pair_secret;
mod progress;
mod regular_file;
mod ring_status;
mod run;
mod seq_set;
mod status_page;
mod supervision;
mod trouble;
mod trust;
mod verdict;
mod worker;

#[cfg(test)]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared with the integration tests, which use all of it")]
#[path = "../tests/transfer/fixture.rs"]
mod fixture;

use clap::Parser;
use nightsafe_runtime::{ExitCode, StartError, exit, telemetry};

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    exit::conclude("nightsafe-transfer", start(cli))
}

fn start(cli: cli::Cli) -> Result<ExitCode, StartError> {
    telemetry::start(cli.telemetry)?;
    run::run(cli)
}
