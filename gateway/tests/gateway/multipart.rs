//! The reader of multipart bodies against bodies cut anywhere, any bytes at all, and another reader.

#[path = "../../../tests/fuzz/src/multipart.rs"]
mod fuzzed;

use std::fs;
use std::path::Path;

use nightsafe_gateway::multipart::{Boundary, Bytes, HEAD_LIMIT, MultipartError, PartHead, Piece, Splitter};
use proptest::prelude::*;

use self::fuzzed::{BOUNDARY, Part, by_multer, in_pieces, whole};

#[test]
fn the_reader_survives_its_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/multipart");
    let mut files = 0;
    for file in fs::read_dir(corpus).unwrap() {
        fuzzed::call(&fs::read(file.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files > 0, "the corpus is empty");
}

fn fresh_splitter() -> Splitter {
    Splitter::new(&Boundary::of(&format!("multipart/form-data; boundary={BOUNDARY}")).unwrap())
}

fn head(name: &str, file_name: Option<&str>) -> PartHead {
    PartHead { name: name.to_owned(), file_name: file_name.map(str::to_owned), content_type: None }
}

fn written(parts: &[Part]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, data) in parts {
        let file = head.file_name.as_ref().map_or_else(String::new, |name| format!("; filename=\"{name}\""));
        let head = format!("--bound\r\nContent-Disposition: form-data; name=\"{}\"{file}\r\n\r\n", head.name);
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(data);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--bound--\r\n");
    body
}

#[test]
fn a_body_byte_by_byte_is_the_same_body() {
    let near_misses = b"\r\n--boun\r\n--bounD\r\n-\r\r\n--\r".to_vec();
    let parts = vec![(head("report", None), b"{}".to_vec()), (head("attachment", Some("x")), near_misses)];
    let body = written(&parts);
    assert_eq!(whole(&body), Ok(parts.clone()));
    assert_eq!(in_pieces(&body, std::iter::repeat(1)), Ok(parts));
}

#[test]
fn there_is_one_spelling() {
    let good = written(&[(head("a", None), b"x".to_vec())]);
    assert!(whole(&good).is_ok());
    let spoiled =
        |from: &str, to: &str| whole(String::from_utf8(good.clone()).unwrap().replacen(from, to, 1).as_bytes());
    assert_eq!(spoiled("--bound\r\n", "\r\n--bound\r\n"), Err(MultipartError::BoundaryLine));
    assert_eq!(spoiled("--bound\r\n", "hello\r\n--bound\r\n"), Err(MultipartError::BoundaryLine));
    assert_eq!(spoiled("--bound\r\n", "--bound \r\n"), Err(MultipartError::BoundaryLine));
    assert_eq!(spoiled("--bound\r\n", "--bound\n"), Err(MultipartError::BoundaryLine));
    assert_eq!(spoiled("--bound--", "--boundary"), Err(MultipartError::BoundaryLine));
    assert_eq!(spoiled("--bound--\r\n", ""), Err(MultipartError::Truncated));
    assert!(spoiled("--bound--\r\n", "--bound--").is_ok(), "the last line end means nothing");
    assert_eq!(spoiled("--bound--", &format!("--bound--{}", "x".repeat(2000))), Err(MultipartError::AfterTheEnd));
    assert_eq!(whole(b"--bound--"), Ok(Vec::new()), "no part at all");
    assert_eq!(whole(b""), Err(MultipartError::Truncated));
}

#[test]
fn a_head_without_an_end_is_refused_before_it_fills_the_memory() {
    let mut splitter = fresh_splitter();
    splitter.push(Bytes::from_static(b"--bound\r\nX: "));
    let mut pushed = 0;
    let error = loop {
        splitter.push(Bytes::from_static(&[b'x'; 100]));
        pushed += 100;
        match splitter.next_piece() {
            Ok(None) => {}
            other => break other,
        }
    };
    assert_eq!(error, Err(MultipartError::HeadTooLong));
    assert!(pushed <= HEAD_LIMIT + 100, "{pushed}");
}

#[test]
fn data_is_handed_on_without_a_copy() {
    let body = Bytes::from(written(&[(head("a", None), vec![b'x'; 1000])]));
    let mut splitter = fresh_splitter();
    splitter.push(body.clone());
    // The line end that stands in for the first boundary's costs one copy; the next pieces cost none.
    assert!(matches!(splitter.next_piece(), Ok(Some(Piece::Head(_)))));
    while splitter.next_piece().unwrap().is_some() {}
    let more = Bytes::from(vec![b'y'; 1000]);
    let mut splitter = fresh_splitter();
    splitter.push(Bytes::from_static(b"--bound\r\nContent-Disposition: form-data; name=a\r\n\r\nx"));
    while splitter.next_piece().unwrap().is_some() {}
    splitter.push(more.clone());
    assert!(matches!(splitter.next_piece(), Ok(Some(Piece::Data(data))) if data.as_ptr() == more.as_ptr()));
}

/// Data in which boundaries almost stand, and parts with it.
fn any_parts() -> impl Strategy<Value = Vec<Part>> {
    let crumb = prop_oneof![
        Just(b"\r\n--boun".to_vec()),
        Just(b"\r\n--".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"--bound".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    let data = proptest::collection::vec(crumb, 0..6).prop_map(|crumbs| crumbs.concat());
    let data = data.prop_filter("a boundary", |data| memchr::memmem::find(data, b"\r\n--bound").is_none());
    // With the line end that follows the data, its last bytes must make no boundary either.
    let name = proptest::option::of("[^\r\n\"\\\\\u{0}-\u{1F}\u{7F}]{0,12}");
    let part = ("[a-z]{1,10}", name, data).prop_map(|(field, name, data)| (head(&field, name.as_deref()), data));
    proptest::collection::vec(part, 0..5)
}

proptest! {
    #[test]
    fn any_cut_of_a_body_reads_the_same(parts in any_parts(), sizes in proptest::collection::vec(1_usize..60, 0..80)) {
        let body = written(&parts);
        prop_assert_eq!(whole(&body), Ok(parts.clone()));
        prop_assert_eq!(in_pieces(&body, sizes.into_iter()), Ok(parts));
    }

    #[test]
    fn any_cut_of_any_bytes_reads_the_same(
        crumbs in proptest::collection::vec(prop_oneof![
            Just(b"--bound\r\n".to_vec()), Just(b"\r\n--bound".to_vec()), Just(b"--".to_vec()), Just(b"\r\n\r\n".to_vec()),
            Just(b"Content-Disposition: form-data; name=\"a\"".to_vec()), proptest::collection::vec(any::<u8>(), 0..20),
        ], 0..12),
        sizes in proptest::collection::vec(1_usize..20, 0..80),
    ) {
        let body = crumbs.concat();
        prop_assert_eq!(whole(&body), in_pieces(&body, sizes.into_iter()));
    }

    #[test]
    fn another_reader_reads_the_same(parts in any_parts(), size in 1_usize..200) {
        let body = written(&parts);
        prop_assert_eq!(whole(&body).unwrap(), by_multer(&body, size).unwrap());
    }

    #[test]
    fn what_is_accepted_another_reader_accepts_alike(
        crumbs in proptest::collection::vec(prop_oneof![
            Just(b"--bound\r\n".to_vec()), Just(b"\r\n--bound".to_vec()), Just(b"--".to_vec()), Just(b"\r\n\r\n".to_vec()),
            Just(b"Content-Disposition: form-data; name=\"a\"".to_vec()), proptest::collection::vec(any::<u8>(), 0..20),
        ], 0..12),
    ) {
        let body = crumbs.concat();
        if let Ok(parts) = whole(&body) {
            prop_assert_eq!(parts, by_multer(&body, body.len().max(1)).unwrap());
        }
    }
}
