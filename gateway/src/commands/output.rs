//! What a verb prints to standard output: words for people or JSON for programs.

use std::io::{self, Write as _};

use nightsafe_runtime::{ExitCode, StartError};

/// For whom a verb prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    Words,
    Json,
}

impl Output {
    /// As the flag `--json` says.
    pub(crate) fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Words }
    }
}

/// Prints one text and ends well, if somebody listens.
pub(crate) fn line(text: &str) -> Result<ExitCode, StartError> {
    writeln!(io::stdout().lock(), "{text}").map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
    Ok(ExitCode::Ok)
}
