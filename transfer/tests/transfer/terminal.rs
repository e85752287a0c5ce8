//! What a person at a terminal gets: a page that leaves the terminal as it found it, colour, manual pages, completions.
//! The terminal is a real one, made by `script`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::{Gateway, Site};
use crate::program::{command, run};

fn site() -> (tempfile::TempDir, Gateway, Site) {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept_many(2);
    gateway.write_head();
    let site = Site::new(&gateway);
    (folder, gateway, site)
}

/// A shell on a terminal of its own that runs the status page between two looks at the terminal's settings.
struct Terminal {
    script: Child,
    shown: String,
}

impl Terminal {
    fn start(site: &Site) -> Self {
        let program = env!("CARGO_BIN_EXE_nightsafe-transfer");
        let lines = format!(
            "stty rows 40 cols 120\nstty -a >before\n'{program}' --config low/transfer.toml status --watch\n\
             echo $? >code\nstty -a >after\n"
        );
        fs::write(site.path("lines"), lines).unwrap();
        // A page that never shows what is waited for is an end of the text, and no endless wait.
        let mut command = Command::new("timeout");
        command.args(["120", "script", "-qec", "sh lines", "/dev/null"]).current_dir(site.path(""));
        command.env("LANG", "zh_CN.UTF-8").env("TERM", "xterm-256color").env_remove("NO_COLOR").env("SHELL", "/bin/sh");
        let script = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        Self { script, shown: String::new() }
    }

    /// Reads what is shown until it holds some text.
    fn wait_for(&mut self, text: &str) {
        let mut bytes = [0; 4096];
        while !self.shown.contains(text) {
            let length = self.script.stdout.as_mut().unwrap().read(&mut bytes).unwrap();
            assert_ne!(length, 0, "{text} is not shown");
            self.shown.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
    }

    fn end(mut self, site: &Site) -> String {
        let mut rest = Vec::new();
        self.script.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
        drop(self.script.stdin.take());
        self.script.wait().unwrap();
        let read = |name: &str| fs::read_to_string(site.path(name)).unwrap();
        assert_eq!(read("before"), read("after"), "the terminal's settings");
        assert_eq!(read("code").trim(), "0");
        let shown = format!("{}{}", self.shown, String::from_utf8_lossy(&rest));
        let (entered, left) = (shown.rfind("\x1b[?1049h").unwrap(), shown.rfind("\x1b[?1049l").unwrap());
        assert!(entered < left, "the page's screen was not left");
        shown
    }
}

#[test]
fn q_leaves_the_page_and_the_terminal_is_as_before() {
    let (_folder, _gateway, site) = site();
    let mut terminal = Terminal::start(&site);
    // Between wide letters and over blanks the cursor is moved; a word in narrow letters is shown in one go.
    terminal.wait_for("queue");
    terminal.wait_for("leave");
    terminal.script.stdin.as_mut().unwrap().write_all(b"q").unwrap();
    let shown = terminal.end(&site);
    assert!(shown.contains('●'));
}

#[test]
fn sigterm_leaves_the_page_and_the_terminal_is_as_before() {
    let (_folder, _gateway, site) = site();
    let mut terminal = Terminal::start(&site);
    terminal.wait_for("leave");
    let program = descendant_called(terminal.script.id(), "nightsafe-trans");
    kill_process(program, Signal::TERM).unwrap();
    terminal.end(&site);
}

/// The process of this name below another; the kernel keeps fifteen letters of a name.
fn descendant_called(ancestor: u32, name: &str) -> Pid {
    let mut parents = vec![ancestor.to_string()];
    while let Some(parent) = parents.pop() {
        for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
            // `pid (name) state parent …`
            let (before, after) = stat.rsplit_once(')').unwrap();
            let (pid, found) = before.split_once(" (").unwrap();
            if after.split_whitespace().nth(1) != Some(parent.as_str()) {
                continue;
            }
            if found == name {
                return Pid::from_raw(pid.parse().unwrap()).unwrap();
            }
            parents.push(pid.to_owned());
        }
    }
    panic!("no {name} below {ancestor}");
}

#[test]
fn colour_is_for_terminals_and_not_against_the_readers_wish() {
    let (_folder, _gateway, site) = site();
    let on_terminal = |no_colour: &str| {
        let line = format!(
            "'{}' --config '{}' status",
            env!("CARGO_BIN_EXE_nightsafe-transfer"),
            site.path("low/transfer.toml").display()
        );
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).env("NO_COLOR", no_colour).env("SHELL", "/bin/sh");
        String::from_utf8(command.stdin(Stdio::null()).output().unwrap().stdout).unwrap()
    };
    assert!(on_terminal("").starts_with("\x1b[1;32m● 正常 OK\x1b[0m"), "{:?}", on_terminal(""));
    assert!(!on_terminal("1").contains('\x1b'));
    let piped = command(&site, "low").arg("status").env("NO_COLOR", "").output().unwrap().stdout;
    assert!(!String::from_utf8(piped).unwrap().contains('\x1b'));
}

#[test]
fn without_a_terminal_the_status_is_followed_line_by_line() {
    use std::io::{BufRead as _, BufReader};
    let (_folder, mut gateway, site) = site();
    let mut child = command(&site, "low").args(["--json", "status", "--watch"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<serde_json::Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["waiting"], 2);
    gateway.accept(b"one more");
    assert_eq!(next()["waiting"], 3);
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn manual_and_completions_need_no_configuration() {
    let program = || Command::new(env!("CARGO_BIN_EXE_nightsafe-transfer"));
    let man = program().args(["man"]).output().unwrap();
    assert!(man.status.success());
    let page = String::from_utf8(man.stdout).unwrap();
    for code in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "130"] {
        assert!(page.contains(&format!(".TP\n\\fB{code}\\fR\n")), "{code}: {page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let output = program().args(["completions", shell]).output().unwrap();
        assert!(output.status.success() && !output.stdout.is_empty(), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(program().arg("man").arg("--folder").arg(folder.path()).output().unwrap().status.success());
    assert!(folder.path().join("nightsafe-transfer-quarantine-release.1").exists());
}

#[test]
fn a_command_that_was_not_carried_out_has_a_verdict_and_a_next_step() {
    let (_folder, _gateway, site) = site();
    fs::remove_file(site.path("keys/ring.json.a.minisig")).unwrap();
    let refused = run(&site, "low", &["export"]);
    assert_eq!((refused.code, &refused.json["verdict"], &refused.json["exit"]), (6, &"key".into(), &6.into()));
    assert!(refused.json["next"]["zh"].is_string());
    assert_eq!(refused.stderr.lines().filter(|line| line.starts_with("nightsafe-transfer: ")).count(), 1);
    let output = command(&site, "low").arg("export").output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.starts_with("■ 密钥 KEY   没有完成 not done\n  下一步 next  tell the key officer"), "{shown}");
}
