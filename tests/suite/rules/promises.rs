//! Every promise and every MUST names the test that enforces it, and that test is there.

use super::repository::{files, named_tests, read, test_names};

#[test]
fn every_promise_names_the_test_that_enforces_it() {
    let items = numbered_items(&read("docs/promises.md"));
    assert!(items.len() >= 10, "docs/promises.md has only {} numbered promises", items.len());
    let wrong = unenforced("docs/promises.md", &items);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_must_names_the_test_that_enforces_it() {
    let pages: Vec<_> = files().into_iter().filter(|path| path.starts_with("docs/spec")).collect();
    assert!(pages.len() > 1, "there are {} format pages", pages.len());
    let mut wrong = Vec::new();
    for page in pages {
        let name = page.display().to_string();
        let items = numbered_items(&read(&page));
        let musts: Vec<String> = items.into_iter().filter(|item| item.contains("MUST")).collect();
        if musts.is_empty() {
            wrong.push(format!("{name}: there is no numbered MUST"));
        }
        wrong.extend(unenforced(&name, &musts));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The items of a page that name no test, and the tests they name that are not there.
fn unenforced(page: &str, items: &[String]) -> Vec<String> {
    let tests = test_names();
    let mut wrong = Vec::new();
    for item in items {
        let named = named_tests(item);
        let short: String = item.chars().take(60).collect();
        if named.is_empty() {
            wrong.push(format!("{page}: no test is named by: {short}"));
        }
        let missing = named.iter().filter(|name| !tests.contains(**name));
        wrong.extend(missing.map(|name| format!("{page}: there is no test {name}")));
    }
    wrong
}

/// What begins with `1.`, a row `| 1 |`, or a heading `## 1`, each with all that follows up to the next.
fn numbered_items(text: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        let start = line.trim_start_matches(['#', '|', '*', ' ']);
        let digits = start.chars().take_while(char::is_ascii_digit).count();
        let is_numbered = digits > 0 && digits < 3 && start[digits..].starts_with(['.', ' ', '|', ')', '*']);
        if is_numbered && !line.starts_with("    ") {
            items.push(String::new());
            is_inside = true;
        } else if line.starts_with('#') || (line.is_empty() && !text.contains("## 1")) {
            is_inside = false;
        }
        if let (true, Some(item)) = (is_inside, items.last_mut()) {
            item.push_str(line);
            item.push('\n');
        }
    }
    items
}
