//! Processes and what they cost, by the kernel's own account: processor time, memory, run to the end or while they live.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// What a piece of work cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// By the clock on the wall.
    pub wall: f64,
    /// Processor seconds in programs.
    pub user: f64,
    /// Processor seconds in the kernel.
    pub system: f64,
}

impl Cost {
    /// Processor seconds.
    pub fn processor(self) -> f64 {
        self.user + self.system
    }
}

/// Where a command may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cores {
    /// Anywhere.
    All,
    /// On this one only.
    Only(usize),
}

/// The same command, kept to these cores.
pub fn kept_to(cores: Cores, command: Command) -> Command {
    let Cores::Only(core) = cores else { return command };
    let mut kept = Command::new("taskset");
    kept.arg("-c").arg(core.to_string()).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            kept.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        kept.current_dir(folder);
    }
    kept
}

/// Keeps the thread that calls this to one core.
pub fn keep_this_thread_to(core: usize) -> Result<()> {
    let thread = fs::read_link("/proc/thread-self")?;
    let id = thread.file_name().context("a thread has an id")?;
    let mut command = Command::new("taskset");
    command.arg("-cp").arg(core.to_string()).arg(id);
    run(command).map(drop)
}

/// Lets the thread of a process that is busiest run only where nothing else would: work that is put off anyway, such as the
/// keys of clue numbers after a backlog, must not stand in the way of what is measured.
pub fn put_busiest_thread_last(process: u32) -> Result<()> {
    let times = || -> Result<Vec<(String, f64)>> {
        let mut times = Vec::new();
        for thread in fs::read_dir(format!("/proc/{process}/task"))? {
            let thread = thread?;
            let text = fs::read_to_string(thread.path().join("schedstat"))?;
            let nanoseconds: f64 = text.split(' ').next().context("no time")?.parse()?;
            times.push((thread.file_name().to_string_lossy().into_owned(), nanoseconds));
        }
        Ok(times)
    };
    let before = times()?;
    rest(Duration::from_secs(1));
    let spent = times()?.into_iter().map(|(id, after)| {
        let earlier = before.iter().find(|(other, _)| *other == id).map_or(0.0, |(_, time)| *time);
        (id, after - earlier)
    });
    let busiest = spent.max_by(|(_, one), (_, other)| one.total_cmp(other));
    let Some((id, _)) = busiest.filter(|(_, nanoseconds)| *nanoseconds > BUSY) else { return Ok(()) };
    let mut command = Command::new("chrt");
    command.args(["--idle", "--pid", "0"]).arg(id);
    run(command).map(drop)
}

/// Runs a command to its end; what it says is kept and shown if it fails.
pub fn run(mut command: Command) -> Result<(Cost, String)> {
    let clock = SystemClock::start();
    // Files, not pipes: nobody has to read them while the command runs.
    let (output, errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(errors.try_clone()?);
    let name = format!("{command:?}");
    let mut child = command.spawn().with_context(|| name.clone())?;
    let pid = Pid::from_child(&child);
    // The process is kept as it ended until its account has been read.
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
    let wall = clock.elapsed().as_secs_f64();
    let (user, system) = processor_time(child.id())?;
    let status = child.wait()?;
    let text = |file: fs::File| -> Result<String> {
        let mut bytes = Vec::new();
        let mut file = file;
        std::io::Seek::rewind(&mut file)?;
        std::io::Read::read_to_end(&mut file, &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let (said, complained) = (text(output)?, text(errors)?);
    if !status.success() {
        bail!("{name}: {status}\n{complained}");
    }
    Ok((Cost { wall, user, system }, said))
}

/// A process of ours that is looked at while it lives.
#[derive(Clone, Copy, Debug)]
pub struct Watched(u32);

impl Watched {
    /// The process of this id.
    pub const fn of(id: u32) -> Self {
        Self(id)
    }

    /// The process of this child.
    pub fn child(child: &Child) -> Self {
        Self(child.id())
    }

    /// Its id.
    pub const fn id(self) -> u32 {
        self.0
    }

    /// Processor seconds so far.
    pub fn processor(self) -> Result<f64> {
        processor_time(self.0).map(|(user, system)| user + system)
    }

    /// Processor seconds of its threads so far, by their names.
    pub fn threads(self) -> Result<Vec<(String, f64)>> {
        let mut threads = Vec::new();
        for thread in fs::read_dir(format!("/proc/{}/task", self.0))? {
            let folder = thread?.path();
            let name = fs::read_to_string(folder.join("comm"))?.trim_end().to_owned();
            let text = fs::read_to_string(folder.join("schedstat"))?;
            let nanoseconds: f64 = text.split(' ').next().context("no time")?.parse()?;
            threads.push((name, nanoseconds / 1e9));
        }
        Ok(threads)
    }

    /// Resident memory in MiB now.
    pub fn resident(self) -> Result<f64> {
        self.status("VmRSS:")
    }

    /// The most it was so far.
    pub fn most_resident(self) -> Result<f64> {
        self.status("VmHWM:")
    }

    fn status(self, field: &str) -> Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let value = text.lines().find_map(|line| line.strip_prefix(field)).with_context(|| field.to_owned())?;
        let kib: f64 = value.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}

/// Does work in this thread and says what processor time it cost this thread.
pub fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
    let before = thread_time()?;
    let value = work()?;
    Ok((thread_time()? - before, value))
}

/// Does work in this process, whatever threads it starts, and says what it cost.
pub fn timed_all<T>(work: impl FnOnce() -> Result<T>) -> Result<(Cost, T)> {
    let clock = SystemClock::start();
    let (user, system) = processor_time(std::process::id())?;
    let value = work()?;
    let (user_after, system_after) = processor_time(std::process::id())?;
    let wall = clock.elapsed().as_secs_f64();
    Ok((Cost { wall, user: user_after - user, system: system_after - system }, value))
}

/// Waits a moment without using the processor.
pub fn rest(moment: Duration) {
    let (_kept, never) = std::sync::mpsc::channel::<()>();
    let _ = never.recv_timeout(moment);
}

/// Bytes of all files below a folder, as the disk holds them.
pub fn bytes_below(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_dir() {
                folders.push(entry.path());
            } else {
                bytes += std::os::unix::fs::MetadataExt::blocks(&metadata) * 512;
            }
        }
    }
    Ok(bytes)
}

/// Processor seconds of this thread, to a tick of the scheduler.
fn thread_time() -> Result<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = text.split(' ').next().context("no time")?.parse()?;
    Ok(nanoseconds / 1e9)
}

/// User and system seconds of a process with all its threads, in steps of 10 ms.
fn processor_time(id: u32) -> Result<(f64, f64)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name, in parentheses, may hold anything; the fields after it are numbers.
    let (_, fields) = text.rsplit_once(") ").context("no fields")?;
    let mut times =
        fields.split(' ').skip(USER_TIME).map(|field| field.parse::<u32>().map(|ticks| f64::from(ticks) / TICKS));
    let user = times.next().context("no user time")??;
    let system = times.next().context("no system time")??;
    Ok((user, system))
}

/// Nanoseconds in a second that nobody but a busy thread spends.
const BUSY: f64 = 3e8;
/// Place of `utime` among the fields behind the name (proc(5)).
const USER_TIME: usize = 11;
/// `USER_HZ`, the same on every Linux we run on.
const TICKS: f64 = 100.0;
