//! What a page shows: the catalog's groups and fields, filled from a document, with what needs another look beside it.

use nightsafe_schema::catalog::{Catalog, Field, FieldKind, Flow, Group, Label, Notice, Part};
use nightsafe_schema::division::{DivisionCode, Divisions};
use serde_json::Value;

use super::document::{PLACE_LEVELS, field_name, place_name};
use super::files::FilesView;
use crate::http::FieldError;

/// One group of the form.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) id: String,
    pub(crate) label: Label,
    /// May be skipped: shown closed until it has an answer.
    pub(crate) fold: bool,
    pub(crate) open: bool,
    pub(crate) notices: Vec<Notice>,
    /// The input for files, where the group has it.
    pub(crate) files: Option<FilesView>,
    pub(crate) blocks: Vec<Block>,
    /// The list of which another block can be asked for.
    pub(crate) another: Option<String>,
}

/// One member of a repeated list, or the one block of any other group.
#[derive(Debug)]
pub(crate) struct Block {
    /// Its number among several.
    pub(crate) number: Option<usize>,
    pub(crate) fields: Vec<FieldView>,
}

/// One input with its words.
#[derive(Debug)]
pub(crate) struct FieldView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) label: Label,
    pub(crate) hint: Option<Label>,
    pub(crate) required: bool,
    pub(crate) error: Option<Label>,
    pub(crate) control: Control,
}

/// How an answer is given.
#[derive(Debug)]
pub(crate) enum Control {
    Line { value: String, max: usize, numeric: bool },
    Text { value: String, max: usize },
    Lines { value: String },
    Select { choices: Vec<Choice> },
    Ticks { choices: Vec<Choice> },
    Flag { ticked: bool },
    Places { levels: Vec<Level> },
}

/// One code of a list.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) code: String,
    pub(crate) label: Label,
    pub(crate) chosen: bool,
}

/// One of the inputs of a place.
#[derive(Debug)]
pub(crate) struct Level {
    pub(crate) name: String,
    pub(crate) choices: Vec<(String, String, bool)>,
}

/// What a page is drawn from.
pub(crate) struct Drawing<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) divisions: &'a Divisions,
    pub(crate) flow: &'a Flow,
    pub(crate) document: &'a Value,
    pub(crate) errors: &'a [FieldError],
    /// The list that one more block was asked of.
    pub(crate) another: Option<&'a str>,
}

/// All groups of a flow, in the order of its pages, but for the files: they are posted last, after every field.
pub(crate) fn sections(drawing: &Drawing<'_>) -> Vec<Section> {
    let groups = drawing.flow.pages.iter().flat_map(|page| &page.groups);
    let mut sections: Vec<Section> = groups.map(|group| drawing.section(group)).collect();
    sections.sort_by_key(|section| section.files.is_some());
    place_errors(&mut sections, drawing.errors);
    sections
}

