//! Child processes that stay up: started with a log of their own, waited for by the line they print, ended by id.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    net::SocketAddr,
    os::unix::{fs::OpenOptionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use nightsafe_runtime::{ExitCode, exit::HasExitCode};
use rustix::process::{Pid, Signal, kill_process};

use crate::layout::Part;

/// A running program. Dropping it ends the process.
#[derive(Debug)]
pub struct Child {
    part: Part,
    process: std::process::Child,
    events: Receiver<Event>,
    log: PathBuf,
}

/// Why a program does not run.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// Its log cannot be written.
    #[error("日志 {path} 写不了 the log cannot be written")]
    Log {
        /// The log.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// It cannot be started.
    #[error("{} 启动不了 cannot be started", .part.name())]
    Start {
        /// Which one.
        part: Part,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// It ended before it was ready.
    #[error("{} 没有起来 did not come up: {message}", .part.name())]
    Ended {
        /// Which one.
        part: Part,
        /// The last line of its log.
        message: String,
        /// Its exit code.
        code: u8,
    },
    /// It is up but did not say that it is ready.
    #[error("{} 在 {seconds} 秒内没有就绪，见 {log} was not ready in {seconds} s", .part.name())]
    Late {
        /// Which one.
        part: Part,
        /// How long it had.
        seconds: u64,
        /// Where to look.
        log: PathBuf,
    },
}

impl HasExitCode for ChildError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Log { source, .. } => nightsafe_runtime::exit::exit_code_of_io(source),
            Self::Ended { code: 2, .. } => ExitCode::Usage,
            Self::Ended { code: 6, .. } => ExitCode::Key,
            Self::Ended { code: 7, .. } => ExitCode::Disk,
            Self::Ended { code: 8, .. } => ExitCode::Busy,
            Self::Start { .. } | Self::Ended { .. } | Self::Late { .. } => ExitCode::Unexpected,
        }
    }
}

/// Asks a process of ours to finish, as Ctrl-C or a service manager would.
pub fn signal_politely(process: &std::process::Child) {
    // It may have ended by itself; then there is nothing to ask.
    let _ = kill_process(Pid::from_child(process), Signal::TERM);
}

/// What a program says once it serves.
#[derive(Clone, Copy, Debug)]
struct Ready {
    address: Option<SocketAddr>,
}

#[derive(Debug)]
enum Event {
    Ready(Ready),
    Closed,
}

impl Child {
    /// Starts `command` as `part`; both its outputs go to the end of `log`.
    pub fn start(part: Part, mut command: Command, log: &Path) -> Result<Self, ChildError> {
        let failed = |source| ChildError::Log { path: log.to_owned(), source };
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(log).map_err(failed)?;
        let errors = file.try_clone().map_err(failed)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        // A group of its own: Ctrl-C at the terminal reaches this program, which then ends each child by its id.
        command.process_group(0);
        let mut process = command.spawn().map_err(|source| ChildError::Start { part, source })?;
        let (sender, events) = mpsc::channel();
        if let Some(stdout) = process.stdout.take() {
            thread::spawn(move || {
                let mut log: File = file;
                for line in BufReader::new(stdout).lines() {
                    let Ok(line) = line else { break };
                    // The log is for people; a full disk must not stop the program from being heard.
                    let _ = writeln!(log, "{line}");
                    if let Some(ready) = Ready::from_line(&line) {
                        let _ = sender.send(Event::Ready(ready));
                    }
                }
                let _ = sender.send(Event::Closed);
            });
        }
        Ok(Self { part, process, events, log: log.to_owned() })
    }

    /// Waits for the line `ready`, and returns the address in it.
    pub fn wait_until_ready(&mut self) -> Result<Option<SocketAddr>, ChildError> {
        match self.events.recv_timeout(PATIENCE) {
            Ok(Event::Ready(ready)) => Ok(ready.address),
            Ok(Event::Closed) | Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
            Err(RecvTimeoutError::Timeout) => {
                Err(ChildError::Late { part: self.part, seconds: PATIENCE.as_secs(), log: self.log.clone() })
            }
        }
    }

