//! The tests of the whole: end to end with the real programs, and the repository's own rules. All of it is in the one
//! test binary `suite`; this library is empty.
