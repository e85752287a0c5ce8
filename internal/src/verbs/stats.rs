//! `stats`: asked of the daemon as whoever is logged in. Nothing is counted or kept back here.

use nightsafe_runtime::{ExitCode, StartError};
use serde_json::Value;

use super::{ask, terminal};
use crate::{cli::StatsArguments, config::Config, control::protocol::Request};

/// Prints the tables of a period, or the file of them.
pub(crate) fn show(config: &Config, arguments: StatsArguments) -> Result<ExitCode, StartError> {
    let StatsArguments { period, table, csv, output } = arguments;
    let answer = ask(config, &Request::Stats { period, csv })?;
    if csv {
        // Its lines end as those of such a file must, with what a terminal would act on at their ends only.
        let file = answer.pointer("/csv").and_then(Value::as_str).unwrap_or_default();
        let (mark, lines) = file.split_at(file.find(|character| character != '\u{feff}').unwrap_or(0));
        let lines: Vec<String> = lines.lines().map(terminal::plain).collect();
        terminal::line(format!("{mark}{}\r", lines.join("\r\n")))?;
        return Ok(ExitCode::Ok);
    }
    let answer = narrowed(answer, &table);
    terminal::answer(output, &answer, |answer| {
        let [from, to] = ["/from", "/to"].map(|field| terminal::text(answer, field));
        terminal::line(format!("{from} – {to}"))?;
        if answer.pointer("/too_close") == Some(&Value::Bool(true)) {
            terminal::line("与看过的时段相差不足 5 件，不显示 (differs from a period shown before by fewer than 5)")?;
        }
        rows(answer, "/tables").try_for_each(print)
    })
}

/// Only the tables that were named, all of them if none was.
fn narrowed(mut answer: Value, wanted: &[String]) -> Value {
    if let Some(tables) = answer.pointer_mut("/tables").and_then(Value::as_array_mut).filter(|_| !wanted.is_empty()) {
        tables.retain(|table| wanted.contains(&terminal::text(table, "/key")));
    }
    answer
}

fn print(table: &Value) -> Result<(), StartError> {
    let [key, zh, en, rate] = ["/key", "/zh", "/en", "/rate/zh"].map(|field| terminal::text(table, field));
    let empty = rows(table, "/rows").next().is_none() && table.pointer("/sum").is_none_or(Value::is_null);
    if empty {
        return Ok(());
    }
    terminal::line(format!("\n{zh} {en} ({key})"))?;
    let columns: Vec<String> = rows(table, "/columns").map(|column| terminal::text(column, "/zh")).collect();
    terminal::line(format!("{:>8}  {}  {rate}", "合计", columns.join("  ")))?;
    let sum = table.pointer("/sum").filter(|sum| !sum.is_null());
    rows(table, "/rows").chain(sum).try_for_each(row)
}

fn row(row: &Value) -> Result<(), StartError> {
    let [code, name, total, rate] = ["/code", "/zh", "/total", "/rate"].map(|field| terminal::text(row, field));
    let cells: Vec<String> = rows(row, "/cells").map(|cell| format!("{:>6}", terminal::text(cell, ""))).collect();
    let rate = if rate.is_empty() { rate } else { format!("{rate}%") };
    terminal::line(format!("{total:>8}  {}  {rate:>4}  {name} {code}", cells.join(" ")))
}

fn rows<'a>(answer: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    answer.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}
