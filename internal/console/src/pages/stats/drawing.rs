//! Drawings: bars for a table, tiles for the provinces. Shapes and sizes only; what they say stands in the table beside them,
//! and in their text. Colours are the style sheet's, and no number is told by colour alone.

use nightsafe_casework::statistics::Cell;

use super::super::words::Both;
use crate::statistics::{NamedRow, NamedTable};

/// A bar for each row.
pub(super) struct Bars {
    pub(super) height: usize,
    pub(super) bars: Vec<Bar>,
}

/// One bar.
pub(super) struct Bar {
    pub(super) top: usize,
    pub(super) text_at: usize,
    pub(super) width: u64,
    pub(super) number_at: u64,
    pub(super) name: String,
    pub(super) number: String,
    /// Its length says nothing: the number is kept back.
    pub(super) kept_back: bool,
}

/// The provinces as a grid, as they lie.
pub(super) struct Tiles {
    pub(super) height: usize,
    pub(super) squares: Vec<Tile>,
    pub(super) words: Both,
}

/// One province.
pub(super) struct Tile {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) name: String,
    pub(super) full_name: String,
    pub(super) number: String,
    /// 0 for nothing, to 4 for most.
    pub(super) heat: u64,
}

impl Bars {
    pub(super) fn of(table: &NamedTable) -> Self {
        let longest = longest(&table.rows);
        let shown = table.rows.iter().take(MOST_BARS);
        let bars: Vec<Bar> = shown.enumerate().map(|(place, row)| Bar::of(place, row, longest)).collect();
        Self { height: bars.len() * BAR_STEP + 6, bars }
    }
}

impl Bar {
    fn of(place: usize, row: &NamedRow, longest: u64) -> Self {
        let top = place * BAR_STEP + 4;
        let (width, kept_back) = match row.total {
            Cell::Count(count) => (count.saturating_mul(LONGEST_BAR).div_ceil(longest.max(1)), false),
            Cell::Small | Cell::Hidden => (SHORTEST_BAR, true),
        };
        Self {
            top,
            text_at: top + 13,
            width,
            number_at: BARS_FROM + width + 6,
            name: shortened(&row.name.zh, NAME_CHARACTERS),
            number: row.total.to_string(),
            kept_back,
        }
    }
}

impl Tiles {
    pub(super) fn of(table: &NamedTable) -> Self {
        let longest = longest(&table.rows);
        let known = |digits: &str| PLACES.iter().any(|(code, ..)| *code == digits);
        let row_of = |digits: &str| table.rows.iter().find(|row| row.code == digits);
        let place = |&(digits, name, left, top): &(&str, &str, usize, usize)| {
            let row = row_of(digits);
            Tile::of(row, name, left, top, longest)
        };
        let mut squares: Vec<Tile> = PLACES.iter().map(place).collect();
        // What is on no map: a province of a site's own, no place, elsewhere.
        let others = table.rows.iter().filter(|row| !known(&row.code)).take(MOST_OTHERS);
        let rows = PLACES.iter().map(|(.., top)| *top).max().unwrap_or(0) + 1;
        for (number, row) in others.enumerate() {
            let name = shortened(&row.name.zh, TILE_CHARACTERS);
            squares.push(Tile::of(Some(row), &name, number % COLUMNS, rows + number / COLUMNS, longest));
        }
        let last = squares.iter().map(|tile| tile.top).max().unwrap_or(0);
        Self { height: last + TILE, squares, words: Both::new("各省件数", "reports by province") }
    }
}

impl Tile {
    fn of(row: Option<&NamedRow>, name: &str, left: usize, top: usize, longest: u64) -> Self {
        let total = row.map_or(Cell::Count(0), |row| row.total);
        let heat = match total {
            Cell::Count(count) => count.saturating_mul(4).div_ceil(longest.max(1)),
            Cell::Small | Cell::Hidden => 0,
        };
        Self {
            left: left * TILE,
            top: top * TILE,
            name: name.to_owned(),
            full_name: row.map_or_else(|| name.to_owned(), |row| row.name.zh.clone()),
            number: total.to_string(),
            heat,
        }
    }
}

fn longest(rows: &[NamedRow]) -> u64 {
    rows.iter().filter_map(|row| row.total.count()).max().unwrap_or(0)
}

fn shortened(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    text.chars().take(characters.saturating_sub(1)).chain(['…']).collect()
}

/// Where each province lies: its digits, its short name, column, row.
const PLACES: [(&str, &str, usize, usize); 34] = [
    ("23", "黑龙江", 7, 0),
    ("15", "内蒙古", 5, 1),
    ("22", "吉林", 7, 1),
    ("65", "新疆", 0, 2),
    ("62", "甘肃", 2, 2),
    ("64", "宁夏", 3, 2),
    ("14", "山西", 4, 2),
    ("13", "河北", 5, 2),
    ("11", "北京", 6, 2),
    ("21", "辽宁", 7, 2),
    ("63", "青海", 1, 3),
    ("61", "陕西", 3, 3),
    ("41", "河南", 4, 3),
    ("37", "山东", 5, 3),
    ("12", "天津", 6, 3),
    ("54", "西藏", 0, 4),
    ("51", "四川", 2, 4),
    ("50", "重庆", 3, 4),
    ("42", "湖北", 4, 4),
    ("34", "安徽", 5, 4),
    ("32", "江苏", 6, 4),
    ("31", "上海", 7, 4),
    ("53", "云南", 2, 5),
    ("52", "贵州", 3, 5),
    ("43", "湖南", 4, 5),
    ("36", "江西", 5, 5),
    ("33", "浙江", 6, 5),
    ("45", "广西", 3, 6),
    ("44", "广东", 4, 6),
    ("35", "福建", 5, 6),
    ("71", "台湾", 7, 6),
    ("46", "海南", 3, 7),
    ("82", "澳门", 4, 7),
    ("81", "香港", 5, 7),
];
const COLUMNS: usize = 8;
const MOST_OTHERS: usize = 16;
/// The side of a tile.
const TILE: usize = 44;
/// Characters of 12 px that stand in a tile.
const TILE_CHARACTERS: usize = 3;
const BAR_STEP: usize = 22;
/// Bars of one drawing: all that a month or a list of kinds has; whatever has more rows is read in its table.
const MOST_BARS: usize = 40;
/// Where bars begin, beside their names.
const BARS_FROM: u64 = 112;
const LONGEST_BAR: u64 = 170;
const SHORTEST_BAR: u64 = 4;
const NAME_CHARACTERS: usize = 8;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_province_has_a_tile_of_its_own() {
        let divisions = nightsafe_schema::division::Divisions::embedded().unwrap();
        let provinces: BTreeSet<String> =
            divisions.provinces().map(|province| province.code.as_str()[..2].to_owned()).collect();
        let drawn: BTreeSet<String> = PLACES.iter().map(|(digits, ..)| (*digits).to_owned()).collect();
        assert_eq!(drawn, provinces);
        let places: BTreeSet<(usize, usize)> = PLACES.iter().map(|(.., left, top)| (*left, *top)).collect();
        assert_eq!(places.len(), PLACES.len());
        assert!(PLACES.iter().all(|(.., left, _)| *left < COLUMNS));
    }
}
