//! Searching: an analyst's search page over TLS at thousands of cases, against bare tantivy over the same texts.
//!
//! The page authorises, records the look, filters by what the viewer may see, counts, ranks, and renders fifty rows; bare
//! tantivy finds a phrase of character pairs in memory and nothing else.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context as _, Result, ensure};
use nightsafe_generator::{Reports, Seed, dice::Dice};
use nightsafe_quickstart::layout::Part;
use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;
use serde_json::Value;
use tantivy::{
    Index, IndexReader, TantivyDocument, Term,
    collector::{Count, TopDocs},
    query::PhraseQuery,
    schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
    tokenizer::{PreTokenizedString, Token},
};

use super::ingest;
use crate::{
    bench::{Bench, Place},
    console::Console,
    items::{Gateway, ItemFolder},
    process,
    profile::Profile,
    rounds::{Pair, Samples},
    row::{Aim, Quantity, Row},
};

/// The rows.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let reports = bench.size(1_000, 20_000, 200_000);
    let place = bench.site()?;
    let analyst = Console::account(&place)?;
    fill(&place, reports)?;
    let bare = Bare::over(reports)?;
    let mut inside = place.site().start_part(Part::Internal)?;
    let address = inside.wait_until_ready()?.context("the inside said no address")?;
    process::put_busiest_thread_last(inside.id())?;
    let mut console = Console::log_in(&place, address, &analyst)?;
    let queries = queries(reports, bench.size(100, 500, 1_000));
    let clock = SystemClock::start();
    ask(&mut console, &clock, &queries)?;
    let (mut all, mut found) = (Samples::default(), 0_u64);
    let rounds = bench.size(1, 3, 3);
    let pair = Pair::measure(
        rounds,
        || {
            let began = clock.elapsed();
            found = queries.iter().try_fold(0, |found, query| Ok::<_, anyhow::Error>(found + bare.count(query)?))?;
            Ok(rate(&queries, clock.elapsed().saturating_sub(began)))
        },
        || {
            let took = ask(&mut console, &clock, &queries)?;
            let whole: f64 = took.iter().sum();
            for seconds in took {
                all.add(seconds * 1000.0);
            }
            Ok(rate(&queries, Duration::from_secs_f64(whole)))
        },
    )?;
    let profile = || {
        let id = inside.id();
        let watched = std::thread::spawn(move || {
            Profile::by_library_of("内网处理器时间按库 the inside's processor time by library", id, 2)
        });
        for _ in 0..4 {
            // Whatever goes wrong here has gone wrong above.
            let _ = ask(&mut console, &clock, &queries);
        }
        watched.join().into_iter().collect()
    };
    let late = Quantity { value: all.at(99.0), unit: "ms" };
    let slowest = Row::value("search", ("检索页，99 %", "search page, 99 %"), late, Aim::AtMost(5.0))
        .spread((all.at(1.0), all.at(100.0)))
        .note(format!(
            "{reports} 件 reports，{} 次 searches；中位数 median {:.1} ms，九成 90 % {:.1} ms；平均命中 hits {}",
            queries.len() * rounds,
            all.median(),
            all.at(90.0),
            found / queries.len().max(1) as u64,
        ))
        .note("积压后的线索编号密钥推导让路 the deriving of numbers left by the backlog is put last (chrt --idle)")
        .explained(profile);
    let what = "裸 tantivy：内存中二字短语，前 50 条加计数 phrases of pairs in memory, top 50 and count";
    let by_bare =
        Row::ratio("search", ("检索页，比裸 tantivy", "search page, by bare tantivy"), "/s", what, &pair, Aim::Told);
    inside.end();
    Ok(vec![slowest, by_bare])
}

/// Takes in so many reports, some thousands at a time, so that the inbox never holds them all.
fn fill(place: &Place, reports: u64) -> Result<()> {
    let inbox = ItemFolder::at(place.layout().part(Part::HighTransfer).join("inbox"))?;
    let mut gateway = Gateway::of(place.layout())?;
    let mut from = 0;
    while from < reports {
        let to = reports.min(from + AT_ONCE);
        gateway.file(Reports::of(Seed::Tuning(SEED)), from..to, &inbox)?;
        process::run(ingest::command(place))?;
        from = to;
    }
    ensure!(inbox.count()? == 0, "the inbox was not emptied");
    Ok(())
}

