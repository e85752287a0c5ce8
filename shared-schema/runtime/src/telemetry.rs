//! Telemetry to standard error: events with fields, as text for people or JSON for a collector.
//!
//! A program on the outside installs an allow-list: only its own events, only the named fields, whole hours instead of
//! times, so that no address, name or minute of a reporter can slip into a log (promise 2).

mod event_line;

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::exit::{ExitCode, HasExitCode};

use event_line::EventLines;

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum TelemetryFormat {
    /// One readable line per event.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// What a program tells about itself.
#[derive(Clone, Copy, Debug)]
pub struct Telemetry {
    format: TelemetryFormat,
    disclosure: Disclosure,
}

/// How much an event may say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Disclosure {
    /// Every field and the time to the second: inside.
    Full,
    /// Only these fields, and the hour: outside.
    Only(&'static [&'static str]),
}

/// Telemetry was already started.
#[derive(Debug, thiserror::Error)]
#[error("telemetry cannot be started")]
pub struct TelemetryError(#[source] TryInitError);

impl HasExitCode for TelemetryError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Unexpected
    }
}

impl Telemetry {
    /// Everything the program says, with times to the second.
    pub fn full(format: TelemetryFormat) -> Self {
        Self { format, disclosure: Disclosure::Full }
    }

    /// Only events of Nightsafe's own crates, only these fields beside the message, and whole hours.
    pub fn restricted(format: TelemetryFormat, fields: &'static [&'static str]) -> Self {
        Self { format, disclosure: Disclosure::Only(fields) }
    }

    /// Starts it for the whole process. `NIGHTSAFE_LOG` (such as `nightsafe=debug`) changes what an unrestricted
    /// program tells; a restricted one cannot be talked into more.
    pub fn start(self) -> Result<(), TelemetryError> {
        let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let lines = EventLines::new(self.format, self.disclosure, colour);
        let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(colour).event_format(lines);
        tracing_subscriber::registry().with(self.filter()).with(layer).try_init().map_err(TelemetryError)
    }

    fn filter(self) -> EnvFilter {
        match self.disclosure {
            Disclosure::Only(_) => EnvFilter::new("off,nightsafe=info"),
            Disclosure::Full => {
                EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new("warn,nightsafe=info"))
            }
        }
    }
}

/// Starts unrestricted telemetry; see [`Telemetry`] for programs on the outside.
pub fn start(format: TelemetryFormat) -> Result<(), TelemetryError> {
    Telemetry::full(format).start()
}

/// The variable that widens or narrows telemetry.
const VARIABLE: &str = "NIGHTSAFE_LOG";