impl Drawing<'_> {
    fn section(&self, group: &Group) -> Section {
        let (blocks, another) = match &group.repeat {
            Some(list) => self.blocks(group, list),
            None => (vec![Block { number: None, fields: self.fields(group, |path| Some(path.to_owned())) }], None),
        };
        let notices = match group.part {
            Some(Part::Notice) => self.notices(),
            _ => Vec::new(),
        };
        let asked = self
            .another
            .is_some_and(|list| group.repeat.as_deref().is_some_and(|own| own.trim_end_matches("[]") == list));
        let open = !group.fold || asked || blocks.iter().any(Block::is_answered);
        Section {
            id: format!("group-{}", group.id),
            label: group.label.clone(),
            fold: group.fold,
            open,
            notices,
            files: (group.part == Some(Part::Attachments))
                .then(|| FilesView::of(self.catalog, self.flow, self.errors))
                .flatten(),
            blocks,
            another,
        }
    }

    fn notices(&self) -> Vec<Notice> {
        let versions = [Some(&self.flow.notice_version), self.flow.rules_version.as_ref()];
        versions.into_iter().flatten().filter_map(|version| self.catalog.notice(version)).cloned().collect()
    }

    /// A block for each member, at least one, and one more if it was asked for.
    fn blocks(&self, group: &Group, list: &str) -> (Vec<Block>, Option<String>) {
        let base = list.trim_end_matches("[]");
        let most = self.catalog.field(&self.flow.code, list).and_then(|field| field.many).map_or(1, |many| many.items);
        let members = at(self.document, base).and_then(Value::as_array).map_or(0, Vec::len);
        let asked = usize::from(self.another == Some(base));
        let shown = (members.max(1) + asked).min(most);
        let block = |index: usize| Block {
            number: (most > 1).then_some(index + 1),
            fields: self.fields(group, |path| Some(format!("{base}[{index}]{}", path.strip_prefix(list)?))),
        };
        let another = (shown < most).then(|| base.to_owned());
        ((0..shown).map(block).collect(), another)
    }

    fn fields(&self, group: &Group, place: impl Fn(&str) -> Option<String>) -> Vec<FieldView> {
        let fields = group.fields.iter().filter_map(|path| self.catalog.field(&self.flow.code, path));
        fields.filter_map(|field| Some(self.field(field, &field_name(field, &place(&field.path)?)))).collect()
    }

    fn field(&self, field: &Field, name: &str) -> FieldView {
        FieldView {
            id: name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect(),
            name: name.to_owned(),
            label: field.label.clone(),
            hint: field.hint.clone(),
            required: field.is_required_in(&self.flow.code),
            error: None,
            control: self.control(field, name, at(self.document, name)),
        }
    }

    fn control(&self, field: &Field, name: &str, value: Option<&Value>) -> Control {
        let text = value.map(plain).unwrap_or_default();
        match &field.kind {
            FieldKind::Code { list } if field.many.is_some() => Control::Ticks { choices: self.choices(list, value) },
            FieldKind::Code { list } => Control::Select { choices: self.choices(list, value) },
            FieldKind::Flag { .. } => Control::Flag { ticked: value == Some(&Value::Bool(true)) },
            FieldKind::Division => Control::Places { levels: self.levels(name, &text) },
            _ if field.many.is_some() => Control::Lines { value: lines(value) },
            FieldKind::Text { max, .. } => Control::Text { value: text, max: *max },
            FieldKind::Line { max, .. } => Control::Line { value: text, max: *max, numeric: false },
            FieldKind::Digits { max, .. } => Control::Line { value: text, max: *max, numeric: true },
            FieldKind::ClueNumber => Control::Line { value: text, max: CLUE_NUMBER_TYPED, numeric: true },
            FieldKind::Whole { .. } | FieldKind::Money => {
                Control::Line { value: text, max: NUMBER_TYPED, numeric: true }
            }
            _ => Control::Line { value: text, max: OTHER_TYPED, numeric: false },
        }
    }

    fn choices(&self, list: &str, value: Option<&Value>) -> Vec<Choice> {
        let chosen = |code: &str| match value {
            Some(Value::Array(codes)) => codes.iter().any(|one| one.as_str() == Some(code)),
            Some(one) => one.as_str() == Some(code),
            None => false,
        };
        let entries = self.catalog.list(list).into_iter().flat_map(|list| list.shown_in(&self.flow.code));
        entries
            .map(|entry| Choice { code: entry.code.clone(), label: entry.label.clone(), chosen: chosen(&entry.code) })
            .collect()
    }

    /// The provinces, and below a chosen division what lies in it.
    fn levels(&self, name: &str, code: &str) -> Vec<Level> {
        let mut chain: Vec<DivisionCode> = Vec::new();
        let mut here = code.parse::<DivisionCode>().ok();
        while let Some(division) = here.and_then(|code| self.divisions.division(code)) {
            chain.insert(0, division.code);
            here = division.parent;
        }
        let mut levels = Vec::new();
        for level in 1..=PLACE_LEVELS {
            let above = usize::from(level).checked_sub(2).map(|index| chain.get(index));
            let options: Vec<_> = match above {
                None => self.divisions.provinces().collect(),
                Some(Some(above)) => self.divisions.children(*above).collect(),
                Some(None) => break,
            };
            let chosen = chain.get(usize::from(level) - 1);
            let choices = options
                .iter()
                .map(|one| (one.code.as_str().trim_end().to_owned(), one.name.clone(), Some(&one.code) == chosen));
            if options.is_empty() {
                break;
            }
            levels.push(Level { name: place_name(name, level), choices: choices.collect() });
        }
        levels
    }
}

impl Block {
    fn is_answered(&self) -> bool {
        self.fields.iter().any(|field| match &field.control {
            Control::Line { value, .. } | Control::Text { value, .. } | Control::Lines { value } => !value.is_empty(),
            Control::Select { choices } | Control::Ticks { choices } => choices.iter().any(|choice| choice.chosen),
            Control::Flag { ticked } => *ticked,
            Control::Places { levels } => levels.iter().any(|level| level.choices.iter().any(|(_, _, chosen)| *chosen)),
        })
    }
}

/// Puts each error beside the field it names, or beside the first field of the group it names.
fn place_errors(sections: &mut [Section], errors: &[FieldError]) {
    for error in errors {
        let exact =
            |name: &str| error.path == name || error.path.strip_prefix(name).is_some_and(|rest| rest.starts_with('['));
        let below = |name: &str| name.strip_prefix(&error.path).is_some_and(|rest| rest.starts_with(['.', '[']));
        let label = Label { zh: error.zh.clone(), en: error.en.clone() };
        if !place_at(sections, exact, &label) {
            place_at(sections, below, &label);
        }
    }
}

