//! How each kind of field is answered, and what is in its input already.

use nightsafe_schema::catalog::{Entry, Field, FieldKind, Label};
use nightsafe_schema::division::{Division, DivisionCode};
use serde_json::Value;

use super::document::{DATE_PARTS, PLACE_LEVELS, date_name, place_name};
use super::value::{lines, plain};
use super::view::{Drawing, id_of};
use crate::words::{self, Words};

/// How an answer is given.
#[derive(Debug)]
pub(crate) enum Control {
    Line {
        value: String,
        max: usize,
        numeric: bool,
    },
    Text {
        value: String,
        max: usize,
    },
    Lines {
        value: String,
    },
    Select {
        choices: Vec<Choice>,
    },
    /// A few choices, all in sight.
    Radios {
        choices: Vec<Choice>,
    },
    Ticks {
        choices: Vec<Choice>,
    },
    Flag {
        ticked: bool,
    },
    Places {
        levels: Vec<Level>,
    },
    Date {
        parts: Vec<DatePart>,
    },
}

/// One code of a list.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) code: String,
    pub(crate) label: Label,
    pub(crate) chosen: bool,
    /// The `id` of its input.
    pub(crate) id: String,
}

/// One of the inputs of a place.
#[derive(Debug)]
pub(crate) struct Level {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) words: Words,
    pub(crate) options: Vec<PlaceOption>,
}

/// One division to choose.
#[derive(Debug)]
pub(crate) struct PlaceOption {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) chosen: bool,
}

/// One of the inputs of a date.
#[derive(Debug)]
pub(crate) struct DatePart {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) words: Words,
    pub(crate) value: String,
    pub(crate) digits: usize,
}

impl Control {
    pub(super) fn is_answered(&self) -> bool {
        match self {
            Self::Line { value, .. } | Self::Text { value, .. } | Self::Lines { value } => !value.is_empty(),
            Self::Select { choices } | Self::Radios { choices } | Self::Ticks { choices } => {
                choices.iter().any(|choice| choice.chosen)
            }
            Self::Flag { ticked } => *ticked,
            Self::Places { levels } => levels.iter().any(|level| level.options.iter().any(|option| option.chosen)),
            Self::Date { parts } => parts.iter().any(|part| !part.value.is_empty()),
        }
    }
}

impl Drawing<'_> {
    pub(super) fn control(&self, field: &Field, name: &str, value: Option<&Value>) -> Control {
        let text = value.map(plain).unwrap_or_default();
        match &field.kind {
            FieldKind::Code { list } => self.choices(field, list, name, value),
            FieldKind::Flag { .. } => Control::Flag { ticked: value == Some(&Value::Bool(true)) },
            FieldKind::Division => Control::Places { levels: self.levels(name, &text) },
            _ if field.many.is_some() => Control::Lines { value: lines(value) },
            FieldKind::Date | FieldKind::Moment => Control::Date { parts: date_parts(name, &text) },
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

    fn choices(&self, field: &Field, list: &str, name: &str, value: Option<&Value>) -> Control {
        let preset = Value::from(field.preset.as_deref().unwrap_or_default());
        let value = value.unwrap_or(&preset);
        let chosen = |code: &str| match value {
            Value::Array(codes) => codes.iter().any(|one| one.as_str() == Some(code)),
            one => one.as_str() == Some(code),
        };
        let entries = self.catalog.list(list).into_iter().flat_map(|list| list.shown_in(&self.flow.code));
        let mut entries: Vec<&Entry> = entries.collect();
        entries.sort_by_key(|entry| !self.is_called_for(&field.path, &entry.code));
        let id = id_of(name);
        let choice = |(place, entry): (usize, &Entry)| Choice {
            code: entry.code.clone(),
            label: entry.label.clone(),
            chosen: chosen(&entry.code),
            // The first has the field's own, where an error leads.
            id: if place == 0 { id.clone() } else { format!("{id}-{place}") },
        };
        let few = entries.len() <= IN_SIGHT;
        let choices: Vec<Choice> = entries.into_iter().enumerate().map(choice).collect();
        match field.many {
            Some(_) => Control::Ticks { choices },
            None if few => Control::Radios { choices },
            None => Control::Select { choices },
        }
    }

    /// What the campaign calls for is offered first.
    fn is_called_for(&self, path: &str, code: &str) -> bool {
        let Some(campaign) = self.campaign else { return false };
        let codes = match path {
            "facts.categories[]" => &campaign.categories,
            "facts.internet_types[]" => &campaign.internet_types,
            _ => return false,
        };
        codes.iter().any(|called| called == code)
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
            let index = usize::from(level - 1);
            let options: Vec<&Division> = match index.checked_sub(1).map(|above| chain.get(above)) {
                None => self.divisions.provinces().collect(),
                Some(Some(above)) => self.divisions.children(*above).collect(),
                Some(None) => break,
            };
            if options.is_empty() {
                break;
            }
            let option = |one: &&Division| PlaceOption {
                code: one.code.as_str().to_owned(),
                name: one.name.clone(),
                chosen: Some(&one.code) == chain.get(index),
            };
            levels.push(Level {
                id: if level == 1 { id_of(name) } else { format!("{}-{level}", id_of(name)) },
                name: place_name(name, level),
                words: level_words(level),
                options: options.iter().map(option).collect(),
            });
        }
        levels
    }
}

