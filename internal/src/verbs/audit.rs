//! `audit`, `audit verify`.

use std::path::Path;

use nightsafe_ledger::{SignedHead, VerifyError, head::HeadError, verify as verify_ledger};
use nightsafe_runtime::{ExitCode, HasExitCode, StartError};
use serde_json::{Value, json};

use super::{ask, terminal};
use crate::{
    cli::{AuditListing, Output},
    config::Config,
    control::protocol::Request,
    site::head_signer,
};

/// Lists the audit log.
pub(crate) fn list(config: &Config, query: AuditListing) -> Result<ExitCode, StartError> {
    let AuditListing { case, actor, kind, skip, output } = query;
    let log = ask(config, &Request::Audit { case, actor, kind, skip })?;
    terminal::answer(output, &log, |log| {
        terminal::line(format!("共 {0} 条 ({0} events)", terminal::text(log, "/total")))?;
        log.pointer("/rows").and_then(Value::as_array).into_iter().flatten().try_for_each(row)
    })
}

fn row(row: &Value) -> Result<(), StartError> {
    let [seq, at, actor, role, kind, case, detail] =
        ["/seq", "/at", "/actor", "/role", "/kind", "/case", "/detail"].map(|field| terminal::text(row, field));
    let at = at.get(..19).unwrap_or(&at).to_owned();
    terminal::line(format!("{seq:>8}  {at}  {actor:<20} {role:<16} {kind:<20} {case:<14}  {detail}"))
}

/// Verifies the ledger's chain; needs no daemon, no store key and no lock.
pub(crate) fn verify(config: &Config, against: Option<&Path>, output: Output) -> Result<ExitCode, StartError> {
    let key = head_signer(config)?.public_key();
    let head = against.map(SignedHead::read).transpose().map_err(NotVerified::Head)?;
    let intact = verify_ledger(&config.folders.ledger, &key, head.as_ref()).map_err(NotVerified::Ledger)?;
    let value = json!({
        "intact": true,
        "events": intact.tail.seq,
        "last": intact.tail.digest,
        "heads": intact.heads,
        "vouched_through": intact.vouched_through,
        "unfinished_bytes": intact.unfinished,
    });
    terminal::answer(output, &value, |_value| {
        terminal::line(format!(
            "● 完整 INTACT  {} 个事件 events，{} 个签名头 signed heads，签名覆盖至 vouched through {}",
            intact.tail.seq, intact.heads, intact.vouched_through,
        ))
    })
}

/// The ledger is not as it was written.
#[derive(Debug, thiserror::Error)]
enum NotVerified {
    #[error("▲ 账本校验未通过 (the ledger does not verify)")]
    Ledger(#[source] VerifyError),
    #[error("签名头不可用 (the head cannot be used)")]
    Head(#[source] HeadError),
}

impl HasExitCode for NotVerified {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Ledger(VerifyError::Disk { .. }) | Self::Head(HeadError::File { .. }) => ExitCode::Disk,
            Self::Ledger(_) | Self::Head(HeadError::WrongSignature) => ExitCode::Integrity,
            Self::Head(_) => ExitCode::Usage,
        }
    }
}
