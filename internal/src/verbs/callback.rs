//! `callback`: asked of the daemon as whoever is logged in. Nothing is decided here.

use nightsafe_runtime::{ExitCode, StartError};
use serde_json::Value;

use super::{ask, terminal};
use crate::{
    cli::{CallbackArguments, CallbackVerb, Output},
    config::Config,
    control::protocol::Request,
};

/// Lists the months, shows or verifies one, or does something with it.
pub(crate) fn run(config: &Config, arguments: CallbackArguments) -> Result<ExitCode, StartError> {
    let act = |month: String, output: Output, act: &str| {
        let done = ask(config, &Request::CallbackAct { month, act: act.to_owned() })?;
        terminal::answer(output, &done, |done| {
            terminal::line(format!("已记录 recorded: {}", terminal::text(done, "/month")))
        })
    };
    match arguments.verb {
        None => {
            let months = ask(config, &Request::Callbacks)?;
            terminal::answer(arguments.output, &months, list)
        }
        Some(CallbackVerb::Show(which)) => {
            let detail = ask(config, &Request::Callback { month: which.month })?;
            terminal::answer(which.output, &detail, show)
        }
        Some(CallbackVerb::Verify(which)) => verify(config, which.month, which.output),
        Some(CallbackVerb::Commit(which)) => act(which.month, which.output, "commit"),
        Some(CallbackVerb::Draw(which)) => act(which.month, which.output, "draw"),
        Some(CallbackVerb::Approve(which)) => act(which.month, which.output, "approve"),
        Some(CallbackVerb::Withdraw(which)) => act(which.month, which.output, "withdraw"),
    }
}

fn verify(config: &Config, month: String, output: Output) -> Result<ExitCode, StartError> {
    let detail = ask(config, &Request::Callback { month })?;
    let Some(holds) = detail.pointer("/check/holds").and_then(Value::as_bool) else {
        terminal::answer(output, &detail, |_| terminal::line("○ 还没有抽取 not drawn yet"))?;
        return Ok(ExitCode::NothingToDo);
    };
    terminal::answer(output, &detail, |detail| {
        let verdict = if holds { "● 相符 REPRODUCED" } else { "▲ 不符 DIFFERS" };
        terminal::line(verdict)?;
        CHECKED.iter().try_for_each(|(field, what)| {
            let said = match detail.pointer(field).and_then(Value::as_bool) {
                Some(true) => "●",
                Some(false) => "▲",
                None => "○",
            };
            terminal::line(format!("  {said} {what}"))
        })?;
        match detail.pointer("/proof/withheld") {
            Some(_) => terminal::line(WITHHELD),
            None => Ok(()),
        }
    })?;
    Ok(if holds { ExitCode::Ok } else { ExitCode::Integrity })
}

fn list(months: &Value) -> Result<(), StartError> {
    if rows(months, "/months").next().is_none() {
        return terminal::line(
            "○ 还没有承诺 nothing is committed to yet: [callback] in internal.toml turns it on; callback commit MONTH",
        );
    }
    rows(months, "/months").try_for_each(month)
}

fn month(row: &Value) -> Result<(), StartError> {
    let [month, commitment, drawn, approved] =
        ["/month", "/commitment", "/drawn_at", "/approved"].map(|field| terminal::text(row, field));
    terminal::line(format!("{month}  承诺 commitment {commitment}  抽取 drawn {drawn:<24} 同意 approved {approved}"))
}

fn show(detail: &Value) -> Result<(), StartError> {
    month(detail)?;
    terminal::line(format!("可移交 ready to be handed over: {}", terminal::text(detail, "/ready")))?;
    for row in rows(detail, "/rows") {
        let [case, part, reference, stage, opinion] =
            ["/case", "/part", "/reference", "/stage", "/opinion"].map(|field| terminal::text(row, field));
        terminal::line(format!("{case}  {part:<10} {reference:<16} {stage:<12} {opinion}"))?;
    }
    for list in rows(detail, "/lists") {
        let [at, file, entries, sha256] =
            ["/at", "/file", "/entries", "/sha256"].map(|field| terminal::text(list, field));
        terminal::line(format!("{at}  {file}  {entries}  {sha256}"))?;
    }
    Ok(())
}

fn rows<'a>(answer: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    answer.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// What a draw is checked for.
const CHECKED: [(&str, &str); 5] = [
    ("/check/commitment", "承诺 the nonce and the size are those committed to"),
    ("/check/seed", "种子 the seed is theirs"),
    ("/check/draw", "抽取 the candidates and the seed give those that were drawn"),
    ("/check/order", "时序 committed before the month, drawn after it"),
    ("/check/complete", "候选 everybody who could be drawn is a candidate, and nobody else"),
];

/// Said where nobody is given the candidates.
const WITHHELD: &str =
    "○ 候选中有对本单位保密的线索，不提供候选名单 a candidate's case is kept from your unit: the proof is withheld";
