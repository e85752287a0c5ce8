use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use nightsafe_schema::{digest::Digest, unit::UnitId};
use proptest::prelude::*;

use super::*;
use crate::{
    folded::Folded,
    position::{FORMAT, Position},
};

fn key() -> IndexKey {
    IndexKey::from_bytes([5; 32])
}

fn standing(seq: u64) -> Standing {
    Standing { format: FORMAT, rules: Digest::ZERO, position: Position { seq, digest: Digest::ZERO } }
}

fn case(number: u64) -> CaseId {
    CaseId::from_bytes(number.to_be_bytes()).unwrap()
}

fn unit(name: &str) -> UnitId {
    name.parse().unwrap()
}

fn document(number: u64, visible: &[&str], texts: &[&str]) -> CaseDocument {
    let flow = if number.is_multiple_of(2) { "GANG_CRIME" } else { "SECTOR_DISORDER" };
    CaseDocument {
        case: case(number),
        visible: visible.iter().map(|name| unit(name)).collect(),
        labels: BTreeSet::from([format!("flow:{flow}")]),
        texts: texts.iter().map(|text| Folded::of(text)).collect(),
        received: 1000 + number / 3,
        deadline: 5000 - number,
        urgency: number % 4,
        facets: FacetCode::default().with(Facet::Flow, flow),
        events: 1,
        counted: format!("{:05}x{}", number / 4, number % 2),
    }
}

fn scope(name: &str, reach: Reach) -> Scope {
    Scope::for_tests(unit(name), reach)
}

fn found(text: &FullText, scope: &Scope, query: &str) -> Vec<u64> {
    let asked = [Ask::Text(Folded::of(query))];
    let found = text.list(scope, &asked, Order::Newest, 0, 1000).unwrap();
    assert_eq!(found.total, found.cases.len() as u64);
    let mut cases: Vec<u64> = found.cases.into_iter().map(|(case, _events)| document::number(case)).collect();
    cases.sort_unstable();
    cases
}

fn counted(text: &FullText, scope: &Scope, from: &str, before: &str) -> BTreeMap<String, u64> {
    let mut lines = BTreeMap::new();
    let mut add = |line: &str, times| *lines.entry(line.to_owned()).or_insert(0) += times;
    text.lines(scope, &CountLines { from, before }, &mut add).unwrap();
    lines
}

#[test]
fn lines_are_counted_among_the_cases_that_may_be_seen_and_between_their_bounds() {
    let place = tempfile::tempdir().unwrap();
    let text = FullText::create(&place.path().join("text"), &key(), &standing(0)).unwrap();
    for number in 0..40 {
        let visible: &[&str] = if number % 4 == 3 { &["POLICE.990200"] } else { &["POLICE.990100", "POLICE.990200"] };
        text.replace(&document(number, visible, &["霍三爷"])).unwrap();
        if number % 16 == 15 {
            text.commit(&standing(number)).unwrap();
        }
    }
    text.commit(&standing(40)).unwrap();
    let before = text.revision().unwrap();
    let (all, some) = (scope("POLICE.990200", Reach::Below), scope("POLICE.990100", Reach::Below));
    let expected = |odd: u64| BTreeMap::from([("00003x0".to_owned(), 2), ("00003x1".to_owned(), odd)]);
    assert_eq!(counted(&text, &all, "00003", "00004"), expected(2));
    assert_eq!(counted(&text, &some, "00003", "00004"), expected(1), "one of them is not theirs");
    assert_eq!(counted(&text, &all, "00003x1", "00004x1").len(), 2);
    assert_eq!(counted(&text, &all, "", "z").values().sum::<u64>(), 40);
    assert_eq!(counted(&text, &all, "00010", "z"), BTreeMap::new());
    assert_eq!(counted(&text, &Scope::nobody(), "", "z"), BTreeMap::new());
    assert_eq!(text.revision().unwrap(), before);
    text.replace(&CaseDocument { counted: "00099".to_owned(), ..document(12, &["POLICE.990100"], &[]) }).unwrap();
    text.commit(&standing(41)).unwrap();
    assert_eq!(counted(&text, &all, "00003", "00004").get("00003x0"), Some(&1), "a case is counted as it stands");
    assert_ne!(text.revision().unwrap(), before);
}

/// Few characters, so that pairs repeat: common ones, a surname, one of four bytes, Latin ones and punctuation.
fn chinese(length: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let characters = prop::sample::select("黑社会老大霍三爷砸𠮷a1，。 ".chars().collect::<Vec<_>>());
    prop::collection::vec(characters, length).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn a_substring_is_found_exactly_where_it_stands(
        texts in prop::collection::vec(prop::collection::vec(chinese(0..30), 1..3), 1..25),
        queries in prop::collection::vec(chinese(1..6), 12),
        split in 0_usize..25,
    ) {
        let place = tempfile::tempdir().unwrap();
        let text = FullText::create(&place.path().join("text"), &key(), &standing(0)).unwrap();
        for (number, texts) in texts.iter().enumerate() {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            text.replace(&document(number as u64, &["POLICE.990100"], &texts)).unwrap();
            if number == split { text.commit(&standing(1)).unwrap() }
        }
        text.commit(&standing(2)).unwrap();
        let scope = scope("POLICE.990100", Reach::Below);
        for query in queries {
            let wanted = Folded::of(&query);
            let contains = |texts: &Vec<String>| texts.iter().any(|text| Folded::of(text).as_str().contains(wanted.as_str()));
            let expected: Vec<u64> =
                texts.iter().enumerate().filter(|(_, texts)| contains(texts)).map(|(number, _)| number as u64).collect();
            prop_assert_eq!(found(&text, &scope, &query), expected, "{:?}", query);
        }
    }
}

