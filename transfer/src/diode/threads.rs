//! The threads of a link have names, which the system's tools show: what a link is busy with can be seen from outside.

use std::thread::{Builder, Scope, ScopedJoinHandle};

use nightsafe_runtime::{ExitCode, HasExitCode};

/// There is no thread.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the thread {name}")]
pub(crate) struct ThreadError {
    name: &'static str,
    #[source]
    source: std::io::Error,
}

impl HasExitCode for ThreadError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Unexpected
    }
}

/// Starts a thread under a name of at most 15 letters.
pub(crate) fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &'static str,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>, ThreadError> {
    Builder::new().name(name.to_owned()).spawn_scoped(scope, work).map_err(|source| ThreadError { name, source })
}
