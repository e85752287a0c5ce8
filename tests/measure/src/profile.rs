//! Where the time goes: shares of the processor by library (`perf`), and system calls a piece of work (`strace`).
//!
//! Both tools are asked in a run of their own, never in one that is measured. A machine without them gets the table
//! without the profile, and says so.

use std::{collections::BTreeMap, process::Command};

use anyhow::Result;
use serde::Serialize;

use crate::process;

/// What a piece of work is made of.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Profile {
    /// What was looked at, and where the first line of it says what binds.
    pub of: String,
    /// Parts in the unit of [`Self::of`], largest first.
    pub parts: Vec<Part>,
}

/// One part.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// How much.
    pub amount: f64,
    /// Of what, such as `%` or `µs`.
    pub unit: &'static str,
}

impl Profile {
    /// Parts under a heading, largest first.
    pub fn of(heading: impl Into<String>, parts: impl IntoIterator<Item = (String, f64)>, unit: &'static str) -> Self {
        let mut parts: Vec<Part> = parts.into_iter().map(|(name, amount)| Part { name, amount, unit }).collect();
        parts.sort_by(|one, other| other.amount.total_cmp(&one.amount));
        Self { of: heading.into(), parts }
    }

    /// Shares of processor time by library while `command` runs to its end.
    pub fn by_library(heading: &str, command: &Command) -> Self {
        let recorded = recording(None, |record| {
            record.arg("--").arg(command.get_program()).args(command.get_args());
        });
        Self::from_shares(heading, recorded)
    }

    /// The same of a process that runs already, for some seconds.
    pub fn by_library_of(heading: &str, id: u32, seconds: u32) -> Self {
        // The whole machine is recorded: threads that the process starts meanwhile would be missed otherwise.
        let recorded = recording(Some(id), |record| {
            record.args(["-a", "--", "sleep"]).arg(seconds.to_string());
        });
        Self::from_shares(heading, recorded)
    }

    /// System calls a unit of work while `command` runs to its end.
    pub fn by_call(heading: &str, command: &Command, units: f64) -> Self {
        let counted = tempfile::NamedTempFile::new().map_err(anyhow::Error::from).and_then(|counts| {
            let mut traced = Command::new("strace");
            traced.args(["-f", "-c", "-U", "calls,name", "-o"]).arg(counts.path());
            traced.arg(command.get_program()).args(command.get_args());
            process::run(traced)?;
            Ok(std::fs::read_to_string(counts.path())?)
        });
        match counted {
            Ok(text) => {
                Self::of(heading, calls(&text).into_iter().map(|(name, count)| (name, count / units)), "×").cut(12)
            }
            Err(error) => Self::missing(heading, &error),
        }
    }

    /// Without the small parts.
    #[must_use]
    pub fn cut(mut self, most: usize) -> Self {
        self.parts.truncate(most);
        self
    }

    fn from_shares(heading: &str, recorded: Result<String>) -> Self {
        match recorded {
            Ok(report) => Self::of(heading, shares(&report), "%").cut(14),
            Err(error) => Self::missing(heading, &error),
        }
    }

    fn missing(heading: &str, error: &anyhow::Error) -> Self {
        let why = error.to_string().lines().next().unwrap_or_default().to_owned();
        Self { of: format!("{heading}: {why}"), parts: Vec::new() }
    }
}

/// Records with `perf` what `choose` adds to its command line, and returns its report of one process or of all, one symbol
/// a line.
fn recording(process: Option<u32>, choose: impl FnOnce(&mut Command)) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("perf.data");
    let mut record = Command::new("perf");
    record.args(["record", "-q", "-e", "cpu-clock", "-F", "997", "-o"]).arg(&data);
    choose(&mut record);
    process::run(record)?;
    let mut report = Command::new("perf");
    report.args(["report", "--stdio", "-q", "--no-children", "--sort", "dso,symbol", "-i"]).arg(&data);
    report.args(process.map(|id| format!("--pid={id}")));
    process::run(report).map(|(_, report)| report)
}

