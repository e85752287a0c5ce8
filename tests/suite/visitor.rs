//! Somebody at the console, by `curl` with its cookies: pages as a browser without scripts gets them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use nightsafe_quickstart::accounts::Account;

/// A visitor who has logged in.
pub(crate) struct Visitor {
    base: String,
    authority: PathBuf,
    _folder: tempfile::TempDir,
    cookies: PathBuf,
}

impl Visitor {
    pub(crate) fn log_in(base: String, authority: PathBuf, account: &Account) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cookies = folder.path().join("cookies");
        let visitor = Self { base, authority, _folder: folder, cookies };
        let form = visitor.page("/login");
        let token = value_after(&form, "name=\"form\" value=\"");
        let answer =
            visitor.curl("/login", &[("form", token), ("name", &account.name), ("password", &account.password)]);
        assert!(!answer.contains("id=\"problem\""), "{answer}");
        visitor
    }

    /// A page, as HTML.
    pub(crate) fn page(&self, path: &str) -> String {
        self.curl(path, &[])
    }

    fn curl(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--cacert"]).arg(&self.authority);
        for jar in ["--cookie", "--cookie-jar"] {
            curl.arg(jar).arg::<&Path>(&self.cookies);
        }
        for (name, value) in fields {
            curl.arg("--data-urlencode").arg(format!("{name}={value}"));
        }
        let output = curl.arg(format!("{}{path}", self.base)).output().unwrap();
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn value_after<'a>(page: &'a str, before: &str) -> &'a str {
    let start = page.find(before).unwrap_or_else(|| panic!("no {before} in {page}")) + before.len();
    page[start..].split('"').next().unwrap()
}
