//! `show`: asks the daemon for one case, with a reason also for the identity, and prints it. It reads nothing itself.

use nightsafe_runtime::{ExitCode, StartError};
use serde_json::Value;

use super::{ask, terminal};
use crate::{cli::ShowArguments, config::Config, control::protocol::Request};

/// Asks the daemon and prints one case.
pub(crate) fn run(config: &Config, arguments: ShowArguments) -> Result<ExitCode, StartError> {
    let case = ask(config, &Request::Show { case: arguments.case, identity: arguments.identity })?;
    terminal::answer(arguments.output, &case, print)
}

pub(super) fn print(case: &Value) -> Result<(), StartError> {
    let of = |field: &str| terminal::text(case, field);
    terminal::line(format!("{}  {}", of("/summary/case"), of("/summary/title")))?;
    terminal::line(format!(
        "类型 flow {}  优先 priority {}  接收 received {}  身份 identity {}",
        of("/summary/flow"),
        of("/summary/priority"),
        of("/summary/received_hour"),
        of("/summary/identity_mode"),
    ))?;
    for (heading, field) in SECTIONS {
        let Some(section) = case.get(field).filter(|section| !is_empty(section)) else { continue };
        terminal::line(format!("\n{heading}"))?;
        terminal::tree(section, 1)?;
    }
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(members) => members.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

const SECTIONS: [(&str, &str); 9] = [
    ("举报内容 report", "report"),
    ("附件 attachments", "attachments"),
    ("补充 supplements", "supplements"),
    ("相似线索 links", "links"),
    ("并案 series", "series"),
    ("研判 triage", "triage"),
    ("办理 work", "work"),
    ("分办 routing", "routing"),
    ("举报人身份 identity", "identity"),
];
