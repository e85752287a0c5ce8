//! `doctor`: is everything there that this side needs? Each line is a verdict; each bad one says what to do next.
//!
//! It changes nothing, and it runs beside an instance at work.

mod folders;
mod high;
mod keys;
mod link;
mod low;
mod time;

use std::path::Path;

use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::time::Clock;
use serde::Serialize;

use crate::config::Config;
use crate::page::{Lines, Tell};
use crate::trouble::{Words, chain};

/// Everything that was looked at, in the order in which it is needed.
#[derive(Debug, Serialize)]
pub(crate) struct DoctorReport {
    checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    /// What, with labels in both languages.
    what: String,
    #[serde(rename = "exit", serialize_with = "crate::verdict::as_number")]
    code: ExitCode,
    /// What was found.
    finding: Words,
    /// What to do about it, if anything.
    next: Option<Words>,
}

impl Check {
    fn good(what: impl Into<String>, finding: Words) -> Self {
        Self { what: what.into(), code: ExitCode::Ok, finding, next: None }
    }

    fn bad(what: impl Into<String>, code: ExitCode, finding: Words, next: Words) -> Self {
        Self { what: what.into(), code, finding, next: Some(next) }
    }
}

impl DoctorReport {
    /// The worst of what was found.
    pub(crate) fn exit_code(&self) -> ExitCode {
        self.checks.iter().map(|check| check.code).collect()
    }
}

impl Tell for DoctorReport {
    fn tell(&self, lines: &mut Lines) {
        let bad = self.checks.iter().filter(|check| check.code != ExitCode::Ok).count();
        lines.headline(&format!("检查 checks {}   不正常 not in order {bad}", self.checks.len()));
        for check in &self.checks {
            lines.check(check.code, &check.what, &check.finding, check.next.as_ref());
        }
    }
}

/// Looks at everything that the configuration at `path` names.
pub(crate) fn examine(path: &Path, clock: &dyn Clock) -> DoctorReport {
    let what = "配置 configuration";
    let config = match Config::load(path) {
        Ok(config) => config,
        Err(error) => {
            let next = Words::new(
                "照 transfer/config 里的样例改；用 --config 指明文件",
                "correct it after the examples in transfer/config; name it with --config",
            );
            let checks = vec![Check::bad(what, error.exit_code(), Words::same(chain(&error)), next)];
            return DoctorReport { checks };
        }
    };
    let side = match config {
        Config::Low(_) => ("低侧", "low side"),
        Config::High(_) => ("高侧", "high side"),
    };
    let shown = path.display();
    let found = Words::new(format!("{}：{shown}", side.0), format!("{}: {shown}", side.1));
    let mut checks = vec![Check::good(what, found)];
    match &config {
        Config::Low(config) => checks.extend(low::examine(config, clock)),
        Config::High(config) => checks.extend(high::examine(config, clock)),
    }
    DoctorReport { checks }
}
