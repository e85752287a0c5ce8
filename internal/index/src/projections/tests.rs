use proptest::prelude::*;

use super::*;
use crate::position::FORMAT;

fn key() -> IndexKey {
    IndexKey::from_bytes([3; 32])
}

fn standing() -> Standing {
    Standing { format: FORMAT, rules: Digest::ZERO, position: Position::START }
}

fn rows(projections: &Projections) -> Vec<(Tree, Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    for &tree in Tree::ALL {
        let visit = |key: &[u8], value: &[u8]| {
            found.push((tree, key.to_vec(), value.to_vec()));
            Ok(true)
        };
        projections.each(tree, &[], visit).unwrap();
    }
    found
}

fn filled(path: &Path) -> Projections {
    let projections = Projections::create(path, &key(), standing()).unwrap();
    for seq in 1..=20_u64 {
        let mut changes = Changes::default();
        for tree in Tree::ALL {
            changes.put(*tree, seq.to_be_bytes(), vec![7; 40]);
            changes.put(*tree, (seq / 2).to_be_bytes(), vec![6; 30]);
        }
        projections.apply(&changes, Position { seq, digest: Digest::of(&seq.to_be_bytes()) }).unwrap();
    }
    projections.flush().unwrap();
    projections
}

#[test]
fn what_was_applied_is_there_after_opening_again() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("sled");
    let before = rows(&filled(&path));
    let again = Projections::open(&path, &key()).unwrap();
    assert_eq!(rows(&again), before);
    assert_eq!(again.standing().unwrap().position.seq, 20);
}

#[test]
fn rows_that_change_while_they_are_looked_through_are_counted_right() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("sled");
    drop(filled(&path));
    let projections = Projections::open_unchecked(&path, &key()).unwrap();
    let mut seq = 21_u64;
    for round in 0.. {
        if projections.check_some().unwrap() {
            break;
        }
        // Not each time: what is put behind the last row is looked at next, and there would be no end.
        if round % 3 != 0 {
            continue;
        }
        let mut changes = Changes::default();
        for tree in Tree::ALL {
            changes.put(*tree, seq.to_be_bytes(), vec![8; 40]);
            changes.put(*tree, (seq - 3).to_be_bytes(), vec![9; 40]);
        }
        projections.apply(&changes, Position { seq, digest: Digest::of(&seq.to_be_bytes()) }).unwrap();
        seq += 1;
    }
    assert!(seq > 23, "nothing changed meanwhile");
    drop(projections);
    assert!(Projections::open(&path, &key()).is_ok());
}

#[test]
fn another_key_does_not_open_them() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("sled");
    drop(filled(&path));
    assert!(Projections::open(&path, &IndexKey::from_bytes([4; 32])).is_err());
}

#[test]
fn a_row_that_did_not_go_through_a_transaction_is_found() {
    for tamper in [0, 1, 2] {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("sled");
        drop(filled(&path));
        let database = sled::Config::new().path(&path).flush_every_ms(None).open().unwrap();
        let tree = database.open_tree(Tree::Unreadable.name()).unwrap();
        match tamper {
            0 => tree.insert(b"more", b"").unwrap(),
            1 => tree.remove(20_u64.to_be_bytes()).unwrap(),
            _ => tree.insert(20_u64.to_be_bytes(), b"other").unwrap(),
        };
        database.flush().unwrap();
        drop((tree, database));
        assert!(Projections::open(&path, &key()).is_err(), "{tamper}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn damaged_files_open_as_they_were_or_not_at_all(choice: usize, at: usize, cut: bool, bytes in prop::collection::vec(any::<u8>(), 1..600)) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("sled");
        let before = rows(&filled(&path));
        let mut files: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
        files.sort();
        let file = &files[choice % files.len()];
        let mut content = std::fs::read(file).unwrap();
        let at = at % content.len().max(1);
        if cut {
            content.truncate(at);
        } else {
            for (to, from) in content[at..].iter_mut().zip(bytes) { *to = from }
        }
        std::fs::write(file, content).unwrap();
        if let Ok(again) = Projections::open(&path, &key()) {
            let seq = again.standing().unwrap().position.seq;
            prop_assert!(seq <= 20);
            if seq == 20 {
                prop_assert_eq!(rows(&again), before);
            }
        }
    }
}
