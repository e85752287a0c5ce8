//! Reports as people write them, in any number: Chinese, of the lengths and shapes of the samples, good by the catalog, and
//! with a known truth about what belongs together.
//!
//! ```text
//! seed ─▶ plan: is number n a new matter, or an older one told again? ─▶ matter: who, where, what ─▶ telling: in which words
//! ```
//!
//! Report *n* of a seed is the same on every machine and needs no report before it, so several threads can make them at
//! once. Seeds for tuning rules and seeds for measuring them cannot be the same ([`Seed`]). Names of divisions are those
//! of the country; every person, firm and deed is invented. Never shipped.

pub mod dice;
mod matter;
mod plan;
mod reports;
mod telling;
mod words;

pub use self::{
    plan::{Planted, Truth},
    reports::{Reports, Seed, Story},
};
