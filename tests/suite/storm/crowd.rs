//! People who file reports, and try again with the same key until they are given a number.

use std::{
    sync::{Condvar, Mutex},
    time::Duration,
};

use nightsafe_quickstart::{client::Client, media::Upload};
use serde_json::Value;

use crate::scene::sample;

/// Where the gateway is at present; it comes back at another address each time.
pub(super) struct Door {
    standing: Mutex<Standing>,
    opened: Condvar,
}

#[derive(Clone)]
struct Standing {
    times_opened: usize,
    client: Client,
}

/// A report that somebody was given a number for.
pub(super) struct Filed {
    pub(super) number: String,
    pub(super) attachments: usize,
}

impl Door {
    pub(super) fn open(client: Client) -> Self {
        Self { standing: Mutex::new(Standing { times_opened: 1, client }), opened: Condvar::new() }
    }

    pub(super) fn reopen(&self, client: Client) {
        let mut standing = self.standing.lock().unwrap();
        *standing = Standing { times_opened: standing.times_opened + 1, client };
        self.opened.notify_all();
    }

    fn standing(&self) -> Standing {
        self.standing.lock().unwrap().clone()
    }

    /// The door once it has been opened again after `earlier`.
    fn after(&self, earlier: &Standing) -> Standing {
        let is_same = |standing: &mut Standing| standing.times_opened == earlier.times_opened;
        let waited = self.opened.wait_timeout_while(self.standing.lock().unwrap(), PATIENCE, is_same);
        let (standing, timeout) = waited.unwrap();
        assert!(!timeout.timed_out(), "the gateway failed and was not killed");
        standing.clone()
    }
}

/// Files the reports of one client in one round: every second one has attachments.
pub(super) fn file_some(door: &Door, round: usize, client: usize) -> Vec<Filed> {
    (0..REPORTS)
        .map(|turn| {
            let sample = sample(if turn % 2 == 0 { "09" } else { "05" });
            let mut report = sample.report;
            report["facts"]["narrative"] =
                format!("{MARK}：第{round}轮第{client}人第{turn}份，每天要交卫生费。").into();
            let key = format!("{:032x}", (round * 1000 + client) * 1000 + turn);
            let number = file_until_acknowledged(door, &report, &sample.uploads, &key);
            Filed { number, attachments: sample.uploads.len() }
        })
        .collect()
}

fn file_until_acknowledged(door: &Door, report: &Value, uploads: &[Upload], key: &str) -> String {
    let report = report.to_string();
    let mut standing = door.standing();
    loop {
        let answer = match uploads {
            [] => standing.client.file_report(report.as_bytes(), Some(key)),
            _ => standing.client.file_with_attachments(report.as_bytes(), uploads, Some(key)),
        };
        match answer {
            Ok(answer) => {
                assert_eq!(answer.status, 201, "{}", answer.body);
                return answer.body["clue_number"].as_str().unwrap().to_owned();
            }
            Err(_cut) => standing = door.after(&standing),
        }
    }
}

/// What every report of the storm says.
pub(super) const MARK: &str = "风暴演练";
const REPORTS: usize = 4;
const PATIENCE: Duration = Duration::from_mins(1);
