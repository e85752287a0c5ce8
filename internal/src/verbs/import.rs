//! `import`: reads a file, asks the daemon what it would change or to change it, and prints that.

use nightsafe_runtime::{
    ExitCode, StartError,
    bounded_file::{self, ReadError},
    exit::HasExitCode,
};
use serde_json::Value;

use super::{ask, terminal};
use crate::{cli::ImportArguments, config::Config, control::protocol::Request, limits};

/// Runs it.
pub(crate) fn run(config: &Config, arguments: &ImportArguments) -> Result<ExitCode, StartError> {
    let text = bounded_file::read_text(&arguments.file, limits::IMPORT_BYTES).map_err(Unreadable)?;
    let request = Request::Import { table: arguments.table.clone(), text, apply: arguments.apply };
    let answer = ask(config, &request)?;
    terminal::answer(arguments.output, &answer, |answer| {
        let listed = |field: &str| answer.pointer(field).and_then(Value::as_array).cloned().unwrap_or_default();
        for (mark, field) in [("+", "/added"), ("-", "/removed")] {
            for row in listed(field) {
                terminal::line(format!("{mark} {}", terminal::text(&row, "")))?;
            }
        }
        for row in listed("/changed") {
            terminal::line(format!("- {}", terminal::text(&row, "/before")))?;
            terminal::line(format!("+ {}", terminal::text(&row, "/after")))?;
        }
        let count = |place: usize| terminal::text(answer, &format!("/counts/{place}"));
        let state = if arguments.apply {
            "已生效 applied"
        } else {
            "只是试算，加 --apply 生效 a dry run: --apply puts it in force"
        };
        terminal::line(format!(
            "新增 added {}  去掉 removed {}  改动 changed {}  {state}",
            count(0),
            count(1),
            count(2)
        ))
    })
}

/// The file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("要导入的文件不可读 (the file to import cannot be read)")]
struct Unreadable(#[source] ReadError);

impl HasExitCode for Unreadable {
    fn exit_code(&self) -> ExitCode {
        self.0.exit_code()
    }
}
