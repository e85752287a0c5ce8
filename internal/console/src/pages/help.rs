//! `/help/keys` 快捷键: the keys that act on the console's pages, each with what it presses.

use askama::Template;
use axum::extract::State;

use super::{Both, Frame, page};
use crate::{
    Console,
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    frame: Frame,
    keys: Vec<(&'static str, Both)>,
    on: bool,
}

/// `GET /help/keys`.
pub(crate) async fn keys(visitor: Visitor, State(console): State<Console>) -> Answer {
    Ok(page(&KeysPage {
        frame: Frame::of(&visitor, &console.reference, "/help/keys", "快捷键", "Keys"),
        keys: KEYS.into_iter().map(|(key, zh, en)| (key, Both::new(zh, en))).collect(),
        on: visitor.notices().shortcuts,
    }))
}

/// The keys of UX section 5.
const KEYS: [(&str, &str, &str); 12] = [
    ("j", "下一条", "the next one"),
    ("k", "上一条", "the one before"),
    ("Enter", "打开", "open it"),
    ("x", "选中或取消", "select it or not"),
    ("m", "比对、并案", "compare and merge"),
    ("r", "转办", "transfer it"),
    ("v", "核查", "verify it"),
    ("s", "标记或取消标记", "mark it or not"),
    ("n", "写备注", "write a note"),
    ("/", "检索", "search"),
    ("u", "撤销", "undo"),
    ("g i", "收件箱", "the inbox"),
];