    /// Calls `ended` once the program has closed its output, which it does by ending.
    pub fn when_ended(&mut self, ended: impl FnOnce() + Send + 'static) {
        let (sender, events) = mpsc::channel();
        let earlier = std::mem::replace(&mut self.events, events);
        thread::spawn(move || {
            while let Ok(Event::Ready(_)) = earlier.recv() {}
            let _ = sender.send(Event::Closed);
            ended();
        });
    }

    /// Which program it is.
    pub const fn part(&self) -> Part {
        self.part
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it has ended, and how.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().ok().flatten()
    }

    /// Asks it to finish and waits until it has.
    pub fn end(&mut self) -> Option<ExitStatus> {
        self.signal(Signal::TERM);
        // The pipe closes when the process is gone.
        loop {
            match self.events.recv_timeout(PATIENCE) {
                Ok(Event::Ready(_)) => {}
                Ok(Event::Closed) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.signal(Signal::KILL);
                    break;
                }
            }
        }
        self.process.wait().ok()
    }

    /// Waits for it to end by itself, for tests that make it die.
    pub fn wait(&mut self) -> Option<ExitStatus> {
        self.process.wait().ok()
    }

    /// Kills it on the spot, as a power cut would.
    pub fn kill(&mut self) -> Option<ExitStatus> {
        self.signal(Signal::KILL);
        self.process.wait().ok()
    }

    /// What it did when it stopped unasked.
    pub fn ended(&mut self) -> ChildError {
        let code = self.process.wait().ok().and_then(|status| status.code());
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        ChildError::Ended {
            part: self.part,
            message: text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("—").to_owned(),
            code: code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
        }
    }

    fn signal(&mut self, signal: Signal) {
        // A process that has been waited for has no id any more; never signal a stranger who got the number.
        if self.has_ended().is_none() {
            let _ = kill_process(Pid::from_child(&self.process), signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.has_ended().is_none() {
            self.end();
        }
    }
}

impl Ready {
    /// Reads `ready https://127.0.0.1:8443`, `ready udp://127.0.0.1:4700` or `ready`.
    fn from_line(line: &str) -> Option<Self> {
        match line.strip_prefix("ready")? {
            "" => Some(Self { address: None }),
            rest => {
                let address = rest.strip_prefix(" https://").or_else(|| rest.strip_prefix(" udp://"))?;
                address.parse().ok().map(|address| Self { address: Some(address) })
            }
        }
    }
}

/// Far longer than any program needs to start or stop.
const PATIENCE: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn the_ready_line_carries_the_address() {
        let address = |line| Ready::from_line(line).map(|ready| ready.address);
        assert_eq!(address("ready"), Some(None));
        assert_eq!(address("ready https://127.0.0.1:8443"), Some(Some("127.0.0.1:8443".parse().unwrap())));
        assert_eq!(address("ready udp://127.0.0.1:4700"), Some(Some("127.0.0.1:4700".parse().unwrap())));
        assert_eq!(address("readying"), None);
        assert_eq!(address("not ready"), None);
    }

    #[test]
    fn a_child_is_waited_for_and_ended() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut child = Child::start(Part::Gateway, shell("echo ready; exec cat"), &log).unwrap();
        // `cat` ends at once, since it has nothing to read; either way the child said that it was ready.
        assert_eq!(child.wait_until_ready().unwrap(), None);
        child.end();
        assert!(child.has_ended().is_some());
    }

    #[test]
    fn a_child_that_dies_early_leaves_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut child = Child::start(Part::Gateway, shell("echo no key >&2; exit 6"), &log).unwrap();
        let error = child.wait_until_ready().unwrap_err();
        assert!(error.to_string().ends_with("no key"), "{error}");
        assert_eq!(error.exit_code(), ExitCode::Key);
    }
}
