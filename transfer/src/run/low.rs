//! The verbs of the low side.

use std::path::{Path, PathBuf};

use nightsafe_runtime::{ExitCode, HasExitCode, StartError, SystemClock};
use nightsafe_schema::ticket::{AckTicket, GapTicket, TicketError};
use nightsafe_schema::time::Clock as _;

use super::{other_side, person, unheard};
use crate::cli::{QuarantineVerb, Verb};
use crate::config::LowConfig;
use crate::low::flaw::FlawKind;
use crate::low::outbox::Outbox;
use crate::low::side::LowSide;
use crate::low::status::LowStatus;
use crate::page::{Flaws, Voice};
use crate::worker::{self, Pass, Watching, Work};

/// A line that is no ticket.
#[derive(Debug, thiserror::Error)]
#[error("the ticket is not taken")]
struct BadTicket(#[source] TicketError);

impl HasExitCode for BadTicket {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }
}

/// Runs a verb of the low side.
pub(super) fn run(config: LowConfig, verb: Verb, voice: Voice) -> Result<ExitCode, StartError> {
    match verb {
        Verb::Export(runs) => worker::work(Export(config), runs, voice),
        Verb::Status => {
            let status = LowStatus::of(&LowSide::look(&config)?, &SystemClock::start())?;
            voice.say(&status, status.exit_code()).map_err(unheard)?;
            Ok(status.exit_code())
        }
        Verb::Verify => {
            let found = LowSide::look(&config)?.verify(&SystemClock::start())?;
            voice.say(&found, found.exit_code()).map_err(unheard)?;
            Ok(found.exit_code())
        }
        Verb::Resend { ticket } => {
            let ticket: GapTicket = ticket.parse().map_err(BadTicket)?;
            let report = LowSide::open(&config)?.resend(&ticket)?;
            voice.say(&report, ExitCode::Ok).map_err(unheard)?;
            Ok(ExitCode::Ok)
        }
        Verb::Ack { ticket: Some(ticket) } => {
            let ticket: AckTicket = ticket.parse().map_err(BadTicket)?;
            let report = LowSide::open(&config)?.acknowledge(&ticket)?;
            voice.say(&report, ExitCode::Ok).map_err(unheard)?;
            Ok(ExitCode::Ok)
        }
        Verb::Quarantine(QuarantineVerb::List) => {
            let flaws = LowSide::look(&config)?.flaws();
            let code = if flaws.is_empty() { ExitCode::Ok } else { FlawKind::EXIT_CODE };
            voice.say(&Flaws { flaws }, code).map_err(unheard)?;
            Ok(code)
        }
        Verb::Quarantine(QuarantineVerb::Release { id, reason }) => {
            let now = SystemClock::start().now();
            let flaw = LowSide::open(&config)?.settle(&id, person(), reason, now)?;
            voice.say(&Flaws { flaws: vec![flaw] }, ExitCode::Ok).map_err(unheard)?;
            Ok(ExitCode::Ok)
        }
        other => Err(other_side(&other, "low")),
    }
}

/// `export`, once or again and again.
struct Export(LowConfig);

impl Work for Export {
    fn state(&self) -> &Path {
        &self.0.state
    }

    fn watched(&self) -> Vec<PathBuf> {
        vec![Outbox::new(&self.0.outbox).journals()]
    }

    fn pass(&mut self, voice: Voice, stop: &dyn Fn() -> bool, watching: Watching) -> Result<Pass, StartError> {
        let report = LowSide::open(&self.0)?.export(&SystemClock::start(), stop)?;
        let code = report.exit_code();
        if watching == Watching::No || !report.is_idle() {
            voice.say(&report, code).map_err(unheard)?;
        }
        Ok(Pass { code, is_idle: report.is_idle() })
    }
}
