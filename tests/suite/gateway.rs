//! A site of which only the gateway runs, for tests of what it does in trouble; and what lies in its outbox, verified.

use std::{
    collections::BTreeSet,
    fs,
    io::Read,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use nightsafe_quickstart::{
    child::Child,
    client::{Answer, Client},
    configuration::Addresses,
    layout::{Layout, Part},
    programs::{Program, Programs},
    run::samples_folder,
    site::Site,
};
use nightsafe_schema::{
    digest::Digest,
    journal::{ChainEnd, Entry, JournalKey, VerifiedEntry},
};
use serde_json::Value;

use crate::scene::{files_below, programs, sample};

/// The folders, and the gateway's public journal key.
pub(crate) struct Outside {
    _folder: tempfile::TempDir,
    site: Site,
    key: JournalKey,
}

/// A running gateway.
pub(crate) struct Gateway {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Outside {
    pub(crate) fn prepared() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let any = "127.0.0.1:0".parse().unwrap();
        let layout = Layout::under(folder.path().join("site"));
        let addresses = Addresses { gateway: any, console: any };
        let site = Site::prepare(layout, programs(), &samples_folder(), addresses).unwrap();
        let configuration = site.layout().configuration(Part::Gateway);
        let arguments = ["--config", configuration.to_str().unwrap(), "init", "--json"];
        let facts: Value = site.programs().ask(Program::Gateway, &arguments).unwrap();
        let key = facts["key"].as_str().unwrap().parse().unwrap();
        Self { _folder: folder, site, key }
    }

    /// The same, with a one-way link between its sides in place of the medium.
    pub(crate) fn over_a_link(self) -> Self {
        Self { site: self.site.over_a_link().unwrap(), ..self }
    }

    pub(crate) fn layout(&self) -> &Layout {
        self.site.layout()
    }

    pub(crate) fn programs(&self) -> &Programs {
        self.site.programs()
    }

    /// The gateway's own folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.layout().part(Part::Gateway)
    }

    /// Adds a line to the top of the gateway's configuration.
    pub(crate) fn configure(&self, line: &str) {
        let path = self.layout().configuration(Part::Gateway);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{line}\n{text}")).unwrap();
    }

    /// The command that serves until it is told to stop.
    pub(crate) fn command(&self) -> Command {
        self.long_running(Part::Gateway)
    }

    /// The command that runs another part.
    pub(crate) fn long_running(&self, part: Part) -> Command {
        self.site.long_running(part)
    }

    pub(crate) fn start(&self) -> Gateway {
        self.start_by(self.command())
    }

    /// Starts the gateway by a command of the test's own.
    pub(crate) fn start_by(&self, command: Command) -> Gateway {
        let mut child = Child::start(Part::Gateway, command, &self.layout().log(Part::Gateway)).unwrap();
        let address = child.wait_until_ready().unwrap().unwrap();
        Gateway { child, address }
    }

    pub(crate) fn client(&self, gateway: &Gateway) -> Client {
        Client::new(&format!("https://{}", gateway.address), &self.layout().authority()).unwrap()
    }

    /// Files a report with a picture of 400 KiB.
    pub(crate) fn file_with_picture(&self, gateway: &Gateway, report: &str) -> Answer {
        let folder = tempfile::tempdir().unwrap();
        let (text, picture) = (folder.path().join("report.json"), folder.path().join("photo.jpg"));
        fs::write(&text, report).unwrap();
        fs::write(&picture, [&b"\xff\xd8\xff\xe0"[..], &vec![7; 400 * 1024]].concat()).unwrap();
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--write-out", "\n%{http_code}", "--cacert"]).arg(self.layout().authority());
        curl.arg("-F").arg(format!("report=<{};type=application/json", text.display()));
        curl.arg("-F").arg(format!("attachment=@{}", picture.display()));
        let output = curl.arg(format!("https://{}/api/v1/reports", gateway.address)).output().unwrap();
        let answered = String::from_utf8(output.stdout).unwrap();
        let (body, status) = answered.rsplit_once('\n').unwrap();
        Answer { status: status.parse().unwrap(), body: serde_json::from_str(body).unwrap_or_default() }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.layout().log(Part::Gateway)).unwrap()
    }

    /// Asserts that `outbox` holds every number that was given, that each line of its journal has its item, whole, and
    /// that nothing else is there. Returns how many items there are.
    pub(crate) fn assert_is_whole(&self, outbox: &Path, given: &BTreeSet<String>) -> usize {
        let entries = self.entries(outbox);
        let mut expected = BTreeSet::new();
        let mut kept = BTreeSet::new();
        for entry in &entries {
            let fields = entry.fields();
            let path = outbox.join("items").join(fields.item.file_name());
            let bytes = fs::read(&path).unwrap();
            assert_eq!((Digest::of(&bytes), bytes.len() as u64), (fields.sha256, fields.size), "{}", path.display());
            kept.extend(self.number_in(&path));
            expected.insert(path);
        }
        let staged = files_below(&outbox.with_file_name("staging"));
        assert!(staged.is_empty(), "{staged:?}");
        let found: BTreeSet<PathBuf> = files_below(&outbox.join("items")).into_iter().collect();
        assert_eq!(found, expected, "items and lines");
        let journal = files_below(&outbox.join("journal"));
        assert_eq!(journal.len(), 2, "the lines and their head: {journal:?}");
        let missing: Vec<_> = given.difference(&kept).collect();
        assert!(missing.is_empty(), "{missing:?}");
        entries.len()
    }

    /// The entries of the one journal, verified and chained.
    fn entries(&self, outbox: &Path) -> Vec<VerifiedEntry> {
        let journal = files_below(&outbox.join("journal"));
        let journal = journal.iter().find(|path| path.extension().is_some_and(|end| end == "jsonl")).unwrap();
        let text = fs::read(journal).unwrap();
        let mut chain = ChainEnd::start(Digest::ZERO);
        let entry = |line: &[u8]| {
            let line = line.strip_suffix(b"\n").expect("whole lines only");
            let entry = Entry::parse(line).unwrap().verify(&vec![self.key.clone()]).unwrap();
            chain = chain.follow(&entry).unwrap();
            entry
        };
        text.split_inclusive(|byte| *byte == b'\n').map(entry).collect()
    }

    /// The clue number in a report, opened as the inside would open it; `None` in an attachment.
    fn number_in(&self, item: &Path) -> Option<String> {
        let identity = self.layout().keys().join("intake.key");
        let mut age = Command::new("age");
        let mut opening = age.arg("-d").arg("-i").arg(identity).arg(item).stdout(Stdio::piped()).spawn().unwrap();
        let mut plaintext = Vec::new();
        opening.stdout.take().unwrap().read_to_end(&mut plaintext).unwrap();
        assert!(opening.wait().unwrap().success(), "{} does not open", item.display());
        let body = plaintext.strip_prefix(b"nightsafe-item/1 report\n")?;
        let envelope: Value = serde_json::from_slice(body).unwrap();
        Some(envelope["intake"]["clue_number"].as_str().unwrap().to_owned())
    }
}

impl Gateway {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to finish; returns the exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        self.child.end()?.code()
    }

    /// Asserts that it is the same process as ever.
    pub(crate) fn assert_runs(&mut self) {
        assert!(self.child.has_ended().is_none(), "it ended");
    }
}

/// A report of which no two are alike.
pub(crate) fn report(number: usize) -> String {
    let mut report = sample("09").report;
    report["facts"]["narrative"] = format!("第{number}份：柳叶镇菜市场摆摊每天要交卫生费，不交不让摆。").into();
    report.to_string()
}

/// The number that was given.
pub(crate) fn number(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["clue_number"].as_str().unwrap().to_owned()
}

/// Asserts a refusal with words in both languages.
pub(crate) fn assert_refused(answer: &Answer, kind: &str) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.body["type"], format!("urn:nightsafe:problem:{kind}"));
    for language in ["zh", "en"] {
        assert!(answer.body[language].as_str().is_some_and(|words| words.len() > 20), "{}", answer.body);
    }
}
