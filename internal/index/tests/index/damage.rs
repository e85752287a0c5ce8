//! Damage: whatever happens to files under `index/`, the same index comes back.

use std::{
    fs,
    path::{Path, PathBuf},
};

use nightsafe_index::{Filter, Found, Index, IndexError, IndexKey, Order, Paging, Rules};
use proptest::prelude::*;

use crate::{
    history::{Step, all_answers, steps},
    site::{DIVISIONS, Site, UNITS, analyst, dump, rules},
};

#[derive(Clone, Debug)]
enum Harm {
    Delete,
    Cut(usize),
    Overwrite(usize, Vec<u8>),
    Zero,
    Extend(Vec<u8>),
}

fn harm() -> impl Strategy<Value = Harm> {
    let bytes = || prop::collection::vec(any::<u8>(), 1..400);
    prop_oneof![
        Just(Harm::Delete),
        any::<usize>().prop_map(Harm::Cut),
        (any::<usize>(), bytes()).prop_map(|(at, bytes)| Harm::Overwrite(at, bytes)),
        Just(Harm::Zero),
        bytes().prop_map(Harm::Extend),
    ]
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Harms one file under the folder; says which. An open index may take a file away by itself: then the next is harmed.
fn inflict(folder: &Path, choice: usize, harm: &Harm) -> String {
    let files = files(folder);
    let mut from_choice = files.iter().cycle().skip(choice % files.len()).take(files.len());
    let (file, mut content) = from_choice.find_map(|file| Some((file, fs::read(file).ok()?))).unwrap();
    match harm {
        // Gone is gone, whoever did it.
        Harm::Delete => drop(fs::remove_file(file)),
        Harm::Cut(at) => fs::write(file, &content[..at % content.len().max(1)]).unwrap(),
        Harm::Overwrite(at, bytes) => {
            let at = at % content.len().max(1);
            content[at..].iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            fs::write(file, content).unwrap();
        }
        Harm::Zero => fs::write(file, vec![0; content.len()]).unwrap(),
        Harm::Extend(bytes) => {
            content.extend(bytes);
            fs::write(file, content).unwrap();
        }
    }
    format!("{} {harm:?}", file.display())
}

fn filled(site: &Site, steps: &[Step]) -> Index {
    let (index, _) = site.open();
    for batch in steps.chunks(7) {
        site.record_all(batch);
        index.catch_up(&site.log).unwrap();
    }
    index
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]
    #[test]
    fn a_closed_index_that_was_harmed_comes_back_the_same(
        steps in steps(10..40),
        choice: usize,
        harm in harm(),
        more in steps(0..3),
    ) {
        let site = Site::new();
        drop(filled(&site, &steps));
        let said = inflict(&site.folder(), choice, &harm);
        site.record_all(&more);
        let (index, _) = site.open();
        let (_place, anew) = site.built_anew();
        prop_assert_eq!(dump(&index).1, dump(&anew).1, "{}", said);
        prop_assert_eq!(all_answers(&index), all_answers(&anew), "{}", said);
    }

    #[test]
    fn an_index_that_is_not_checked_yet_answers_right_or_says_that_it_is_damaged(
        steps in steps(10..40),
        choice: usize,
        harm in harm(),
        more in steps(0..3),
    ) {
        let site = Site::new();
        drop(filled(&site, &steps));
        let said = inflict(&site.folder(), choice, &harm);
        let index = site.open_unchecked();
        let (_place, anew) = site.built_anew();
        let viewer = analyst("OFFICE.000000");
        let list = |index: &Index| index.inbox(&viewer, &Filter::default(), Order::Urgency, Paging::new(0, 50));
        let expected = list(&anew).unwrap();
        match list(&index) {
            Ok(page) => prop_assert_eq!(format!("{page:?}"), format!("{expected:?}"), "{}", said),
            Err(error) => prop_assert!(matches!(error, IndexError::Damaged(_)), "{:?} {}", error, said),
        }
        for row in expected.rows {
            match index.case(&viewer, row.summary.case) {
                Ok(view) => prop_assert_eq!(view, anew.case(&viewer, row.summary.case).unwrap(), "{}", said),
                Err(error) => prop_assert!(matches!(error, IndexError::Damaged(_)), "{:?} {}", error, said),
            }
        }
        site.record_all(&more);
        loop {
            match index.catch_up(&site.log).and_then(|_| index.check_some()) {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => {
                    prop_assert!(matches!(error, IndexError::Damaged(_)), "{:?} {}", error, said);
                    prop_assert!(index.heal(&site.log).unwrap());
                }
            }
        }
        drop(index);
        let (index, _) = site.open();
        let (_place, anew) = site.built_anew();
        prop_assert_eq!(dump(&index).1, dump(&anew).1, "{}", said);
    }

    #[test]
    fn an_open_index_that_is_harmed_answers_right_or_says_that_it_is_damaged(
        steps in steps(10..40),
        harms in prop::collection::vec((any::<usize>(), harm()), 1..3),
        more in steps(1..4),
    ) {
        let site = Site::new();
        let index = filled(&site, &steps);
        let said: Vec<String> = harms.iter().map(|(choice, harm)| inflict(&site.folder(), *choice, harm)).collect();
        let viewer = analyst("OFFICE.000000");
        let (_place, before) = site.built_anew();
        let ask = |index: &Index| index.inbox(&viewer, &Filter::default(), Order::Urgency, Paging::new(0, 50));
        match ask(&index) {
            Ok(page) => prop_assert_eq!(format!("{page:?}"), format!("{:?}", ask(&before).unwrap()), "{:?}", said),
            Err(error) => prop_assert!(matches!(error, IndexError::Damaged(_)), "{:?} {:?}", error, said),
        }
        site.record_all(&more);
        if let Err(error) = index.catch_up(&site.log) {
            prop_assert!(matches!(error, IndexError::Damaged(_)), "{:?} {:?}", error, said);
            prop_assert!(index.heal(&site.log).unwrap());
        }
        prop_assert_eq!(index.position().unwrap().seq, site.log.after(0).len() as u64);
        drop(index);
        let (index, _) = site.open();
        let (_place, anew) = site.built_anew();
        prop_assert_eq!(dump(&index).1, dump(&anew).1, "{:?}", said);
    }
}

