//! Refusals in one sentence, for problem documents and beside fields.

phrases! {
    // Whole requests.
    MALFORMED = "请求没有读懂。请回到开始页再试。", "The request could not be read. Start again from the first page.";
    CROSS_SITE = "请在本站的页面上提交。", "Send it from a page of this site.";
    NOT_FOUND = "没有这个页面。请回到开始页。", "There is no such page. Go back to the start.";
    NOT_OPEN = "这里现在没有开放。请回到开始页。", "This is not open now. Go back to the start.";
    METHOD_NOT_ALLOWED = "这个地址不能这样使用。", "This address cannot be used in this way.";
    TOO_SLOW = "等了太久，内容没有收全。请再试一次。", "It took too long and did not arrive whole. Try again.";
    LENGTH_REQUIRED = "请求要写明内容长度。", "The request must state the length of its content.";
    TOO_LARGE = "内容太长，没有保存。请缩短后再提交。", "It is too long and was not kept. Shorten it and send again.";
    MEDIA_TYPE = "这里接收 JSON，或带附件的表单数据。",
        "This address takes application/json, or multipart with attachments.";
    CHARSET = "请用 UTF-8 编码发送。", "Send the text in UTF-8.";
    MULTIPART = "附件的格式没有读懂，什么都没有保存。请再试一次。",
        "The multipart body could not be read and nothing was kept. Try again.";
    INCOMPLETE = "内容没有收全，没有保存。请再发一次。", "It did not arrive whole and was not kept. Send it again.";
    FIELDS = "有几处需要修改，内容都还在。", "Some fields need another look; your text is kept.";
    TOO_MANY = "同一网络的请求太多，这次没有保存。请过几分钟再试。",
        "Too many requests from your network; nothing was kept this time. Try again in a few minutes.";
    BUSY = "现在很忙，您的内容没有保存。请过一分钟再试。", "Busy; your report was not kept. Try again in a minute.";
    CLOSED = "现在不能接收，您的内容没有保存。请过一会再来。",
        "Reports cannot be taken now; yours was not kept. Come back later.";

    // The same, on a form page that is shown again.
    FORM_BUSY = "现在很忙，您的内容还在这一页。请过一分钟再按。",
        "Busy; your text is still on this page. Press again in a minute.";
    FORM_CLOSED = "现在不能接收。您的内容还在这一页，请过一会再按。",
        "Reports cannot be taken now. Your text is still on this page; try again later.";
    PAGE_TOO_OLD = "页面放得太久。已填的内容在下面，请核对后再提交。",
        "The page is too old. Your text is below: check it and send again.";
    ADD_AGAIN = "附件需要重新添加，文字都还在。", "Add the files again; your text is kept.";
    ADD_ONE_AGAIN = "第 {n} 个附件需要重新添加，文字都还在。", "Add attachment {n} again; your text is kept.";
    UPLOAD_CUT = "上传中断。前面的附件还在，请再加一次。", "The upload was cut. Earlier files are kept; add it again.";
    CHOOSE_FILES = "请先选文件，再按“添加”。", "Choose files first, then press Add.";

    // Fields that no catalog knows.
    IDEMPOTENCY_KEY = "Idempotency-Key 是 32 位小写十六进制数字。", "Idempotency-Key is 32 lower-case hex digits.";
    FLOW_NOT_OPEN = "这类举报现在没有开放。", "This kind of report is not taken now.";
    CAMPAIGN_NOT_OPEN = "这次征集现在没有开放。去掉 campaign 仍可提交。",
        "This campaign is not open now. Without campaign the report is taken.";

    // Parts of a multipart body.
    REPORT_FIRST = "请先放 report，再放 attachment。", "Put the part report first, then the parts attachment.";
    SECOND_REPORT = "report 只能有一个，请只留一个。", "There can be one part report only: keep one.";
    UNKNOWN_PART = "只有 report 和 attachment 两种，请删去别的。",
        "There are parts report and attachment only: leave others out.";

    // Clue numbers.
    NUMBER_LENGTH = "编号有 24 位数字。请再看一看。", "A clue number has 24 digits. Look again.";
    NUMBER_DIGITS = "编号里只有数字。", "A clue number has digits only.";
    NUMBER_COPY = "编号可能抄错了。请再核对。", "The number may be copied wrongly. Check it.";
    NUMBER_GROUP = "第 {n} 组数字可能抄错了。", "Group {n} may be copied wrongly.";
    NUMBER_EMPTY = "请填写线索编号。", "Give the clue number.";
}