#[test]
fn a_text_of_one_character_is_found_by_it() {
    let place = tempfile::tempdir().unwrap();
    let text = FullText::create(&place.path().join("text"), &key(), &standing(0)).unwrap();
    text.replace(&document(1, &["A.1"], &["𠮷"])).unwrap();
    text.replace(&document(2, &["A.1"], &["吉"])).unwrap();
    text.commit(&standing(1)).unwrap();
    assert_eq!(found(&text, &scope("A.1", Reach::Below), "𠮷"), [1]);
}

#[test]
fn a_substring_does_not_run_from_one_text_into_the_next() {
    let place = tempfile::tempdir().unwrap();
    let text = FullText::create(&place.path().join("text"), &key(), &standing(0)).unwrap();
    text.replace(&document(1, &["A.1"], &["甲乙", "乙丙", "丁", "戊"])).unwrap();
    text.commit(&standing(1)).unwrap();
    let scope = scope("A.1", Reach::Below);
    assert!(found(&text, &scope, "甲乙丙").is_empty());
    assert!(found(&text, &scope, "丁戊").is_empty());
    assert_eq!(found(&text, &scope, "乙丙"), [1]);
}

#[test]
fn every_count_is_within_the_scope() {
    let place = tempfile::tempdir().unwrap();
    let text = FullText::create(&place.path().join("text"), &key(), &standing(0)).unwrap();
    for number in 0..30 {
        let visible: &[&str] = if number % 3 == 0 { &["A.1", "B.1"] } else { &["B.1"] };
        text.replace(&document(number, visible, &["霍三爷"])).unwrap();
    }
    text.commit(&standing(1)).unwrap();
    let asked = [Ask::Text(Folded::of("霍三爷"))];
    for asked in [&asked[..], &[Ask::Not(Box::new(Ask::Text(Folded::of("别的"))))], &[]] {
        for (name, cases) in [("A.1", 10), ("B.1", 30), ("C.1", 0)] {
            let list = text.list(&scope(name, Reach::Below), asked, Order::Urgency, 0, 5).unwrap();
            let counted: u64 = list.facets.get(&Facet::Flow).into_iter().flat_map(|counts| counts.values()).sum();
            assert_eq!((list.total, counted, list.cases.len() as u64), (cases, cases, cases.min(5)), "{name}");
        }
        let nobody = text.list(&Scope::nobody(), asked, Order::Urgency, 0, 5).unwrap();
        assert_eq!((nobody.total, nobody.facets.len()), (0, 0));
    }
}

#[test]
fn whoever_has_a_conflict_with_a_case_is_not_told_of_it_in_any_count() {
    let place = tempfile::tempdir().unwrap();
    let text = FullText::create(&place.path().join("text"), &key(), &standing(0)).unwrap();
    text.replace(&document(1, &["A.1"], &["霍三爷"])).unwrap();
    let mut conflict = document(2, &["A.1"], &["霍三爷砸店"]);
    conflict.labels.insert(recused_label(&"wang".parse().unwrap()));
    text.replace(&conflict).unwrap();
    text.commit(&standing(1)).unwrap();
    for reach in [Reach::Below, Reach::National] {
        let of = |name| scope("A.1", reach).of_account(name);
        assert_eq!(found(&text, &of("li"), "霍三爷"), [1, 2]);
        assert_eq!(found(&text, &of("wang"), "霍三爷"), [1]);
        let list = text.list(&of("wang"), &[], Order::Relevance, 0, 5).unwrap();
        assert_eq!(list.total, 1);
        assert_eq!(list.facets[&Facet::Flow].values().sum::<u64>(), 1);
    }
}

#[test]
fn lists_are_ordered_and_paged_without_gap() {
    let place = tempfile::tempdir().unwrap();
    let text = FullText::create(&place.path().join("text"), &key(), &standing(0)).unwrap();
    for number in 0..40 {
        text.replace(&document(number * 7 % 40, &["A.1"], &["霍"])).unwrap();
        if number % 11 == 0 {
            text.commit(&standing(number)).unwrap();
        }
    }
    text.commit(&standing(40)).unwrap();
    let scope = scope("A.1", Reach::Below);
    let all = |order, key: fn(u64) -> u64| {
        let mut expected: Vec<u64> = (0..40).collect();
        expected.sort_by_key(|&number| (key(number), number));
        let pages = (0..8).flat_map(|page| text.list(&scope, &[], order, page * 5, 5).unwrap().cases);
        assert_eq!(pages.map(|(case, _events)| document::number(case)).collect::<Vec<_>>(), expected);
    };
    all(Order::Urgency, |number| number % 4);
    all(Order::Deadline, |number| 5000 - number);
    all(Order::Newest, |number| 100 - number / 3);
    all(Order::Relevance, |number| 100 - number / 3);
}

