//! `/stats` 统计: the tables of a period, drawn on the server, each drawing with its table beside it, and all of them as a file.
//!
//! The period is in the address and nothing else is kept. What may be counted for whom, and which numbers are kept back, the
//! desk has decided; a page adds nothing up.

mod drawing;
mod units;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::header;
use nightsafe_casework::{
    role::Permission,
    statistics::{Period, TableKey},
};
use nightsafe_schema::unit::Level;

use self::{
    drawing::{Bars, Tiles},
    units::Units,
};
use super::{Frame, entrance::query_escaped, page, parameters::Parameters, words::Both};
use crate::{
    Console,
    desk::DeskError,
    statistics::{Named, NamedRow, NamedTable, csv},
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "stats.html")]
struct StatsPage {
    frame: Frame,
    period: Period,
    unread: bool,
    too_close: bool,
    spans: Vec<Span>,
    file: String,
    figures: Vec<Figure>,
    tiles: Option<Tiles>,
    sections: Vec<Section>,
    units: Units,
}

/// A way to another period.
struct Span {
    name: Both,
    href: String,
    current: bool,
}

/// A number by itself.
struct Figure {
    name: Both,
    value: String,
}

/// A table with its drawing.
struct Section {
    id: &'static str,
    name: Both,
    columns: Vec<Both>,
    rate: Option<Both>,
    rows: Vec<Line>,
    withheld: bool,
    bars: Option<Bars>,
}

/// A row in words.
struct Line {
    name: Both,
    numbers: Vec<String>,
    is_sum: bool,
}

/// `GET /stats`.
pub(crate) async fn show(visitor: Visitor, parameters: Parameters, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let asked = period(&parameters);
    let unread = asked.is_none() && ["period", "from", "to"].into_iter().any(|name| parameters.text(name).is_some());
    let named = console.counted(&visitor, asked).await?;
    // Whoever compares within a province would read the others' tiles as empty.
    let unit = console.reference.units.unit(visitor.viewer().unit());
    let is_national = unit.is_some_and(|unit| unit.level == Level::Nation);
    Ok(page(&StatsPage {
        frame: Frame::of(&visitor, &console.reference, "/stats", "统计", "Statistics"),
        period: named.period,
        unread,
        too_close: named.too_close,
        spans: spans(named.period),
        file: format!("/stats/csv?period={}", query_escaped(&named.period.to_string())),
        figures: figures(&named),
        tiles: table(&named, TableKey::Province).filter(|table| !table.withheld && is_national).map(Tiles::of),
        sections: named.tables.iter().filter(|table| !table.key.is_of_units()).map(Section::of).collect(),
        units: Units::of(&named),
    }))
}

/// `GET /stats/csv`: the same as a file.
pub(crate) async fn file(visitor: Visitor, parameters: Parameters, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let named = console.counted(&visitor, period(&parameters)).await?;
    let text = csv(&named).map_err(|error| DeskError::Failed(Box::new(error)))?;
    Ok(attached(&named, text))
}

fn attached(named: &Named, text: String) -> Response {
    // A period is digits, dashes, dots and a Q: no character of it ends a header's word.
    let name = format!("attachment; filename=\"statistics-{}.csv\"", named.period);
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], text)
        .into_response()
}

impl Console {
    async fn counted(&self, visitor: &Visitor, period: Option<Period>) -> Result<Named, crate::failure::Failure> {
        let viewer = visitor.viewer().clone();
        let statistics = self.ask(move |desk| desk.statistics(&viewer, period)).await?;
        Ok(self.reference.names().named(&statistics))
    }
}

/// The period that is asked for: by its name, or by its first and last day.
fn period(parameters: &Parameters) -> Option<Period> {
    let days = || Period::new(parameters.parsed("from")?, parameters.parsed("to")?).ok();
    parameters.parsed("period").or_else(days)
}