/// What the inputs of a place are called.
fn level_words(level: u8) -> Words {
    match level {
        1 => words::PROVINCE,
        2 => words::PREFECTURE,
        _ => words::COUNTY,
    }
}

fn date_parts(name: &str, text: &str) -> Vec<DatePart> {
    let mut typed = text.splitn(DATE_PARTS.len(), '-');
    let shown = [(words::YEAR, 4), (words::MONTH, 2), (words::DAY, 2)];
    let part = |(part, (words, digits)): (&str, (Words, usize))| DatePart {
        id: if part == "y" { id_of(name) } else { format!("{}-{part}", id_of(name)) },
        name: date_name(name, part),
        words,
        value: typed.next().unwrap_or_default().to_owned(),
        digits,
    };
    DATE_PARTS.into_iter().zip(shown).map(part).collect()
}

/// So many choices are all shown; more are in a list that opens.
const IN_SIGHT: usize = 4;
/// 24 digits with spaces or dashes between the groups.
const CLUE_NUMBER_TYPED: usize = 40;
/// Longer than any number that is taken.
const NUMBER_TYPED: usize = 20;
/// Digests and the like.
const OTHER_TYPED: usize = 80;

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use nightsafe_schema::catalog::Catalog;
    use nightsafe_schema::division::Divisions;
    use serde_json::json;

    use super::super::state::FormState;
    use super::*;

    fn control(path: &str, value: &Value, campaign: &str) -> Control {
        let catalog = Catalog::embedded().unwrap();
        let divisions = Divisions::embedded().unwrap();
        let flow = catalog.flow_by_slug("gang").unwrap();
        let state = FormState::begin("00112233445566778899aabbccddeeff".parse().unwrap(), Timestamp::UNIX_EPOCH);
        let drawing = Drawing {
            catalog: &catalog,
            divisions: &divisions,
            flow,
            page: &flow.pages[0],
            campaign: catalog.campaign(campaign),
            document: &Value::Null,
            state: &state,
            errors: &[],
            another: None,
        };
        drawing.control(catalog.field("GANG_CRIME", path).unwrap(), path, Some(value).filter(|value| !value.is_null()))
    }

    #[test]
    fn places_open_level_by_level() {
        let levels = |code: &str| match control("facts.place.code", &json!(code), "") {
            Control::Places { levels } => levels.len(),
            other => panic!("{other:?}"),
        };
        assert_eq!([levels(""), levels("150000"), levels("152500"), levels("152531")], [1, 2, 3, 3]);
    }

    #[test]
    fn few_choices_are_all_in_sight_and_one_may_be_preset() {
        let Control::Radios { choices } = control("reporter.kind", &Value::Null, "") else { panic!("radios") };
        assert_eq!(
            choices.iter().filter(|choice| choice.chosen).map(|one| &one.code).collect::<Vec<_>>(),
            ["undisclosed"]
        );
        let Control::Radios { choices } = control("reporter.kind", &json!("individual"), "") else { panic!("radios") };
        assert!(choices.iter().all(|choice| choice.chosen == (choice.code == "individual")));
        assert!(matches!(control("facts.about_when", &Value::Null, ""), Control::Select { .. }));
    }

    #[test]
    fn what_a_campaign_calls_for_comes_first() {
        let first = |campaign| match control("facts.categories[]", &Value::Null, campaign) {
            Control::Ticks { choices } => choices[0].code.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!((first("").as_str(), first("xilingol-internet").as_str()), ("GC02", "GC11"));
    }

    #[test]
    fn a_date_is_shown_as_it_was_typed() {
        let parts = |text: &str| date_parts("d", text).into_iter().map(|part| part.value).collect::<Vec<_>>();
        assert_eq!(parts("2025-04-01"), ["2025", "04", "01"]);
        assert_eq!(parts("2025"), ["2025", "", ""]);
        assert_eq!(parts("-4"), ["", "4", ""]);
        assert_eq!(parts(""), ["", "", ""]);
    }
}
