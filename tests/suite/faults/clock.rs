//! A clock that a test moves while the program runs: libfaketime, which the program is started under.

use std::{fs, path::PathBuf, process::Command};

use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;
use serde_json::Value;

use crate::gateway::Outside;

/// The wall clock of one program; its monotonic clock stays as it is.
pub(crate) struct MovedClock {
    offset: PathBuf,
}

impl MovedClock {
    pub(crate) fn new(outside: &Outside) -> Self {
        let clock = Self { offset: outside.layout().root().join("clock") };
        clock.move_by(0);
        clock
    }

    /// The gateway's command, run with this clock.
    pub(crate) fn serve(&self, outside: &Outside) -> Command {
        let library = LIBRARIES.iter().find(|path| fs::exists(path).unwrap()).expect("Debian's package faketime");
        let mut command = outside.command();
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.offset)
            // Looks at the file each time.
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command
    }

    /// So many days from the true time.
    pub(crate) fn move_by(&self, days: i64) {
        let whole = self.offset.with_extension("new");
        fs::write(&whole, format!("{days:+}d\n")).unwrap();
        fs::rename(whole, &self.offset).unwrap();
    }

    /// Days from now to the beginning and to the end of the ring, rounded up.
    pub(crate) fn days_of_the_ring(outside: &Outside) -> (i64, i64) {
        let ring: Value = serde_json::from_slice(&fs::read(outside.layout().ring()).unwrap()).unwrap();
        let now = SystemClock::start().now();
        let days = |name: &str| {
            let moment: nightsafe_schema::time::Hour = ring[name].as_str().unwrap().parse().unwrap();
            -moment.age_at(now).as_hours().div_euclid(24)
        };
        (days("not_before"), days("not_after"))
    }
}

/// By the machine's architecture.
const LIBRARIES: [&str; 2] =
    ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"];
