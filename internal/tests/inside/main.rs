//! The inside as an operator and an analyst meet it: the real program, a real inbox, real files.
//!
//! A test-only gateway seals reports with `nightsafe-seal`, signs their entries and hands them over as the transfer does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, reason = "a test stops where it fails")]

mod accounts;
mod browser;
mod callback;
mod clock;
mod console;
mod counter;
mod crash;
mod daemon;
#[path = "../../safecopy/tests/copies/damage.rs"]
mod damage;
mod faults;
mod gateway;
mod hostile;
mod import;
mod ledger;
mod linking;
mod many;
mod media;
mod program;
mod promise;
mod rebuild;
mod receipt;
mod roles;
mod site;
mod statistics;
mod supplements;
mod verbs;
mod visibility;
mod work;
mod workflow;
