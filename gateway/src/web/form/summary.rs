//! Everything answered so far, for the check before sending: each answer in words, by the groups it was given in.

use nightsafe_schema::catalog::{Field, FieldKind, Flow, Group, Label, Page, Part};
use nightsafe_schema::division::DivisionCode;
use serde_json::Value;

use super::document::field_name;
use super::files::added;
use super::value::{at, plain};
use super::view::{Drawing, group_id};
use crate::words;

/// One group with its answers.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) label: Label,
    /// The page on which they can be changed, and where on it.
    pub(crate) page: String,
    pub(crate) anchor: String,
    pub(crate) lines: Vec<AnsweredLine>,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct AnsweredLine {
    pub(crate) label: Label,
    pub(crate) answer: Label,
}

/// All groups that ask for something, in the order of the pages.
pub(super) fn answered(drawing: &Drawing<'_>) -> Vec<Answered> {
    let flow: &Flow = drawing.flow;
    let pages = flow.pages.iter().filter(|page| page.id != drawing.page.id);
    pages.flat_map(|page| page.groups.iter().filter_map(|group| drawing.answered(page, group))).collect()
}

impl Drawing<'_> {
    /// A group that may be skipped and was is not shown.
    fn answered(&self, page: &Page, group: &Group) -> Option<Answered> {
        let lines = match (&group.part, &group.repeat) {
            (Some(Part::Attachments), _) => self.answered_files(),
            (_, Some(list)) => self.answered_members(group, list),
            _ => self.answered_fields(group, |path| Some(path.to_owned())),
        };
        let shown = !lines.is_empty() || !group.fold;
        shown.then(|| Answered { label: group.label.clone(), page: page.id.clone(), anchor: group_id(group), lines })
    }

    fn answered_files(&self) -> Vec<AnsweredLine> {
        let files = added(self.catalog, self.state).into_iter();
        files.map(|file| AnsweredLine { label: file.label, answer: file.what }).collect()
    }

    fn answered_members(&self, group: &Group, list: &str) -> Vec<AnsweredLine> {
        let base = list.trim_end_matches("[]");
        let members = at(self.document, base).and_then(Value::as_array).map_or(0, Vec::len);
        let mut lines = Vec::new();
        for index in 0..members {
            let fields =
                self.answered_fields(group, |path| Some(format!("{base}[{index}]{}", path.strip_prefix(list)?)));
            let several = members > 1;
            lines.extend(fields.into_iter().map(|line| if several { numbered(line, index + 1) } else { line }));
        }
        lines
    }

    fn answered_fields(&self, group: &Group, place: impl Fn(&str) -> Option<String>) -> Vec<AnsweredLine> {
        let fields = group.all_fields().filter_map(|path| self.catalog.field(&self.flow.code, path));
        let line = |field: &Field| {
            let value = at(self.document, &field_name(field, &place(&field.path)?))?;
            Some(AnsweredLine { label: field.label.clone(), answer: self.answer(field, value)? })
        };
        fields.filter_map(line).collect()
    }

    /// An answer in words; what no list knows is shown as it was typed.
    fn answer(&self, field: &Field, value: &Value) -> Option<Label> {
        let same = |text: String| (!text.is_empty()).then(|| Label { zh: text.clone(), en: text });
        match (&field.kind, value) {
            (FieldKind::Flag { .. }, Value::Bool(true)) => Some(words::YES.label()),
            (FieldKind::Code { list }, Value::Array(codes)) => {
                let labels: Vec<Label> = codes.iter().map(|code| self.code(list, &plain(code))).collect();
                let join = |text: fn(&Label) -> &str, by: &str| labels.iter().map(text).collect::<Vec<_>>().join(by);
                Some(Label { zh: join(|label| &label.zh, "、"), en: join(|label| &label.en, "; ") })
            }
            (FieldKind::Code { list }, one) => Some(self.code(list, &plain(one))),
            (FieldKind::Division, one) => same(self.place(&plain(one))),
            (_, Value::Array(members)) => same(members.iter().map(plain).collect::<Vec<_>>().join("\n")),
            (_, one) => same(plain(one)),
        }
    }

    fn code(&self, list: &str, code: &str) -> Label {
        let known = self.catalog.label(list, code).cloned();
        known.unwrap_or_else(|| Label { zh: code.to_owned(), en: code.to_owned() })
    }

    fn place(&self, code: &str) -> String {
        let known = code.parse::<DivisionCode>().ok().and_then(|code| self.divisions.full_name(code));
        known.unwrap_or_else(|| code.to_owned())
    }
}

fn numbered(line: AnsweredLine, number: usize) -> AnsweredLine {
    let Label { zh, en } = line.label;
    AnsweredLine { label: Label { zh: format!("{number}. {zh}"), en: format!("{number}. {en}") }, ..line }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use nightsafe_schema::catalog::Catalog;
    use nightsafe_schema::division::Divisions;
    use serde_json::json;

    use super::super::state::FormState;
    use super::*;

    #[test]
    fn answers_are_shown_in_words_and_skipped_groups_are_not() {
        let catalog = Catalog::embedded().unwrap();
        let divisions = Divisions::embedded().unwrap();
        let flow = catalog.flow_by_slug("gang").unwrap();
        let state = FormState::begin("00112233445566778899aabbccddeeff".parse().unwrap(), Timestamp::UNIX_EPOCH);
        let document = json!({
            "subjects": [{"name": "张某", "alias": ["老六", "六哥"]}, {"name": "不清楚", "region_code": "152531"}],
            "facts": {"categories": ["GC03", "GC06"], "imminent_danger": true, "about_when": "WEEK"},
        });
        let drawing = Drawing {
            catalog: &catalog,
            divisions: &divisions,
            flow,
            page: flow.page("check").unwrap(),
            campaign: None,
            document: &document,
            state: &state,
            errors: &[],
            another: None,
        };
        let groups = answered(&drawing);
        let find = |anchor: &str| groups.iter().find(|group| group.anchor == anchor);
        let subjects = find("group-subjects").unwrap();
        let shown: Vec<_> =
            subjects.lines.iter().map(|line| (line.label.zh.as_str(), line.answer.zh.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("1. 姓名或名称", "张某"),
                ("1. 外号", "老六\n六哥"),
                ("2. 姓名或名称", "不清楚"),
                ("2. 所在地区", "内蒙古自治区锡林郭勒盟多伦县"),
            ]
        );
        assert_eq!(find("group-kind").unwrap().lines[0].answer.zh, "村霸、宗族势力、欺行霸市、收保护费");
        assert!(find("group-place").unwrap().lines.is_empty(), "shown as not filled in");
        assert!(find("group-umbrella").is_none());
    }
}
