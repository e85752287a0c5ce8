//! One run of `nightsafe-safecopy`: the original goes in, a copy comes out, and the clock and the scale are ours.
//!
//! The program limits itself; these limits hold should it not. It is a process group of its own, without our environment,
//! with nothing open but its three streams; when its time is over the whole group is killed.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use nightsafe_schema::time::Clock;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::limits;

/// What is to be run, and within which bounds.
pub(crate) struct Order<'a> {
    /// The program.
    pub(crate) program: &'a Path,
    /// Its words.
    pub(crate) words: &'a [String],
    /// How long it may take.
    pub(crate) most: Duration,
    /// How long its copy may be.
    pub(crate) most_bytes: u64,
    /// How much memory it may hold.
    pub(crate) most_memory: u64,
    /// The clock.
    pub(crate) clock: &'a dyn Clock,
    /// Whether to go on at all.
    pub(crate) go_on: &'a (dyn Fn() -> bool + Sync),
}

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// By itself: with this code.
    Code(i32),
    /// A signal ended it that was not ours: one of its own limits.
    Limited,
    /// It took too long and was killed.
    TooSlow,
    /// It took too much memory and was killed.
    TooLarge,
    /// It wrote more than a copy may have, and was killed.
    TooLong,
    /// The daemon ends, and it with it.
    Broken,
}

/// A run that was none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// It cannot be started.
    #[error("复制程序启动不了 (the program that makes copies cannot be started)")]
    Start(#[source] io::Error),
    /// What the program wrote cannot be kept.
    #[error("副本写不下 (the copy cannot be kept)")]
    Keep(#[source] io::Error),
    /// The original cannot be read.
    #[error("原件读不出 (the original cannot be read)")]
    Original(#[source] io::Error),
    /// It cannot be waited for.
    #[error("复制程序失去联系 (the program that makes copies cannot be waited for)")]
    Wait(#[source] io::Error),
}

impl Order<'_> {
    /// Runs it: `original` to its input, its output to `copy`.
    pub(crate) fn run(&self, original: impl Read + Send, copy: &mut (impl Write + Send)) -> Result<Ended, RunError> {
        let mut child = self.start().map_err(RunError::Start)?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let most = self.most_bytes;
        thread::scope(|scope| {
            let feeding = scope.spawn(move || input.map_or(Ok(()), |input| feed(original, input)));
            let taking = scope.spawn(move || output.map_or(Ok(0), |output| io::copy(&mut output.take(most + 1), copy)));
            let stopped = self.watch(&child);
            // It has not been waited for yet, so its number is still its own. Nothing of the group stays to hold the
            // streams open.
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            let status = child.wait();
            let (fed, taken) = (joined(feeding), joined(taking));
            let status = status.map_err(RunError::Wait)?;
            let taken = taken.map_err(RunError::Keep)?;
            match stopped.map_err(RunError::Wait)? {
                Some(ended) => Ok(ended),
                None if taken > most => Ok(Ended::TooLong),
                None => fed.map_err(RunError::Original).map(|()| status.code().map_or(Ended::Limited, Ended::Code)),
            }
        })
    }

    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(self.program);
        command.args(self.words).env_clear().current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
    }

    /// Waits for its end; why it must be ended, if it does not by itself.
    fn watch(&self, child: &Child) -> io::Result<Option<Ended>> {
        let began = self.clock.elapsed();
        // Nobody ever sends: waiting on it is how this thread rests between looks at a child that it must be able to end.
        let (_quiet, rest) = mpsc::channel::<()>();
        let looking = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        while waitid(WaitId::Pid(Pid::from_child(child)), looking)?.is_none() {
            if !(self.go_on)() {
                return Ok(Some(Ended::Broken));
            }
            if self.clock.elapsed().saturating_sub(began) >= self.most {
                return Ok(Some(Ended::TooSlow));
            }
            if resident(child.id()).is_some_and(|bytes| bytes > self.most_memory) {
                return Ok(Some(Ended::TooLarge));
            }
            let _ = rest.recv_timeout(limits::COPY_LOOK);
        }
        Ok(None)
    }
}

/// Gives the original to the child. One that reads no further has seen enough.
fn feed(mut original: impl Read, mut input: ChildStdin) -> io::Result<()> {
    let mut block = zeroize::Zeroizing::new(vec![0; limits::COPY_BYTES]);
    loop {
        let read = match original.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if input.write_all(block.get(..read).unwrap_or_default()).is_err() {
            return Ok(());
        }
    }
}

/// The memory that a process holds, as the kernel says; unknown once it has ended.
fn resident(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes.saturating_mul(1024))
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use nightsafe_runtime::SystemClock;

    use super::*;

    fn run(script: &str, seconds: u64, most_bytes: u64, input: &[u8]) -> (Ended, Vec<u8>) {
        let words = ["-c".to_owned(), script.to_owned()];
        let clock = SystemClock::start();
        let most = Duration::from_secs(seconds);
        let go_on = || true;
        let order = Order {
            program: Path::new("/bin/sh"),
            words: &words,
            most,
            most_bytes,
            most_memory: 64 << 20,
            clock: &clock,
            go_on: &go_on,
        };
        let mut copy = Vec::new();
        (order.run(input, &mut copy).unwrap(), copy)
    }

    #[test]
    fn a_copy_is_what_the_program_makes_of_the_original() {
        let original = vec![b'a'; 1_000_000];
        let (ended, copy) = run("tr a b", 60, 2_000_000, &original);
        assert!(matches!(ended, Ended::Code(0)), "{ended:?}");
        assert_eq!(copy, vec![b'b'; 1_000_000]);
        let (ended, _copy) = run("exit 3", 60, 10, &original);
        assert!(matches!(ended, Ended::Code(3)), "{ended:?}");
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_all_that_it_started() {
        let (ended, copy) = run("sh -c 'while :; do :; done' & printf x; while :; do :; done", 1, 10, b"x");
        assert!(matches!(ended, Ended::TooSlow), "{ended:?}");
        assert_eq!(copy, b"x");
    }

    #[test]
    fn a_program_that_fills_the_memory_is_killed() {
        // awk doubles a string until somebody stops it.
        let script = "exec awk 'BEGIN { s = \"x\"; while (1) { s = s s; if (length(s) > 200000000) s = \"x\" } }'";
        let (ended, _copy) = run(script, 60, 10, b"");
        assert!(matches!(ended, Ended::TooLarge), "{ended:?}");
    }

    #[test]
    fn a_program_that_writes_without_end_is_stopped_at_its_bound() {
        let (ended, copy) = run("exec cat /dev/zero", 60, 1_000, b"");
        assert!(matches!(ended, Ended::TooLong), "{ended:?}");
        assert_eq!(copy.len(), 1_001);
    }

    #[test]
    fn a_daemon_that_ends_takes_its_children_along() {
        let clock = SystemClock::start();
        let words = ["-c".to_owned(), "while :; do :; done".to_owned()];
        let go_on = || false;
        let order = Order {
            program: Path::new("/bin/sh"),
            words: &words,
            most: Duration::from_mins(1),
            most_bytes: 1,
            most_memory: 64 << 20,
            clock: &clock,
            go_on: &go_on,
        };
        assert!(matches!(order.run(&b""[..], &mut Vec::new()).unwrap(), Ended::Broken));
    }
}
