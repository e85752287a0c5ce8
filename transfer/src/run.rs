//! Does what the command line asked, on the side that the configuration names.

mod high;
mod low;
mod status;

use nightsafe_runtime::{ExitCode, StartError, SystemClock};
use serde::Serialize;

use crate::cli::{Cli, Verb};
use crate::config::Config;
use crate::page::{Lines, Tell, Voice};
use crate::trouble::Words;
use crate::verdict::Verdict;
use crate::{doctor, manual, page};

/// A verb that the other side has.
#[derive(Debug, thiserror::Error)]
#[error("`{verb}` belongs to the {belongs} side, and this configuration is for the {is} side")]
struct OtherSide {
    verb: &'static str,
    belongs: &'static str,
    is: &'static str,
}

/// Runs one verb. Whatever ends it early is also told as a verdict with the next step.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, StartError> {
    let language = nightsafe_runtime::Language::from_environment();
    let voice = if cli.json { Voice::json(language) } else { Voice::text(language) };
    let outcome = dispatch(cli, voice);
    if let Err(error) = &outcome {
        // The error itself goes to standard error; if nobody hears the verdict, the exit code still says it.
        let _ = voice.say(&Failure::of(error), error.code());
    }
    outcome
}

fn dispatch(cli: Cli, voice: Voice) -> Result<ExitCode, StartError> {
    match cli.verb {
        #[cfg(feature = "failpoints")]
        Verb::Failpoints => list_failpoints(),
        Verb::Man { folder: None } => print_bytes(&manual::page()?),
        Verb::Man { folder: Some(folder) } => {
            voice.say(&manual::write_all(&folder)?, ExitCode::Ok).map_err(unheard)?;
            Ok(ExitCode::Ok)
        }
        Verb::Completions { shell } => print_bytes(&manual::completions(shell)),
        Verb::Doctor => {
            let report = doctor::examine(&cli.config, &SystemClock::start());
            voice.say(&report, report.exit_code()).map_err(unheard)?;
            Ok(report.exit_code())
        }
        verb => match Config::load(&cli.config)? {
            Config::Low(config) => low::run(config, verb, voice),
            Config::High(config) => high::run(config, verb, voice),
        },
    }
}

fn print_bytes(text: &[u8]) -> Result<ExitCode, StartError> {
    page::print(&String::from_utf8_lossy(text)).map_err(unheard)?;
    Ok(ExitCode::Ok)
}

/// A command that was not carried out.
#[derive(Debug, Serialize)]
struct Failure {
    error: String,
    next: Words,
}

impl Failure {
    fn of(error: &StartError) -> Self {
        Self { error: error.line("nightsafe-transfer"), next: Verdict(error.code()).next() }
    }
}

impl Tell for Failure {
    fn tell(&self, lines: &mut Lines) {
        lines.headline("没有完成 not done");
        lines.next_step(&self.next);
    }
}

fn other_side(verb: &Verb, is: &'static str) -> StartError {
    let (verb, belongs) = match verb {
        Verb::Export(_) => ("export", "low"),
        Verb::Send(_) => ("send", "low"),
        Verb::Resend { .. } => ("resend", "low"),
        Verb::Import(_) => ("import", "high"),
        Verb::Receive(_) => ("receive", "high"),
        Verb::Gap { .. } => ("gap", "high"),
        Verb::Quarantine(_) => ("quarantine show", "high"),
        _ => ("this", if is == "low" { "high" } else { "low" }),
    };
    StartError::new(ExitCode::Usage, OtherSide { verb, belongs, is })
}

/// The person at the terminal, as far as the environment says; the decision also stands in the system's own logs.
fn person() -> String {
    let user = ["SUDO_USER", "LOGNAME", "USER"].into_iter().find_map(|name| std::env::var(name).ok());
    let user = user.unwrap_or_default();
    format!("{user} (uid {})", rustix::process::getuid().as_raw())
}

/// Standard output is closed or full: whoever asked does not hear the answer.
fn unheard(error: std::io::Error) -> StartError {
    StartError::new(ExitCode::Unexpected, error)
}

#[cfg(feature = "failpoints")]
fn list_failpoints() -> Result<ExitCode, StartError> {
    use std::io::Write;
    let mut stdout = std::io::stdout().lock();
    for name in crate::failpoints::ALL {
        writeln!(stdout, "{name}").map_err(unheard)?;
    }
    Ok(ExitCode::Ok)
}
