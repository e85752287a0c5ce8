//! `ingest`, `ingest --once`.

use std::sync::Arc;

use nightsafe_runtime::{ExitCode, StartError, Telemetry, TelemetryFormat};
use serde_json::Value;

use super::{ask, terminal};
use crate::{
    cli::IngestArguments,
    config::Config,
    control::protocol::Request,
    indexed::SharedIndex,
    process,
    receipt::{Deriving, Receipt, pass::Pass},
    site::Site,
};

/// Asks the daemon for a pass, or runs passes without one until nothing moves.
pub(crate) fn run(config: Config, arguments: &IngestArguments) -> Result<ExitCode, StartError> {
    if !arguments.once {
        let pass = ask(&config, &Request::Ingest)?;
        return terminal::answer(arguments.output, &pass, print);
    }
    Telemetry::full(TelemetryFormat::Text).start()?;
    process::forbid_dumps()?;
    let site = Arc::new(Site::open(config)?);
    let mut receipt = Receipt::open(Arc::clone(&site))?;
    let deriving = if arguments.leave_numbers { Deriving::Awaited } else { Deriving::All };
    let pass = receipt.exhaust(deriving)?;
    site.linker.follow(&site, &|| true)?;
    SharedIndex::open(&site)?.catch_up(&site);
    site.records.keep_if_due();
    let value = serde_json::to_value(&pass).map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
    terminal::answer(arguments.output, &value, print)?;
    Ok(code_of(&pass, arguments))
}

fn print(pass: &Value) -> Result<(), StartError> {
    for (field, words) in COUNTS {
        let count = pass.get(field).and_then(Value::as_u64).unwrap_or(0);
        if count > 0 {
            terminal::line(format!("{count:>6}  {words}"))?;
        }
    }
    if let Some(trouble) = pass.get("trouble").and_then(Value::as_str) {
        terminal::line(format!("接收受阻 stuck: {trouble}"))?;
    } else if pass.as_object().is_some_and(|counts| counts.values().all(|count| count == 0)) {
        terminal::line("没有可处理的 nothing to do")?;
    }
    Ok(())
}

/// The worst that happened, in the order that all programs share.
fn code_of(pass: &Pass, arguments: &IngestArguments) -> ExitCode {
    let happened = [
        (pass.integrity_failures > 0, ExitCode::Integrity),
        (pass.without_identity > 0, ExitCode::Key),
        (pass.quarantined > 0, ExitCode::BytesDiffer),
        (pass.postponed > pass.without_identity, ExitCode::Stuck),
        (arguments.fail_if_empty && *pass == Pass::default(), ExitCode::NothingToDo),
    ];
    happened.into_iter().filter_map(|(happened, code)| happened.then_some(code)).collect()
}

const COUNTS: [(&str, &str); 9] = [
    ("opened", "新立案件 cases opened"),
    ("supplemented", "补充材料 supplements"),
    ("retried", "重复提交 retries"),
    ("attachments", "附件归案 attachments"),
    ("attachments_ahead", "附件先到，等待举报 attachments ahead of their report"),
    ("cleared", "此前已记录，已清出收件箱 recorded before, cleared"),
    ("quarantined", "已隔离，请查看 quarantine 目录 quarantined: see the quarantine folder"),
    ("postponed", "留待下次 postponed"),
    ("without_identity", "其中缺少收件私钥 of these, without an intake identity"),
];
