//! What the process asks of the system before it touches anything of a reporter: no core dumps, no view of its memory for
//! other processes (promise 2), and as many open files as it may have.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

use crate::limits;

/// The kernel refused to protect the process; it must not serve.
#[derive(Debug, thiserror::Error)]
#[error("cannot switch off {what}")]
pub(crate) struct HardeningError {
    what: &'static str,
    #[source]
    source: rustix::io::Errno,
}

impl nightsafe_runtime::HasExitCode for HardeningError {
    fn exit_code(&self) -> nightsafe_runtime::ExitCode {
        nightsafe_runtime::ExitCode::Unexpected
    }
}

/// No core file, and no debugger or `/proc/<pid>/mem` for other processes of the same user.
pub(crate) fn forbid_dumps() -> Result<(), HardeningError> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
        .map_err(|source| HardeningError { what: "core files", source })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|source| HardeningError { what: "memory dumps", source })
}

/// Raises the soft limit of open files to the hard one and returns how many connections fit under it.
pub(crate) fn connection_capacity(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    // A refusal is no harm: the old limit stands and the capacity below follows it.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    // Each connection is one file; the rest is for items, journal and ring.
    let for_connections = allowed.saturating_sub(limits::OTHER_FILES.min(allowed / 2));
    usize::try_from(for_connections).map_or(wanted, |allowed| allowed.clamp(1, wanted))
}

#[cfg(test)]
mod tests {
    use super::{connection_capacity, forbid_dumps};

    #[test]
    fn dumps_are_off_afterwards() {
        forbid_dumps().unwrap();
        let core = rustix::process::getrlimit(rustix::process::Resource::Core);
        assert_eq!(core.current, Some(0));
        assert_eq!(rustix::process::dumpable_behavior().unwrap(), rustix::process::DumpableBehavior::NotDumpable);
    }

    #[test]
    fn capacity_stays_between_one_and_what_is_wanted() {
        assert!((1..=100).contains(&connection_capacity(100)));
    }
}
