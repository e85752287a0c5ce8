//! `me`: one's own account, as the daemon has it.

use std::collections::BTreeMap;

use nightsafe_runtime::{ExitCode, StartError};
use serde_json::Value;

use super::{ask, terminal};
use crate::{
    cli::{MeArguments, MeVerb, Output},
    config::Config,
    control::protocol::Request,
    credentials,
};

/// Shows it, or changes it.
pub(crate) fn run(config: &Config, arguments: MeArguments) -> Result<ExitCode, StartError> {
    let output = Output { json: arguments.json };
    let Some(verb) = arguments.verb else {
        return terminal::answer(output, &ask(config, &Request::Me)?, |own| terminal::tree(own, 0));
    };
    let (change, fields) = match verb {
        MeVerb::Password { current_file, new_file } => {
            let (current, new) = (credentials::read_password(&current_file)?, credentials::read_password(&new_file)?);
            ("password", vec![("current", current.expose().to_owned()), ("new", new.expose().to_owned())])
        }
        MeVerb::TotpBegin { current_file } => {
            ("totp_begin", vec![("current", credentials::read_password(&current_file)?.expose().to_owned())])
        }
        MeVerb::TotpConfirm { code } => ("totp_confirm", vec![("code", code)]),
        MeVerb::EndSessions => ("end_sessions", Vec::new()),
        MeVerb::Shortcuts { turn } if turn == "on" => ("shortcuts_on", Vec::new()),
        MeVerb::Shortcuts { .. } => ("shortcuts_off", Vec::new()),
        MeVerb::Columns { default: true, .. } => ("columns_default", Vec::new()),
        MeVerb::Columns { columns, .. } => ("columns", vec![("columns", columns.join(","))]),
    };
    let fields: BTreeMap<String, String> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let changed = ask(config, &Request::ChangeOwn { change: change.to_owned(), fields })?;
    terminal::answer(output, &changed, told)
}

fn told(changed: &Value) -> Result<(), StartError> {
    if changed.get("secret").is_none() {
        return terminal::line("已更改 changed");
    }
    terminal::line(format!("密钥，只显示这一次 secret, shown this once: {}", terminal::text(changed, "/secret")))?;
    terminal::line(terminal::text(changed, "/uri"))?;
    terminal::line("下一步 next: nightsafe-internal me totp-confirm CODE")
}
