//! The writer against real folders and a clock that stands where the test puts it.

use std::fs;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use nightsafe_schema::digest::Digest;
use nightsafe_schema::item::{ItemClass, ItemId};
use nightsafe_schema::journal::{Entry, Head, StreamId};

use super::*;
use crate::outbox::stream_file::RepairError;
use crate::outbox::sweep_items;

struct StillClock(Mutex<Timestamp>);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

struct Bench {
    folder: tempfile::TempDir,
    clock: Arc<StillClock>,
}

const STREAM: StreamId = StreamId::from_bytes([7; 16]);

fn signer() -> JournalSigner {
    JournalSigner::from_seed(&[9; 32]).unwrap()
}

impl Bench {
    fn new() -> Self {
        let now = "2026-11-22T05:59:00Z".parse().unwrap();
        let bench = Self { folder: tempfile::tempdir().unwrap(), clock: Arc::new(StillClock(Mutex::new(now))) };
        bench.folders().create().unwrap();
        bench
    }

    fn folders(&self) -> OutboxFolders {
        OutboxFolders::of(self.folder.path())
    }

    fn open(&self) -> Result<StreamFile, RepairError> {
        StreamFile::open(self.folders().journal(), STREAM, Digest::ZERO, signer().public())
    }

    fn place(&self, fill: u8) -> PlacedItem {
        let item = ItemId::from_bytes([fill; 16]);
        let path = self.folders().items().join(item.file_name());
        fs::write(&path, [fill; 10]).unwrap();
        PlacedItem { item, size: 10, sha256: Digest::of(&[fill; 10]), class: ItemClass::Text, path: Some(path) }
    }

    /// Journals these items, each as a submission of its own, and ends the writer.
    fn journal(&self, fills: &[u8]) -> Vec<Result<(), JournalError>> {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        let (writer, journal) = JournalWriter::new(self.open().unwrap(), signer(), self.folders(), clock);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let running = std::thread::spawn(move || writer.run());
        let outcomes = runtime.block_on(async {
            let mut outcomes = Vec::new();
            for fill in fills {
                outcomes.push(journal.record(vec![self.place(*fill)]).await);
            }
            outcomes
        });
        drop(journal);
        running.join().unwrap();
        outcomes
    }

    /// Journals these submissions at the same time, and ends the writer.
    fn journal_at_once(&self, submissions: &[[u8; 3]]) {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        let (writer, journal) = JournalWriter::new(self.open().unwrap(), signer(), self.folders(), clock);
        let running = std::thread::spawn(move || writer.run());
        std::thread::scope(|scope| {
            for fills in submissions {
                let (bench, journal) = (self, &journal);
                scope.spawn(move || {
                    let items = fills.iter().map(|fill| bench.place(*fill)).collect();
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    assert_eq!(runtime.block_on(journal.record(items)), Ok(()));
                });
            }
        });
        drop(journal);
        running.join().unwrap();
    }

    fn lines_path(&self) -> std::path::PathBuf {
        self.folders().journal().join(format!("{STREAM}.jsonl"))
    }

    fn lines(&self) -> Vec<Vec<u8>> {
        let text = fs::read(self.lines_path()).unwrap();
        text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
    }

    fn head(&self) -> Head {
        let text = fs::read(self.folders().journal().join(format!("{STREAM}.head.json"))).unwrap();
        Head::parse(text.strip_suffix(b"\n").unwrap()).unwrap()
    }
}

#[test]
fn lines_are_signed_numbered_and_chained_across_restarts() {
    let bench = Bench::new();
    assert_eq!(bench.journal(&[1, 2]), [Ok(()), Ok(())]);
    assert_eq!(bench.journal(&[3]), [Ok(())]);
    let keys = vec![signer().public().clone()];
    let mut chain = ChainEnd::start(Digest::ZERO);
    for line in bench.lines() {
        let entry = Entry::parse(&line).unwrap().verify(&keys).unwrap();
        chain = chain.follow(&entry).unwrap();
    }
    assert_eq!(chain.last.map(nightsafe_schema::journal::Seq::value), Some(3));
    assert_eq!(bench.open().unwrap().end().chain, chain);
}

#[test]
fn the_items_of_one_submission_stand_together_in_their_order() {
    let bench = Bench::new();
    let submissions: Vec<[u8; 3]> = (0..16).map(|number| [3 * number, 3 * number + 1, 3 * number + 2]).collect();
    bench.journal_at_once(&submissions);
    let item = |line: &Vec<u8>| Entry::parse(line).unwrap().fields().item.to_bytes()[0];
    let items: Vec<u8> = bench.lines().iter().map(item).collect();
    assert_eq!(items.len(), 48);
    assert!(items.chunks(3).all(|three| submissions.iter().any(|fills| fills == three)), "{items:?}");
}

#[test]
fn a_head_is_written_even_when_idle() {
    let bench = Bench::new();
    bench.journal(&[]);
    let head = bench.head();
    assert_eq!((head.fields().seq, head.fields().sha256), (0, Digest::ZERO));
    assert_eq!(head.fields().hour.to_string(), "2026-11-22T05:00:00Z");
    bench.journal(&[1]);
    assert_eq!(bench.head().fields().seq, 1);
    assert!(bench.head().verify(&vec![signer().public().clone()]).is_ok());
}

