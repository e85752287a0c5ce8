//! Tests of the whole. `rules` keeps the repository as docs/ says it is; every other module runs the real programs.
//!
//! No module links what it can start: reports go in through the gateway's socket and are looked for through the command
//! line of the inside. Sites are made by `nightsafe-quickstart`.

#[cfg(test)]
mod attachments;
#[cfg(test)]
mod catalog;
#[cfg(test)]
mod crossing;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod outside;
#[cfg(test)]
mod quickstart;
#[cfg(test)]
mod rebuild;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod storm;
#[cfg(test)]
mod visitor;
