//! `nightsafe-quickstart`: the first of the README's two commands.

use clap::Parser;
use nightsafe_quickstart::{cli::Arguments, run};
use nightsafe_runtime::{ExitCode, exit::conclude};

fn main() -> ExitCode {
    conclude(env!("CARGO_PKG_NAME"), run::run(&Arguments::parse()))
}
