//! The words of every problem and warning: what to do, in Chinese and English.

use crate::catalog::{
    Limits,
    field::Field,
    list::Label,
    problem::{FieldProblem, ProblemCode},
};

/// A pair of words, Chinese first.
pub(super) type Pair<'a> = (&'a str, &'a str);

fn problem(path: &str, code: ProblemCode, zh: impl Into<String>, en: impl Into<String>) -> FieldProblem {
    FieldProblem { path: path.to_owned(), code, text: Label { zh: zh.into(), en: en.into() } }
}

pub(super) fn not_an_object() -> FieldProblem {
    problem("", ProblemCode::NotAnObject, "举报应是一个 JSON 对象", "Send the report as one JSON object")
}

pub(super) fn not_json(line: usize, column: usize) -> FieldProblem {
    problem(
        "",
        ProblemCode::NotAnObject,
        format!("不是有效的 JSON：第 {line} 行第 {column} 列，请改正后再发"),
        format!("Not JSON at line {line}, column {column}: correct it and send again"),
    )
}

pub(super) fn duplicate() -> FieldProblem {
    problem(
        "",
        ProblemCode::DuplicateField,
        "同一个对象里有重名的字段，请只留一个",
        "A name stands twice in one object: keep one",
    )
}

pub(super) fn too_large(limits: Limits) -> FieldProblem {
    let Limits { document_bytes, depth, values } = limits;
    problem(
        "",
        ProblemCode::TooLarge,
        format!("内容太多：最多 {document_bytes} 字节、{values} 个值、{depth} 层；可放进附件"),
        format!(
            "Too much: at most {document_bytes} bytes, {values} values, {depth} levels; put the rest in an attachment"
        ),
    )
}

pub(super) fn reserved(path: &str) -> FieldProblem {
    problem(path, ProblemCode::ReservedField, "此项由网关填写，请删去", "Only the gateway writes this: leave it out")
}

pub(super) fn unknown_field(path: &str) -> FieldProblem {
    problem(
        path,
        ProblemCode::UnknownField,
        "没有这一项，请删去或改名",
        "There is no such field: leave it out or correct its name",
    )
}

pub(super) fn not_in_flow(path: &str) -> FieldProblem {
    problem(
        path,
        ProblemCode::NotInFlow,
        "这类举报没有这一项，请删去",
        "This kind of report has no such field: leave it out",
    )
}

pub(super) fn wrong_type(path: &str, (zh, en): Pair<'_>) -> FieldProblem {
    problem(
        path,
        ProblemCode::WrongType,
        format!("此项应是{zh}；不填就删去"),
        format!("This must be {en}; leave it out if it is not known"),
    )
}

pub(super) fn missing(path: &str, (zh, en): Pair<'_>) -> FieldProblem {
    problem(path, ProblemCode::Required, format!("请填写{zh}"), format!("Fill in: {en}"))
}

pub(super) fn absent(field: &Field, path: &str) -> FieldProblem {
    asked(field, path, ProblemCode::Required)
}

pub(super) fn not_accepted(field: &Field, path: &str) -> FieldProblem {
    asked(field, path, ProblemCode::NotAccepted)
}

pub(super) fn too_few(field: &Field, path: &str, floor: usize) -> FieldProblem {
    match &field.ask {
        Some(_) => asked(field, path, ProblemCode::TooFew),
        None => problem(path, ProblemCode::TooFew, format!("请至少填 {floor} 项"), format!("Give at least {floor}")),
    }
}

pub(super) fn too_many(path: &str, label: &Label, items: usize) -> FieldProblem {
    problem(
        path,
        ProblemCode::TooMany,
        format!("“{}”最多 {items} 项，请删去一些；可写进经过", label.zh),
        format!("{}: at most {items}; put the others into the narrative", label.en),
    )
}

pub(super) fn too_short(field: &Field, path: &str, min: usize) -> FieldProblem {
    match &field.ask {
        Some(_) => asked(field, path, ProblemCode::TooShort),
        None => problem(
            path,
            ProblemCode::TooShort,
            format!("请至少写 {min} 个字"),
            format!("Write at least {min} characters"),
        ),
    }
}

