//! Who sees a filed report: asked of the real command line, as each demo analyst in turn.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::Duration,
};

use nightsafe_runtime::{ExitCode, exit::HasExitCode};
use nightsafe_schema::time::Clock;
use notify::{RecursiveMode, Watcher};
use serde_json::Value;

use crate::{
    accounts::{self, Account},
    layout::{Layout, Part},
    programs::{Program, ProgramError, Programs},
};

/// Asks the inside, as one account after another.
pub struct Inspector<'a> {
    layout: &'a Layout,
    programs: &'a Programs,
    clock: &'a dyn Clock,
}

/// Why it cannot be told who sees what.
#[derive(Debug, thiserror::Error)]
pub enum InspectionError {
    /// The command line refused or failed.
    #[error("内网命令没有成功 a command of the inside failed")]
    Command(#[source] ProgramError),
    /// The folders cannot be watched for changes.
    #[error("目录 {folder} 盯不住 the folder cannot be watched")]
    Watch {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: notify::Error,
    },
    /// A report that was accepted did not become visible.
    #[error("受理了的举报 {seconds} 秒后还看不见 an accepted report was not visible after {seconds} s")]
    NotVisible {
        /// How long it was waited for.
        seconds: u64,
    },
}

impl HasExitCode for InspectionError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Command(error) => error.exit_code(),
            Self::Watch { .. } => ExitCode::Unexpected,
            Self::NotVisible { .. } => ExitCode::Stuck,
        }
    }
}

impl<'a> Inspector<'a> {
    /// An inspector of the site in `layout`, whose daemon is up.
    pub fn new(layout: &'a Layout, programs: &'a Programs, clock: &'a dyn Clock) -> Self {
        Self { layout, programs, clock }
    }

    /// Logs in: what is asked from now on is asked as this account.
    pub fn log_in(&self, account: &Account) -> Result<(), InspectionError> {
        let password = accounts::password_file(self.layout, &account.name);
        self.ask(&["login", "--json", "--name", &account.name, "--password-file", &password.to_string_lossy()])
            .map(drop)
    }

    /// The cases that a search finds, by number.
    pub fn search(&self, text: &str) -> Result<Vec<String>, InspectionError> {
        let page = self.ask(&["search", "--json", text])?;
        let rows = page.get("rows").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(rows.iter().filter_map(|row| row.get("case")?.as_str().map(str::to_owned)).collect())
    }

    /// Waits until a search by clue number finds the case, and returns its number.
    pub fn wait_for(&self, clue_number: &str) -> Result<String, InspectionError> {
        self.wait_until(|| Ok(self.search(clue_number)?.into_iter().next()))
    }

    /// Waits until no attachment of a case is still crossing, and returns what `show` says of the case.
    pub fn wait_for_attachments(&self, case: &str) -> Result<Value, InspectionError> {
        self.wait_until(|| {
            let shown = self.ask(&["show", "--json", case])?;
            let crossing = shown.pointer("/summary/still_crossing").and_then(Value::as_u64);
            Ok((crossing == Some(0)).then_some(shown))
        })
    }

    /// Waits until a case is linked with another as what `kind` says, and returns what `show` says of the case.
    pub fn wait_for_link(&self, case: &str, kind: &Value, other: &str) -> Result<Value, InspectionError> {
        let is_it = |link: &Value| link.get("kind") == Some(kind) && link.get("to") == Some(&other.into());
        self.wait_until(|| {
            let shown = self.ask(&["show", "--json", case])?;
            let linked = shown.get("links").and_then(Value::as_array).is_some_and(|links| links.iter().any(is_it));
            Ok(linked.then_some(shown))
        })
    }

    fn wait_until<T>(&self, look: impl Fn() -> Result<Option<T>, InspectionError>) -> Result<T, InspectionError> {
        let changes = Changes::under(&[&self.layout.part(Part::HighTransfer), &self.layout.part(Part::Internal)])?;
        let began = self.clock.elapsed();
        loop {
            if let Some(found) = look()? {
                return Ok(found);
            }
            if self.clock.elapsed().saturating_sub(began) > PATIENCE {
                return Err(InspectionError::NotVisible { seconds: PATIENCE.as_secs() });
            }
            changes.wait();
        }
    }

    /// Makes the accounts that do not exist yet; the first security officer must be logged in.
    pub fn add_accounts(&self, accounts: &[Account]) -> Result<(), InspectionError> {
        let listed = self.ask(&["users", "--json"])?.to_string();
        for account in accounts {
            if listed.contains(&format!("\"{}\"", account.name)) {
                continue;
            }
            let password = accounts::password_file(self.layout, &account.name);
            self.ask(&[
                "users",
                "add",
                "--json",
                "--name",
                &account.name,
                "--role",
                account.role,
                "--unit",
                &account.unit,
                "--password-file",
                &password.to_string_lossy(),
            ])?;
        }
        Ok(())
    }

    /// Runs a command of `nightsafe-internal` and reads its JSON.
    pub fn ask(&self, arguments: &[&str]) -> Result<Value, InspectionError> {
        let configuration = self.layout.configuration(Part::Internal);
        let configuration = configuration.to_string_lossy();
        let all: Vec<&str> = ["--config", &configuration].into_iter().chain(arguments.iter().copied()).collect();
        self.programs.ask(Program::Internal, &all).map_err(InspectionError::Command)
    }
}

/// Wakes when something changes in folders.
struct Changes {
    _watcher: notify::RecommendedWatcher,
    changed: Receiver<()>,
}

impl Changes {
    fn under(folders: &[&Path]) -> Result<Self, InspectionError> {
        let (sender, changed) = mpsc::channel();
        let watch_error = |folder: &Path| {
            let folder = folder.to_owned();
            move |source| InspectionError::Watch { folder, source }
        };
        let nowhere = watch_error(Path::new("-"));
        let mut watcher = notify::recommended_watcher(move |_| {
            // The receiver is gone once nobody waits any more.
            let _ = sender.send(());
        })
        .map_err(nowhere)?;
        for folder in folders {
            watcher.watch(folder, RecursiveMode::Recursive).map_err(watch_error(folder))?;
        }
        Ok(Self { _watcher: watcher, changed })
    }

    /// Returns after a change, or after a while in case one was missed. Takes all changes of one burst together.
    fn wait(&self) {
        if let Ok(()) | Err(RecvTimeoutError::Disconnected) = self.changed.recv_timeout(RESCAN) {
            while self.changed.try_recv().is_ok() {}
        }
    }
}

const PATIENCE: Duration = Duration::from_mins(1);
const RESCAN: Duration = Duration::from_millis(500);
