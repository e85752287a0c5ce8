//! Placeholder replaced by the first commit of this program.
fn main() {}
