//! Measurements of the real programs, each beside a reference taken in the same run on the same machine
//! (docs/performance.md). Ratios travel to other machines, absolute figures do not.
//!
//! `tests/bench` builds the programs and runs `nightsafe-measure`. This library is also where other tests get
//! folders full of sealed items ([`items`]).

pub mod bench;
pub mod cli;
pub mod client;
pub mod console;
pub mod filling;
pub mod items;
pub mod machine;
pub mod process;
pub mod profile;
pub mod rounds;
pub mod row;
pub mod rows;
pub mod table;
pub mod upload;