/// What people look for: a piece of a sentence, a name, an account; each of some report.
pub(super) fn queries(reports: u64, count: u64) -> Vec<String> {
    let mut queries = BTreeSet::new();
    let mut number = 0;
    while (queries.len() as u64) < count {
        number += 1;
        let mut dice = Dice::of(11, number);
        let report = Reports::of(Seed::Tuning(SEED)).report(dice.below(reports));
        let text = |path: &str| report.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let query = match dice.below(10) {
            0..2 => text("/subjects/0/name"),
            2 => text("/subjects/0/accounts/0/account"),
            3 => text("/facts/place/detail"),
            _ => piece(&mut dice, &text("/facts/narrative")),
        };
        if query.chars().count() >= 2 {
            queries.insert(query);
        }
    }
    queries.into_iter().collect()
}

/// Two to eight characters out of a text, without punctuation.
fn piece(dice: &mut Dice, text: &str) -> String {
    let length = text.chars().count() as u64;
    let from = usize::try_from(dice.below(length)).unwrap_or(0);
    let count = usize::try_from(2 + dice.below(7)).unwrap_or(2);
    text.chars().skip(from).take(count).take_while(|letter| letter.is_alphanumeric()).collect()
}

/// Asks every query; how long each took.
fn ask(console: &mut Console, clock: &SystemClock, queries: &[String]) -> Result<Vec<f64>> {
    let one = |query: &String| {
        let began = clock.elapsed();
        // In quotes: the exact text.
        console.search(&format!("\"{query}\""))?;
        Ok(clock.elapsed().saturating_sub(began).as_secs_f64())
    };
    queries.iter().map(one).collect()
}

fn rate(queries: &[String], took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let count = queries.len() as f64;
    count / took.as_secs_f64()
}

/// tantivy in memory over the texts of the same reports, and nothing around it.
struct Bare {
    reader: IndexReader,
    pairs: Field,
}

impl Bare {
    fn over(reports: u64) -> Result<Self> {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_index_option(IndexRecordOption::WithFreqsAndPositions)
            .set_fieldnorms(false);
        let pairs = schema.add_text_field("pairs", TextOptions::default().set_indexing_options(indexing));
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
        for number in 0..reports {
            let report = Reports::of(Seed::Tuning(SEED)).report(number);
            let mut document = TantivyDocument::new();
            for path in TEXTS {
                let text = report.pointer(path).and_then(Value::as_str).unwrap_or_default();
                document.add_pre_tokenized_text(pairs, tokens(text));
            }
            writer.add_document(document)?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        Ok(Self { reader: index.reader()?, pairs })
    }

    /// How many texts hold this, with the fifty best fetched.
    fn count(&self, query: &str) -> Result<u64> {
        let terms: Vec<Term> = pairs_of(query).map(|pair| Term::from_field_text(self.pairs, &pair)).collect();
        let searcher = self.reader.searcher();
        let collectors = (TopDocs::with_limit(50).order_by_score(), Count);
        let (_, count) = match terms.as_slice() {
            [one] => searcher
                .search(&tantivy::query::TermQuery::new(one.clone(), IndexRecordOption::WithFreqs), &collectors)?,
            _ => searcher.search(&PhraseQuery::new(terms), &collectors)?,
        };
        Ok(count as u64)
    }
}

fn tokens(text: &str) -> PreTokenizedString {
    let token = |(position, text): (usize, String)| Token { position, text, ..Token::default() };
    PreTokenizedString { text: String::new(), tokens: pairs_of(text).enumerate().map(token).collect() }
}

fn pairs_of(text: &str) -> impl Iterator<Item = String> {
    text.chars().zip(text.chars().skip(1)).map(|(first, second)| String::from_iter([first, second]))
}

pub(super) const SEED: u32 = 8;
/// Reports that lie in the inbox at once.
const AT_ONCE: u64 = 10_000;
const WRITER_BYTES: usize = 128 * 1024 * 1024;
const TEXTS: [&str; 7] = [
    "/facts/title",
    "/facts/narrative",
    "/facts/place/detail",
    "/subjects/0/name",
    "/subjects/1/name",
    "/subjects/0/alias/0",
    "/subjects/0/accounts/0/account",
];
