//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use nightsafe_runtime::exit::conclude;
use nightsafe_runtime::{ExitCode, StartError, TelemetryFormat};

use crate::commands;

/// 接收举报，加密，写入待发箱。Takes reports, seals them and puts them into the outbox.
#[derive(Debug, Parser)]
#[command(name = PROGRAM, version)]
struct Cli {
    /// 配置文件。The configuration.
    #[arg(long, default_value = "gateway.toml", global = true)]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 建立文件夹、密钥和示例配置，已有的不动。Makes folders, credentials and an example configuration where missing.
    Init {
        /// 输出 JSON。Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// 开始接收。Serves.
    Serve {
        /// 日志格式。How telemetry is written.
        #[arg(long, value_enum, default_value_t)]
        log: TelemetryFormat,
    },
    /// 检查目录文件。Checks a catalog.
    CheckCatalog {
        /// 目录文件夹；不写则用配置里的。The folder; the configured one otherwise.
        folder: Option<PathBuf>,
    },
    /// 显示状态。Says how things stand.
    Status {
        /// 输出 JSON。Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// 从快照恢复后，另起一条日志。Starts a new journal after a snapshot was restored.
    NewStream {
        /// 内网已知的最新 head.json。The newest head.json known inside.
        #[arg(long, value_name = "HEAD")]
        after: PathBuf,
    },
    /// Prints every address as JSON, for the browser tests.
    #[command(hide = true)]
    Routes,
    /// Prints the names of all failpoints.
    #[cfg(feature = "failpoints")]
    #[command(hide = true)]
    Failpoints,
}

/// Runs the program.
pub fn run() -> ExitCode {
    conclude(PROGRAM, dispatch(Cli::parse()))
}

fn dispatch(cli: Cli) -> Result<ExitCode, StartError> {
    match cli.command {
        Command::Init { json } => commands::init(&cli.config, commands::Output::of(json)),
        Command::Serve { log } => commands::serve(&cli.config, log),
        Command::CheckCatalog { folder } => commands::check_catalog(&cli.config, folder.as_deref()),
        Command::Status { json } => commands::status(&cli.config, commands::Output::of(json)),
        Command::NewStream { after } => commands::new_stream(&cli.config, &after),
        Command::Routes => commands::routes(&cli.config),
        #[cfg(feature = "failpoints")]
        Command::Failpoints => commands::failpoints(),
    }
}

const PROGRAM: &str = "nightsafe-gateway";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