#[test]
fn relevance_does_not_depend_on_history_nor_on_what_is_hidden() {
    let texts = ["暴力讨债", "暴力讨债，暴力拆迁，暴力", "讨债", "暴力", "高利放贷和暴力讨债的事"];
    let national = scope("A.1", Reach::National);
    let ranked = |text: &FullText| {
        let asked = [Ask::Text(Folded::of("暴力"))];
        text.list(&national, &asked, Order::Relevance, 0, 100).unwrap().cases
    };
    let places = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [straight, winding] =
        places.each_ref().map(|place| FullText::create(&place.path().join("text"), &key(), &standing(0)).unwrap());
    for round in 0..4 {
        for (number, _) in texts.iter().enumerate() {
            let text = if round == 3 { texts[number] } else { "暴力暴力讨债讨债" };
            winding.replace(&document(number as u64, &["A.1"], &[text])).unwrap();
            winding.replace(&document(100 + number as u64, &["B.1"], &["暴力讨债"])).unwrap();
            winding.commit(&standing(round)).unwrap();
        }
    }
    for (number, words) in texts.iter().enumerate() {
        straight.replace(&document(number as u64, &["A.1"], &[words])).unwrap();
    }
    straight.commit(&standing(1)).unwrap();
    assert_eq!(ranked(&straight), ranked(&winding));
    assert_eq!(ranked(&straight).len(), 4);
    assert_ne!(ranked(&straight)[0].0, case(0), "the word said three times in a short text comes first");
}

fn files(path: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn filled(path: &Path) -> FullText {
    let text = FullText::create(path, &key(), &standing(0)).unwrap();
    for round in 1..4 {
        for number in 0..20 {
            let words = format!("第{number}号线索，第{round}次");
            text.replace(&document(number * round, &["A.1"], &[&words])).unwrap();
        }
        text.commit(&standing(round)).unwrap();
    }
    text
}

#[test]
fn what_was_committed_is_there_after_opening_again() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("text");
    let before = found(&filled(&path), &scope("A.1", Reach::Below), "号线索");
    let again = FullText::open(&path, &key()).unwrap();
    assert_eq!(again.standing().unwrap(), standing(3));
    assert_eq!(found(&again, &scope("A.1", Reach::Below), "号线索"), before);
    drop(again);
    assert!(FullText::open(&path, &IndexKey::from_bytes([6; 32])).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_damaged_file_is_found_when_opening(choice: usize, at: usize, kind in 0..3, bit in 0..8) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("text");
        drop(filled(&path));
        // Files that no segment needs any more are not read.
        let text = FullText::open(&path, &key()).unwrap();
        let mut needed = text.with(|reader| Ok(reader.searcher().index().load_metas()?.list_segment_files())).unwrap();
        drop(text);
        needed.insert("meta.json".into());
        let files: Vec<_> = files(&path).into_iter().filter(|file| needed.contains(Path::new(file.file_name().unwrap()))).collect();
        let file = &files[choice % files.len()];
        let mut content = fs::read(file).unwrap();
        let at = at % content.len();
        match kind {
            0 => fs::remove_file(file).unwrap(),
            1 => fs::write(file, &content[..at]).unwrap(),
            _ => {
                content[at] ^= 1_u8 << bit;
                fs::write(file, content).unwrap();
            }
        }
        prop_assert!(FullText::open(&path, &key()).is_err(), "{}", file.display());
    }

    #[test]
    fn damage_while_open_is_an_error_or_changes_no_answer(choice: usize, at: usize, cut: bool) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("text");
        let scope = scope("A.1", Reach::Below);
        let before = found(&filled(&path), &scope, "号线索");
        let text = FullText::open(&path, &key()).unwrap();
        let files = files(&path);
        let mut content = fs::read(&files[choice % files.len()]).unwrap();
        let at = at % content.len();
        if cut { content.truncate(at) } else { content[at..].fill(0xff) }
        fs::write(&files[choice % files.len()], content).unwrap();
        let asked = [Ask::Text(Folded::of("号线索"))];
        if let Ok(list) = text.list(&scope, &asked, Order::Newest, 0, 1000) {
            prop_assert_eq!(list.total, before.len() as u64);
        }
        // Writing goes on or says that it cannot; the process lives.
        let more = text.replace(&document(500, &["A.1"], &["号线索"])).and_then(|()| text.commit(&standing(9)));
        if more.is_ok() && let Ok(list) = text.list(&scope, &asked, Order::Newest, 0, 1000) {
            prop_assert_eq!(list.total, before.len() as u64 + 1);
        }
    }
}
