//! The pages for people (UX sections 1 and 2): plain HTML, no script needed, no cookie, nothing kept on the server.

mod assets;
mod contact;
mod exit;
mod form;
mod keys;
mod look;
mod pages;
mod places;
mod progress;
mod receipt;
mod report;
mod start;

pub(crate) use self::assets::{ASSETS, asset};
pub(crate) use self::contact::contact;
pub(crate) use self::exit::exit;
pub(crate) use self::keys::keys;
pub(crate) use self::pages::problem_page;
pub(crate) use self::places::places;
pub(crate) use self::progress::{post_progress, show_progress};
pub(crate) use self::receipt::check_copy;
pub(crate) use self::report::{open_report, post_add, post_report, show_add, show_report};
pub(crate) use self::start::start;
