//! How a side stands, as one board: the status page on a terminal, the lines of `status` and the metrics all show this.

use jiff::Timestamp;
use nightsafe_runtime::ExitCode;
use serde::Serialize;

use crate::metrics::Metrics;
use crate::page::{Lines, Tell, since_when};
use crate::trouble::Troubles;

/// A side that can say how it stands.
pub(crate) trait Standing: Serialize {
    /// When this was looked at.
    fn at(&self) -> Timestamp;

    /// What is wrong.
    fn troubles(&self) -> &Troubles;

    /// What stands after the verdict.
    fn headline(&self) -> String;

    /// What is to be seen below it.
    fn facts(&self) -> Vec<Fact>;

    /// The same for monitoring.
    fn metrics(&self) -> Metrics;

    /// The worst of what is wrong.
    fn exit_code(&self) -> ExitCode {
        self.troubles().exit_code()
    }
}

/// One fact: a label in both languages and a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) value: String,
    /// How much of something is used, from 0 to 1.
    pub(crate) used: Option<f64>,
}

/// What stands after the verdict when something is wrong: the worst of it, since when, and how much more there is.
pub(crate) fn worst(troubles: &Troubles, now: Timestamp) -> Option<String> {
    let (worst, others) = troubles.as_slice().split_first()?;
    let since = worst.since.map_or_else(String::new, |since| format!("   {}", since_when(since, now)));
    let more = match others.len() {
        0 => String::new(),
        more => format!("   另有 and {more} more"),
    };
    Some(format!("{}{since}{more}", worst.what))
}

impl Fact {
    /// A fact.
    pub(crate) fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), used: None }
    }

    /// How full something is.
    pub(crate) fn disk(label: &str, space: Option<crate::disk::Space>) -> Self {
        let value = space.map_or_else(|| "不在 not there".to_owned(), |space| format!("{} %", space.used_percent()));
        Self { used: space.map(|space| 1.0 - space.free_ratio()), ..Self::new(label, value) }
    }
}

impl<S: Standing> Tell for S {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&self.headline());
        for fact in self.facts() {
            lines.line(&format!("{}  {}", fact.label, fact.value));
        }
        lines.troubles(self.troubles(), self.at());
    }
}
