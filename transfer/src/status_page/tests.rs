//! The page as a reader sees it.

use insta::assert_snapshot;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde::Serialize;

use super::*;
use crate::metrics::Metrics;
use crate::trouble::{Trouble, Words};

#[derive(Serialize)]
struct Side {
    troubles: Troubles,
}

impl Standing for Side {
    fn at(&self) -> Timestamp {
        "2026-11-22T06:43:23Z".parse().unwrap()
    }

    fn troubles(&self) -> &Troubles {
        &self.troubles
    }

    fn headline(&self) -> String {
        "缺 missing 3: 18377-18378,18391   最早 oldest 00:41:12".to_owned()
    }

    fn facts(&self) -> Vec<Fact> {
        vec![
            Fact::new("流 stream 7f3a91c2 (gw-1)", "已收 received 18 399 / 18 402"),
            Fact { used: Some(0.12), ..Fact::new("收件箱 inbox", "12 %") },
            Fact::new("密钥 key", "第 3 版 version 3  还有 days left 20"),
        ]
    }

    fn metrics(&self) -> Metrics {
        Metrics::default()
    }
}

fn side() -> Side {
    let gap = Trouble {
        kind: "missing",
        code: ExitCode::Gap,
        what: "缺 missing 7f3a91c2 18377-18378,18391".to_owned(),
        since: Some("2026-11-22T06:02:11Z".parse().unwrap()),
        why: Words::new("没有一个卷带来过", "no volume that came here held it"),
        next: Words::same("(low side) nightsafe-transfer resend \"GAP 7f3a91c2 18377-18378,18391 #K7QM\""),
    };
    let hostile = Trouble {
        kind: "item-without-entry",
        code: ExitCode::Integrity,
        what: "隔离 quarantine Q0123456789AB  a\nb\x1b[2J".to_owned(),
        since: None,
        why: Words::same("no entry names the item"),
        next: Words::same("nightsafe-transfer quarantine show Q0123456789AB"),
    };
    Side { troubles: [gap, hostile].into_iter().collect() }
}

fn drawn(view: &View, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view.draw(frame)).unwrap();
    let page = terminal.backend().to_string();
    // The backend also lists the cells behind wide letters.
    let lines = page.lines().map(|line| line.split_once("\" Hidden").map_or(line, |(shown, _)| shown));
    lines.map(|line| line.trim_matches('"').trim_end()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_is_as_reviewed_in_both_languages() {
    for (name, language) in [("zh", Language::Chinese), ("en", Language::English)] {
        let view = View::of(Ok::<_, StartError>(side()), language);
        assert_snapshot!(name, drawn(&view, 100, 20));
    }
}

#[test]
fn a_side_that_cannot_be_looked_at_has_a_page_that_says_why() {
    let error = StartError::new(ExitCode::Key, "the key ring cannot be read");
    let page = drawn(&View::of(Err::<Side, _>(error), Language::English), 100, 12);
    assert!(page.contains("KEY") && page.contains("the key ring cannot be read"), "{page}");
    assert!(page.contains("tell the key officer"), "{page}");
}

#[test]
fn a_page_of_any_size_can_be_drawn() {
    let view = View::of(Ok::<_, StartError>(side()), Language::Chinese);
    for (width, height) in [(1, 1), (3, 40), (200, 2), (20, 10)] {
        drawn(&view, width, height);
    }
}

#[test]
fn q_escape_and_control_c_leave_and_other_keys_do_not() {
    let key = |code, modifiers| wish(KeyEvent::new(code, modifiers));
    assert_eq!(key(KeyCode::Char('q'), KeyModifiers::NONE), Some(Wish::Leave));
    assert_eq!(key(KeyCode::Esc, KeyModifiers::NONE), Some(Wish::Leave));
    assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Wish::Leave));
    assert_eq!(key(KeyCode::Char('r'), KeyModifiers::NONE), Some(Wish::LookAgain));
    assert_eq!(key(KeyCode::Char('c'), KeyModifiers::NONE), None);
}
