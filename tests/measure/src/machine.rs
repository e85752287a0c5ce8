//! What was measured on: without it no figure means anything, and with it only the ratios travel.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result};
use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;
use serde::Serialize;

/// Facts of the machine and of the moment.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// Hour of the run, UTC.
    pub hour: String,
    /// Processor.
    pub processor: String,
    /// Processors that may be used.
    pub cores: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Kernel release.
    pub kernel: String,
    /// File system of the folder that everything ran in.
    pub file_system: String,
    /// The compiler.
    pub rustc: String,
    /// What was measured, as `git describe` has it.
    pub version: String,
    /// Load of the last minute before the run: above 0.5 others were working too.
    pub load_before: f64,
}

impl Machine {
    /// Of this machine, with its data under `folder`.
    pub fn look(folder: &Path) -> Result<Self> {
        let processors = read("/proc/cpuinfo")?;
        let field = |text: &str, name: &str| {
            text.lines().find_map(|line| Some(line.strip_prefix(name)?.split_once(':')?.1.trim().to_owned()))
        };
        let memory = field(&read("/proc/meminfo")?, "MemTotal").unwrap_or_default();
        let memory_kib: u64 = memory.split(' ').next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
        Ok(Self {
            hour: SystemClock::start().now().strftime("%Y-%m-%dT%H:00Z").to_string(),
            processor: field(&processors, "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism()?.get(),
            memory_mib: memory_kib / 1024,
            kernel: read("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            file_system: file_system(folder)?,
            rustc: said("rustc", &["--version"]),
            version: said("git", &["describe", "--always", "--dirty"]),
            load_before: load()?,
        })
    }
}

/// The load of the last minute.
pub fn load() -> Result<f64> {
    let text = read("/proc/loadavg")?;
    text.split(' ').next().context("no load")?.parse().context("the load is no number")
}

/// Name of the file system that a folder is on, such as `ext4` or `ext4 without journal`.
pub fn file_system(folder: &Path) -> Result<String> {
    let folder = folder.canonicalize()?;
    let mounts = read("/proc/self/mounts")?;
    let mounted = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        Some((fields.next()?, fields.next()?, fields.next()?))
    });
    let deepest = mounted.filter(|(_, place, _)| folder.starts_with(place)).max_by_key(|(_, place, _)| place.len());
    let Some((device, _, kind)) = deepest else { return Ok("unknown".to_owned()) };
    Ok(if kind == "ext4" && !has_journal(device) { "ext4 without journal".to_owned() } else { kind.to_owned() })
}

/// Whether an ext4 on this device keeps a journal: flushes cost something else without one.
fn has_journal(device: &str) -> bool {
    let name = device.rsplit('/').next().unwrap_or(device);
    let journals = fs::read_dir("/proc/fs/jbd2").into_iter().flatten().flatten();
    journals.into_iter().any(|one| one.file_name().to_string_lossy().starts_with(&format!("{name}-")))
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.to_owned())
}

/// What a tool says in one line; nothing if it is not there.
fn said(tool: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
