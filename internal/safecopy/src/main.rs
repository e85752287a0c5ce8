//! nightsafe-safecopy: makes a copy of one attachment that is safe to look at.
//!
//! What came from outside goes in at standard input; what leaves at standard output was drawn anew: decoded to pixels or
//! sound and encoded again. Nothing of the original's bytes survives, no metadata, no second file hidden behind the first.
//!
//! **Architecture Invariant:** nothing of the input is parsed before the process has locked itself in ([`sandbox::enter`]
//! hands out the [`sandbox::Confined`] that every decoder asks for). The process knows no key, opens no report, and lives
//! for one attachment. Whoever started it treats its output as hostile too.

mod check;
mod cli;
mod copy;
mod input;
mod limits;
mod page;
mod picture;
mod sandbox;
mod transcode;

use clap::Parser as _;
use nightsafe_runtime::{ExitCode, StartError, exit};

fn main() -> ExitCode {
    exit::conclude("nightsafe-safecopy", start(&cli::Cli::parse()))
}

fn start(cli: &cli::Cli) -> Result<ExitCode, StartError> {
    match &cli.verb {
        cli::Verb::Make(kind) => Ok(copy::make(*kind)?),
        cli::Verb::Check { deed: None } => Ok(check::all()?),
        cli::Verb::Check { deed: Some(deed) } => Ok(check::attempt(*deed)?),
    }
}
