//! The check of attachments themselves: how many, of which kinds by content, how long.
//!
//! A position counts from 1, as people count; a path names the part by its place, as in `attachment[0]`. No word ever
//! repeats a file's name.

use super::words;
use crate::{
    catalog::{
        attachment::{AttachmentKind, Attachments},
        problem::FieldProblem,
    },
    media::MediaKind,
};

/// What one flow takes as attachments.
#[derive(Clone, Copy, Debug)]
pub struct AttachmentRules<'a> {
    limits: &'a Attachments,
    kinds: &'a [String],
}

impl<'a> AttachmentRules<'a> {
    pub(in crate::catalog) fn new(limits: &'a Attachments, kinds: &'a [String]) -> Self {
        Self { limits, kinds }
    }

    /// Whether the flow takes an attachment at this position.
    pub fn position(&self, position: usize) -> Result<(), FieldProblem> {
        let most = if self.kinds.is_empty() { 0 } else { self.limits.count };
        if position > most { Err(words::attachments_too_many(PART, most)) } else { Ok(()) }
    }

    /// Whether what a client says of an attachment is of a kind the flow takes; empty texts say nothing.
    pub fn declared(&self, position: usize, name: &str, media_type: &str) -> Result<(), FieldProblem> {
        if self.limits.accepts(self.kinds, name, media_type) { Ok(()) } else { Err(self.format(position)) }
    }

    /// The kind of an attachment that begins with `start`, of which [`crate::media::ENOUGH`] bytes are enough.
    pub fn content(&self, position: usize, start: &[u8]) -> Result<&'a AttachmentKind, FieldProblem> {
        if start.is_empty() {
            return Err(words::attachment_empty(&path(position), position));
        }
        let code = MediaKind::of(start).map(MediaKind::code);
        let taken = code.filter(|code| self.kinds.iter().any(|kind| kind == code));
        taken.and_then(|code| self.limits.kind(code)).ok_or_else(|| self.format(position))
    }

    /// Whether one attachment of this kind may have so many bytes.
    pub fn length(&self, position: usize, kind: &AttachmentKind, length: u64) -> Result<(), FieldProblem> {
        if length <= kind.max_bytes {
            return Ok(());
        }
        Err(words::attachment_too_large(&path(position), position, kind.max_bytes))
    }

    /// Whether all attachments of one report may have so many bytes together.
    pub fn total(&self, length: u64) -> Result<(), FieldProblem> {
        let most = self.limits.total_bytes;
        if length <= most { Ok(()) } else { Err(words::attachments_too_large(PART, most)) }
    }

    fn format(&self, position: usize) -> FieldProblem {
        words::attachment_format(&path(position), position, &self.kinds.join(" "))
    }
}

fn path(position: usize) -> String {
    format!("{PART}[{}]", position.saturating_sub(1))
}

/// The name of the parts that hold attachments.
const PART: &str = "attachment";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, ProblemCode};

    fn check<T>(flow: &str, rule: impl FnOnce(AttachmentRules<'_>) -> Result<T, FieldProblem>) -> Option<FieldProblem> {
        let catalog = Catalog::embedded().unwrap();
        rule(catalog.attachment_rules(catalog.flow(flow).unwrap())).err()
    }

    #[test]
    fn content_decides_the_kind_and_the_flow_which_kinds() {
        let pdf = b"%PDF-1.7".as_slice();
        assert_eq!(check("GANG_CRIME", |rules| rules.content(1, pdf).map(drop)), None);
        let refused = check("OFFICER_MISCONDUCT", |rules| rules.content(2, pdf).map(drop)).unwrap();
        assert_eq!((refused.path.as_str(), refused.code), ("attachment[1]", ProblemCode::AttachmentFormat));
        assert_eq!(refused.text.zh, "第 2 个附件的格式不能接收；可用 jpg mp3 mp4");
        let text = check("GANG_CRIME", |rules| rules.content(1, b"hello").map(drop)).unwrap();
        assert_eq!(text.code, ProblemCode::AttachmentFormat);
        let empty = check("GANG_CRIME", |rules| rules.content(1, b"").map(drop)).unwrap();
        assert_eq!(empty.code, ProblemCode::AttachmentEmpty);
    }

    #[test]
    fn claims_are_compared_with_the_flow_only() {
        assert_eq!(check("GANG_CRIME", |rules| rules.declared(1, "x.jpg", "image/png")), None);
        assert_eq!(check("GANG_CRIME", |rules| rules.declared(1, "", "application/octet-stream")), None);
        assert!(check("GANG_CRIME", |rules| rules.declared(1, "x.docx", "")).is_some());
        assert!(check("OFFICER_MISCONDUCT", |rules| rules.declared(1, "", "image/png")).is_some());
    }

    #[test]
    fn sizes_and_numbers_have_words_with_the_limit_in_them() {
        let catalog = Catalog::embedded().unwrap();
        let rules = catalog.attachment_rules(catalog.flow("GANG_CRIME").unwrap());
        let jpg = rules.content(1, b"\xFF\xD8\xFF\xE0").unwrap();
        assert!(rules.length(1, jpg, jpg.max_bytes).is_ok());
        let large = rules.length(3, jpg, jpg.max_bytes + 1).unwrap_err();
        assert_eq!((large.path.as_str(), large.code), ("attachment[2]", ProblemCode::TooLarge));
        assert_eq!(large.text.zh, "第 3 个附件超过 20 MB；可以压缩或分段");
        let total = rules.total(catalog.attachments().total_bytes + 1).unwrap_err();
        assert!(total.text.zh.contains("600 MB"), "{}", total.text.zh);
        assert!(rules.position(10).is_ok());
        assert_eq!(rules.position(11).unwrap_err().code, ProblemCode::TooMany);
    }
}