/// `perf report`'s lines summed up by library.
fn shares(report: &str) -> BTreeMap<String, f64> {
    let mut shares = BTreeMap::new();
    for line in report.lines() {
        let Some((percent, rest)) = line.trim().split_once('%') else { continue };
        let Ok(percent) = percent.trim().parse::<f64>() else { continue };
        // The object may stand in brackets itself: `[kernel.kallsyms]`.
        let library = if rest.contains(" [k] ") {
            "内核 kernel".to_owned()
        } else if let Some((_object, symbol)) = rest.split_once(" [.] ") {
            library_of(symbol.trim())
        } else {
            continue;
        };
        *shares.entry(library).or_insert(0.0) += percent;
    }
    // Of one process among others the shares are those of the whole machine.
    let whole: f64 = shares.values().sum();
    for share in shares.values_mut() {
        *share *= 100.0 / whole;
    }
    shares
}

/// The library that a symbol belongs to, under the name of what it does here.
fn library_of(symbol: &str) -> String {
    let start =
        symbol.trim_start_matches(['<', '&', '*', '(', '[']).trim_start_matches("mut ").trim_start_matches("dyn ");
    let library: String = start.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    let known = |prefixes: &[&str]| prefixes.iter().any(|prefix| library.starts_with(prefix));
    let name = match () {
        () if !symbol.contains("::")
            && known(&["aws_lc", "sha256_block", "ecp_", "x25519", "aes_", "gcm_", "chacha20_poly1305"]) =>
        {
            "aws-lc (TLS)"
        }
        () if known(&["chacha20", "poly1305", "age", "cipher", "aead", "universal_hash"]) => "age (ChaCha20-Poly1305)",
        () if known(&["curve25519", "x25519_dalek", "ed25519"]) => "curve25519 (X25519, Ed25519)",
        () if known(&["sha2"]) => "SHA-256",
        () if known(&["argon2", "blake2"]) => "Argon2id",
        () if known(&["serde", "itoa", "ryu", "indexmap"]) => "JSON",
        () if known(&["jieba", "cedarwood"]) => "jieba",
        () if known(&["tantivy", "lz4"]) => "tantivy",
        () if known(&["sled", "crossbeam_epoch"]) => "sled",
        () if known(&["h2", "hyper", "http", "axum", "tower"]) => "HTTP",
        () if known(&["rustls"]) => "TLS (rustls)",
        () if known(&["tokio", "mio", "parking_lot"]) => "tokio",
        () if known(&["core", "alloc", "std", "hashbrown"]) => "std",
        () if symbol.contains("::") => return library,
        () => "libc",
    };
    name.to_owned()
}

/// `strace -c`'s table: name and count.
fn calls(table: &str) -> Vec<(String, f64)> {
    let row = |line: &str| {
        let mut fields = line.split_whitespace();
        let count = fields.next()?.parse::<f64>().ok()?;
        Some((fields.next()?.to_owned(), count))
    };
    table.lines().filter_map(row).filter(|(name, _)| name != "total").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_summed_up_by_library() {
        let report = "\n    40.00%  prog  [.] <age::primitives::stream::StreamWriter<W> as std::io::Write>::write\n    20.00%  prog  [.] chacha20::backends::avx2::inner\n     5.50%  [kernel.kallsyms]  [k] ext4_fsync\n     4.50%  [kernel]  [k] 0xffffffff\n     1.00%  prog  [.] nightsafe_gateway::outbox::place\n     1.00%  libc.so.6  [.] __memmove_avx512\n";
        let shares = shares(report);
        let share = |name: &str| shares.get(name).copied().unwrap_or(0.0);
        // 72 in a hundred were seen: shares are of these.
        let seen = |percent: f64| percent * 100.0 / 72.0;
        assert!((share("age (ChaCha20-Poly1305)") - seen(60.0)).abs() < 0.01, "{shares:?}");
        assert!((share("内核 kernel") - seen(10.0)).abs() < 0.01, "{shares:?}");
        assert!((share("nightsafe_gateway") - seen(1.0)).abs() < 0.01, "{shares:?}");
        assert!((share("libc") - seen(1.0)).abs() < 0.01, "{shares:?}");
    }

    #[test]
    fn calls_are_read_from_the_table() {
        let table = "    calls syscall\n--------- ----------------\n     1200 fsync\n       10 openat\n--------- ----------------\n     1210 total\n";
        assert_eq!(calls(table), [("fsync".to_owned(), 1200.0), ("openat".to_owned(), 10.0)]);
    }
}
