//! The parsers as the fuzzer calls them; a workspace of its own, so that nothing of a fuzzer is in the product's lock file.

mod link;
mod mail;
mod multipart;
mod parsers;

/// Calls the parser of this name.
pub fn call(name: &str, bytes: &[u8]) {
    let others: &[parsers::Parser] = &[("link", link::call), ("mail", mail::call), ("multipart", multipart::call)];
    for (parser, function) in parsers::PARSERS.iter().chain(others) {
        if *parser == name {
            function(bytes);
        }
    }
}
