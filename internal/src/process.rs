//! What the process gives up before it opens a key: core files, and other processes' view of its memory.

use nightsafe_runtime::{ExitCode, exit::HasExitCode};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// No core file, no debugger, no `/proc/<pid>/mem` for other processes of the same user.
pub(crate) fn forbid_dumps() -> Result<(), HardeningError> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).map_err(HardeningError)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(HardeningError)
}

/// The kernel refused to protect the process; it must not open a key.
#[derive(Debug, thiserror::Error)]
#[error("无法关闭内存转储 (memory dumps cannot be switched off)")]
pub(crate) struct HardeningError(#[source] rustix::io::Errno);

impl HasExitCode for HardeningError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Unexpected
    }
}
