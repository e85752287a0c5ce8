//! The one input for files, with what a flow takes stated before anybody chooses (UX section 2, P4).

use nightsafe_schema::catalog::{Catalog, Flow, Label};

use crate::http::FieldError;

/// What is said beside the input.
#[derive(Debug)]
pub(crate) struct FilesView {
    /// For the browser's own list: `.jpg,.jpeg,.mp3`.
    pub(crate) accept: String,
    pub(crate) kinds: Vec<TakenKind>,
    pub(crate) count: usize,
    pub(crate) total: String,
    pub(crate) errors: Vec<Label>,
}

/// One kind of file with its limit.
#[derive(Debug)]
pub(crate) struct TakenKind {
    pub(crate) label: Label,
    pub(crate) most: String,
}

impl FilesView {
    /// `None` for a flow that takes no files.
    pub(super) fn of(catalog: &Catalog, flow: &Flow, errors: &[FieldError]) -> Option<Self> {
        let limits = catalog.attachments();
        let kinds = || catalog.attachment_kinds(flow);
        let extensions = kinds().flat_map(|kind| &kind.extensions).map(|extension| format!(".{extension}"));
        let label = |error: &FieldError| Label { zh: error.zh.clone(), en: error.en.clone() };
        let view = Self {
            accept: extensions.collect::<Vec<_>>().join(","),
            kinds: kinds()
                .map(|kind| TakenKind { label: kind.label.clone(), most: megabytes(kind.max_bytes) })
                .collect(),
            count: limits.count,
            total: megabytes(limits.total_bytes),
            errors: errors.iter().filter(|error| is_about_files(error)).map(label).collect(),
        };
        (!view.kinds.is_empty()).then_some(view)
    }
}

/// Whether an error belongs beside the input: `attachment`, `attachment[1]`.
pub(crate) fn is_about_files(error: &FieldError) -> bool {
    error.path.strip_prefix(FILES).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

/// As a telephone's file list says it.
fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / (1024 * 1024))
}

/// The name of the input.
pub(crate) const FILES: &str = "attachment";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_says_what_it_takes_and_where_it_was_not_taken() {
        let catalog = Catalog::embedded().unwrap();
        let error = |path: &str| FieldError {
            path: path.to_owned(),
            code: "X".to_owned(),
            zh: "改".to_owned(),
            en: "mend".to_owned(),
        };
        let errors = [error("attachment[1]"), error("attachment"), error("attachments"), error("facts.title")];
        let view = FilesView::of(&catalog, catalog.flow_by_slug("officers").unwrap(), &errors).unwrap();
        assert_eq!(view.accept, ".jpg,.jpeg,.mp3,.mp4");
        assert_eq!((view.kinds[0].most.as_str(), view.total.as_str()), ("20 MB", "600 MB"));
        assert_eq!(view.errors.len(), 2);
    }
}