#[test]
fn a_torn_line_is_cut_and_its_item_swept() {
    let bench = Bench::new();
    bench.journal(&[1]);
    let whole = fs::read(bench.lines_path()).unwrap();
    let torn = bench.place(2);
    let mut text = whole.clone();
    text.extend_from_slice(&whole[..whole.len() / 2]);
    fs::write(bench.lines_path(), &text).unwrap();

    bench.open().unwrap();
    assert_eq!(fs::read(bench.lines_path()).unwrap(), whole);
    assert_eq!(sweep_items(&bench.folders()).unwrap(), 1);
    assert!(!torn.path.as_ref().unwrap().exists());
    assert_eq!(fs::read_dir(bench.folders().items()).unwrap().count(), 1);
}

#[test]
fn every_truncation_of_the_tail_opens_at_a_whole_line() {
    let bench = Bench::new();
    bench.journal(&[1, 2]);
    let whole = fs::read(bench.lines_path()).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    fs::remove_file(bench.folders().journal().join(format!("{STREAM}.head.json"))).unwrap();
    for length in (first..whole.len()).step_by(7) {
        fs::write(bench.lines_path(), &whole[..length]).unwrap();
        let end = bench.open().unwrap().end();
        assert_eq!(end.chain.last.map(nightsafe_schema::journal::Seq::value), Some(1), "{length}");
        assert_eq!(fs::read(bench.lines_path()).unwrap(), &whole[..first]);
    }
}

#[test]
fn a_changed_or_missing_line_is_not_continued() {
    let bench = Bench::new();
    bench.journal(&[1, 2, 3]);
    let lines = bench.lines();
    let write = |lines: &[&[u8]]| {
        let text: Vec<u8> = lines.iter().flat_map(|line| [line, b"\n".as_slice()].concat()).collect();
        fs::write(bench.lines_path(), text).unwrap();
    };
    write(&[&lines[0], &lines[2]]);
    assert!(matches!(bench.open(), Err(RepairError::Chain { line: 2, .. })));
    let changed = String::from_utf8(lines[1].clone()).unwrap().replace("\"size\":10", "\"size\":11");
    write(&[&lines[0], changed.as_bytes(), &lines[2]]);
    assert!(matches!(bench.open(), Err(RepairError::Chain { line: 3, .. })));
    let last = String::from_utf8(lines[2].clone()).unwrap().replace("\"size\":10", "\"size\":11");
    write(&[&lines[0], &lines[1], last.as_bytes()]);
    assert!(matches!(bench.open(), Err(RepairError::Line { line: 3, .. })));
}

#[test]
fn a_journal_older_than_its_head_is_not_continued() {
    let bench = Bench::new();
    bench.journal(&[1, 2]);
    let first = bench.lines().remove(0);
    fs::write(bench.lines_path(), [&first[..], b"\n"].concat()).unwrap();
    assert!(matches!(bench.open(), Err(RepairError::BehindHead)));
}

#[test]
fn a_new_stream_cites_the_old_head() {
    let bench = Bench::new();
    bench.journal(&[1]);
    let old = bench.head();
    let stream = StreamId::from_bytes([8; 16]);
    let file = StreamFile::open(bench.folders().journal(), stream, old.fields().sha256, signer().public()).unwrap();
    assert_eq!(file.end().chain, ChainEnd::start(old.fields().sha256));
    drop(file);
    assert_eq!(sweep_items(&bench.folders()).unwrap(), 0, "items of the old stream stay");
}

#[test]
fn times_say_no_minute() {
    use std::os::unix::fs::MetadataExt;
    let bench = Bench::new();
    bench.journal(&[1]);
    for path in [bench.lines_path(), bench.folders().journal().to_owned(), bench.folders().items().to_owned()] {
        assert_eq!(fs::metadata(&path).unwrap().mtime() % 3600, 0, "{}", path.display());
    }
}

#[test]
fn without_the_items_folder_nothing_is_journalled() {
    let bench = Bench::new();
    let clock: Arc<dyn Clock> = Arc::clone(&bench.clock) as _;
    let (mut writer, _journal) = JournalWriter::new(bench.open().unwrap(), signer(), bench.folders(), clock);
    let item = bench.place(1);
    fs::remove_dir_all(bench.folders().items()).unwrap();
    let (answer, mut answered) = oneshot::channel();
    writer.serve(Request { items: vec![item], answer });
    assert_eq!(answered.try_recv().unwrap(), Err(JournalError::Refused));
    assert!(bench.lines().is_empty());
}

#[test]
fn an_item_goes_with_whoever_drops_it_until_a_line_names_it() {
    let bench = Bench::new();
    let items = || fs::read_dir(bench.folders().items()).unwrap().count();
    drop(bench.place(1));
    assert_eq!(items(), 0, "never handed over");
    bench.journal(&[2]);
    assert_eq!(items(), 1, "journalled");
    let clock: Arc<dyn Clock> = Arc::clone(&bench.clock) as _;
    let (writer, journal) = JournalWriter::new(bench.open().unwrap(), signer(), bench.folders(), clock);
    drop(writer);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(journal.record(vec![bench.place(3)])), Err(JournalError::Refused));
    assert_eq!(items(), 1, "refused");
}
