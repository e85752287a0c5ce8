//! `--watch`: ready once, wakes on changes, ends on SIGTERM.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::{Gateway, Site};
use crate::program::{command, run};

struct Watching {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Watching {
    fn start(site: &Site, on: &str, verb: &str) -> Self {
        let mut command = command(site, on);
        command.args(["--json", verb, "--watch"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        Self { child, lines }
    }

    /// The next report: something was done.
    fn report(&mut self) -> serde_json::Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }

    fn stop(mut self) -> i32 {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap()
    }
}

#[test]
fn both_sides_follow_their_folders_until_told_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept(b"before");
    let site = Site::new(&gateway);
    let mut low = Watching::start(&site, "low", "export");
    assert_eq!(low.report()["entries"], 1);
    let mut high = Watching::start(&site, "high", "import");
    assert_eq!(high.report()["handed_over"], 1);
    assert_eq!(run(&site, "high", &["import"]).code, 8);
    // Short commands take their turn between two passes.
    let acknowledged = run(&site, "high", &["ack"]);
    let line = acknowledged.json["acknowledgements"][0]["ticket"].as_str().unwrap().to_owned();
    assert_eq!(run(&site, "low", &["ack", &line]).json["deleted"], 1);
    gateway.accept(b"after");
    assert_eq!(low.report()["entries"], 1);
    let mut handed_over = 0;
    while handed_over == 0 {
        // A volume that is seen while it is still being renamed brings nothing yet.
        handed_over = high.report()["handed_over"].as_u64().unwrap();
    }
    assert!(site.inbox_has(&gateway, 2));
    assert_eq!((low.stop(), high.stop()), (0, 0));
    assert!(site.leftovers("medium").is_empty() && site.leftovers("high").is_empty());
}
