//! What is read of the mails in the fuzzer's corpus, and what any bytes do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that meets the unexpected fails")]

use nightsafe_mail::{ENCLOSED, LINE_CHARACTERS, MAIL_BYTES, Mail, MailError, Remark, Sender, TEXT_CHARACTERS};
use proptest::prelude::*;

#[path = "../../../tests/fuzz/src/mail.rs"]
mod mail;

macro_rules! mails {
    ($($name:ident),*) => {
        /// The mails that are looked at one by one.
        const ALL: &[(&str, &[u8])] = &[$((stringify!($name), include_bytes!(concat!("../../../tests/fuzz/corpus/mail/", stringify!($name))))),*];
    };
}
mails!(
    alternative,
    big5,
    broken,
    cut_off,
    deep,
    gb2312,
    html_only,
    mails_in_mails,
    names,
    nested,
    related,
    unnamed_charset
);

fn read(name: &str) -> Mail {
    let (_name, bytes) = ALL.iter().find(|(known, _bytes)| *known == name).unwrap();
    Mail::read(bytes).unwrap()
}

fn names(mail: &Mail) -> Vec<&str> {
    mail.enclosed.iter().map(|enclosed| enclosed.name.as_str()).collect()
}

#[test]
fn old_character_sets_and_encoded_words_are_read() {
    let mail = read("gb2312");
    assert_eq!(
        (mail.subject.as_str(), mail.message_id.as_deref()),
        ("举报杏花村霍大椿", Some("1.gb2312@example.test"))
    );
    assert_eq!(mail.from, Some(Sender { name: "苏木青".to_owned(), address: "su@example.test".to_owned() }));
    assert_eq!(mail.sent, Some("2026-02-03T07:20:00Z".parse().unwrap()));
    assert_eq!(mail.text, "霍大椿在杏花村强收保护费。\n请查处。");
    assert!(mail.remarks.is_empty(), "{:?}", mail.remarks);
    let mail = read("big5");
    assert_eq!((mail.subject.as_str(), mail.text.as_str()), ("檢舉", "市場有人收保護費"));
    assert_eq!(read("unnamed_charset").text, "没有写明字符集的旧邮件，𠮷");
}

#[test]
fn markup_becomes_words_and_nothing_in_it_is_kept() {
    let mail = read("html_only");
    assert!(
        mail.text.contains("第一段") && mail.text.contains("第二段") && mail.text.contains("链接"),
        "{}",
        mail.text
    );
    for trace in ["steal", "tracker", "color", "<"] {
        assert!(!mail.text.contains(trace), "{trace}: {}", mail.text);
    }
    assert!(mail.remarks.contains(&Remark::TextFromHtml));
    let mail = read("alternative");
    assert_eq!((mail.text.as_str(), mail.enclosed.len()), ("只要这一段", 0));
    assert!(mail.remarks.is_empty());
}

#[test]
fn attachments_have_their_names_without_folders_and_their_bytes() {
    let mail = read("names");
    assert_eq!(names(&mail), ["合同照片.jpg", "照片.jpg", "winmail.dat", "passwd"]);
    assert!(mail.enclosed[0].bytes.starts_with(&[0xFF, 0xD8, 0xFF]));
    assert!(mail.enclosed[1].bytes.starts_with(b"MZ"), "what it says it is is not asked");
    assert_eq!(mail.text, "见附件");
    let mail = read("related");
    assert_eq!((names(&mail), mail.text.as_str()), (vec!["one.png"], "看图"));
}

#[test]
fn a_mail_within_the_mail_is_read_and_kept_as_a_whole() {
    let mail = read("nested");
    assert_eq!(names(&mail), ["original.eml"]);
    assert_eq!(mail.text, "请看转发的邮件\n\n里面的话");
    let within = Mail::read(&mail.enclosed[0].bytes).unwrap();
    assert_eq!((within.subject.as_str(), names(&within)), ("inner", vec!["inner.png"]));
}

#[test]
fn what_is_cut_broken_or_too_deep_is_read_as_far_as_it_goes_and_said() {
    let mail = read("cut_off");
    assert_eq!((mail.text.as_str(), names(&mail)), ("这封信没有写完", vec!["half.png"]));
    assert!(read("broken").remarks.contains(&Remark::BrokenEncoding));
    for name in ["deep", "mails_in_mails"] {
        assert!(read(name).remarks.contains(&Remark::TooDeep), "{name}");
    }
}

#[test]
fn a_mail_has_a_header_and_an_end() {
    assert_eq!(Mail::read(b""), Err(MailError::NoMail));
    assert_eq!(Mail::read(b"\x89PNG\r\n\x1a\n"), Err(MailError::NoMail));
    let long = [b"Subject: x\r\n\r\n".as_slice(), &vec![b'x'; MAIL_BYTES]].concat();
    assert_eq!(Mail::read(&long), Err(MailError::TooLarge));
}

#[test]
fn many_parts_and_long_texts_are_bounded() {
    let part = "--b\r\nContent-Type: image/png; name=a.png\r\n\r\nx\r\n";
    let many =
        format!("Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n", part.repeat(10_000));
    let mail = Mail::read(many.as_bytes()).unwrap();
    assert_eq!(mail.enclosed.len(), ENCLOSED);
    assert!(mail.remarks.contains(&Remark::TooManyParts));
    let long = format!("Subject: {}\r\n\r\n{}", "长".repeat(5_000), "长".repeat(200_000));
    let mail = Mail::read(long.as_bytes()).unwrap();
    assert_eq!((mail.subject.chars().count(), mail.text.chars().count()), (LINE_CHARACTERS, TEXT_CHARACTERS));
    assert!(mail.remarks.contains(&Remark::TextCut));
    let endless = format!("Subject: x\r\nX: {}\r\n\r\ntext", "x".repeat(1024 * 1024));
    assert!(Mail::read(endless.as_bytes()).unwrap().remarks.contains(&Remark::HeadCut));
}

#[test]
fn every_mail_of_the_corpus_is_read_within_bounds() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/mail");
    for file in std::fs::read_dir(folder).unwrap() {
        mail::call(&std::fs::read(file.unwrap().path()).unwrap());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_mail_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        mail::call(&bytes);
    }

    #[test]
    fn a_spoiled_mail_is_read_within_bounds(
        mail in 0..ALL.len(),
        spoils in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<proptest::sample::Index>(),
        doubled in any::<bool>(),
    ) {
        let mut bytes = ALL[mail].1.to_vec();
        for (at, byte) in spoils {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let tail = bytes.split_off(cut.index(bytes.len()));
        bytes = if doubled { [bytes.as_slice(), &tail, &tail].concat() } else { bytes };
        mail::call(&bytes);
    }
}
