//! A later day for the daemon under test: libfaketime, which it is started under. Its monotonic clock stays as it is.

use std::{fs, process::Command};

use jiff::{
    civil::{Date, date},
    tz::TimeZone,
};

/// A day of next year, at noon in China, and how many seconds there are until then.
pub(crate) struct LaterDay {
    pub(crate) date: Date,
    seconds: i64,
}

impl LaterDay {
    pub(crate) fn of_next_year(month: i8, day: i8) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the program's clock is put ahead of this one")]
        let now = jiff::Timestamp::now();
        let china = TimeZone::fixed(jiff::tz::offset(8));
        let date = date(now.to_zoned(china.clone()).year() + 1, month, day);
        let then = date.at(12, 0, 0, 0).to_zoned(china).unwrap().timestamp();
        Self { date, seconds: then.as_second() - now.as_second() }
    }

    /// Has this program live on that day.
    pub(crate) fn rule(&self, command: &mut Command) {
        let library = LIBRARIES.iter().find(|path| fs::exists(path).unwrap()).expect("Debian's package faketime");
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME", format!("{:+}s", self.seconds))
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
}

/// By the machine's architecture.
const LIBRARIES: [&str; 2] =
    ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"];
