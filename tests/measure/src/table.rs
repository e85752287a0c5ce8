//! The result on a terminal: one line a row, its reference below it, profiles at the end.

use std::fmt::Write as _;

use crate::{
    machine::Machine,
    row::{Aim, Quantity, Row, Verdict},
};

/// Everything as text.
pub fn drawn(machine: &Machine, rows: &[Row], coloured: bool) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} · {} 核 cores · {} · {} · 负载 load {:.2} · {}\n",
        machine.processor, machine.cores, machine.file_system, machine.kernel, machine.load_before, machine.version
    );
    let heads = ["", "项目 what", "我们 ours", "参照 reference", "比 ratio", "目标 aim", "各轮 spread"];
    let _ = writeln!(text, "{}", line(&heads.map(str::to_owned)));
    let _ = writeln!(text, "{}", "─".repeat(WIDTHS.iter().sum::<usize>() + 2 * (WIDTHS.len() - 1)));
    for row in rows {
        draw(row, coloured, &mut text);
    }
    for row in rows.iter().filter(|row| !row.profile.is_empty()) {
        let heading =
            if row.verdict == Verdict::Short { "▲ 什么在拖 what binds" } else { "· 各部分 its parts" };
        let _ = writeln!(text, "\n{heading}: {} {}", row.zh, row.en);
        for profile in &row.profile {
            let _ = writeln!(text, "  {}", profile.of);
            for part in &profile.parts {
                let _ = writeln!(text, "    {:>10} {:<3} {}", number(part.amount), part.unit, part.name);
            }
        }
    }
    text
}

fn draw(row: &Row, coloured: bool, text: &mut String) {
    let (mark, colour) = match row.verdict {
        Verdict::Reached => ("●", "\x1b[32m"),
        Verdict::Short => ("▲", "\x1b[33m"),
        Verdict::Told => ("·", "\x1b[2m"),
    };
    let reference = row.reference.as_ref().map(|reference| quantity(&reference.quantity)).unwrap_or_default();
    let cells = [
        mark.to_owned(),
        format!("{} {}", row.zh, row.en),
        quantity(&row.ours),
        reference,
        row.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
        aim(row.aim),
        row.spread.map(|(least, most)| format!("{}–{}", number(least), number(most))).unwrap_or_default(),
    ];
    let drawn = line(&cells);
    let _ = if coloured { writeln!(text, "{colour}{drawn}\x1b[0m") } else { writeln!(text, "{drawn}") };
    let below = row.reference.as_ref().map(|reference| format!("参照 reference: {}", reference.what));
    for below in below.iter().chain(&row.notes) {
        let _ = writeln!(text, "     {below}");
    }
}

fn line(cells: &[String; 7]) -> String {
    let mut line = String::new();
    for (column, (cell, width)) in cells.iter().zip(WIDTHS).enumerate() {
        let missing = width.saturating_sub(columns(cell));
        let gap = if column == 0 { "" } else { "  " };
        // Names to the left, figures to the right.
        let padding = " ".repeat(missing);
        line.push_str(gap);
        if column <= 1 {
            line.push_str(cell);
            line.push_str(&padding);
        } else {
            line.push_str(&padding);
            line.push_str(cell);
        }
    }
    line
}

fn aim(aim: Aim) -> String {
    match aim {
        Aim::Ratio(least) => format!("≥ {least:.2}"),
        Aim::AtLeast(least) => format!("≥ {}", number(least)),
        Aim::AtMost(most) => format!("≤ {}", number(most)),
        Aim::Told => "—".to_owned(),
    }
}

fn quantity(quantity: &Quantity) -> String {
    format!("{} {}", number(quantity.value), quantity.unit)
}

/// Three figures or so.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 1000.0 => {
            let whole = format!("{value:.0}");
            let (sign, digits) = whole.strip_prefix('-').map_or(("", whole.as_str()), |digits| ("-", digits));
            let mut grouped = String::new();
            for (place, digit) in digits.chars().enumerate() {
                if place > 0 && (digits.len() - place) % 3 == 0 {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            format!("{sign}{grouped}")
        }
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Columns on a terminal: Chinese takes two.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|letter| if matches!(letter, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{ffdc}') { 2 } else { 1 })
        .sum()
}

const WIDTHS: [usize; 7] = [1, 58, 14, 14, 8, 8, 16];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_columns_are_counted() {
        let shown = [0.0, 0.123, 5.678, 42.42, 512.3, 1234.5, 1_234_567.0, -1500.0].map(number);
        assert_eq!(shown, ["0", "0.12", "5.68", "42.4", "512", "1,234", "1,234,567", "-1,500"]);
        assert_eq!(columns("受理 a"), 6);
    }
}
