//! `routes`: every address that the console answers to, from its router. A page that is added without a test in the browser is
//! found by it. It needs no site.

use nightsafe_console::Console;
use nightsafe_runtime::{ExitCode, StartError};
use serde_json::json;

use super::terminal;

/// Prints them.
pub(crate) fn list() -> Result<ExitCode, StartError> {
    let paths: Vec<_> = Console::addresses().iter().map(|route| json!({ "path": route.path })).collect();
    terminal::line(json!({ "routes": paths }))?;
    Ok(ExitCode::Ok)
}
