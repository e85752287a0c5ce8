//! `nightsafe-keys`: officers make keys and key rings here, on a machine without a network (DESIGN section 10).
//!
//! Nothing is ever overwritten, no private key is ever shown, and a networked machine is refused unless the person
//! says that this is a test; then everything made says so too.

mod answer;
mod cli;
mod fingerprint;
mod identity;
mod officer;
mod offline;
mod password;
mod ring;

use std::{io, path::Path};

use clap::Parser;
use nightsafe_runtime::{
    ExitCode, StartError, SystemClock,
    exit::{HasExitCode, conclude},
};
use nightsafe_schema::{ring::RecipientUse, time::Clock};

use crate::{
    answer::{Answer, Purpose, Reader},
    cli::{Arguments, Command, IdentityCommand, OfficerCommand, RingCommand},
    offline::Connected,
};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    conclude(env!("CARGO_PKG_NAME"), run(&arguments))
}

fn run(arguments: &Arguments) -> Result<ExitCode, StartError> {
    let purpose = if arguments.i_am_testing { Purpose::Testing } else { Purpose::Real };
    let reader = if arguments.json { Reader::Machine } else { Reader::Person };
    if purpose == Purpose::Real && !is_harmless(&arguments.command) {
        refuse_if_networked()?;
    }
    let answer = carry_out(&arguments.command, purpose)?;
    answer.show(reader, purpose).map_err(|error| StartError::new(ExitCode::Unexpected, error))
}

fn carry_out(command: &Command, purpose: Purpose) -> Result<Answer, StartError> {
    let now = SystemClock::start().now();
    Ok(match command {
        Command::Officer(OfficerCommand::New(new)) => officer::new(new, purpose)?,
        Command::Intake(IdentityCommand::New(new)) => identity::new(new, RecipientUse::Intake, now, purpose)?,
        Command::Recovery(IdentityCommand::New(new)) => identity::new(new, RecipientUse::Recovery, now, purpose)?,
        Command::Ring(RingCommand::Make(make)) => ring::make::make(make)?,
        Command::Ring(RingCommand::Sign(sign)) => ring::sign::sign(sign, purpose)?,
        Command::Ring(RingCommand::Check(check)) => ring::check::check(check, now)?,
    })
}

/// Whether a command touches public things only and may run anywhere.
const fn is_harmless(command: &Command) -> bool {
    matches!(command, Command::Ring(RingCommand::Check(_)))
}

/// The machine is not offline.
#[derive(Debug, thiserror::Error)]
enum Networked {
    #[error(
        "拒绝：网卡 {0} 开着，请换不联网的机器，或拔线停用后再来 \
         refused: the network interface {0} is up; use a machine without a network (tests: --i-am-testing)"
    )]
    Interface(String),
    #[error(
        "拒绝：无法确认本机没有联网 refused: it cannot be told whether this machine is offline (tests: --i-am-testing)"
    )]
    Unknown(#[source] io::Error),
}

impl HasExitCode for Networked {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }
}

fn refuse_if_networked() -> Result<(), Networked> {
    match offline::connection(Path::new(offline::KERNEL_INTERFACES)) {
        None => Ok(()),
        Some(Connected::Interface(name)) => Err(Networked::Interface(name)),
        Some(Connected::Unknown) => Err(Networked::Unknown(io::Error::other(offline::KERNEL_INTERFACES))),
    }
}
