//! Statistics in words: the desk's tables with the names of what their rows stand for, and as a file for a spreadsheet.
//!
//! The pages, the control socket and the file all say what is made here; nothing is counted or kept back here.

mod csv;

use nightsafe_casework::statistics::{Cell, Period, Shown, ShownColumn, ShownRow, Statistics, TableKey};
use nightsafe_schema::{
    catalog::{Catalog, Label},
    division::Divisions,
    intake::Channel,
    unit::UnitRegistry,
};

pub use self::csv::{CsvError, csv};
use crate::pages::{Both, channel, identity_mode};

/// The tables that turn codes into words.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// What can be reported.
    pub catalog: &'a Catalog,
    /// Where.
    pub divisions: &'a Divisions,
    /// Who it goes to.
    pub units: &'a UnitRegistry,
}

/// The statistics of a period, in words.
#[derive(Clone, Debug)]
pub struct Named {
    /// The period.
    pub period: Period,
    /// Everything is kept back.
    pub too_close: bool,
    /// The tables.
    pub tables: Vec<NamedTable>,
}

/// A table.
#[derive(Clone, Debug)]
pub struct NamedTable {
    /// Which.
    pub key: TableKey,
    /// Its name.
    pub name: Label,
    /// The names of its columns beside the total.
    pub columns: Vec<Label>,
    /// The name of its rate, if it has one.
    pub rate: Option<Label>,
    /// Its rows.
    pub rows: Vec<NamedRow>,
    /// What they add up to.
    pub sum: Option<NamedRow>,
    /// The rows are kept back.
    pub withheld: bool,
}

/// A row.
#[derive(Clone, Debug)]
pub struct NamedRow {
    /// Its code; empty for what all rows add up to.
    pub code: String,
    /// Its name.
    pub name: Label,
    /// All of it.
    pub total: Cell,
    /// Its cells, by column.
    pub cells: Vec<Cell>,
    /// Its rate in percent, where that can be said.
    pub rate: Option<u64>,
}

impl Names<'_> {
    /// The statistics in words.
    pub fn named(self, statistics: &Statistics) -> Named {
        let tables = statistics.tables.iter().map(|table| self.table(table)).collect();
        Named { period: statistics.period, too_close: statistics.too_close, tables }
    }

    fn table(self, shown: &Shown) -> NamedTable {
        let row = |row: &ShownRow, name: Label| NamedRow {
            code: row.key.clone(),
            name,
            total: row.total,
            cells: row.cells.clone(),
            rate: shown.rate(row),
        };
        NamedTable {
            key: shown.key,
            name: label(shown.key.words()),
            columns: shown.columns.iter().map(column).collect(),
            rate: shown.key.rate().map(|rate| label((rate.zh, rate.en))),
            rows: shown.rows.iter().map(|shown_row| row(shown_row, self.row(shown.key, &shown_row.key))).collect(),
            sum: shown.sum.as_ref().map(|sum| row(sum, label(("合计", "Total")))),
            withheld: shown.withheld,
        }
    }

    fn row(self, key: TableKey, code: &str) -> Label {
        let bare = || label((code, ""));
        if code == "elsewhere" {
            return label(("本省以外", "outside of the province"));
        }
        match key {
            TableKey::Flow => self.catalog.flow(code).map_or_else(bare, |flow| flow.label.clone()),
            TableKey::Channel => code_of_channel(code).map_or_else(bare, |known| channel(known).0),
            TableKey::Province if code == "nowhere" => label(("没有地点", "no place")),
            TableKey::Province => {
                let province = format!("{code}0000").parse().ok();
                province.and_then(|province| self.divisions.name(province)).map_or_else(bare, |name| label((name, "")))
            }
            TableKey::Identity => identity_mode(code).unwrap_or_else(bare),
            TableKey::Sector => self.listed("facts.sectors[]", code).unwrap_or_else(bare),
            TableKey::Gang => self.listed("facts.categories[]", code).unwrap_or_else(bare),
            TableKey::Internet => self.listed("facts.internet_types[]", code).unwrap_or_else(bare),
            TableKey::Disposal => code
                .parse::<nightsafe_casework::workflow::Disposal>()
                .map_or_else(|_code| bare(), |known| label(known.words())),
            TableKey::Relation
            | TableKey::Umbrella
            | TableKey::Rank
            | TableKey::Escalation
            | TableKey::Leak
            | TableKey::Reward => own_words(key, code).map_or_else(bare, label),
            TableKey::Day => bare(),
            _ => {
                code.parse().ok().and_then(|id| self.units.unit(&id)).map_or_else(bare, |unit| label((&unit.name, "")))
            }
        }
    }

    /// The name of a code of a field's list, in whichever flow has it.
    fn listed(self, field: &str, code: &str) -> Option<Label> {
        let lists = self.catalog.flows().iter().filter_map(|flow| self.catalog.field(&flow.code, field)?.list());
        lists.into_iter().find_map(|list| self.catalog.label(list, code)).cloned()
    }
}

fn column(column: &ShownColumn) -> Label {
    let zh: Vec<&str> = column.keys.iter().map(|key| key.zh).collect();
    let en: Vec<&str> = column.keys.iter().map(|key| key.en).collect();
    Label { zh: zh.join("＋"), en: en.join(" + ") }
}

fn code_of_channel(code: &str) -> Option<Channel> {
    serde_json::from_value(serde_json::Value::String(code.to_owned())).ok()
}

fn own_words(key: TableKey, code: &str) -> Option<(&'static str, &'static str)> {
    Some(match (key, code) {
        (TableKey::Relation, "repeat") => ("重复", "repeat"),
        (TableKey::Relation, "series") => ("串并", "in a series"),
        (TableKey::Relation, "single") => ("单独", "by itself"),
        (TableKey::Umbrella, "yes") => ("涉保护伞", "umbrella claimed"),
        (TableKey::Umbrella, "no") => ("未涉及", "not claimed"),
        (TableKey::Escalation, "yes") => ("曾提级", "escalated"),
        (TableKey::Escalation, "no") => ("未提级", "never escalated"),
        (TableKey::Leak, "known") => ("举报人信息泄露", "the reporter became known"),
        (TableKey::Reward, "BLACK_SOCIETY") => ("黑社会性质组织", "organisation of a mafia nature"),
        (TableKey::Reward, "EVIL_FORCES") => ("恶势力", "evil-force group"),
        (TableKey::Reward, "UMBRELLA") => ("保护伞", "official umbrella"),
        (TableKey::Leak, "leak") => ("反映泄密、通风报信", "about a leak"),
        (TableKey::Leak, "retaliation") => ("反映打击报复", "about retaliation"),
        (TableKey::Rank, "provincial") => ("省部级", "provincial and above"),
        (TableKey::Rank, "bureau") => ("厅局级", "bureau"),
        (TableKey::Rank, "county") => ("县处级", "county"),
        (TableKey::Rank, "township") => ("乡科级", "township"),
        (TableKey::Rank, "staff") => ("一般干警", "staff"),
        (TableKey::Rank, "other") => ("其他", "other"),
        (TableKey::Rank, "none") => ("未填职级", "no rank given"),
        _ => return None,
    })
}

fn label((zh, en): (&str, &str)) -> Label {
    Both::new(zh, en).0
}
