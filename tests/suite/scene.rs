//! A site in a temporary folder, for one test: prepared by the quickstart's own code, driven step by step.

use std::{
    env, fs,
    net::SocketAddr,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use nightsafe_quickstart::{
    accounts::{self, Account, FIRST_OFFICER},
    child::Child,
    client::Client,
    configuration::Addresses,
    layout::{Layout, Part},
    programs::{Program, Programs},
    run::{PROGRAMS_VARIABLE, samples_folder, workspace},
    samples::{self, Sample},
    site::Site,
    units::{NATIONAL_OFFICE, Units},
    visibility::Inspector,
};
use nightsafe_runtime::SystemClock;
use serde_json::Value;

use crate::visitor::Visitor;

/// A prepared site with one analyst, in the national office.
pub(crate) struct Scene {
    _folder: tempfile::TempDir,
    site: Site,
    clock: SystemClock,
    analyst: Account,
}

/// The programs as they ship.
pub(crate) fn programs() -> Programs {
    match env::var_os(PROGRAMS_VARIABLE) {
        Some(folder) => Programs::in_folder(Path::new(&folder)),
        None => Programs::build(workspace()).unwrap(),
    }
}

/// The programs with failpoints, which `tests/run` builds.
pub(crate) fn failpoint_programs() -> Programs {
    let folder = env::var_os("NIGHTSAFE_FAILPOINT_PROGRAMS");
    Programs::in_folder(Path::new(&folder.expect("NIGHTSAFE_FAILPOINT_PROGRAMS: run tests/run --only programs first")))
}

/// A sample report by the start of its name.
pub(crate) fn sample(start: &str) -> Sample {
    let samples = samples::read_all(&samples_folder()).unwrap();
    samples.into_iter().find(|sample| sample.name.starts_with(start)).unwrap()
}

impl Scene {
    /// A site without a report.
    pub(crate) fn prepared(programs: Programs) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::under(folder.path().join("site"));
        let any = "127.0.0.1:0".parse().unwrap();
        let site =
            Site::prepare(layout, programs, &samples_folder(), Addresses { gateway: any, console: any }).unwrap();
        let samples = samples::read_all(&samples_folder()).unwrap();
        let units = Units::read(&samples_folder().join("units.json")).unwrap();
        let accounts = accounts::choose(site.layout(), &samples, &units).unwrap();
        let find = |wanted: &dyn Fn(&Account) -> bool| accounts.iter().find(|one| wanted(one)).unwrap().clone();
        let officer = find(&|account| account.name == FIRST_OFFICER);
        let analyst = find(&|account| account.unit == NATIONAL_OFFICE && account.is_analyst());
        let scene = Self { _folder: folder, site, clock: SystemClock::start(), analyst };
        let mut inside = scene.start(Part::Internal);
        scene.inspector().log_in(&officer).unwrap();
        scene.inspector().add_accounts(std::slice::from_ref(&scene.analyst)).unwrap();
        inside.end();
        scene
    }

    /// The same site once more, as it lies there, driven by `programs`.
    pub(crate) fn copied(&self, programs: Programs) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("site");
        let status = Command::new("cp").arg("-a").arg(self.site.layout().root()).arg(&root).status().unwrap();
        assert!(status.success());
        let site = Site::existing(Layout::under(root), programs);
        Self { _folder: folder, site, clock: SystemClock::start(), analyst: self.analyst.clone() }
    }

    pub(crate) fn layout(&self) -> &Layout {
        self.site.layout()
    }

    pub(crate) fn programs(&self) -> &Programs {
        self.site.programs()
    }

    pub(crate) fn inspector(&self) -> Inspector<'_> {
        Inspector::new(self.site.layout(), self.site.programs(), &self.clock)
    }

    /// Starts a part and waits until it is ready.
    pub(crate) fn start(&self, part: Part) -> Child {
        let mut child = self.site.start_part(part).unwrap();
        child.wait_until_ready().unwrap();
        child
    }

    /// Starts a part that listens, and says where.
    pub(crate) fn start_with_address(&self, part: Part) -> (Child, SocketAddr) {
        let mut child = self.site.start_part(part).unwrap();
        let address = child.wait_until_ready().unwrap().unwrap();
        (child, address)
    }

    /// Starts the gateway, with a client of it.
    pub(crate) fn start_gateway(&self) -> (Child, Client) {
        let (child, address) = self.start_with_address(Part::Gateway);
        (child, self.client(address))
    }

    /// Starts a part that is to die at a failpoint.
    pub(crate) fn start_doomed(&self, part: Part, failpoint: &str) -> Child {
        let mut command = self.site.long_running(part);
        command.env(FAILPOINT, failpoint);
        Child::start(part, command, &self.layout().log(part)).unwrap()
    }

    pub(crate) fn client(&self, address: SocketAddr) -> Client {
        Client::new(&format!("https://{address}"), &self.layout().authority()).unwrap()
    }

    /// Starts the inside with the national analyst logged in.
    pub(crate) fn start_inside(&self) -> Child {
        let inside = self.start(Part::Internal);
        self.inspector().log_in(&self.analyst).unwrap();
        inside
    }

    /// The same, with the analyst at the console too.
    pub(crate) fn start_inside_with_visitor(&self) -> (Child, Visitor) {
        let (inside, address) = self.start_with_address(Part::Internal);
        self.inspector().log_in(&self.analyst).unwrap();
        let visitor = Visitor::log_in(format!("https://{address}"), self.layout().authority(), &self.analyst);
        (inside, visitor)
    }

    /// Runs one part once: what is new on the low side, on the medium or in the inbox.
    pub(crate) fn once(&self, part: Part, failpoint: Option<&str>) -> Output {
        let (program, verb): (_, &[&str]) = match part {
            Part::LowTransfer => (Program::Transfer, &["export", "--once"]),
            Part::HighTransfer => (Program::Transfer, &["import", "--once"]),
            Part::Internal => (Program::Internal, &["ingest", "--once"]),
            Part::Gateway => panic!("the gateway has no run that ends"),
        };
        let mut command = self.programs().command(program);
        command.arg("--config").arg(self.layout().configuration(part)).args(verb);
        if let Some(failpoint) = failpoint {
            command.env(FAILPOINT, failpoint);
        }
        command.output().unwrap()
    }

    /// Runs the whole way inward once, each part to its end.
    pub(crate) fn carry(&self) {
        for part in [Part::LowTransfer, Part::HighTransfer, Part::Internal] {
            let output = self.once(part, None);
            assert!(output.status.success(), "{}: {}", part.name(), errors(&output));
        }
    }

    /// How many cases an analyst of the national office finds; the inside must be up.
    pub(crate) fn found(&self, text: &str) -> usize {
        self.inspector().search(text).unwrap().len()
    }

    /// Whatever a killed program may have left unfinished.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        files_below(self.layout().root())
            .into_iter()
            .filter(|path| path.iter().any(|part| part.to_string_lossy().ends_with(".part")))
            .collect()
    }
}

/// Files a report and returns its clue number.
pub(crate) fn file(client: &Client, report: &Value, key: Option<&str>) -> String {
    let answer = client.file_report(report.to_string().as_bytes(), key).unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["clue_number"].as_str().unwrap().to_owned()
}

/// Every sealed item under a folder of the site.
pub(crate) fn items_below(folder: &Path) -> Vec<PathBuf> {
    files_below(folder).into_iter().filter(|path| path.extension().is_some_and(|end| end == "age")).collect()
}

/// Every file below a folder, in order.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() { &mut folders } else { &mut found }.push(entry.path());
        }
    }
    found.sort();
    found
}

/// What a program wrote to standard error.
pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asserts that a run was killed on the spot.
pub(crate) fn assert_killed(status: std::process::ExitStatus, failpoint: &str) {
    assert_eq!(status.signal(), Some(9), "{failpoint} was never reached: {status}");
}

const FAILPOINT: &str = "NIGHTSAFE_FAILPOINT";
