//! `alarms`, `act`, `custody`, `sealed`: asked of the daemon as whoever is logged in. Nothing is decided here.

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_runtime::{ExitCode, StartError};
use serde_json::Value;

use super::{ask, show, terminal};
use crate::{
    cli::{ActArguments, ActVerb, AlarmsArguments, CustodyArguments, InboxArguments, Output, SealedArguments},
    config::Config,
    control::protocol::Request,
};

/// Lists the open alarms, or stays and prints each as it comes.
pub(crate) fn alarms(config: &Config, arguments: &AlarmsArguments) -> Result<ExitCode, StartError> {
    let mut answer = ask(config, &Request::Alarms { after: None })?;
    if !arguments.watch {
        return terminal::answer(arguments.output, &answer, |answer| rows(answer, "/alarms").try_for_each(alarm));
    }
    let mut told = BTreeSet::new();
    loop {
        let mut open = BTreeSet::new();
        for row in rows(&answer, "/alarms") {
            let raised = terminal::text(row, "/case") + &terminal::text(row, "/raised_at");
            if !told.contains(&raised) {
                if arguments.output.json { terminal::line(row)? } else { alarm(row)? }
            }
            open.insert(raised);
        }
        told = open;
        let after = answer.pointer("/at").and_then(Value::as_u64);
        answer = ask(config, &Request::Alarms { after })?;
    }
}

/// Lists the inbox.
pub(crate) fn inbox(config: &Config, arguments: InboxArguments) -> Result<ExitCode, StartError> {
    let InboxArguments { show, state, overdue, skip, output } = arguments;
    let answer = ask(config, &Request::Inbox { show, state, overdue, skip })?;
    terminal::answer(output, &answer, |answer| {
        rows(answer, "/rows").try_for_each(|row| {
            let [case, priority, stage, deadline, title] =
                ["/case", "/priority", "/stage", "/deadline", "/title"].map(|field| terminal::text(row, field));
            terminal::line(format!("{case}  {priority:<3} {stage:<16} {deadline:<24} {title}"))
        })?;
        let [total, skipped] = ["/total", "/skipped"].map(|field| terminal::text(answer, field));
        terminal::line(format!("共 total {total}  已跳过 skipped {skipped}"))
    })
}

/// Does something with a case.
pub(crate) fn act(config: &Config, arguments: ActArguments) -> Result<ExitCode, StartError> {
    let ActArguments { cases, once, expect, act, output } = arguments;
    let (name, fields): (&str, Vec<(&str, String)>) = match act {
        ActVerb::Step(step) => {
            let (name, fields) = step.into_parts();
            (name, fields.into_pairs())
        }
        ActVerb::Acknowledge { reason } => ("acknowledge", vec![("reason", reason)]),
        ActVerb::Transfer { part, unit, reason } => {
            ("transfer", vec![("part", part), ("unit", unit), ("reason", reason)])
        }
        ActVerb::Forbid { unit, reason } => ("forbid", vec![("unit", unit), ("reason", reason)]),
        ActVerb::Assign { part, account } => ("assign", vec![("part", part), ("account", account)]),
        ActVerb::Recuse { account, reason } => ("recuse", vec![("account", account), ("reason", reason)]),
        ActVerb::Join { to } => ("join", vec![("case", to)]),
        ActVerb::Merge { with, reason, key } => ("merge", vec![("case", with), ("reason", reason), ("key", key)]),
        ActVerb::Unmerge { with, reason } => ("unmerge", vec![("case", with), ("reason", reason)]),
        ActVerb::Note { text } => ("note", vec![("reason", text)]),
        ActVerb::Star => ("star", Vec::new()),
        ActVerb::Unstar => ("unstar", Vec::new()),
        ActVerb::CopyAgain { item } => ("copy-again", vec![("item", item)]),
        ActVerb::OriginalAsk { item, reason } => ("original-ask", vec![("item", item), ("reason", reason)]),
        ActVerb::OriginalGrant { item } => ("original-grant", vec![("item", item)]),
        ActVerb::OriginalDeny { item, reason } => ("original-deny", vec![("item", item), ("reason", reason)]),
    };
    let fields: BTreeMap<String, String> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let act = name.to_owned();
    let cases: Vec<String> = cases.split(',').map(|case| case.trim().to_owned()).collect();
    if expect.is_some() && cases.len() > 1 {
        return Err(StartError::new(ExitCode::Usage, ExpectedOfMany));
    }
    match <[String; 1]>::try_from(cases) {
        Ok([case]) if once.is_none() => {
            let done = ask(config, &Request::Act { case, act, fields, edition: expect })?;
            terminal::answer(output, &done, |done| {
                terminal::line(format!("已记录 recorded: {}", terminal::text(done, "/case")))
            })
        }
        Ok(cases) => many(output, &ask(config, &Request::ActOnMany { cases: cases.into(), act, fields, key: once })?),
        Err(cases) => many(output, &ask(config, &Request::ActOnMany { cases, act, fields, key: once })?),
    }
}

