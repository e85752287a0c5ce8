//! What the person at the terminal is told: Chinese first, English beside; nothing at all when a machine reads.

use std::{
    env,
    fmt::Display,
    io::{self, IsTerminal, Write},
};

use serde_json::{Value, json};

use crate::{
    accounts::Account,
    layout::Layout,
    outcome::{Outcome, SampleOutcome},
    site::Running,
    units::Units,
};

/// Who reads standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Someone at a terminal, or a file they look at.
    Person,
    /// A program: one JSON object at the end.
    Machine,
}

/// Tells how the demo goes.
#[derive(Debug)]
pub struct Narrator {
    reader: Reader,
    style: Style,
}

#[derive(Clone, Copy, Debug)]
enum Style {
    Plain,
    Coloured,
}

impl Narrator {
    /// Tells `reader`, in colour if standard output is a terminal that wants it.
    pub fn new(reader: Reader) -> Self {
        let coloured = io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none();
        Self { reader, style: if coloured { Style::Coloured } else { Style::Plain } }
    }

    /// The title.
    pub fn begin(&self, layout: &Layout) {
        self.line("");
        self.line(format!(
            "  {}  {}",
            self.bold("夜间保险箱 Nightsafe"),
            self.dim(format!("演示站点 demo site  {}", layout.root().display()))
        ));
        self.line(format!(
            "  {}",
            self.dim("钥匙都在这一台机器上，只供演示 all keys lie on this one machine: for demonstration only")
        ));
        self.line("");
    }

    /// A step that has been done.
    pub fn step(&self, name: &str, what: impl Display, seconds: f64) {
        self.line(format!("  {}  {what}  {}", padded(name, NAME_WIDTH), self.dim(format!("{seconds:.1} s"))));
    }

    /// How the samples fared.
    pub fn samples(&self, outcome: &Outcome, units: &Units) {
        self.line("");
        self.line(format!("  {}", self.bold("样例举报 the sample reports")));
        for sample in &outcome.samples {
            self.sample(sample, units);
        }
        self.line("");
        let all = if outcome.ok {
            self.good("✓ 全部成立 all held")
        } else {
            self.bad("✗ 有不成立的 not all held")
        };
        self.line(format!(
            "  {all}  投递 filed {}  受理 accepted {}  过隙 crossed {}  开封 opened {}  附件 attachments {}  分流 routed {}  应拒而拒 refused as they should be {}",
            outcome.filed, outcome.accepted, outcome.crossed, outcome.opened, outcome.attachments, outcome.routed, outcome.refused
        ));
        if let (Some(fastest), Some(slowest)) = (outcome.fastest_seconds, outcome.slowest_seconds) {
            self.line(format!("  从受理到可见 from acceptance to visible: {fastest:.1}–{slowest:.1} s"));
        }
    }

    /// What to open and what to type.
    pub fn invite(&self, layout: &Layout, running: &Running, accounts: &[Account], units: &Units) {
        self.line("");
        self.line(format!("  {}", self.bold("打开看看 open")));
        self.line(format!("    举报 the form      https://{}", running.gateway));
        self.line(format!("    研判 the console   https://{}", running.console));
        self.line(format!(
            "    {}",
            self.dim(format!("浏览器会提示证书；演示证书机构 demo authority: {}", layout.authority().display()))
        ));
        self.line("");
        self.line(format!("  {}", self.bold("登录 log in")));
        for account in accounts {
            self.line(format!(
                "    {}{}  {}",
                padded(&account.name, ACCOUNT_WIDTH),
                account.password,
                self.dim(format!("{} {}", units.name(&account.unit), account.role))
            ));
        }
        self.line("");
        self.line(format!("  {}", self.bold("命令行 by command")));
        let data = layout.root().display();
        self.line(format!("    nightsafe-internal --config {data}/internal/internal.toml search 黑衣"));
        self.line(format!("    age -d -i {data}/keys/intake.key ITEM.age | tail -n +2 | jq .report"));
        self.line(format!(
            "    {}",
            self.dim(format!("日志 logs: {data}/logs/   地址与账号 addresses and accounts: {data}/endpoints.json"))
        ));
    }

    /// That it stays up.
    pub fn stay(&self) {
        self.line("");
        self.line(format!("  {}", self.dim("按 Ctrl-C 停止 Ctrl-C ends it")));
    }

    /// The whole outcome for a machine.
    pub fn conclude(&self, outcome: &Outcome, endpoints: &Value) {
        if self.reader == Reader::Machine {
            let mut whole = json!(outcome);
            if let (Some(whole), Some(endpoints)) = (whole.as_object_mut(), endpoints.as_object()) {
                whole.extend(endpoints.clone());
            }
            // A reader that has gone away is no failure of the demo.
            let _ = writeln!(io::stdout().lock(), "{whole}");
        }
    }

    fn sample(&self, sample: &SampleOutcome, units: &Units) {
        let mark = if sample.problems.is_empty() { self.good("✓") } else { self.bad("✗") };
        let number = sample.sample.split('_').next().unwrap_or_default();
        self.line(format!("   {mark} {number} {}", sample.title));
        if let (Some(clue), Some(case)) = (&sample.clue_number, &sample.case) {
            let holders: Vec<&str> = sample.holders.iter().map(|unit| units.name(unit)).collect();
            self.line(format!("        {} → {case}  {}", clue, holders.join("、")));
            self.line(format!(
                "        {}",
                self.dim(format!(
                    "{} 个单位看得见 units see it, {} 个看不见 do not, {:.1} s",
                    sample.seen_by.len(),
                    sample.hidden_from.len(),
                    sample.seconds_to_visible.unwrap_or_default()
                ))
            ));
        } else if sample.problems.is_empty() {
            self.line(format!(
                "        {}",
                self.dim(format!("{} 拒收，理应如此 refused, as it should be", sample.status))
            ));
        }
        for problem in &sample.problems {
            self.line(format!("        {}", self.bad(problem)));
        }
    }

    fn line(&self, text: impl Display) {
        if self.reader == Reader::Person {
            // A reader that has gone away is no failure of the demo.
            let _ = writeln!(io::stdout().lock(), "{text}");
        }
    }

    fn bold(&self, text: impl Display) -> String {
        self.paint("1", text)
    }

    fn dim(&self, text: impl Display) -> String {
        self.paint("2", text)
    }

    fn good(&self, text: impl Display) -> String {
        self.paint("32", text)
    }

    fn bad(&self, text: impl Display) -> String {
        self.paint("31", text)
    }

    fn paint(&self, code: &str, text: impl Display) -> String {
        match self.style {
            Style::Plain => text.to_string(),
            Style::Coloured => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// Pads to a width on the screen, where a Chinese character takes two columns.
fn padded(text: &str, width: usize) -> String {
    let columns: usize = text.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum();
    format!("{text}{}", " ".repeat(width.saturating_sub(columns)))
}

const NAME_WIDTH: usize = 18;
const ACCOUNT_WIDTH: usize = 24;

#[cfg(test)]
mod tests {
    use super::padded;

    #[test]
    fn chinese_takes_two_columns() {
        assert_eq!(padded("启动 start", 12), "启动 start  ");
        assert_eq!(padded("too long", 3), "too long");
    }
}
