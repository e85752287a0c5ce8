//! The repository as these tests read it: the files that git would commit.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The root of the source tree.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every file that is committed or would be, as paths from the root.
pub(crate) fn files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).unwrap();
    // A file that was deleted but not committed as such is still listed.
    let files: Vec<_> =
        names.split_terminator('\0').map(PathBuf::from).filter(|path| root().join(path).is_file()).collect();
    assert!(files.len() > 100, "git lists only {} files", files.len());
    files
}

/// Every Rust file.
pub(crate) fn rust_files() -> Vec<PathBuf> {
    files().into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The text of a file, by its path from the root.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of all functions that are tests, in all Rust files.
pub(crate) fn test_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in rust_files() {
        let text = read(&path);
        let mut is_next = false;
        for line in text.lines().map(str::trim) {
            is_next |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            if let Some(name) = line.trim_start_matches("async ").strip_prefix("fn ")
                && is_next
            {
                is_next = false;
                names.insert(name.chars().take_while(|&letter| letter.is_alphanumeric() || letter == '_').collect());
            }
        }
    }
    assert!(names.len() > 50, "only {} tests were found", names.len());
    names
}

/// The pieces of a Markdown text between backquotes that look like names of tests.
pub(crate) fn named_tests(text: &str) -> Vec<&str> {
    let is_test_name = |piece: &&str| {
        piece.matches('_').count() >= 2
            && piece.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    // A test may be given with its module: `module::test`.
    text.split('`').skip(1).step_by(2).map(|piece| piece.rsplit("::").next().unwrap()).filter(is_test_name).collect()
}
