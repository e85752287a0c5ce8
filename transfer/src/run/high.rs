//! The verbs of the high side.

use std::path::{Path, PathBuf};

use nightsafe_runtime::{ExitCode, StartError, SystemClock};
use nightsafe_schema::time::Clock as _;

use super::status::status;
use super::{other_side, person, unheard};
use crate::cli::{GapDecision, QuarantineVerb, Runs, Verb};
use crate::config::HighConfig;
use crate::diode::driver::{Around, End, drive};
use crate::high::quarantine::Quarantine;
use crate::high::receive::{self, ReceiveReport};
use crate::high::side::HighSide;
use crate::high::status::HighStatus;
use crate::high::troubles;
use crate::page::{Acknowledgements, OneRecord, OpenRecords, Tickets, Voice};
use crate::supervision::Supervision;
use crate::worker::{self, Announcement, Pass, Work};

/// Runs a verb of the high side.
pub(super) fn run(config: HighConfig, verb: Verb, voice: Voice) -> Result<ExitCode, StartError> {
    match verb {
        Verb::Import(runs) => worker::work(Import(config), runs, voice),
        Verb::Receive(runs) => drive(Receiver(config), runs, voice),
        Verb::Status { watch } => status(move || HighStatus::of(&config, &SystemClock::start()), watch, voice),
        Verb::Verify => {
            let found = HighSide::open(&config)?.verify(&config.inbox)?;
            voice.say(&found, found.exit_code()).map_err(unheard)?;
            Ok(found.exit_code())
        }
        Verb::Gap { decision: None } => {
            let status = HighStatus::of(&config, &SystemClock::start())?;
            let code = if status.missing > 0 { ExitCode::Gap } else { ExitCode::Ok };
            voice.say(&Tickets { missing: status.missing, tickets: status.tickets }, code).map_err(unheard)?;
            Ok(code)
        }
        Verb::Gap { decision: Some(GapDecision::AcceptLoss { seq, stream, reason }) } => {
            let now = SystemClock::start().now();
            let loss = HighSide::open(&config)?.accept_loss(&stream, seq, person(), reason, now)?;
            voice.say(&loss, ExitCode::Ok).map_err(unheard)?;
            Ok(ExitCode::Ok)
        }
        Verb::Ack { ticket: None } => {
            let acknowledgements = HighSide::open(&config)?.acknowledgements()?;
            voice.say(&Acknowledgements { acknowledgements }, ExitCode::Ok).map_err(unheard)?;
            Ok(ExitCode::Ok)
        }
        Verb::Quarantine(verb) => quarantine(&config, verb, voice),
        other => Err(other_side(&other, "high")),
    }
}

fn quarantine(config: &HighConfig, verb: QuarantineVerb, voice: Voice) -> Result<ExitCode, StartError> {
    match verb {
        QuarantineVerb::List => {
            let quarantine = Quarantine::look(&config.quarantine)?;
            let code = quarantine.exit_code();
            let records: Vec<_> = quarantine.records().cloned().collect();
            let troubles = records.iter().map(troubles::refused).collect();
            let at = SystemClock::start().now();
            voice.say(&OpenRecords { at, records, troubles }, code).map_err(unheard)?;
            Ok(code)
        }
        QuarantineVerb::Show { id } => {
            let quarantine = Quarantine::look(&config.quarantine)?;
            let (record, folder) = quarantine.find(&id)?;
            let code = record.finding.why.exit_code();
            let shown = OneRecord { record: record.clone(), folder: Some(folder.to_string_lossy().into_owned()) };
            voice.say(&shown, code).map_err(unheard)?;
            Ok(ExitCode::Ok)
        }
        QuarantineVerb::Release { id, reason } => {
            let now = SystemClock::start().now();
            let record = HighSide::open(config)?.quarantine.release(&id, &reason, now)?;
            voice.say(&OneRecord { record, folder: None }, ExitCode::Ok).map_err(unheard)?;
            Ok(ExitCode::Ok)
        }
    }
}

/// `import`, once or again and again.
struct Import(HighConfig);

impl Work for Import {
    fn state(&self) -> &Path {
        &self.0.state
    }

    fn watched(&self) -> Vec<PathBuf> {
        vec![self.0.medium.to_path_buf()]
    }

    fn metrics(&self) -> Option<&Path> {
        self.0.metrics.as_deref()
    }

    fn pass(&mut self, voice: Voice, around: Supervision<'_>) -> Result<Pass, StartError> {
        let report = HighSide::open(&self.0)?.import(around)?;
        let code = report.exit_code();
        Ok(Pass { code, is_idle: report.is_idle(), report: voice.spoken(&report, code) })
    }

    fn look(&self, voice: Voice) -> Result<Announcement, StartError> {
        Ok(Announcement::of(&HighStatus::of(&self.0, &SystemClock::start())?, voice))
    }
}

/// `receive`, once or as long as the program runs.
struct Receiver(HighConfig);

impl End for Receiver {
    type Report = ReceiveReport;

    fn state(&self) -> &Path {
        &self.0.state
    }

    fn metrics(&self) -> Option<&Path> {
        self.0.metrics.as_deref()
    }

    fn run(&self, runs: Runs, around: &Around<'_>) -> Result<(ExitCode, ReceiveReport), StartError> {
        receive::run(&self.0, runs, around)
    }

    fn is_idle(report: &ReceiveReport) -> bool {
        report.handed_over == 0 && report.refused == 0
    }

    fn look(&self, voice: Voice) -> Result<Announcement, StartError> {
        Ok(Announcement::of(&HighStatus::of(&self.0, &SystemClock::start())?, voice))
    }
}
