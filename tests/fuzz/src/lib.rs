//! The parsers as the fuzzer calls them; a workspace of its own, so that nothing of a fuzzer is in the product's lock file.

mod parsers;

/// Calls the parser of this name.
pub fn call(name: &str, bytes: &[u8]) {
    for (parser, function) in parsers::PARSERS {
        if *parser == name {
            function(bytes);
        }
    }
}
