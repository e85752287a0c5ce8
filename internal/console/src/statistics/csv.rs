//! The tables as comma-separated values (RFC 4180), one number a line, so that any spreadsheet can pivot them.
//!
//! With a byte order mark, without which Excel takes Chinese for something else; a cell that a spreadsheet would take for a
//! formula begins with an apostrophe.

use nightsafe_casework::statistics::Cell;

use super::{Named, NamedRow, NamedTable};

/// The file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// A line could not be written.
    #[error("a line of the file could not be written")]
    Line(#[source] csv::Error),
    /// What was written is no text.
    #[error("the file is no text")]
    Text,
}

/// The file.
pub fn csv(named: &Named) -> Result<String, CsvError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut line = |cells: [&str; 7]| writer.write_record(cells.map(defused)).map_err(CsvError::Line);
    line(["时段 period", "表 table", "表名 name", "行 row", "行名 row name", "列 column", "数 number"])?;
    let period = named.period.to_string();
    for table in &named.tables {
        for row in table.rows.iter().chain(&table.sum) {
            for (column, number) in numbers(table, row) {
                line([&period, table.key.code(), &table.name.zh, &row.code, &row.name.zh, &column, &number])?;
            }
        }
    }
    let bytes = writer.into_inner().map_err(|_flush| CsvError::Text)?;
    let text = String::from_utf8(bytes).map_err(|_bytes| CsvError::Text)?;
    Ok(format!("{BYTE_ORDER_MARK}{text}"))
}

fn numbers(table: &NamedTable, row: &NamedRow) -> Vec<(String, String)> {
    let cell = |name: &str, cell: Cell| (name.to_owned(), cell.to_string());
    let mut numbers = vec![cell("合计", row.total)];
    numbers.extend(table.columns.iter().zip(&row.cells).map(|(column, count)| cell(&column.zh, *count)));
    if let Some(rate) = &table.rate {
        let percent = row.rate.map_or_else(|| "*".to_owned(), |rate| format!("{rate}%"));
        numbers.push((rate.zh.clone(), percent));
    }
    numbers
}

/// The cell, unless a spreadsheet would calculate it.
fn defused(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

const BYTE_ORDER_MARK: char = '\u{feff}';

#[cfg(test)]
mod tests {
    use nightsafe_casework::statistics::TableKey;
    use nightsafe_schema::catalog::Label;

    use super::*;

    fn named(name: &str) -> Named {
        let label = |zh: &str| Label { zh: zh.to_owned(), en: String::new() };
        let row = |name: &str, total, cells| NamedRow {
            code: "x".to_owned(),
            name: label(name),
            total,
            cells,
            rate: Some(50),
        };
        let table = NamedTable {
            key: TableKey::Flow,
            name: label("按类型"),
            columns: vec![label("受理"), label("不予受理")],
            rate: Some(label("受理率")),
            rows: vec![row(name, Cell::Hidden, vec![Cell::Small, Cell::Count(12)])],
            sum: None,
            withheld: false,
        };
        Named { period: "2026-11".parse().unwrap(), too_close: false, tables: vec![table] }
    }

    #[test]
    fn excel_reads_chinese_and_calculates_nothing() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"] {
            let text = csv(&named(formula)).unwrap();
            assert!(text.starts_with("\u{feff}时段 period,") && text.ends_with("\r\n"));
            let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            assert_eq!(&rows[0][4], format!("'{formula}"));
            let numbers: Vec<&str> = rows.iter().map(|row| row.get(6).unwrap()).collect();
            assert_eq!(numbers, ["*", "<5", "12", "50%"]);
        }
        let text = csv(&named("市，\"区\"\n")).unwrap();
        assert!(text.contains("\"市，\"\"区\"\"\n\""));
    }
}
