//! The program under test, run to its end.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// The program as it is built for this test.
pub(crate) fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_nightsafe-internal"))
}

/// The program built with failpoints: from the folder that `NIGHTSAFE_FAILPOINT_PROGRAMS` names, or this one if it is so.
pub(crate) fn program_with_failpoints() -> PathBuf {
    if cfg!(feature = "failpoints") {
        return program();
    }
    let folder = std::env::var_os("NIGHTSAFE_FAILPOINT_PROGRAMS").expect(
        "NIGHTSAFE_FAILPOINT_PROGRAMS: run tests/run --only programs first, or build with --features failpoints",
    );
    PathBuf::from(folder).join("nightsafe-internal")
}

/// What a run left behind.
pub(crate) struct Run {
    /// The exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Run {
    /// The answer, if all went well.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Fails the test unless the program ended with this code.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        self
    }
}

/// A command of this program on this site.
pub(crate) fn command<A: AsRef<OsStr>>(
    program: &Path,
    config: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Command {
    let mut command = Command::new(program);
    command.arg("--config").arg(config).args(arguments).env_remove("NIGHTSAFE_FAILPOINT");
    command
}

/// Waits for a command's end.
pub(crate) fn finish(mut command: Command) -> Run {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}
