//! System calls of a running program that fail for a while, by `strace`.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

use rustix::process::{Pid, Signal, kill_process};

/// As long as it exists, the calls fail.
pub(crate) struct Injection(Child);

impl Injection {
    /// Makes every such call of the process end with its error from now on.
    pub(crate) fn into(id: u32, faults: &[(&str, &str)]) -> Self {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-o", "/dev/null", "-p", &id.to_string()]);
        for (call, error) in faults {
            strace.args(["-e", &format!("inject={call}:error={error}")]);
        }
        let calls: Vec<&str> = faults.iter().map(|(call, _)| *call).collect();
        strace.args(["-e", &format!("trace={}", calls.join(","))]);
        let mut strace = strace.stderr(Stdio::piped()).spawn().expect("strace");
        let mut words = BufReader::new(strace.stderr.take().unwrap());
        let mut first = String::new();
        words.read_line(&mut first).unwrap();
        assert!(first.contains("attached"), "strace may not look into the program: {first}");
        // It goes on telling about threads; nobody else reads that.
        thread::spawn(move || words.lines().map_while(Result::ok).for_each(drop));
        Self(strace)
    }

    /// The fault is over when this returns.
    pub(crate) fn end(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        if self.0.try_wait().unwrap().is_none() {
            kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
            self.0.wait().unwrap();
        }
    }
}

impl Drop for Injection {
    fn drop(&mut self) {
        self.stop();
    }
}
