//! Runs the built program and reads what it says.

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
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe-transfer"));
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
