//! A folder with three officers and the keys a ring needs, driven through the real program.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;

pub(crate) struct Ceremony {
    folder: tempfile::TempDir,
    officers: RefCell<BTreeMap<String, Value>>,
    recipients: RefCell<BTreeMap<String, String>>,
}

/// How a run of the program ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) error: String,
    output: String,
}

impl Ended {
    pub(crate) fn succeeds(self) -> Value {
        assert_eq!(self.code, 0, "{}", self.error);
        serde_json::from_str(&self.output).unwrap()
    }
}

impl Ceremony {
    /// Three officers with unencrypted keys, and a recovery key.
    pub(crate) fn begin() -> Self {
        let ceremony =
            Self { folder: tempfile::tempdir().unwrap(), officers: RefCell::default(), recipients: RefCell::default() };
        for (id, name) in [("zhang", "张"), ("li", "李"), ("wang", "王")] {
            let key = ceremony.path(&format!("{id}.key"));
            let made = ceremony
                .run(&["officer", "new", "--id", id, "--name", name, "--without-password", "--out"], &[&key])
                .succeeds();
            ceremony.remember_officer(&made);
        }
        ceremony.new_identity("recovery", "recovery");
        ceremony
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn run(&self, arguments: &[&str], paths: &[&Path]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe-keys"));
        command.args(["--json", "--i-am-testing"]).args(arguments).current_dir(self.folder.path());
        for path in paths {
            command.arg(path);
        }
        let output = command.output().unwrap();
        Ended {
            code: output.status.code().unwrap(),
            error: String::from_utf8(output.stderr).unwrap(),
            output: String::from_utf8(output.stdout).unwrap(),
        }
    }

    pub(crate) fn new_identity(&self, key_use: &str, id: &str) -> Value {
        let facts = self.run(&[key_use, "new", "--id", id, "--out"], &[&self.path(&format!("{id}.key"))]).succeeds();
        self.recipients.borrow_mut().insert(id.to_owned(), facts["recipient"].as_str().unwrap().to_owned());
        facts
    }

    pub(crate) fn remember_officer(&self, facts: &Value) {
        self.officers.borrow_mut().insert(facts["id"].as_str().unwrap().to_owned(), facts.clone());
    }

    /// A file that only its owner may read.
    pub(crate) fn secret(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        path
    }

    /// A specification with these intake keys, made when they do not exist yet, valid for six weeks from now.
    pub(crate) fn spec(&self, intakes: &[(&str, String, String)]) -> String {
        for (id, _, _) in intakes {
            if !self.recipients.borrow().contains_key(*id) {
                self.new_identity("intake", id);
            }
        }
        let recipients = self.recipients.borrow();
        let mut spec =
            format!("site = \"test\"\nthreshold = 2\nnot_before = \"{}\"\nnot_after = \"{}\"\n", at(0), at(6));
        let recovery = ("recovery", at(0), at(52));
        for (id, from, until) in intakes.iter().chain([&recovery]) {
            let key_use = id.split('-').next().unwrap();
            write!(
                spec,
                "[[recipients]]\nid = \"{id}\"\nuse = \"{key_use}\"\nrecipient = \"{}\"\n\
                 not_before = \"{from}\"\nnot_after = \"{until}\"\n",
                recipients[*id]
            )
            .unwrap();
        }
        // In the order of the ceremony, not of the alphabet.
        for id in ["zhang", "li", "wang"] {
            let officer = &self.officers.borrow()[id];
            write!(
                spec,
                "[[officers]]\nid = {}\nname = {}\nkey = {}\n",
                officer["id"], officer["name"], officer["key"]
            )
            .unwrap();
        }
        spec
    }

    pub(crate) fn try_make_ring(&self, spec: &str, previous: Option<&Path>, folder: &str) -> Ended {
        let folder = self.path(folder);
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("ring.toml");
        fs::write(&path, spec).unwrap();
        let ring = folder.join("ring.json");
        let mut paths: Vec<&Path> = vec![&path, "--out".as_ref(), &ring];
        if let Some(previous) = previous {
            paths.extend([Path::new("--previous"), previous]);
        }
        self.run(&["ring", "make", "--spec"], &paths)
    }

    pub(crate) fn make_ring(&self, spec: &str, previous: Option<&Path>, folder: &str) -> PathBuf {
        self.try_make_ring(spec, previous, folder).succeeds();
        self.path(folder).join("ring.json")
    }

    pub(crate) fn sign(&self, ring: &Path, officer: &str, version: u64, previous: Option<&Path>) -> Ended {
        let key = self.path(&format!("{officer}.key"));
        let version = version.to_string();
        let mut paths: Vec<&Path> = vec![&key, "--ring".as_ref(), ring];
        if let Some(previous) = previous {
            paths.extend([Path::new("--previous"), previous]);
        }
        self.run(&["ring", "sign", "--officer", officer, "--version", &version, "--key"], &paths)
    }

    pub(crate) fn sign_by_two(&self, ring: &Path, version: u64, previous: Option<&Path>) {
        for officer in ["zhang", "li"] {
            self.sign(ring, officer, version, previous).succeeds();
        }
    }

    /// Checks a ring against two pinned officers.
    pub(crate) fn check(&self, ring: &Path, previous: Option<&Path>) -> Ended {
        let officers = self.officers.borrow();
        let pins: Vec<&str> = ["zhang", "li", "wang"].map(|id| officers[id]["fingerprint"].as_str().unwrap()).to_vec();
        let mut arguments = vec!["ring", "check", "--threshold", "2"];
        for pin in pins {
            arguments.extend(["--pin", pin]);
        }
        arguments.push("--ring");
        let mut paths: Vec<&Path> = vec![ring];
        if let Some(previous) = previous {
            paths.extend([Path::new("--previous"), previous]);
        }
        self.run(&arguments, &paths)
    }
}

/// The hour that lies `weeks` after the one the test began in.
pub(crate) fn at(weeks: i64) -> String {
    static BEGAN: OnceLock<i64> = OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "the program under test reads the same clock")]
    let began = *BEGAN.get_or_init(|| jiff::Timestamp::now().as_second());
    jiff::Timestamp::from_second(began - began % 3600 + weeks * 7 * 24 * 3600).unwrap().to_string()
}
