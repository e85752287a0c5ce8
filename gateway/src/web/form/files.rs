//! The attachments of a form: what waits already, and what a flow takes, stated before anybody chooses (UX section 2, P4).

use nightsafe_schema::catalog::{AttachmentKind, Catalog, Flow, Label};
use nightsafe_schema::item::ItemId;

use super::state::FormState;
use crate::http::FieldError;
use crate::reception::WaitingAttachment;
use crate::words::{self, Bilingual as _};

/// The list, and what is said beside the input.
#[derive(Debug)]
pub(crate) struct FilesView {
    pub(crate) waiting: Vec<AddedFile>,
    /// For the browser's own list: `.jpg,.jpeg,.mp3`.
    pub(crate) accept: String,
    pub(crate) kinds: Vec<TakenKind>,
    pub(crate) count: usize,
    pub(crate) total: String,
    pub(crate) errors: Vec<Label>,
}

/// One attachment that waits. It is called by its number: its name is nobody's business who looks at the screen.
#[derive(Debug, Clone)]
pub(crate) struct AddedFile {
    pub(crate) item: ItemId,
    pub(crate) label: Label,
    /// Kind and size.
    pub(crate) what: Label,
}

/// One kind of file with its limit.
#[derive(Debug)]
pub(crate) struct TakenKind {
    pub(crate) label: Label,
    pub(crate) most: String,
}

impl FilesView {
    /// `None` for a flow that takes no files.
    pub(super) fn of(catalog: &Catalog, flow: &Flow, state: &FormState, errors: &[FieldError]) -> Option<Self> {
        let limits = catalog.attachments();
        let kinds = || catalog.attachment_kinds(flow);
        let extensions = kinds().flat_map(|kind| &kind.extensions).map(|extension| format!(".{extension}"));
        let label = |error: &FieldError| Label { zh: error.zh.clone(), en: error.en.clone() };
        let view = Self {
            waiting: added(catalog, state),
            accept: extensions.collect::<Vec<_>>().join(","),
            kinds: kinds().map(|kind| TakenKind { label: kind.label.clone(), most: size(kind.max_bytes) }).collect(),
            count: limits.count,
            total: size(limits.total_bytes),
            errors: errors.iter().filter(|error| is_about_files(error)).map(label).collect(),
        };
        (!view.kinds.is_empty()).then_some(view)
    }
}

/// The attachments that wait, as they are shown.
pub(super) fn added(catalog: &Catalog, state: &FormState) -> Vec<AddedFile> {
    let one = |(place, waiting): (usize, &WaitingAttachment)| AddedFile {
        item: waiting.facts.item,
        label: words::FILE_NUMBERED.with(place + 1),
        what: what(kind_of(catalog, &waiting.facts.media_type), waiting.facts.length),
    };
    state.waiting().iter().enumerate().map(one).collect()
}

/// Whether an error belongs beside the input: `attachment`, `attachment[1]`.
pub(crate) fn is_about_files(error: &FieldError) -> bool {
    error.path.strip_prefix(FILES).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

fn kind_of<'c>(catalog: &'c Catalog, media_type: &str) -> Option<&'c AttachmentKind> {
    catalog.attachments().kinds.iter().find(|kind| kind.media_types.iter().any(|one| one == media_type))
}

fn what(kind: Option<&AttachmentKind>, length: u64) -> Label {
    let size = size(length);
    match kind {
        Some(kind) => Label { zh: format!("{}，{size}", kind.label.zh()), en: format!("{}, {size}", kind.label.en()) },
        None => Label { zh: size.clone(), en: size },
    }
}

/// As a telephone's file list says it.
fn size(bytes: u64) -> String {
    const KB: u64 = 1024;
    const MB: u64 = 1024 * KB;
    if bytes >= MB && bytes.is_multiple_of(MB) {
        format!("{} MB", bytes / MB)
    } else if bytes >= MB {
        format!("{}.{} MB", bytes / MB, bytes % MB * 10 / MB)
    } else {
        format!("{} KB", bytes.div_ceil(KB))
    }
}

/// The name of the input.
pub(crate) const FILES: &str = "attachment";

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

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
        let state = FormState::begin("00112233445566778899aabbccddeeff".parse().unwrap(), Timestamp::UNIX_EPOCH);
        let view = FilesView::of(&catalog, catalog.flow_by_slug("officers").unwrap(), &state, &errors).unwrap();
        assert_eq!(view.accept, ".jpg,.jpeg,.mp3,.mp4");
        assert_eq!((view.kinds[0].most.as_str(), view.total.as_str()), ("20 MB", "600 MB"));
        assert_eq!(view.errors.len(), 2);
    }

    #[test]
    fn sizes_are_those_of_a_telephone() {
        for (bytes, shown) in
            [(1, "1 KB"), (1024, "1 KB"), (1025, "2 KB"), (2_202_009, "2.0 MB"), (20_971_520, "20 MB")]
        {
            assert_eq!(size(bytes), shown);
        }
        let catalog = Catalog::embedded().unwrap();
        assert_eq!(what(kind_of(&catalog, "image/jpeg"), 3_000_000).zh, "图片 jpg，2.8 MB");
        assert_eq!(what(None, 10).en, "1 KB");
    }
}
