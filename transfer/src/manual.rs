//! The manual pages and the completions: both from the words of the command line, so that they cannot drift from `--help`.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use nightsafe_runtime::{ExitCode, HasExitCode, durable_file};
use serde::Serialize;

use crate::cli::Cli;
use crate::metrics;
use crate::page::{Lines, Tell};
use crate::verdict::{EXIT_CODES, Verdict};

/// Where the pages were written.
#[derive(Debug, Serialize)]
pub(crate) struct Written {
    pages: Vec<PathBuf>,
}

/// Why they were not.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManualError {
    /// A page could not be made.
    #[error("cannot make the manual page")]
    Render(#[source] io::Error),
    /// A page could not be written.
    #[error("cannot write the manual pages")]
    Write(#[source] durable_file::DurableError),
}

impl HasExitCode for ManualError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Render(_) => ExitCode::Unexpected,
            Self::Write(source) => source.exit_code(),
        }
    }
}

impl Tell for Written {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!("手册页 manual pages {}", self.pages.len()));
        for page in &self.pages {
            lines.line(&page.to_string_lossy());
        }
    }
}

/// The main page: what `--help` says, exit codes, files, environment, metrics.
pub(crate) fn page() -> Result<Vec<u8>, ManualError> {
    let mut text = Vec::new();
    let man = Man::new(command()).manual("Nightsafe");
    let rendered = man
        .render_title(&mut text)
        .and_then(|()| man.render_name_section(&mut text))
        .and_then(|()| man.render_synopsis_section(&mut text))
        .and_then(|()| man.render_description_section(&mut text))
        .and_then(|()| man.render_options_section(&mut text))
        .and_then(|()| man.render_subcommands_section(&mut text))
        .and_then(|()| more().to_writer(&mut text))
        .and_then(|()| man.render_version_section(&mut text));
    rendered.map_err(ManualError::Render)?;
    Ok(text)
}

/// Writes the main page and one a command into a folder.
pub(crate) fn write_all(folder: &Path) -> Result<Written, ManualError> {
    durable_file::create_folder(folder).map_err(ManualError::Write)?;
    let mut pages = vec![(format!("{NAME}.1"), page()?)];
    let mut commands: Vec<Command> = command().get_subcommands().cloned().collect();
    while let Some(command) = commands.pop() {
        if command.is_hide_set() || command.get_name() == "help" {
            continue;
        }
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        commands.extend(command.get_subcommands().cloned());
        let mut text = Vec::new();
        Man::new(command).manual("Nightsafe").render(&mut text).map_err(ManualError::Render)?;
        pages.push((format!("{name}.1"), text));
    }
    pages.sort();
    let mut written = Vec::new();
    for (name, text) in pages {
        let path = folder.join(name);
        durable_file::replace(&path, &text).map_err(ManualError::Write)?;
        written.push(path);
    }
    Ok(Written { pages: written })
}

/// The completions for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), NAME, &mut text);
    text
}

fn command() -> Command {
    let mut command = Cli::command();
    // Names the commands in full: nightsafe-transfer-gap-accept-loss.
    command.build();
    command
}

/// The sections that the command line does not know.
fn more() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    roff.text([roman("几种同时出现时依次取 several at once, the first of: 10, 6, 7, 4, 3, 5。")]);
    for code in EXIT_CODES {
        let meaning = Verdict(code).meaning();
        roff.control("TP", []);
        roff.text([bold(code.number().to_string())]);
        roff.text([roman(format!("{}  {}  {}", Verdict(code).headline(), meaning.chinese(), meaning.english()))]);
    }
    roff.control("SH", ["FILES"]);
    for (file, zh, en) in FILES {
        roff.control("TP", []);
        roff.text([bold(*file)]);
        roff.text([roman(format!("{zh}  {en}"))]);
    }
    roff.control("SH", ["ENVIRONMENT"]);
    for (variable, zh, en) in ENVIRONMENT {
        roff.control("TP", []);
        roff.text([bold(*variable)]);
        roff.text([roman(format!("{zh}  {en}"))]);
    }
    roff.control("SH", ["METRICS"]);
    roff.text([roman(
        "配置 metrics = \"文件\"；每次运行后整体替换。With metrics = \"FILE\", replaced after every run.",
    )]);
    for (name, help) in metrics::ALL {
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text([roman(help)]);
    }
    roff
}

const NAME: &str = "nightsafe-transfer";

const FILES: &[(&str, &str, &str)] = &[
    ("transfer.toml", "本侧配置", "the configuration of this side (--config)"),
    ("state/", "本侧的记忆；丢失只费时间", "what this side remembers; losing it costs time and no item"),
    ("medium/volume-NNNNNN/", "卷；写好后不变", "a volume; never changed once it has its name"),
    ("quarantine/open/, settled/", "高侧：被拒的材料，未处理与已处理", "high side: refused material, open and settled"),
];

const ENVIRONMENT: &[(&str, &str, &str)] = &[
    ("LC_ALL, LC_MESSAGES, LANG", "以 zh 开头为中文，否则英文", "Chinese if it begins with zh, else English"),
    ("NO_COLOR", "非空则不用颜色", "no colour if it is not empty"),
    ("NIGHTSAFE_LOG", "运行记录的详细程度", "how much telemetry is written, such as nightsafe=debug"),
    ("NOTIFY_SOCKET, WATCHDOG_USEC", "由 systemd 设置", "set by systemd: readiness, status line, watchdog"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_and_metric_stands_in_the_manual() {
        let text = String::from_utf8(page().unwrap()).unwrap();
        let (_, exit_status) = text.split_once(".SH \"EXIT STATUS\"").unwrap();
        let (exit_status, _) = exit_status.split_once(".SH").unwrap();
        for code in EXIT_CODES {
            assert!(exit_status.contains(&format!("\n\\fB{}\\fR\n", code.number())), "{code:?}: {exit_status}");
        }
        assert!(metrics::ALL.iter().all(|(name, _)| text.contains(name)));
    }

    #[test]
    fn every_command_has_a_page_and_is_completed() {
        let folder = tempfile::tempdir().unwrap();
        let written = write_all(folder.path()).unwrap();
        let names: Vec<_> = written.pages.iter().map(|page| page.file_name().unwrap().to_str().unwrap()).collect();
        let completions = String::from_utf8(completions(clap_complete::Shell::Bash)).unwrap();
        for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let page = format!("{NAME}-{}.1", command.get_name());
            assert!(names.contains(&page.as_str()), "{page} of {names:?}");
            assert!(completions.contains(command.get_name()));
        }
        assert!(names.contains(&"nightsafe-transfer-gap-accept-loss.1"), "{names:?}");
        assert!(!names.iter().any(|name| name.contains("failpoints") || name.contains("help")), "{names:?}");
    }
}
