//! Earlier and later rows of a list, as links that carry the whole state.

use super::entrance::query_escaped;
use crate::{desk::Page, limits::PAGE_ROWS};

/// Which rows are shown, and the way to the others.
pub(crate) struct Pager {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) total: u64,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl Pager {
    /// The pager of a list at `path` with these parameters.
    pub(super) fn of<T>(page: &Page<T>, path: &str, parameters: &[(&str, Option<&str>)]) -> Self {
        let rows = u64::try_from(page.rows.len()).unwrap_or(0);
        let step = u64::try_from(PAGE_ROWS).unwrap_or(50);
        let end = page.skipped.saturating_add(rows);
        let to = |skip: u64| link(path, parameters, skip);
        Self {
            first: page.skipped.saturating_add(1),
            last: end,
            total: page.total,
            before: (page.skipped > 0).then(|| to(page.skipped.saturating_sub(step))),
            after: (rows > 0 && end < page.total).then(|| to(end)),
        }
    }
}

/// The address of a list with these parameters, from a row on.
pub(super) fn link(path: &str, parameters: &[(&str, Option<&str>)], skip: u64) -> String {
    let skip = (skip > 0).then(|| skip.to_string());
    let all = parameters.iter().copied().chain([("skip", skip.as_deref())]);
    let pairs: Vec<String> =
        all.filter_map(|(name, value)| value.map(|value| format!("{name}={}", query_escaped(value)))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}
