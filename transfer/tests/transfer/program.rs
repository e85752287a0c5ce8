//! Runs the built program and reads what it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::fixture::Site;

/// What one run came to.
pub struct Run {
    pub code: i32,
    pub json: Value,
    pub stderr: String,
}

/// The program, configured for a side.
pub fn command(site: &Site, on: &str) -> Command {
    command_of(env!("CARGO_BIN_EXE_nightsafe-transfer").as_ref(), site, on)
}

/// The program built with failpoints, configured for a side: from the folder that `NIGHTSAFE_FAILPOINT_PROGRAMS` names, or
/// the one under test if it is so.
pub fn command_with_failpoints(site: &Site, on: &str) -> Command {
    if cfg!(feature = "failpoints") {
        return command(site, on);
    }
    let folder = std::env::var_os("NIGHTSAFE_FAILPOINT_PROGRAMS").expect(
        "NIGHTSAFE_FAILPOINT_PROGRAMS: run tests/run --only programs first, or build with --features failpoints",
    );
    command_of(&PathBuf::from(folder).join("nightsafe-transfer"), site, on)
}

fn command_of(program: &Path, site: &Site, on: &str) -> Command {
    let mut command = Command::new(program);
    command.arg("--config").arg(site.path(&format!("{on}/transfer.toml")));
    command.env("LANG", "en_US.UTF-8").env_remove("LC_ALL").env_remove("NIGHTSAFE_FAILPOINT");
    command
}

/// Runs a verb with `--json`.
pub fn run(site: &Site, on: &str, arguments: &[&str]) -> Run {
    finish(command(site, on).arg("--json").args(arguments).output().unwrap())
}

/// Runs a verb as a person would and returns what it prints.
pub fn text(site: &Site, on: &str, arguments: &[&str]) -> String {
    String::from_utf8(command(site, on).args(arguments).output().unwrap().stdout).unwrap()
}

fn finish(output: Output) -> Run {
    let stdout = String::from_utf8(output.stdout).unwrap();
    let last = stdout.lines().last().unwrap_or("null");
    Run {
        code: output.status.code().unwrap_or(-1),
        json: serde_json::from_str(last).unwrap_or(Value::Null),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
