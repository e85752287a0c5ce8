//! Files the samples and finds out who sees them.

use std::{collections::BTreeSet, time::Duration};

use nightsafe_runtime::{ExitCode, exit::HasExitCode};
use nightsafe_schema::{clue::ClueNumber, time::Clock};
use serde_json::Value;

use crate::{
    accounts::Account,
    client::{Answer, Client, ClientError},
    outcome::{Outcome, SampleOutcome},
    samples::Sample,
    units::{NATIONAL_OFFICE, Units},
    visibility::{InspectionError, Inspector},
};

/// Why filing could not be brought to an end.
#[derive(Debug, thiserror::Error)]
pub enum FilingError {
    /// The gateway could not be reached.
    #[error("网关没有应答 the gateway did not answer")]
    Gateway(#[source] ClientError),
    /// The inside could not be asked.
    #[error("内网没有应答 the inside did not answer")]
    Inside(#[source] InspectionError),
    /// There is no account of the national office.
    #[error("没有 {NATIONAL_OFFICE} 的账号 there is no account of {NATIONAL_OFFICE}")]
    NoNationalOffice,
}

impl HasExitCode for FilingError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Gateway(error) => error.exit_code(),
            Self::Inside(error) => error.exit_code(),
            Self::NoNationalOffice => ExitCode::Unexpected,
        }
    }
}

/// Files every sample, waits until each accepted one is visible, and looks for each as every analyst.
pub fn file_all(
    samples: &[Sample],
    client: &Client,
    inspector: &Inspector<'_>,
    accounts: &[Account],
    units: &Units,
    clock: &dyn Clock,
) -> Result<Outcome, FilingError> {
    let national = accounts.iter().find(|account| account.unit == NATIONAL_OFFICE && account.is_analyst());
    let national = national.ok_or(FilingError::NoNationalOffice)?;
    let mut filed = Vec::new();
    for sample in samples {
        let answer = client.file(sample).map_err(FilingError::Gateway)?;
        filed.push((judge(sample, &answer), clock.elapsed()));
    }
    inspector.log_in(national).map_err(FilingError::Inside)?;
    for ((outcome, accepted_at), sample) in filed.iter_mut().zip(samples) {
        wait_until_visible(outcome, sample, *accepted_at, inspector, clock).map_err(FilingError::Inside)?;
    }
    let mut outcomes: Vec<SampleOutcome> = filed.into_iter().map(|(outcome, _)| outcome).collect();
    for account in accounts.iter().filter(|account| account.is_analyst()) {
        inspector.log_in(account).map_err(FilingError::Inside)?;
        for (outcome, sample) in outcomes.iter_mut().zip(samples) {
            look_for(outcome, sample, account, inspector, units).map_err(FilingError::Inside)?;
        }
    }
    // The commands shown to the person work as this account.
    inspector.log_in(national).map_err(FilingError::Inside)?;
    Ok(Outcome::of(outcomes))
}

/// Whether the gateway answered as it should.
fn judge(sample: &Sample, answer: &Answer) -> SampleOutcome {
    let mut outcome = SampleOutcome::filed(sample, answer.status);
    if answer.status != sample.expected.http {
        outcome
            .problems
            .push(format!("网关应答 the gateway answered {}, 应为 not {}", answer.status, sample.expected.http));
    }
    if let Some(code) = &sample.expected.error {
        let codes = answer.body.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
        if !codes.iter().any(|error| error.get("code").and_then(Value::as_str) == Some(code)) {
            outcome.problems.push(format!("应答里没有 the answer lacks {code}"));
        }
    }
    if answer.status == CREATED {
        match answer.body.get("clue_number").and_then(Value::as_str).map(str::parse::<ClueNumber>) {
            Some(Ok(number)) => outcome.clue_number = Some(number.grouped()),
            _ => outcome.problems.push("没有合格的线索编号 there is no well-formed clue number".to_owned()),
        }
        if answer.body.get("attachments").and_then(Value::as_u64) != Some(sample.uploads.len() as u64) {
            outcome.problems.push(format!("附件不是 {} 个 the attachments are not so many", sample.uploads.len()));
        }
    }
    outcome
}

