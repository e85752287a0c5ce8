//! The report form: made from the catalog's field tree, read back into a report, and stateless in between.
//!
//! Answers travel as ordinary fields and are checked again with every post. One more hidden field, the [`FormState`], says
//! which submission the page belongs to and which attachments wait for it; it is the only thing that is authenticated.
//!
//! No field of a report is asked for by name here: a field added to the catalog shows, is read and is checked with no code.

mod action;
mod answers;
mod control;
mod document;
mod files;
mod hidden;
mod state;
mod summary;
mod value;
mod view;

pub(crate) use self::action::Action;
pub(crate) use self::answers::Answers;
pub(crate) use self::control::Control;
pub(crate) use self::document::document_of;
pub(crate) use self::files::{FILES, is_about_files};
pub(crate) use self::hidden::{Hidden, hidden};
pub(crate) use self::state::{FormState, StateField};
pub(crate) use self::value::catalog_path;
pub(crate) use self::view::{Drawing, Section, id_of, sections};