/// The ways to other periods: the one before and the one after, and the year, quarter, month and day that this one ends in.
fn spans(period: Period) -> Vec<Span> {
    let span = |period: Period, name: Both, current: bool| Span {
        href: format!("/stats?period={}", query_escaped(&period.to_string())),
        name,
        current,
    };
    let (year, month, day) = (period.to().year(), period.to().month(), period.to());
    let quarter = (month + 2) / 3;
    let units = [
        (format!("{year:04}"), format!("{year}年")),
        (format!("{year:04}-Q{quarter}"), format!("{year}年第{quarter}季度")),
        (format!("{year:04}-{month:02}"), format!("{year}年{month}月")),
        (day.to_string(), format!("{year}年{month}月{}日", day.day())),
    ];
    let units = units.iter().filter_map(|(text, name)| {
        let unit: Period = text.parse().ok()?;
        Some(span(unit, Both::new(name, ""), unit == period))
    });
    let before = period.moved(-1).map(|before| span(before, Both::new("← 上一期", "earlier"), false));
    let after = period.moved(1).map(|after| span(after, Both::new("下一期 →", "later"), false));
    before.into_iter().chain(units).chain(after).collect()
}

fn table(named: &Named, key: TableKey) -> Option<&NamedTable> {
    named.tables.iter().find(|table| table.key == key)
}

/// What stands at the top: read off the tables, each as it is shown there.
fn figures(named: &Named) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |zh: &str, en: &str, value: String| figures.push(Figure { name: Both::new(zh, en), value });
    if let Some(flow) = table(named, TableKey::Flow)
        && let Some(sum) = &flow.sum
    {
        add("收到", "received", sum.total.to_string());
        for (column, cell) in flow.columns.iter().zip(&sum.cells) {
            add(&column.zh, &column.en, cell.to_string());
        }
    }
    let share = |key, code: &str| {
        let table = table(named, key)?;
        let all = table.sum.as_ref().filter(|_| !table.withheld)?;
        let Some(row) = table.rows.iter().find(|row| row.code == code) else { return Some("0".to_owned()) };
        Some(match (row.total.count(), all.total.count()) {
            (Some(part), Some(all)) if all > 0 => format!("{part}（{}%）", (part * 100 + all / 2) / all),
            _ => row.total.to_string(),
        })
    };
    for (key, code, zh, en) in [
        (TableKey::Identity, "real_name", "实名", "real name"),
        (TableKey::Relation, "repeat", "重复", "repeats"),
        (TableKey::Relation, "series", "串并", "in series"),
        (TableKey::Umbrella, "yes", "涉保护伞", "umbrella"),
        (TableKey::Escalation, "yes", "提级", "escalated"),
    ] {
        add(zh, en, share(key, code).unwrap_or_else(|| "—".to_owned()));
    }
    figures
}

impl Section {
    fn of(table: &NamedTable) -> Self {
        let rows = table.rows.iter().chain(&table.sum);
        let has_sum = |row: &NamedRow| row.code.is_empty();
        Self {
            id: table.key.code(),
            name: Both(table.name.clone()),
            columns: table.columns.iter().cloned().map(Both).collect(),
            rate: table.rate.clone().filter(|_| !table.columns.is_empty()).map(Both),
            rows: rows.map(|row| Line::of(row, table, has_sum(row))).collect(),
            withheld: table.withheld,
            bars: (!table.rows.is_empty()).then(|| Bars::of(table)),
        }
    }
}

impl Line {
    fn of(row: &NamedRow, table: &NamedTable, is_sum: bool) -> Self {
        let mut numbers = vec![row.total.to_string()];
        // A row that is kept back whole may have no cells.
        let cell = |place: usize| row.cells.get(place).map_or_else(|| "—".to_owned(), ToString::to_string);
        numbers.extend((0..table.columns.len()).map(cell));
        if table.rate.is_some() && !table.columns.is_empty() {
            numbers.push(percent(row.rate));
        }
        Self { name: Both(row.name.clone()), numbers, is_sum }
    }
}

fn percent(rate: Option<u64>) -> String {
    rate.map_or_else(|| "—".to_owned(), |rate| format!("{rate}%"))
}
