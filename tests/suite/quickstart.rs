//! The first of the README's two commands, as an impatient person uses it.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{Command, Stdio},
};

use nightsafe_quickstart::{
    child::signal_politely,
    run::{PROGRAMS_VARIABLE, samples_folder},
    samples,
};
use serde_json::Value;

#[test]
fn a_port_in_use_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let output = quickstart(&folder.path().join("data")).args(["--once", "--gateway-addr", &address]).output().unwrap();
    assert_eq!(output.status.code(), Some(8));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains(&address) && errors.contains("--gateway-addr"), "{errors}");
    assert!(!folder.path().join("data").exists(), "nothing was made");
}

#[test]
fn the_quickstart_holds_again_over_the_same_folder_and_ends_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let any = ["--json", "--gateway-addr", "127.0.0.1:0", "--console-addr", "127.0.0.1:0"];
    let once = quickstart(&data).args(any).arg("--once").output().unwrap();
    assert!(once.status.success(), "{}", String::from_utf8_lossy(&once.stderr));
    assert_all_held(&serde_json::from_slice(&once.stdout).unwrap());
    assert_eq!(processes_of(&data), Vec::<String>::new());

    let mut staying = quickstart(&data).args(any).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(staying.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_all_held(&serde_json::from_str(&line).unwrap());
    assert_eq!(processes_of(&data).len(), 5, "{:?}", processes_of(&data));
    signal_politely(&staying);
    assert!(staying.wait().unwrap().success());
    assert_eq!(processes_of(&data), Vec::<String>::new());
}

#[test]
fn the_quickstart_holds_over_a_one_way_link() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut command = quickstart(&data);
    command.args([
        "--json",
        "--once",
        "--lane",
        "diode",
        "--gateway-addr",
        "127.0.0.1:0",
        "--console-addr",
        "127.0.0.1:0",
    ]);
    let once = command.output().unwrap();
    assert!(once.status.success(), "{}", String::from_utf8_lossy(&once.stderr));
    assert_all_held(&serde_json::from_slice(&once.stdout).unwrap());
    assert_eq!(fs::read_dir(data.join("medium")).unwrap().count(), 0, "nothing went by the medium");
    assert_eq!(processes_of(&data), Vec::<String>::new());
}

fn assert_all_held(outcome: &Value) {
    assert_eq!(outcome["ok"], true, "{outcome:#}");
    let samples = samples::read_all(&samples_folder()).unwrap();
    let accepted = samples.iter().filter(|sample| sample.expected.http == 201).count();
    assert!(accepted >= 7 && accepted < samples.len(), "some are accepted and some are not");
    assert_eq!((&outcome["accepted"], &outcome["refused"]), (&accepted.into(), &(samples.len() - accepted).into()));
}

fn quickstart(data: &std::path::Path) -> Command {
    let mut command = if let Some(folder) = std::env::var_os(PROGRAMS_VARIABLE) {
        Command::new(PathBuf::from(folder).join("nightsafe-quickstart"))
    } else {
        let mut command = Command::new(env!("CARGO"));
        command.args(["run", "--quiet", "--release", "-p", "nightsafe-quickstart", "--"]);
        command
    };
    command.arg("--data").arg(data).stdin(Stdio::null());
    command
}

/// The command lines of all processes that name the data folder.
fn processes_of(data: &std::path::Path) -> Vec<String> {
    let lines = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let line = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(&data.display().to_string())).collect()
}
