//! `login`, `logout`.

use nightsafe_runtime::{ExitCode, StartError};

use super::{ask, terminal};
use crate::{cli::LoginArguments, config::Config, control::protocol::Request, credentials};

/// Binds this system user to an account for eight hours.
pub(crate) fn log_in(config: &Config, arguments: LoginArguments) -> Result<ExitCode, StartError> {
    let password = credentials::read_password(&arguments.password_file)?;
    let request = Request::Login { name: arguments.name, password: password.expose().to_owned(), code: arguments.code };
    let session = ask(config, &request)?;
    terminal::answer(arguments.output, &session, |session| {
        terminal::line(format!(
            "已登录 logged in: {} ({}, {})，至 until {}",
            terminal::text(session, "/account"),
            terminal::text(session, "/role"),
            terminal::text(session, "/unit"),
            terminal::text(session, "/expires"),
        ))
    })
}

/// Ends it.
pub(crate) fn log_out(config: &Config) -> Result<ExitCode, StartError> {
    ask(config, &Request::Logout)?;
    terminal::line("已退出 logged out")?;
    Ok(ExitCode::Ok)
}