#[test]
fn the_whole_folder_deleted_while_open_is_rebuilt_in_place() {
    let site = Site::new();
    let index = filled(&site, &some_steps());
    let before = dump(&index).0;
    fs::remove_dir_all(site.folder()).unwrap();
    index.rebuild(&site.log).unwrap();
    assert_eq!(dump(&index).0, before);
    drop(index);
    assert_eq!(site.open().1, Found::Sound { at: site.log.after(0).len() as u64 });
}

#[test]
fn a_half_of_another_age_is_brought_to_the_same_position() {
    for half in ["projections", "text"] {
        let site = Site::new();
        drop(filled(&site, &some_steps()));
        let generation = site.folder().join("generation-000001");
        let kept = site.folder().join("kept");
        copy(&generation.join(half), &kept);
        let (index, _) = site.open();
        site.record_all(&some_steps());
        index.catch_up(&site.log).unwrap();
        let expected = (dump(&index).1, all_answers(&index));
        drop(index);
        fs::remove_dir_all(generation.join(half)).unwrap();
        copy(&kept, &generation.join(half));
        let (index, found) = site.open();
        assert!(matches!(found, Found::Sound { .. }), "{half}: {found:?}");
        assert_eq!((dump(&index).1, all_answers(&index)), expected, "{half}");
    }
}

#[test]
fn another_ledger_other_units_or_another_key_make_another_index() {
    let site = Site::new();
    drop(filled(&site, &some_steps()));
    let open = |key, rules, log| Index::open(&site.folder(), IndexKey::from_bytes(key), rules, log).unwrap().1;
    let rebuilt = |found| matches!(found, Found::Rebuilt { .. });
    assert!(rebuilt(open([8; 32], rules(), &site.log)));
    assert!(!rebuilt(open([8; 32], rules(), &site.log)));
    let fewer = nightsafe_schema::unit::UnitRegistry::embedded().unwrap();
    assert!(rebuilt(open([8; 32], Rules::new(fewer.into(), DIVISIONS.clone()), &site.log)));
    assert!(rebuilt(open([8; 32], Rules::new(UNITS.clone(), DIVISIONS.clone()), &site.log)));
    let other = Site::new();
    for step in some_steps().into_iter().rev() {
        other.record(&step);
    }
    assert!(rebuilt(open([8; 32], rules(), &other.log)));
}

#[test]
fn an_erased_case_is_gone_after_a_rebuild() {
    let site = Site::new();
    let index = filled(&site, &some_steps());
    let viewer = analyst("OFFICE.000000");
    let total = || index.inbox(&viewer, &Filter::default(), Order::Urgency, Paging::new(0, 1)).unwrap().total;
    assert_eq!(total(), 2);
    site.record(&Step::Erase { case: 0 });
    index.rebuild(&site.log).unwrap();
    assert_eq!(total(), 1);
    assert!(index.case(&viewer, crate::site::case(0)).unwrap().is_none());
}

fn some_steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for case in 0..3 {
        steps.push(Step::Report { case, text: format!("第{case}号，霍三爷收保护费"), name: "霍三爷" });
        if case < 2 {
            steps.push(Step::Route { case, holders: vec!["POLICE.990100"], forbidden: vec!["POLICE.990121"] });
        }
        steps.push(Step::View { case });
    }
    steps
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}
