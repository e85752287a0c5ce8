//! `failpoints`, only with the feature of that name.

use nightsafe_runtime::{ExitCode, StartError};

use super::terminal;

/// Prints the names, one a line.
pub(crate) fn list() -> Result<ExitCode, StartError> {
    crate::failpoints::NAMES.iter().try_for_each(terminal::line)?;
    Ok(ExitCode::Ok)
}
