//! The command line, and the run from beginning to end.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use nightsafe_quickstart::programs::Programs;
use serde_json::json;

use crate::{
    bench::{Bench, Extent},
    machine::{self, Machine},
    row::Row,
    rows, table,
};

/// 测量真实程序，每项都与同一次运行中的参照相比。Measures the real programs, each against a reference of the same run.
#[derive(Debug, Parser)]
#[command(name = "nightsafe-measure")]
pub struct Arguments {
    /// 已编译的程序所在目录 The folder of the built programs
    #[arg(long, value_name = "DIR")]
    programs: PathBuf,
    /// 数据目录，须在真实磁盘上 Where the data goes: a real disk
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// 只测这些项 Only these, by name
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// 只看能不能跑 Only to see that it works
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// 连同大数据量的项 With the large data sets
    #[arg(long)]
    full: bool,
    /// 结果另存为 JSON Write the result as JSON, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs and says whether every row with an aim reached it.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let chosen = chosen(&arguments.only)?;
    let extent = match (arguments.quick, arguments.full) {
        (true, _) => Extent::Quick,
        (_, true) => Extent::Full,
        _ => Extent::Ordinary,
    };
    std::fs::create_dir_all(&arguments.folder).with_context(|| arguments.folder.display().to_string())?;
    let machine = Machine::look(&arguments.folder)?;
    if machine.file_system == "tmpfs" {
        say("注意：内存文件系统，落盘的数字没有意义 the folder is in memory: figures about the disk mean nothing");
    }
    let bench = Bench::prepare(Programs::in_folder(&arguments.programs), &arguments.folder, extent)?;
    let mut rows: Vec<Row> = Vec::new();
    let mut failed = Vec::new();
    for (name, measure) in chosen {
        say(&format!("… {name} (负载 load {:.2})", machine::load()?));
        match measure(&bench) {
            Ok(measured) => rows.extend(measured),
            // One that cannot be measured must not take the others with it.
            Err(error) => failed.push(format!("{name}: {error:#}")),
        }
    }
    if let Some(path) = &arguments.json {
        let value = json!({ "machine": machine, "extent": format!("{extent:?}"), "rows": rows, "failed": failed });
        std::fs::write(path, serde_json::to_string_pretty(&value)?).with_context(|| path.display().to_string())?;
    }
    let text = table::drawn(&machine, &rows, io::stdout().is_terminal());
    writeln!(io::stdout().lock(), "{text}")?;
    for failure in &failed {
        say(&format!("✗ {failure}"));
    }
    // A row below its aim is a finding, not a failure of the run.
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen(only: &[String]) -> Result<Vec<rows::Measurement>> {
    let names: Vec<&str> = rows::ALL.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = only.iter().find(|name| !names.contains(&name.as_str())) {
        bail!("没有 there is no {unknown}; 有 there are: {}", names.join(" "));
    }
    let wanted = |name: &str| only.is_empty() || only.iter().any(|one| one == name);
    Ok(rows::ALL.iter().filter(|(name, _)| wanted(name)).copied().collect())
}

/// To standard error: the table alone is on standard output.
fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
