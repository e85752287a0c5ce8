//! The workflow on whole cases: each move, each guard, and random sequences of moves.

mod counted;
mod guards;
mod moves;
mod properties;
mod world;
