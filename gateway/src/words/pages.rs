//! What stands on the pages themselves (UX sections 2 and 8).

phrases! {
    // On every page.
    BRAND = "违法线索举报", "Report wrongdoing";
    SKIP = "跳到正文", "Skip to the content";
    TOOLS = "页面工具", "Page tools";
    LEAVE = "快速离开", "Leave quickly";
    LEAVE_HISTORY = "快速离开不会清除浏览历史。", "Leaving does not clear your browsing history.";
    LARGER = "大字", "Larger text";
    SMALLER = "小字", "Smaller text";
    ONLY_CHINESE = "只看中文", "Chinese only";
    ONLY_ENGLISH = "只看英文", "English only";
    BOTH_LANGUAGES = "中英对照", "Both languages";
    DANGER = "有即时危险请拨打 110。", "In immediate danger call 110.";
    PROGRESS = "查询进度", "Check progress";
    KEYS = "本站密钥", "Keys of this site";
    CONTACT = "其他举报方式", "Other ways to report";
    ERROR_MARK = "出错：", "Error: ";
    BACK_TO_FIRST_PAGE = "回到开始页", "Back to the start";
    REQUIRED = "（必填）", "(required)";

    // Start.
    START_TITLE = "举报违法线索", "Report wrongdoing";
    START_LEAD = "大约三分钟。可以不留姓名。提交后给您一个线索编号，凭它查询。",
        "About three minutes. You need not give your name. You get a clue number to check progress.";
    CHOOSE_KIND = "您要举报什么？", "What do you want to report?";
    NOT_SURE = "不确定选哪个？选最接近的。", "Not sure? Pick the nearest; we can move it.";
    CAMPAIGNS = "正在征集", "Open campaigns";
    AFTERWARDS = "已经举报过", "You have reported before";
    ADD_TO_REPORT = "补充材料", "Add to a report";
    SAFETY = "为了您的安全", "For your safety";
    OWN_DEVICE = "用自己的设备", "Use your own device";
    NOT_AT_WORK = "不用单位网络", "Not the network at work";
    TELL_NOBODY = "不要告诉别人", "Tell nobody";
    CALL_110 = "有即时危险请拨 110", "In danger call 110";
    SAFER = "更安全的方式", "Safer ways";
    TOR = "可以用 Tor 浏览器打开本站。选最高安全级别也能用。", "This site works in Tor Browser, at its safest level too.";
    ONION = "洋葱地址：", "Onion address: ";
    CLOSED_NOW = "现在没有开放", "Not open now";
    OPENS_ON = "{n} 起开放", "Opens on {n}";

    // The form.
    SUMMARY = "有几处需要修改", "Some things need another look";
    NOT_TAKEN_YET = "还没有收下", "Not taken yet";
    SKIP_GROUP = "可以不填", "may be left out";
    MORE = "知道更多，可以写", "If you know more";
    NUMBERED = "第 {n} 个", "No. {n}";
    ANOTHER = "再加一个", "Add another";
    DROP = "删去这一个", "Leave this one out";
    ONE_A_LINE = "每行一个。", "One a line.";
    NOT_CHOSEN = "请选择", "Choose";
    UNKNOWN = "不清楚", "I do not know";
    PROVINCE = "省、自治区、直辖市", "Province";
    PREFECTURE = "市、州、盟", "City or prefecture";
    COUNTY = "县、区、旗", "County or district";
    LIST_PLACES = "列出下一级", "List what lies in it";
    YEAR = "年", "Year";
    MONTH = "月", "Month";
    DAY = "日", "Day";
    EXAMPLE = "看一个例子", "See an example";
    LEFT = "还可以写 {n} 个字", "{n} characters left";
    OVER = "多了 {n} 个字", "{n} characters too many";
    NEXT = "继续", "Continue";
    BACK = "上一步", "Back";
    TO_START = "回到开始页", "Back to the start";
    BACK_TO_CHECK = "改好了，回去核对", "Done, back to the check";
    CAMPAIGN_NOTE = "这是专项征集：", "This is a campaign: ";

    // Attachments.
    FILES_ADDED = "已添加的附件", "Files added";
    FILE_NUMBERED = "附件 {n}", "Attachment {n}";
    FILE_REMOVE = "删除", "Remove";
    FILES_NONE = "还没有附件。没有可以跳过。", "None yet. You may skip this.";
    FILES_CHOOSE = "选择文件", "Choose files";
    FILES_SEVERAL = "可以一次选几个。", "You may choose several at once.";
    FILES_KINDS = "能收的文件", "What we take";
    FILES_MOST = "最多 {n} 个，合计", "At most {n}, together";
    FILES_ADD = "添加", "Add";
    FILES_WAIT = "上传可能要一两分钟，请不要关闭。", "It may take a minute or two; do not close the page.";
    FILES_METADATA = "照片里可能带有位置和时间，我们会在内网清除。请先遮住能认出您的地方。",
        "Photos may carry place and time, which we remove inside. Cover first what could show who you are.";
    FILES_UPLOADING = "正在上传", "Uploading";

    // Check and send.
    EDIT = "修改", "Change";
    NOT_FILLED = "没有填写", "Not filled in";
    YES = "是", "Yes";
    TRUTH = "请如实反映；故意诬告要负法律责任。", "Write what is true; a deliberate false accusation is against the law.";
    PLEASE_LOOK = "请再看一眼", "Please look again";
    SEND = "确认提交", "Send report";
    SEND_ADDITION = "确认提交", "Send";

    // Receipt.
    RECEIVED_TITLE = "已收到您的举报", "Your report has been received";
    ADDED_TITLE = "已收到补充材料", "Your material has been received";
    RECEIPT_SHORT = "已收到", "Received";
    CLUE_NUMBER = "线索编号", "Clue number";
    COPY_NOW = "请现在抄在纸上。", "Copy it on paper now.";
    NO_SCREENSHOT = "不要截图。不要发给别人。", "No screenshot. Show it to nobody.";
    SHOWN_ONCE = "编号只显示这一次。丢了找不回，但举报照样处理。",
        "It is shown this once. If it is lost, the report is handled all the same.";
    ADDED_UNDER = "材料记在您写的编号下。", "It was added under the number you gave.";
    CHECK_COPY = "核对我抄的编号", "Check what I copied";
    TYPE_COPY = "照着纸上的再输入一次。空格可以不写。", "Type it from your paper. Spaces do not matter.";
    CHECK = "核对", "Check";
    SAME = "一致，抄对了。", "It is the same. You copied it well.";
    DONE_LEAVE = "做完了，离开", "Done, leave";

    // Progress.
    NUMBER_HINT = "24 位数字，空格可以不写。", "24 digits; spaces do not matter.";
    ASK_PROGRESS = "查询", "Check";
    NO_PROGRESS = "本站现在还不公布进度。举报照样处理，请保管好编号。",
        "Progress is not published on this site yet. Reports are handled all the same; keep your number.";

    // Contact.
    CONTACT_LEAD = "也可以用这些方式举报。", "You can also report in these ways.";
    CONTACT_UNITS = "征集单位的电话", "Telephones of the campaign's units";
    CONTACT_CARE = "打电话可能留下记录。", "A telephone call may leave a record.";

    // Keys.
    KEYS_LEAD = "举报在这里加密后转入内网，这里打不开。密钥环由几位密钥官离线签名。",
        "Reports are encrypted here and go to an internal network; nobody can open them here. Officers sign the key ring offline.";
    KEYS_SITE = "站点", "Site";
    KEYS_VERSION = "版本", "Version";
    KEYS_VALID = "有效", "Valid";
    KEYS_DIGEST = "密钥环 SHA-256", "SHA-256 of ring.json";
    KEYS_RECIPIENTS = "收件密钥", "Recipients";
    KEYS_GATEWAYS = "接收网关", "Gateways";
    KEYS_OFFICERS = "密钥官", "Officers";
    KEYS_SIGNATURES = "{n} 个签名，至少要", "{n} signatures; at least";
    KEYS_THRESHOLD = "{n} 个。", "{n} are needed.";
    KEYS_FINGERPRINT = "指纹", "fingerprint";
    KEYS_SIGNATURE = "签名", "signature";
    KEYS_GOOD = "密钥有效，正常接收。", "The keys are valid; reports are taken.";
    KEYS_ENDING = "密钥快到期，正常接收。", "The keys end soon; reports are taken.";
    KEYS_GRACE = "密钥已到期，宽限期内仍接收。", "The keys have ended; reports are still taken for a few days.";
    KEYS_CLOSED = "密钥已到期，暂停接收。", "The keys have ended; no reports are taken.";
    KEYS_EARLY = "密钥还没有生效，暂停接收。", "The keys are not valid yet; no reports are taken.";
}
