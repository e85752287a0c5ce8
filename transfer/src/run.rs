//! Does what the command line asked, on the side that the configuration names.

mod high;
mod low;

use nightsafe_runtime::{ExitCode, StartError};

use crate::cli::{Cli, Verb};
use crate::config::Config;
use crate::page::Voice;

/// A verb that the other side has.
#[derive(Debug, thiserror::Error)]
#[error("`{verb}` belongs to the {belongs} side, and this configuration is for the {is} side")]
struct OtherSide {
    verb: &'static str,
    belongs: &'static str,
    is: &'static str,
}

/// Runs one verb.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, StartError> {
    let language = nightsafe_runtime::Language::from_environment();
    let voice = if cli.json { Voice::json(language) } else { Voice::text(language) };
    #[cfg(feature = "failpoints")]
    if matches!(cli.verb, Verb::Failpoints) {
        return list_failpoints();
    }
    match Config::load(&cli.config)? {
        Config::Low(config) => low::run(config, cli.verb, voice),
        Config::High(config) => high::run(config, cli.verb, voice),
    }
}

fn other_side(verb: &Verb, is: &'static str) -> StartError {
    let (verb, belongs) = match verb {
        Verb::Export(_) => ("export", "low"),
        Verb::Resend { .. } => ("resend", "low"),
        Verb::Import(_) => ("import", "high"),
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
