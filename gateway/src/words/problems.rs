//! Refusals as pages: what happened, what is kept, what to do.

use http::Method;

use super::Words;
use crate::http::ProblemKind;

/// The three things that every problem page says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProblemWords {
    pub(crate) happened: Words,
    pub(crate) kept: Words,
    pub(crate) todo: Words,
}

/// The words for a refusal of a request with this method: a page that was only asked for had nothing to lose.
pub(crate) fn problem_words(kind: ProblemKind, method: &Method) -> ProblemWords {
    let (happened, kept, todo) = if *method == Method::POST { of_post(kind) } else { of_page(kind) };
    ProblemWords { happened, kept, todo }
}

fn of_page(kind: ProblemKind) -> (Words, Words, Words) {
    let todo = match kind {
        ProblemKind::TooMany => WAIT_MINUTES_RELOAD,
        ProblemKind::Busy | ProblemKind::TooSlow => WAIT_A_MINUTE_RELOAD,
        ProblemKind::Closed => COME_LATER,
        ProblemKind::NotOpen => CHOOSE_ANOTHER,
        _ => BACK_TO_START,
    };
    (happened(kind), NOTHING_SENT, todo)
}

fn of_post(kind: ProblemKind) -> (Words, Words, Words) {
    let (kept, todo) = match kind {
        ProblemKind::TooMany => (STILL_IN_BROWSER, WAIT_MINUTES_RESEND),
        ProblemKind::Busy | ProblemKind::TooSlow | ProblemKind::Incomplete => (STILL_IN_BROWSER, WAIT_A_MINUTE_RESEND),
        ProblemKind::Closed => (STILL_IN_BROWSER, COME_LATER_RESEND),
        ProblemKind::TooLarge => (NOT_TAKEN, BACK_AND_SHORTEN),
        ProblemKind::NotOpen => (NOT_TAKEN, CHOOSE_ANOTHER),
        ProblemKind::NotFound | ProblemKind::MethodNotAllowed => (NOT_TAKEN, BACK_TO_START),
        _ => (NOT_TAKEN, BACK_AND_AGAIN),
    };
    (happened(kind), kept, todo)
}

fn happened(kind: ProblemKind) -> Words {
    match kind {
        ProblemKind::Malformed
        | ProblemKind::LengthRequired
        | ProblemKind::MediaType
        | ProblemKind::Charset
        | ProblemKind::Multipart => NOT_UNDERSTOOD,
        ProblemKind::CrossSite => FROM_ELSEWHERE,
        ProblemKind::NotFound => NO_SUCH_PAGE,
        ProblemKind::NotOpen => IS_NOT_OPEN,
        ProblemKind::MethodNotAllowed => NOT_THIS_WAY,
        ProblemKind::TooSlow => TOOK_TOO_LONG,
        ProblemKind::TooLarge => IS_TOO_LONG,
        ProblemKind::Incomplete => NOT_WHOLE,
        ProblemKind::Fields => NEEDS_ANOTHER_LOOK,
        ProblemKind::TooMany => ASKED_TOO_OFTEN,
        ProblemKind::Busy => IS_BUSY,
        ProblemKind::Closed => IS_CLOSED,
    }
}

phrases! {
    // What happened.
    NOT_UNDERSTOOD = "这一次没有读懂", "This could not be read";
    FROM_ELSEWHERE = "这不是从本站页面来的", "This did not come from a page of this site";
    NO_SUCH_PAGE = "没有这个页面", "There is no such page";
    IS_NOT_OPEN = "这里现在没有开放", "This is not open now";
    NOT_THIS_WAY = "这个地址不能直接打开", "This address cannot be opened by itself";
    TOOK_TOO_LONG = "等了太久，内容没有收全", "It took too long and did not arrive whole";
    IS_TOO_LONG = "内容太长了", "It is too long";
    NOT_WHOLE = "内容没有收全", "It did not arrive whole";
    NEEDS_ANOTHER_LOOK = "有几处需要修改", "Some things need another look";
    ASKED_TOO_OFTEN = "您的网络上请求太多", "Too many requests from your network";
    IS_BUSY = "现在很忙", "The service is busy";
    IS_CLOSED = "现在不能接收举报", "Reports cannot be taken now";

    // What is kept.
    NOTHING_SENT = "没有提交任何内容。", "Nothing was sent.";
    NOT_TAKEN = "这次没有收下，也没有保存。", "It was not taken and nothing was kept.";
    STILL_IN_BROWSER = "这里没有保存。您写的还在浏览器里。", "Nothing was kept here. What you wrote is still in your browser.";

    // What to do.
    BACK_TO_START = "请回到开始页。", "Go back to the start.";
    CHOOSE_ANOTHER = "请回到开始页，选开放的一类。", "Go back to the start and choose one that is open.";
    BACK_AND_AGAIN = "请按浏览器的返回，再试一次。", "Go back in your browser and try again.";
    BACK_AND_SHORTEN = "请按浏览器的返回，缩短后再提交。", "Go back in your browser, shorten it and send again.";
    WAIT_A_MINUTE_RELOAD = "请过一分钟，刷新本页。", "Wait a minute, then reload this page.";
    WAIT_MINUTES_RELOAD = "请过几分钟，刷新本页。", "Wait a few minutes, then reload this page.";
    COME_LATER = "请过一会再来，或用别的方式举报。", "Come back later, or report in another way.";
    WAIT_A_MINUTE_RESEND = "别关这一页。过一分钟刷新，选“重新发送”。",
        "Do not close this page. Reload it in a minute and choose to send again.";
    WAIT_MINUTES_RESEND = "别关这一页。过几分钟刷新，选“重新发送”。",
        "Do not close this page. Reload it in a few minutes and choose to send again.";
    COME_LATER_RESEND = "别关这一页。过一会刷新，选“重新发送”。",
        "Do not close this page. Reload it later and choose to send again.";
}