fn wait_until_visible(
    outcome: &mut SampleOutcome,
    sample: &Sample,
    accepted_at: Duration,
    inspector: &Inspector<'_>,
    clock: &dyn Clock,
) -> Result<(), InspectionError> {
    let Some(number) = &outcome.clue_number else { return Ok(()) };
    let case = match inspector.wait_for(number) {
        Ok(case) => case,
        Err(InspectionError::NotVisible { seconds }) => {
            outcome.problems.push(format!("{seconds} 秒后还看不见 not visible after {seconds} s"));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    outcome.seconds_to_visible = Some(clock.elapsed().saturating_sub(accepted_at).as_secs_f64());
    let shown = inspector.wait_for_attachments(&case)?;
    outcome.attachments = arrived(&shown);
    if outcome.attachments != sample.uploads.len() {
        outcome.problems.push(format!("{} 个附件没有过来 attachments did not cross", sample.uploads.len()));
    }
    let holders = holders(&shown);
    let expected: BTreeSet<String> = sample.expected.holders().map(str::to_owned).collect();
    if holders != expected {
        outcome.problems.push(format!("分给了 it went to {holders:?}，应为 not {expected:?}"));
    }
    outcome.holders = holders.into_iter().collect();
    outcome.kept_from = kept_from(&shown);
    outcome.case = Some(case);
    Ok(())
}

/// The units that hold tasks and copies of a case, wherever the answer has its `tasks`.
fn holders(shown: &Value) -> BTreeSet<String> {
    let tasks = shown.get("tasks").or_else(|| shown.pointer("/summary/tasks")).and_then(Value::as_array);
    let mut holders = BTreeSet::new();
    for task in tasks.into_iter().flatten() {
        let copies = task.get("copies").and_then(Value::as_array).into_iter().flatten();
        holders.extend(task.get("unit").into_iter().chain(copies).filter_map(Value::as_str).map(str::to_owned));
    }
    holders
}

/// The units that a case is kept from.
fn kept_from(shown: &Value) -> BTreeSet<String> {
    let forbidden = shown.get("forbidden").and_then(Value::as_array).into_iter().flatten();
    forbidden.filter_map(|entry| entry.get("unit")?.as_str()).map(str::to_owned).collect()
}

/// How many attachments of a case are there to be opened.
fn arrived(shown: &Value) -> usize {
    let attachments = shown.get("attachments").and_then(Value::as_array).into_iter().flatten();
    attachments.filter(|one| one.get("state").and_then(Value::as_str) == Some("arrived")).count()
}

fn look_for(
    outcome: &mut SampleOutcome,
    sample: &Sample,
    account: &Account,
    inspector: &Inspector<'_>,
    units: &Units,
) -> Result<(), InspectionError> {
    let (Some(number), Some(case)) = (&outcome.clue_number, &outcome.case) else { return Ok(()) };
    let title = sample.report.pointer("/facts/title").and_then(Value::as_str).unwrap_or_default();
    let found_by_number = inspector.search(number)?.contains(case);
    let found_by_text = inspector.search(title)?.contains(case);
    let should = units.should_see(&account.unit, sample, &outcome.kept_from);
    for (found, how) in [(found_by_number, "编号 number"), (found_by_text, "标题 title")] {
        match (found, should) {
            (true, false) => {
                outcome.problems.push(format!("{} 不该看见却按{how}找到了 found it and must not", account.unit));
            }
            (false, true) => {
                outcome.problems.push(format!("{} 该看见却按{how}找不到 should have found it", account.unit));
            }
            _ => {}
        }
    }
    if found_by_number { &mut outcome.seen_by } else { &mut outcome.hidden_from }.push(account.unit.clone());
    Ok(())
}

const CREATED: u16 = 201;
