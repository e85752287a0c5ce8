//! What a clerk hands in: a report that came by telephone, letter, visit or mail (docs/spec/channels.md).

use jiff::Timestamp;
use nightsafe_schema::{
    catalog::FieldProblem,
    clue::ClueNumber,
    intake::{Channel, ReceivedAt},
    submission::SubmissionId,
};

/// A report as the clerk wrote it down; the bytes of its attachments come behind it, one after the other.
#[derive(Clone, Debug)]
pub struct Registration {
    /// 128 random bits that name this registration and every retry of it.
    pub token: SubmissionId,
    /// How it came: by telephone, letter or visit.
    pub channel: Channel,
    /// From where: a code of the catalog's list `report_sources`.
    pub source: String,
    /// When it came.
    pub received_at: ReceivedAt,
    /// The report's JSON, as it is to be kept.
    pub report: String,
    /// Its attachments, in the order of their bytes.
    pub enclosures: Vec<Enclosure>,
}

/// A mail file to be registered; its bytes come behind it.
#[derive(Clone, Debug)]
pub struct MailImport {
    /// The kind of report that it is.
    pub flow: String,
    /// From where: a code of the catalog's list `report_sources`.
    pub source: String,
    /// When it came, if the clerk says so; now if not.
    pub received_at: Option<ReceivedAt>,
    /// What the clerk knows better than the mail: fields of a report as JSON; empty = nothing.
    pub known: String,
    /// The length of the file in bytes.
    pub length: u64,
}

/// One attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosure {
    /// The name of its file; a claim.
    pub name: String,
    /// Its length in bytes.
    pub length: u64,
}

/// What the clerk may hand to whoever called, wrote or came. Exists only for reports that are durable.
#[derive(Clone, Debug)]
pub struct RegistrationReceipt {
    /// The number, as for the public.
    pub clue_number: ClueNumber,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// How it came.
    pub channel: Channel,
    /// How many attachments it has.
    pub attachments: usize,
    /// Whether this very registration was made before: nothing was registered twice.
    pub before: bool,
}

/// Why nothing was registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationProblem {
    /// The report does not hold to the catalog.
    #[error("the report has {} problems", .0.len())]
    Report(Vec<FieldProblem>),
    /// What comes this way is not registered like this.
    #[error("this channel is not registered like this")]
    Channel,
    /// No such source.
    #[error("the catalog has no such source")]
    Source,
    /// It cannot have come then.
    #[error("the report cannot have come later than now")]
    ReceivedAt,
    /// Too many attachments.
    #[error("there are more than {most} attachments")]
    TooMany {
        /// How many there may be.
        most: usize,
    },
    /// An attachment, or all of them together, or the report is too long.
    #[error("the report or its attachments are too large")]
    TooLarge,
    /// Fewer bytes came than were announced.
    #[error("an attachment was cut short")]
    Cut,
    /// The same registration with another content.
    #[error("this was registered before, with another content: register what is new as a supplement")]
    Otherwise,
    /// The file is no mail.
    #[error("the file is no mail")]
    NotAMail,
    /// There is no such kind of report.
    #[error("there is no such kind of report")]
    Flow,
    /// What the clerk knows better is no JSON object.
    #[error("what is laid over the mail is no JSON object")]
    NoObject,
    /// No key of the ring may be sealed to now.
    #[error("nothing can be sealed now: the key ring has ended or is not valid yet")]
    Closed,
}

impl RegistrationProblem {
    /// 中文.
    pub fn zh(&self) -> String {
        match self {
            Self::Report(problems) => {
                let first: Vec<_> = problems.iter().take(SAID).map(|p| format!("{}：{}", p.path, p.text.zh)).collect();
                format!("举报内容有 {} 处须修改：{}", problems.len(), first.join("；"))
            }
            Self::Channel => "此渠道不能这样登记".to_owned(),
            Self::Source => "目录中没有这个来源".to_owned(),
            Self::ReceivedAt => "收到时间不能晚于现在".to_owned(),
            Self::TooMany { most } => format!("附件最多 {most} 个"),
            Self::TooLarge => "举报或附件过大".to_owned(),
            Self::Cut => "附件不完整，请重新登记".to_owned(),
            Self::Otherwise => "此件已登记，内容不同；新内容请登记为补充材料".to_owned(),
            Self::NotAMail => "这不是邮件文件".to_owned(),
            Self::Flow => "没有这种举报类别".to_owned(),
            Self::NoObject => "补充内容须为一个 JSON 对象".to_owned(),
            Self::Closed => "密钥环不在有效期内，暂不能登记".to_owned(),
        }
    }

    /// English.
    pub fn en(&self) -> String {
        match self {
            Self::Report(problems) => {
                let first: Vec<_> = problems.iter().take(SAID).map(|p| format!("{}: {}", p.path, p.text.en)).collect();
                format!("{self}: {}", first.join("; "))
            }
            other => other.to_string(),
        }
    }
}

/// Problems said in one line; the form shows each beside its field.
const SAID: usize = 5;
