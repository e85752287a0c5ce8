//! What the public reads, Chinese first with English beside (UX sections 1 and 8).
//!
//! Short sentences, no threats, never "invalid": each says what to do. Words about single fields are catalog data and
//! are not repeated here.

/// One text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
}

const fn words(zh: &'static str, en: &'static str) -> Words {
    Words { zh, en }
}

// Refusals.
pub(crate) const MALFORMED: Words =
    words("请求没有读懂。请回到开始页再试。", "The request could not be read. Start again from the first page.");
pub(crate) const CROSS_SITE: Words = words("请在本站的页面上提交。", "Send it from a page of this site.");
pub(crate) const NOT_FOUND: Words =
    words("没有这个页面。请回到开始页。", "There is no such page. Go back to the start.");
pub(crate) const METHOD_NOT_ALLOWED: Words =
    words("这个地址不能这样使用。", "This address cannot be used in this way.");
pub(crate) const TOO_SLOW: Words =
    words("等了太久，内容没有收全。请再试一次。", "It took too long and did not arrive whole. Try again.");
pub(crate) const LENGTH_REQUIRED: Words =
    words("请求要写明内容长度。", "The request must state the length of its content.");
pub(crate) const TOO_LARGE: Words =
    words("内容太长，没有保存。请缩短后再提交。", "It is too long and was not kept. Shorten it and send again.");
pub(crate) const MEDIA_TYPE: Words = words(
    "这里接收 JSON，或带附件的表单数据。",
    "This address takes application/json, or multipart/form-data with attachments.",
);
pub(crate) const CHARSET: Words = words("请用 UTF-8 编码发送。", "Send the text in UTF-8.");
pub(crate) const MULTIPART: Words = words(
    "附件的格式没有读懂，什么都没有保存。请再试一次。",
    "The multipart body could not be read and nothing was kept. Try again.",
);
pub(crate) const INCOMPLETE: Words =
    words("内容没有收全，没有保存。请再发一次。", "It did not arrive whole and was not kept. Send it again.");
pub(crate) const FIELDS: Words =
    words("有几处需要修改，内容都还在。", "Some fields need another look; your text is kept.");
pub(crate) const TOO_MANY: Words = words(
    "同一网络的请求太多，这次没有保存。请过几分钟再试。",
    "Too many requests from your network; nothing was kept this time. Try again in a few minutes.",
);
pub(crate) const BUSY: Words =
    words("现在很忙，您的内容没有保存。请过一分钟再试。", "Busy; your report was not kept. Try again in a minute.");
pub(crate) const CLOSED: Words = words(
    "现在不能接收，您的内容没有保存。请过一会再来。",
    "Reports cannot be taken now; yours was not kept. Come back later.",
);

// The same, on a form page that is shown again.
pub(crate) const FORM_BUSY: Words = words(
    "现在很忙。您的内容还在这一页，请过一分钟再按。",
    "Busy; your text is still on this page. Press again in a minute.",
);
pub(crate) const FORM_CLOSED: Words = words(
    "现在不能接收。您的内容还在这一页，请过一会再按。",
    "Reports cannot be taken now. Your text is still on this page; try again later.",
);

// Fields that no catalog knows.
pub(crate) const IDEMPOTENCY_KEY: Words =
    words("Idempotency-Key 是 32 位小写十六进制数字。", "Idempotency-Key is 32 lower-case hex digits.");
pub(crate) const PAGE_TOO_OLD: Words = words(
    "页面放得太久。内容都在下面，请核对后再提交。",
    "The page is too old. Your text is below: check it and send again.",
);

// Parts of a multipart body.
pub(crate) const REPORT_FIRST: Words =
    words("请先放 report，再放 attachment。", "Put the part report first, then the parts attachment.");
pub(crate) const SECOND_REPORT: Words =
    words("report 只能有一个，请只留一个。", "There can be one part report only: keep one.");
pub(crate) const UNKNOWN_PART: Words = words(
    "只有 report 和 attachment 两种，请删去别的。",
    "There are parts report and attachment only: leave others out.",
);

pub(crate) const ADD_AGAIN: Words = words("附件需要重新添加，文字都还在。", "Add the files again; your text is kept.");

// Clue numbers.
pub(crate) const NUMBER_LENGTH: Words =
    words("编号有 24 位数字。请再看一看。", "A clue number has 24 digits. Look again.");
pub(crate) const NUMBER_DIGITS: Words = words("编号里只有数字。", "A clue number has digits only.");
pub(crate) const NUMBER_COPY: Words =
    words("编号可能抄错了。请再核对。", "The number may be copied wrongly. Check it.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_says_invalid_or_threatens() {
        for text in [
            MALFORMED,
            CROSS_SITE,
            NOT_FOUND,
            TOO_LARGE,
            CHARSET,
            MULTIPART,
            INCOMPLETE,
            FIELDS,
            BUSY,
            CLOSED,
            REPORT_FIRST,
            NUMBER_COPY,
            PAGE_TOO_OLD,
        ] {
            assert!(!text.en.to_lowercase().contains("invalid"), "{}", text.en);
            assert!(!text.zh.contains("您必须") && !text.zh.contains("无效"), "{}", text.zh);
        }
    }

    #[test]
    fn chinese_sentences_stay_short() {
        for text in [
            MALFORMED,
            CROSS_SITE,
            TOO_SLOW,
            TOO_LARGE,
            MULTIPART,
            INCOMPLETE,
            FIELDS,
            TOO_MANY,
            BUSY,
            CLOSED,
            PAGE_TOO_OLD,
        ] {
            for sentence in text.zh.split('。') {
                assert!(sentence.chars().count() <= 22, "{sentence}");
            }
        }
    }
}