pub(super) fn too_long(path: &str, over: usize) -> FieldProblem {
    problem(
        path,
        ProblemCode::TooLong,
        format!("太长了，多了 {over} 个字；可放进附件"),
        format!("{over} characters too long; put the rest in an attachment"),
    )
}

pub(super) fn out_of_range(path: &str, min: u64, max: u64) -> FieldProblem {
    problem(
        path,
        ProblemCode::OutOfRange,
        format!("请填 {min} 到 {max} 的整数"),
        format!("Give a whole number from {min} to {max}"),
    )
}

pub(super) fn unknown_code(path: &str) -> FieldProblem {
    problem(
        path,
        ProblemCode::UnknownCode,
        "请从列表中选一项；不知道就选“不清楚”",
        "Choose one of the list, or UNKNOWN",
    )
}

pub(super) fn bad_format(path: &str, (zh, en): Pair<'_>) -> FieldProblem {
    problem(
        path,
        ProblemCode::BadFormat,
        format!("请写成{zh}；不知道就空着"),
        format!("Write it as {en}, or leave it empty"),
    )
}

pub(super) fn bad_character(path: &str, position: usize) -> FieldProblem {
    problem(
        path,
        ProblemCode::BadCharacter,
        format!("第 {position} 个字是看不见的控制字符，请删去后重新输入"),
        format!("Character {position} is an invisible control character: delete it and type it again"),
    )
}

pub(super) fn several_lines(path: &str) -> FieldProblem {
    problem(path, ProblemCode::BadCharacter, "请写在一行里，不要换行", "Write it in one line")
}

pub(super) fn clue_number(path: &str, (zh, en): Pair<'_>) -> FieldProblem {
    problem(path, ProblemCode::ClueNumber, zh, en)
}

pub(super) fn attachment_format(path: &str, position: usize, kinds: &str) -> FieldProblem {
    problem(
        path,
        ProblemCode::AttachmentFormat,
        format!("第 {position} 个附件的格式不能接收；可用 {kinds}"),
        format!("Attachment {position} is a kind we cannot take; use {kinds}"),
    )
}

pub(super) fn attachment_empty(path: &str, position: usize) -> FieldProblem {
    problem(
        path,
        ProblemCode::AttachmentEmpty,
        format!("第 {position} 个附件是空的，请重新选择"),
        format!("Attachment {position} is empty: choose it again"),
    )
}

pub(super) fn attachment_too_large(path: &str, position: usize, most: u64) -> FieldProblem {
    let size = megabytes(most);
    problem(
        path,
        ProblemCode::TooLarge,
        format!("第 {position} 个附件超过 {size}；可以压缩或分段"),
        format!("Attachment {position} is over {size}: shorten or split it"),
    )
}

pub(super) fn attachments_too_large(path: &str, most: u64) -> FieldProblem {
    let size = megabytes(most);
    problem(
        path,
        ProblemCode::TooLarge,
        format!("附件合计超过 {size}；其余可以以后补充"),
        format!("The attachments are over {size} together: add some of them later"),
    )
}

pub(super) fn attachments_too_many(path: &str, most: usize) -> FieldProblem {
    problem(
        path,
        ProblemCode::TooMany,
        format!("附件最多 {most} 个；其余可以以后补充"),
        format!("At most {most} attachments: add the others later"),
    )
}

pub(super) fn nothing_added(path: &str) -> FieldProblem {
    problem(path, ProblemCode::Required, "请写补充内容，或添加附件", "Write what you want to add, or add an attachment")
}

pub(super) fn warning(path: &str, code: ProblemCode, (zh, en): Pair<'_>) -> FieldProblem {
    problem(path, code, zh, en)
}

/// As people say it: `20 MB`. Limits below a megabyte are said to the byte.
fn megabytes(bytes: u64) -> String {
    match bytes / MEGABYTE {
        0 => format!("{bytes} B"),
        whole => format!("{whole} MB"),
    }
}

/// What a megabyte is to a telephone's file list.
const MEGABYTE: u64 = 1024 * 1024;

/// The catalog's own words for a missing field, or plain ones.
fn asked(field: &Field, path: &str, code: ProblemCode) -> FieldProblem {
    match &field.ask {
        Some(Label { zh, en }) => problem(path, code, zh, en),
        None => FieldProblem { code, ..missing(path, (&field.label.zh, &field.label.en)) },
    }
}