/// An edition is one case's.
#[derive(Debug, thiserror::Error)]
#[error("--expect 只用于一条线索 (--expect is for one case)")]
struct ExpectedOfMany;

/// What became of each case. Refused with one: 2; if with one something broke: 1, as with a single case.
fn many(output: Output, answer: &Value) -> Result<ExitCode, StartError> {
    let is_done = |row: &&Value| row.pointer("/done") == Some(&Value::Bool(true));
    terminal::answer(output, answer, |answer| {
        rows(answer, "/cases").try_for_each(|row| {
            let case = terminal::text(row, "/case");
            if is_done(&row) {
                return terminal::line(format!("已记录 recorded: {case}"));
            }
            let [zh, en] = ["/refusal/zh", "/refusal/en"].map(|words| terminal::text(row, words));
            terminal::line(format!("没有做 not done: {case}  {zh} ({en})"))
        })
    })?;
    let broke = rows(answer, "/cases").any(|row| terminal::text(row, "/refusal/code") == "FAILED");
    Ok(match rows(answer, "/cases").all(|row| is_done(&row)) {
        true => ExitCode::Ok,
        false if broke => ExitCode::Unexpected,
        false => ExitCode::Usage,
    })
}

/// Lists looks at identities.
pub(crate) fn custody(config: &Config, arguments: &CustodyArguments) -> Result<ExitCode, StartError> {
    let looks = ask(config, &Request::Custody { skip: arguments.skip })?;
    terminal::answer(arguments.output, &looks, |looks| {
        rows(looks, "/rows").try_for_each(|row| {
            let [at, account, unit, case, reason] =
                ["/at", "/account", "/unit", "/case", "/reason"].map(|field| terminal::text(row, field));
            terminal::line(format!("{at}  {account:<24} {unit:<24} {case}  {reason}"))
        })
    })
}

/// Lists sealed cases, or shows one.
pub(crate) fn sealed(config: &Config, arguments: SealedArguments) -> Result<ExitCode, StartError> {
    let one = arguments.case.is_some();
    let answer = ask(config, &Request::Sealed { case: arguments.case })?;
    if one {
        return terminal::answer(arguments.output, &answer, show::print);
    }
    terminal::answer(arguments.output, &answer, |answer| {
        rows(answer, "/cases").try_for_each(|row| {
            terminal::line(format!("{}  {}", terminal::text(row, "/case"), terminal::text(row, "/since")))
        })
    })
}

fn alarm(row: &Value) -> Result<(), StartError> {
    let [case, priority, raised, title] =
        ["/case", "/priority", "/raised_at", "/title"].map(|field| terminal::text(row, field));
    let failed = rows(row, "/signals").last().is_some_and(|signal| signal.as_str() != Some("done"));
    let failed = if failed { "  警报命令未成功 the command failed" } else { "" };
    terminal::line(format!("{case}  {priority}  {raised}  {title}{failed}"))
}

fn rows<'a>(answer: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    answer.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}
