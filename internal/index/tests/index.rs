//! The index as its users see it: over a ledger in memory, through the public interface.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what a test relies on and does not find fails it")]

#[path = "index/answers.rs"]
mod answers;
#[path = "index/damage.rs"]
mod damage;
#[path = "index/following.rs"]
mod following;
#[path = "index/history.rs"]
mod history;
#[path = "index/links.rs"]
mod links;
#[path = "index/log.rs"]
mod log;
#[path = "index/site.rs"]
mod site;
#[path = "index/visibility.rs"]
mod visibility;
