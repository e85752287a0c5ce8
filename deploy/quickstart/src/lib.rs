//! A whole demonstration site on one machine, made and run through the real programs (DESIGN section 13).
//!
//! It links none of the programs: each is built with its own `cargo build --release -p …` and started as a child
//! process. What is missing under the data folder is made through the programs' own `init` and through `nightsafe-keys`;
//! what is there is used again. The end-to-end tests make their sites with this package too.
//!
//! Everything here is for demonstration: the keys lie beside each other on one networked machine, which a real site must
//! never do.

pub mod accounts;
pub mod certificates;
pub mod child;
pub mod cli;
pub mod client;
pub mod configuration;
pub mod filing;
pub mod interruption;
pub mod keys;
pub mod layout;
pub mod media;
pub mod narration;
pub mod outcome;
pub mod programs;
pub mod run;
pub mod samples;
pub mod site;
pub mod units;
pub mod visibility;
