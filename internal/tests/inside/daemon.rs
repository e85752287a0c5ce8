//! The daemon under test, and the command line that talks to it.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    clock::LaterDay,
    program::Run,
    site::{OFFICER, Site},
};

/// A running daemon; ended when dropped.
pub(crate) struct Daemon<'a> {
    site: &'a Site,
    child: Child,
    /// Where the console listens.
    pub(crate) address: String,
}

impl<'a> Daemon<'a> {
    /// Starts it and waits until it says that it is ready.
    pub(crate) fn start(site: &'a Site) -> Self {
        Self::started(site, site.command(["serve"]))
    }

    /// The same on a later day.
    pub(crate) fn start_on(site: &'a Site, day: &LaterDay) -> Self {
        let mut command = site.command(["serve"]);
        day.rule(&mut command);
        Self::started(site, command)
    }

    /// Starts one that is to be killed.
    pub(crate) fn doomed(site: &'a Site, command: Command) -> Self {
        Self::started(site, command)
    }

    /// The signal that it ended by.
    pub(crate) fn killed_by(mut self) -> Option<i32> {
        std::os::unix::process::ExitStatusExt::signal(&self.child.wait().unwrap())
    }

    fn started(site: &'a Site, mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("ready ").expect("the daemon did not become ready").to_owned();
        Self { site, child, address }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Logs in as one of the accounts of the site.
    pub(crate) fn log_in(&self, name: &str) -> Value {
        let password = self.site.password_file();
        self.run(["login", "--json", "--name", name, "--password-file", password.to_str().unwrap()]).json()
    }

    /// Adds an account and logs in as it.
    pub(crate) fn become_new(&self, name: &str, role: &str, unit: &str) {
        self.log_in(OFFICER);
        let password = self.site.password_file();
        let password = password.to_str().unwrap();
        self.run([
            "users",
            "add",
            "--json",
            "--name",
            name,
            "--role",
            role,
            "--unit",
            unit,
            "--password-file",
            password,
        ])
        .json();
        self.log_in(name);
    }

    /// Has the daemon look at the inbox now.
    pub(crate) fn ingest(&self) -> Value {
        self.log_in(OFFICER);
        let known = self.run(["users", "--json"]).json();
        if known["users"].as_array().unwrap().iter().any(|user| user["name"] == "operator") {
            self.log_in("operator");
        } else {
            self.become_new("operator", "administrator", "OFFICE.000000");
        }
        self.run(["ingest", "--json"]).json()
    }

    /// How many cases a search finds for whoever is logged in.
    pub(crate) fn count(&self, text: &str) -> u64 {
        self.run(["search", "--json", text]).json()["total"].as_u64().unwrap()
    }

    /// The case numbers that a search finds for whoever is logged in.
    pub(crate) fn found(&self, text: &str) -> Vec<String> {
        let page = self.run(["search", "--json", text]).json();
        let rows = page["rows"].as_array().unwrap();
        assert_eq!(page["total"], rows.len());
        rows.iter().map(|row| row["case"].as_str().unwrap().to_owned()).collect()
    }

    /// Runs a command while it serves.
    pub(crate) fn run<A: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        self.site.run(arguments)
    }

    /// Asks it to end; its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.terminate();
        self.child.wait().unwrap().code()
    }

    fn terminate(&self) {
        let id = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        let _ = kill_process(id, Signal::TERM);
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.terminate();
            let _ = self.child.wait();
        }
    }
}
