//! When flows and campaigns are open: by the catalog's days, and by the operator's where the configuration has some.
//!
//! Days are those of Beijing, as in a public notice. Nothing here decides about a report that was begun in time.

use jiff::Timestamp;
use jiff::tz::Offset;
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::catalog::{Campaign, Catalog, Flow};
use nightsafe_schema::partial_date::PartialDate;

use crate::config::WindowConfig;

/// The days of everything that can be open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Opening {
    windows: Vec<WindowConfig>,
}

/// What is wrong with the configured days, all of it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("[[open]] cannot be followed: {}", .faults.join("; "))]
pub(crate) struct OpeningError {
    faults: Vec<String>,
}

impl HasExitCode for OpeningError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }
}

/// Where a moment lies to the days of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    Open,
    /// Not yet: from this day on.
    Early(String),
    Over,
}

impl Opening {
    pub(crate) fn of(windows: &[WindowConfig], catalog: &Catalog) -> Result<Self, OpeningError> {
        let mut faults = Vec::new();
        for (index, window) in windows.iter().enumerate() {
            let WindowConfig { what, from, until } = window;
            if catalog.flow(what).is_none() && catalog.campaign(what).is_none() {
                faults.push(format!("{what} is no flow and no campaign of the catalog"));
            }
            for date in [from, until].into_iter().filter(|date| !date.is_empty()) {
                if date.parse::<PartialDate>().is_err() {
                    faults.push(format!("{what}: {date} is no day, month or year"));
                }
            }
            if !until.is_empty() && is_after(from, until) {
                faults.push(format!("{what}: it ends ({until}) before it begins ({from})"));
            }
            if windows.iter().take(index).any(|other| other.what == *what) {
                faults.push(format!("{what} stands twice"));
            }
        }
        if faults.is_empty() { Ok(Self { windows: windows.to_vec() }) } else { Err(OpeningError { faults }) }
    }

    pub(crate) fn flow(&self, flow: &Flow, at: Timestamp) -> Standing {
        self.window(&flow.code).map_or(Standing::Open, |window| standing(&window.from, &window.until, at))
    }

    /// A campaign is never open when its flow is not.
    pub(crate) fn campaign(&self, campaign: &Campaign, flow: &Flow, at: Timestamp) -> Standing {
        let own = match self.window(&campaign.code) {
            Some(window) => standing(&window.from, &window.until, at),
            None => standing(&campaign.opens, &campaign.closes, at),
        };
        if own == Standing::Open { self.flow(flow, at) } else { own }
    }

    /// The campaigns that are open, with their flows.
    pub(crate) fn campaigns<'a>(&self, catalog: &'a Catalog, at: Timestamp) -> Vec<(&'a Campaign, &'a Flow)> {
        let with_flow = catalog.campaigns().iter().filter_map(|one| Some((one, catalog.flow(&one.flow)?)));
        with_flow.filter(|(campaign, flow)| self.campaign(campaign, flow, at) == Standing::Open).collect()
    }

    fn window(&self, what: &str) -> Option<&WindowConfig> {
        self.windows.iter().find(|window| window.what == what)
    }
}

fn standing(from: &str, until: &str, at: Timestamp) -> Standing {
    let today = Offset::constant(BEIJING).to_datetime(at).date().to_string();
    if is_after(from, &today) {
        Standing::Early(from.to_owned())
    } else if !until.is_empty() && is_after(&today, until) {
        Standing::Over
    } else {
        Standing::Open
    }
}

/// Whether one partial date lies wholly behind another: as texts they compare as far as both go.
fn is_after(one: &str, other: &str) -> bool {
    let shared = one.len().min(other.len());
    one.get(..shared) > other.get(..shared)
}

/// Hours.
const BEIJING: i8 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn window(what: &str, from: &str, until: &str) -> WindowConfig {
        WindowConfig { what: what.to_owned(), from: from.to_owned(), until: until.to_owned() }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_those_of_beijing_and_may_be_months() {
        let cases = [
            ("2026-12-01", "", "2026-11-30T15:59:59Z", Standing::Early("2026-12-01".to_owned())),
            ("2026-12-01", "", "2026-11-30T16:00:00Z", Standing::Open),
            ("", "2026-11", "2026-11-30T15:59:59Z", Standing::Open),
            ("", "2026-11", "2026-11-30T16:00:00Z", Standing::Over),
            ("2026", "2026", "2026-06-01T00:00:00Z", Standing::Open),
            ("", "", "1999-06-01T00:00:00Z", Standing::Open),
        ];
        for (from, until, now, expected) in cases {
            assert_eq!(standing(from, until, at(now)), expected, "{from} {until} {now}");
        }
    }

    #[test]
    fn the_configuration_goes_before_the_catalog_and_a_flow_before_its_campaigns() {
        let catalog = Catalog::embedded().unwrap();
        let now = at("2026-11-22T05:00:00Z");
        let open = |windows: &[WindowConfig]| Opening::of(windows, &catalog).unwrap().campaigns(&catalog, now).len();
        assert_eq!(open(&[]), 1);
        assert_eq!(open(&[window("xilingol-internet", "", "2026-10")]), 0);
        assert_eq!(open(&[window("xilingol-internet", "2026-12", "")]), 0);
        assert_eq!(open(&[window("GANG_CRIME", "", "2026-10")]), 0);
        assert_eq!(open(&[window("SECTOR_DISORDER", "", "2026-10")]), 1);
    }

    #[test]
    fn everything_wrong_with_the_days_is_named_at_once() {
        let catalog = Catalog::embedded().unwrap();
        let windows =
            [window("NOWHERE", "", ""), window("GANG_CRIME", "soon", "2026"), window("GANG_CRIME", "2027", "2026")];
        let error = Opening::of(&windows, &catalog).unwrap_err().to_string();
        for words in ["NOWHERE is no flow", "soon is no day", "before it begins", "stands twice"] {
            assert!(error.contains(words), "{error}");
        }
    }
}
