//! `search`: asks the daemon, as whoever is logged in, and prints a page of hits. It reads nothing itself.

use nightsafe_runtime::{ExitCode, StartError};
use serde_json::Value;

use super::{ask, terminal};
use crate::{cli::SearchArguments, config::Config, control::protocol::Request};

/// Asks the daemon and prints the cases found.
pub(crate) fn run(config: &Config, arguments: SearchArguments) -> Result<ExitCode, StartError> {
    let found = ask(config, &Request::Search { text: arguments.text, skip: arguments.skip })?;
    terminal::answer(arguments.output, &found, |found| {
        terminal::line(format!("共 {0} 条 ({0} found)", terminal::text(found, "/total")))?;
        found.pointer("/rows").and_then(Value::as_array).into_iter().flatten().try_for_each(row)
    })
}

fn row(row: &Value) -> Result<(), StartError> {
    let [case, priority, flow, hour, title] =
        ["/case", "/priority", "/flow", "/received_hour", "/title"].map(|field| terminal::text(row, field));
    terminal::line(format!("{case}  {priority:<2}  {flow:<18}  {hour}  {title}"))?;
    let snippets = row.pointer("/snippets").and_then(Value::as_array);
    for snippet in snippets.into_iter().flatten().filter_map(Value::as_array) {
        let pieces: String = snippet.iter().enumerate().map(piece).collect();
        terminal::line(format!("    …{pieces}…"))?;
    }
    Ok(())
}

/// Every second piece is a found one.
fn piece((position, piece): (usize, &Value)) -> String {
    let text = terminal::plain(piece.as_str().unwrap_or_default());
    if position % 2 == 1 { format!("【{text}】") } else { text }
}
