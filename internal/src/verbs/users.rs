//! `users`, `users add`.

use std::path::Path;

use nightsafe_runtime::{ExitCode, StartError};
use serde_json::Value;

use super::{ask, terminal};
use crate::{
    cli::{NewUserArguments, Output, UndertakeArguments, UserArguments},
    config::Config,
    control::protocol::Request,
    credentials,
};

/// Lists the accounts.
pub(crate) fn list(config: &Config, output: Output) -> Result<ExitCode, StartError> {
    let users = ask(config, &Request::Users)?;
    terminal::answer(output, &users, |users| {
        for user in users.pointer("/users").and_then(Value::as_array).into_iter().flatten() {
            let [name, role, unit, added_at] =
                ["/name", "/role", "/unit", "/added_at"].map(|field| terminal::text(user, field));
            let closed = if user["closed"] == true { "  已停用 closed" } else { "" };
            terminal::line(format!("{name:<24} {role:<18} {unit:<24} {added_at}{closed}"))?;
        }
        Ok(())
    })
}

/// Files a person's undertaking.
pub(crate) fn undertake(config: &Config, arguments: UndertakeArguments) -> Result<ExitCode, StartError> {
    let UndertakeArguments { name, signed, until, document, output } = arguments;
    let filed = ask(config, &Request::Undertake { name, signed, until, document })?;
    terminal::answer(output, &filed, |filed| {
        terminal::line(format!("已登记保密承诺书 undertaking filed: {}", terminal::text(filed, "/filed")))
    })
}

/// Adds one.
pub(crate) fn add(config: &Config, arguments: NewUserArguments) -> Result<ExitCode, StartError> {
    let password = credentials::read_password(&arguments.password_file)?;
    let request = Request::AddUser {
        name: arguments.name,
        role: arguments.role,
        unit: arguments.unit,
        password: password.expose().to_owned(),
    };
    let added = ask(config, &request)?;
    terminal::answer(arguments.output, &added, |added| {
        terminal::line(format!("已新增账号 account added: {}", terminal::text(added, "/added")))
    })
}

/// Changes one: `change` as the daemon names it.
pub(crate) fn change(
    config: &Config,
    which: UserArguments,
    change: &str,
    password: Option<&Path>,
) -> Result<ExitCode, StartError> {
    let password = password.map(credentials::read_password).transpose()?;
    let password = password.map(|password| password.expose().to_owned()).unwrap_or_default();
    let UserArguments { name, output } = which;
    let changed = ask(config, &Request::ChangeUser { name, change: change.to_owned(), password })?;
    terminal::answer(output, &changed, |changed| {
        terminal::line(format!("已更改账号 account changed: {}", terminal::text(changed, "/changed")))
    })
}