fn place_at(sections: &mut [Section], fits: impl Fn(&str) -> bool, label: &Label) -> bool {
    for section in sections {
        for field in section.blocks.iter_mut().flat_map(|block| &mut block.fields) {
            if fits(&field.name) {
                section.open = true;
                if field.error.is_none() {
                    field.error = Some(label.clone());
                }
                return true;
            }
        }
    }
    false
}

/// The value at `subjects[0].name`.
fn at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    let mut here = document;
    for part in path.split('.') {
        let (name, index) = match part.split_once('[') {
            Some((name, index)) => (name, Some(index.strip_suffix(']')?.parse::<usize>().ok()?)),
            None => (part, None),
        };
        here = here.get(name)?;
        if let Some(index) = index {
            here = here.get(index)?;
        }
    }
    Some(here)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn lines(value: Option<&Value>) -> String {
    let members = value.and_then(Value::as_array).into_iter().flatten();
    members.map(plain).collect::<Vec<_>>().join("\n")
}

/// 24 digits with spaces or dashes between the groups.
const CLUE_NUMBER_TYPED: usize = 40;
/// Longer than any number that is taken.
const NUMBER_TYPED: usize = 20;
/// Dates, moments and digests.
const OTHER_TYPED: usize = 80;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draw(document: &Value, errors: &[FieldError], another: Option<&str>) -> Vec<Section> {
        let catalog = Catalog::embedded().unwrap();
        let divisions = Divisions::embedded().unwrap();
        let flow = catalog.flow_by_slug("gang").unwrap();
        sections(&Drawing { catalog: &catalog, divisions: &divisions, flow, document, errors, another })
    }

    fn error(path: &str) -> FieldError {
        FieldError { path: path.to_owned(), code: "X".to_owned(), zh: "改".to_owned(), en: "mend".to_owned() }
    }

    fn field<'a>(sections: &'a [Section], name: &str) -> &'a FieldView {
        sections.iter().flat_map(|one| &one.blocks).flat_map(|one| &one.fields).find(|one| one.name == name).unwrap()
    }

    #[test]
    fn every_field_of_the_flow_has_an_input_of_its_own() {
        let sections = draw(&json!({}), &[], None);
        let ids: Vec<_> =
            sections.iter().flat_map(|one| &one.blocks).flat_map(|one| &one.fields).map(|one| one.id.clone()).collect();
        let mut unique = ids.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(ids.len(), unique.len());
        assert!(matches!(field(&sections, "facts.narrative").control, Control::Text { max: 5000, .. }));
        assert!(matches!(field(&sections, "subjects[0].alias").control, Control::Lines { .. }));
    }

    #[test]
    fn answers_are_shown_again_and_folded_groups_with_answers_open() {
        let document = json!({"facts": {"title": "题", "categories": ["GC03"]}, "umbrella": {"detail": "某人"}});
        let sections = draw(&document, &[], None);
        assert!(matches!(&field(&sections, "facts.title").control, Control::Line { value, .. } if value == "题"));
        assert!(sections.iter().find(|one| one.id == "group-umbrella").unwrap().open);
        assert!(!sections.iter().find(|one| one.id == "group-extent").unwrap().open);
    }

    #[test]
    fn places_open_level_by_level() {
        let levels = |code: &str| {
            let document = json!({"facts": {"place": {"code": code}}});
            let sections = draw(&document, &[], None);
            match &field(&sections, "facts.place.code").control {
                Control::Places { levels } => levels.len(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!([levels(""), levels("150000"), levels("152500"), levels("152531")], [1, 2, 3, 3]);
    }

    #[test]
    fn errors_stand_beside_their_fields() {
        let errors = [error("facts.narrative"), error("declaration"), error("facts.categories[3]"), error("nowhere")];
        let sections = draw(&json!({}), &errors, None);
        for name in ["facts.narrative", "declaration.truthful", "facts.categories"] {
            assert!(field(&sections, name).error.is_some(), "{name}");
        }
    }

    #[test]
    fn one_more_block_is_shown_up_to_the_most() {
        let blocks = |members: usize, another| {
            let document = json!({"subjects": vec![json!({"name": "A"}); members]});
            let sections = draw(&document, &[], another);
            let section = sections.into_iter().find(|one| one.id == "group-subjects").unwrap();
            (section.blocks.len(), section.another.is_some())
        };
        assert_eq!(blocks(0, None), (1, true));
        assert_eq!(blocks(2, Some("subjects")), (3, true));
        assert_eq!(blocks(5, Some("subjects")), (5, false));
    }
}
