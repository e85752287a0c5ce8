//! The verbs of the low side.

use std::path::{Path, PathBuf};

use nightsafe_runtime::{ExitCode, HasExitCode, StartError, SystemClock};
use nightsafe_schema::ticket::{AckTicket, GapTicket, TicketError};
use nightsafe_schema::time::Clock as _;

use super::status::status;
use super::{other_side, person, unheard};
use crate::cli::{QuarantineVerb, Runs, Verb};
use crate::config::LowConfig;
use crate::diode::driver::{Around, End, drive};
use crate::low::outbox::Outbox;
use crate::low::send::{self, SendReport};
use crate::low::side::LowSide;
use crate::low::status::LowStatus;
use crate::low::troubles;
use crate::page::{OutboxFlaws, Voice};
use crate::supervision::Supervision;
use crate::trouble::Troubles;
use crate::worker::{self, Announcement, Pass, Work};

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
        Verb::Send(runs) => drive(Sender(config), runs, voice),
        Verb::Status { watch } => status(move || look(&config), watch, voice),
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
            let LowStatus { at, flaws, strays, .. } = look(&config)?;
            let all = flaws.iter().map(troubles::flaw);
            let troubles: Troubles =
                all.chain(strays.iter().map(|(item, since)| troubles::stray(item, *since))).collect();
            let code = troubles.exit_code();
            voice.say(&OutboxFlaws { at, flaws, strays, troubles }, code).map_err(unheard)?;
            Ok(code)
        }
        Verb::Quarantine(QuarantineVerb::Release { id, reason }) => {
            let now = SystemClock::start().now();
            let settled = LowSide::open(&config)?.settle(&id, person(), reason, now)?;
            voice.say(&settled, ExitCode::Ok).map_err(unheard)?;
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

    fn metrics(&self) -> Option<&Path> {
        self.0.metrics.as_deref()
    }

    fn pass(&mut self, voice: Voice, around: Supervision<'_>) -> Result<Pass, StartError> {
        let report = LowSide::open(&self.0)?.export(around)?;
        let code = report.exit_code();
        Ok(Pass { code, is_idle: report.is_idle(), report: voice.spoken(&report, code) })
    }

    fn look(&self, voice: Voice) -> Result<Announcement, StartError> {
        Ok(Announcement::of(&look(&self.0)?, voice))
    }
}

/// `send`, once or as long as the program runs.
struct Sender(LowConfig);

impl End for Sender {
    type Report = SendReport;

    fn state(&self) -> &Path {
        &self.0.state
    }

    fn metrics(&self) -> Option<&Path> {
        self.0.metrics.as_deref()
    }

    fn run(&self, runs: Runs, around: &Around<'_>) -> Result<(ExitCode, SendReport), StartError> {
        send::run(&self.0, runs, around)
    }

    fn is_idle(report: &SendReport) -> bool {
        report.is_idle()
    }

    fn look(&self, voice: Voice) -> Result<Announcement, StartError> {
        Ok(Announcement::of(&look(&self.0)?, voice))
    }
}

fn look(config: &LowConfig) -> Result<LowStatus, StartError> {
    Ok(LowStatus::of(&LowSide::look(config)?, &SystemClock::start())?)
}
