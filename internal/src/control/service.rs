//! What a request on the control socket means: who is calling, which operation of the desk, which answer.
//!
//! Every operation but `login` is done as the account that the caller's user id is bound to, by the same desk as the
//! console. Nothing is authorised here.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    sync::Arc,
};

use nightsafe_casework::{account::Viewer, case::Columns, role::Permission, workflow::Undertaking};
use nightsafe_console::desk::{
    AccountOrder, Act, ActProblem, AuditQuery, CallbackAct, Credentials, Desk as _, DeskError, Enclosure, InboxFilter,
    MailImport, Many, Media, NewAccount, NewUndertaking, OwnChange, Reason, Registration, SearchQuery, Showing, Shown,
    UndertakingProblem,
};
use nightsafe_console::statistics::Named;
use nightsafe_schema::{
    case::CaseId,
    intake::{Channel, ReceivedAt},
    item::ItemId,
};
use serde_json::{Value, json};

use super::{
    answers, callbacks,
    protocol::{Answer, Enclosed, Refusal, RefusalCode, Registering, Request},
    server::{Peer, Reply},
};
use crate::{
    accounts::sessions::SessionKey,
    desk::SiteDesk,
    limits,
    serve::{Reopening, ingest::Ingest},
};

/// Answers requests.
pub(crate) struct Service {
    desk: SiteDesk,
    ingest: Arc<Ingest>,
    reopening: Reopening,
}

impl Service {
    /// A service that acts through this desk.
    pub(crate) fn new(desk: SiteDesk, ingest: Arc<Ingest>, reopening: Reopening) -> Self {
        Self { desk, ingest, reopening }
    }

    /// Answers one request of one caller. What follows the request is read to its end, bounded: a caller who is still
    /// writing hears no answer.
    pub(crate) fn answer(&self, peer: Peer, request: Request, bytes: &mut dyn Read) -> Reply {
        let mut following = bytes.take(request.following().min(limits::CONTROL_FOLLOWING_BYTES));
        let answer = self.act(peer, request, &mut following);
        // If the caller has gone, nobody waits for the answer.
        let _ = io::copy(&mut following, &mut io::sink());
        answer.unwrap_or_else(|refusal| Reply::Answer(Answer::Refused(refusal)))
    }

    fn act(&self, peer: Peer, request: Request, following: &mut dyn Read) -> Result<Reply, Refusal> {
        let key = SessionKey::User(peer.user);
        if let Request::Login { name, password, code } = request {
            let authenticated = self.desk.authenticate(&Credentials { name, password: password.into(), code })?;
            let (viewer, expires) = self.desk.open_session(authenticated, key)?;
            return Ok(done(answers::session(&viewer, expires)));
        }
        let viewer = self.desk.viewer_of(key)?;
        match request {
            Request::Login { .. } => Err(Refusal::of(RefusalCode::Invalid)),
            Request::Logout => {
                self.desk.close_session(key)?;
                Ok(done(json!({})))
            }
            Request::Me => Ok(done(answers::own(&viewer, &self.desk.own(key)?))),
            Request::ChangeOwn { change, fields } => {
                let changed = self.desk.change(key, &own_change(&change, fields)?)?;
                Ok(done(answers::own_changed(&changed)))
            }
            Request::ChangeUser { name, change, password } => {
                let name = name.parse().map_err(|error| invalid("账号名不合要求", &error))?;
                self.desk.change_account(&viewer, &name, &order(&change, password)?)?;
                Ok(done(json!({ "changed": name })))
            }
            Request::Ingest => self.look_at_inbox(&viewer),
            Request::Search { text, skip } => {
                let page = self.desk.search(&viewer, &SearchQuery { text, skip })?;
                Ok(done(answers::hits(&page)?))
            }
            Request::Show { case, identity } => self.show(&viewer, &case, identity.as_deref()),
            Request::Inbox { show, state, overdue, skip } => {
                let filter = InboxFilter { overdue, skip, ..inbox_filter(&show, state)? };
                Ok(done(answers::inbox(&self.desk.inbox(&viewer, &filter)?)?))
            }
            Request::Undertake { name, signed, until, document } => {
                self.undertake(&viewer, &name, &signed, &until, &document)
            }
            Request::Alarms { after } => {
                let (at, rows) = self.desk.open_alarms(&viewer, after)?;
                Ok(done(answers::alarms(at, &rows)?))
            }
            Request::Act { case, act, fields, edition } => {
                let case = read_case(&case)?;
                let field = |name: &str| fields.get(name).map_or("", String::as_str);
                let act = Act::read(&act, field).map_err(DeskError::Act)?;
                self.desk.act(&viewer, case, &act, edition)?;
                Ok(done(json!({ "case": case })))
            }
            Request::ActOnMany { cases, act, fields, key } => self.act_on_many(&viewer, &cases, &act, &fields, key),
            Request::Custody { skip } => Ok(done(answers::custody(&self.desk.custody(&viewer, skip)?))),
            request @ (Request::Callbacks | Request::Callback { .. } | Request::CallbackAct { .. }) => {
                self.call_back(&viewer, request)
            }
            Request::Sealed { case: None } => Ok(done(answers::sealed(&self.desk.sealed(&viewer)?))),
            Request::Sealed { case: Some(case) } => {
                Ok(done(answers::case(&self.desk.sealed_case(&viewer, read_case(&case)?, Shown::Nothing)?, None)?))
            }
            Request::Import { table, text, apply } => {
                let difference = self.desk.import(&viewer, &table, &text, apply)?;
                if apply {
                    self.reopening.ask();
                }
                Ok(done(answers::import(&table, apply, &difference)))
            }
            Request::Stats { period, csv: true } => Ok(done(answers::csv(&self.counted(&viewer, period)?)?)),
            Request::Stats { period, csv: false } => Ok(done(answers::statistics(&self.counted(&viewer, period)?))),
            Request::Audit { case, actor, kind, skip } => {
                let case = case.map(|case| case.parse()).transpose().map_err(|_number| no_case_number())?;
                let page = self.desk.audit(&viewer, &AuditQuery { case, actor, kind, skip })?;
                Ok(done(answers::audit(&page)))
            }
            Request::Copy { case, item, part } => {
                Ok(media(self.desk.copy(&viewer, read_case(&case)?, read_item(&item)?, part)?))
            }
            Request::Original { case, item } => {
                Ok(media(self.desk.original(&viewer, read_case(&case)?, read_item(&item)?)?))
            }
            Request::Register(registering) => {
                let receipt = self.desk.register(&viewer, &registering.try_into()?, following)?;
                Ok(done(answers::registered(&receipt)))
            }
            Request::RegisterMail { flow, source, received_at, known, length } => {
                let received_at = received_at.map(|text| read_received_at(&text)).transpose()?;
                let import = MailImport { flow, source, received_at, known, length };
                Ok(done(answers::registered(&self.desk.import_mail(&viewer, &import, following)?)))
            }
            Request::Users => Ok(done(answers::accounts(&self.desk.accounts(&viewer)?))),
            Request::AddUser { name, role, unit, password } => {
                let account = NewAccount {
                    name: name.parse().map_err(|error| invalid("账号名不合要求", &error))?,
                    role: role.parse().map_err(|error| invalid("没有这个角色", &error))?,
                    unit: unit.parse().map_err(|error| invalid("单位编号不合要求", &error))?,
                    password: password.into(),
                };
                self.desk.add_account(&viewer, &account)?;
                Ok(done(json!({ "added": account.name })))
            }
            Request::ExportItem { item, reason } => self.export(&viewer, &item, &reason),
        }
    }

    fn act_on_many(
        &self,
        viewer: &Viewer,
        cases: &[String],
        act: &str,
        fields: &BTreeMap<String, String>,
        key: Option<String>,
    ) -> Result<Reply, Refusal> {
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        let act = Act::read(act, field).map_err(DeskError::Act)?;
        let cases = cases.iter().map(|case| Ok((read_case(case)?, None))).collect::<Result<_, Refusal>>()?;
        let key = key.map(|key| key.parse()).transpose().map_err(|_key| DeskError::Act(ActProblem::Key))?;
        let many = Many::new(act, cases, key).map_err(DeskError::Act)?;
        Ok(done(answers::many(self.desk.act_on_many(viewer, &many)?)))
    }

    fn undertake(
        &self,
        viewer: &Viewer,
        name: &str,
        signed: &str,
        until: &str,
        document: &str,
    ) -> Result<Reply, Refusal> {
        let account = name.parse().map_err(|error| invalid("账号名不合要求", &error))?;
        let undertaking = Undertaking {
            signed_on: signed.parse().map_err(|error| invalid("日期形如 2026-11-22", &error))?,
            valid_to: until.parse().map_err(|error| invalid("日期形如 2026-11-22", &error))?,
            document: document.parse().map_err(|error| invalid("摘要须为 64 位十六进制数字", &error))?,
        };
        let filed = NewUndertaking { account, undertaking };
        self.desk.undertake(viewer, &filed)?;
        Ok(done(json!({ "filed": filed.account })))
    }

    fn call_back(&self, viewer: &Viewer, request: Request) -> Result<Reply, Refusal> {
        match request {
            Request::Callback { month } => {
                Ok(done(callbacks::month(&self.desk.callback(viewer, callbacks::read_month(&month)?)?)))
            }
            Request::CallbackAct { month, act } => {
                let act = CallbackAct::of_code(&act).map_err(DeskError::Callback)?;
                let month = callbacks::read_month(&month)?;
                self.desk.act_on_callback(viewer, month, act)?;
                Ok(done(json!({ "month": month })))
            }
            _ => Ok(done(callbacks::months(&self.desk.callbacks(viewer)?))),
        }
    }

    fn counted(&self, viewer: &Viewer, period: Option<String>) -> Result<Named, Refusal> {
        let period = period.map(|text| text.parse()).transpose();
        let period = period.map_err(|error| invalid("时段形如 2026、2026-Q4、2026-11、2026-11-22", &error))?;
        Ok(self.desk.named(&self.desk.statistics(viewer, period)?))
    }

    fn look_at_inbox(&self, viewer: &Viewer) -> Result<Reply, Refusal> {
        if !viewer.may(Permission::Operate) {
            return Err(Refusal::of(RefusalCode::NotAllowed));
        }
        let pass = self.ingest.look_now().ok_or_else(|| Refusal::of(RefusalCode::Failed))?;
        Ok(done(serde_json::to_value(pass).map_err(|_error| Refusal::of(RefusalCode::Failed))?))
    }

    fn show(&self, viewer: &Viewer, case: &str, identity: Option<&str>) -> Result<Reply, Refusal> {
        let case = read_case(case)?;
        let reason: Option<Reason> = identity.map(read_reason).transpose()?;
        let detail = self.desk.case(viewer, case, Shown::Nothing)?;
        let identity = reason.map(|reason| self.desk.identity(viewer, case, &reason)).transpose()?;
        Ok(done(answers::case(&detail, identity)?))
    }

    fn export(&self, viewer: &Viewer, item: &str, reason: &str) -> Result<Reply, Refusal> {
        let item = read_item(item)?;
        let original = self.desk.export_item(viewer, item, &read_reason(reason)?)?;
        Ok(Reply::Bytes { length: original.length, bytes: Box::new(original.into_reader()) })
    }
}

fn no_case_number() -> Refusal {
    Refusal::saying(RefusalCode::Invalid, "案件号形如 7K2M-9QXW-3T5A", "a case number looks like 7K2M-9QXW-3T5A")
}

fn read_case(text: &str) -> Result<CaseId, Refusal> {
    text.trim().to_uppercase().parse().map_err(|_number| no_case_number())
}

fn own_change(change: &str, mut fields: BTreeMap<String, String>) -> Result<OwnChange, Refusal> {
    let mut field = |name: &str| fields.remove(name).unwrap_or_default();
    Ok(match change {
        "password" => OwnChange::Password { current: field("current").into(), new: field("new").into() },
        "totp_begin" => OwnChange::BeginTotp { current: field("current").into() },
        "totp_confirm" => OwnChange::ConfirmTotp { code: field("code") },
        "end_sessions" => OwnChange::EndOtherSessions,
        "shortcuts_on" => OwnChange::Shortcuts(true),
        "shortcuts_off" => OwnChange::Shortcuts(false),
        "columns" => {
            let unknown = |error| invalid("没有这一列", &error);
            OwnChange::Columns(field("columns").parse().map_err(unknown)?)
        }
        "columns_default" => OwnChange::Columns(Columns::default()),
        _ => return Err(Refusal::of(RefusalCode::Invalid)),
    })
}

fn inbox_filter(show: &str, state: Option<String>) -> Result<InboxFilter, Refusal> {
    Ok(InboxFilter {
        showing: Showing::of_code(show).ok_or_else(|| Refusal::of(RefusalCode::Invalid))?,
        stage: state.map(|state| state.parse()).transpose().map_err(|error| invalid("没有这个状态", &error))?,
        ..InboxFilter::default()
    })
}

fn order(change: &str, password: String) -> Result<AccountOrder, Refusal> {
    Ok(match change {
        "close" => AccountOrder::Close,
        "password" => AccountOrder::Password(password.into()),
        "totp_remove" => AccountOrder::RemoveTotp,
        "end_sessions" => AccountOrder::EndSessions,
        _ => return Err(Refusal::of(RefusalCode::Invalid)),
    })
}

fn read_item(text: &str) -> Result<ItemId, Refusal> {
    text.trim().parse().map_err(|error| invalid("密封件号不合要求", &error))
}

fn read_received_at(text: &str) -> Result<ReceivedAt, Refusal> {
    text.parse().map_err(|error| invalid("收到时间形如 2026-11-22T15:20:00+08:00", &error))
}

impl TryFrom<Registering> for Registration {
    type Error = Refusal;

    fn try_from(asked: Registering) -> Result<Self, Refusal> {
        let Registering { token, channel, source, received_at, report, enclosures } = asked;
        Ok(Self {
            token: token.parse().map_err(|error| invalid("登记标识须为 32 位小写十六进制数字", &error))?,
            channel: Channel::of_code(&channel).ok_or_else(|| Refusal::of(RefusalCode::Invalid))?,
            source,
            received_at: read_received_at(&received_at)?,
            report,
            enclosures: enclosures.into_iter().map(|Enclosed { name, length }| Enclosure { name, length }).collect(),
        })
    }
}

fn media(media: Media) -> Reply {
    Reply::Bytes { length: media.length, bytes: media.bytes }
}

fn done(value: Value) -> Reply {
    Reply::Answer(Answer::Done(value))
}

fn read_reason(text: &str) -> Result<Reason, Refusal> {
    text.parse().map_err(|error| invalid("理由须为 4 至 300 字", &error))
}

fn invalid(zh: &str, error: &dyn std::error::Error) -> Refusal {
    Refusal::saying(RefusalCode::Invalid, zh, error.to_string())
}

impl From<DeskError> for Refusal {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::NotLoggedIn => Self::of(RefusalCode::NotLoggedIn),
            DeskError::LoginRefused => Self::of(RefusalCode::LoginRefused),
            DeskError::TryLater { seconds } => Self::saying(
                RefusalCode::TryLater,
                format!("尝试过多，请 {seconds} 秒后再试"),
                format!("too many tries: wait {seconds} s"),
            ),
            DeskError::NotFound => Self::of(RefusalCode::NotFound),
            DeskError::NotAllowed => Self::of(RefusalCode::NotAllowed),
            DeskError::Account(problem) => Self::saying(RefusalCode::Invalid, problem.zh(), problem.to_string()),
            DeskError::NoUndertaking => Self::of(RefusalCode::NoUndertaking),
            DeskError::Changed(since) => {
                let by: Vec<&str> = since.iter().map(|happened| happened.actor.as_str()).collect();
                let kinds: Vec<&str> = since.iter().map(|happened| happened.body.kind().name()).collect();
                Self::saying(
                    RefusalCode::Changed,
                    format!("线索已有变动（{}），什么都没有改，请重新查看", by.join("、")),
                    format!("the case has changed ({}): nothing was done, look at it again", kinds.join(", ")),
                )
            }
            DeskError::Undertaking(problem) => {
                let zh = match problem {
                    UndertakingProblem::UnknownAccount => "您的单位没有这个账号",
                    UndertakingProblem::Period => "签署日不能晚于今天，有效期最长五年",
                    UndertakingProblem::Own => "不能登记自己的保密承诺书",
                };
                Self::saying(RefusalCode::Invalid, zh, problem.to_string())
            }
            DeskError::Import(words) => Self::saying(
                RefusalCode::Invalid,
                format!("文件有误，什么都没有改：{words}"),
                format!("nothing was changed: {words}"),
            ),
            DeskError::Callback(problem) => Self::saying(RefusalCode::Invalid, problem.zh(), problem.to_string()),
            DeskError::Registration(problem) => Self::saying(RefusalCode::Invalid, problem.zh(), problem.en()),
            DeskError::Act(problem) => Self::saying(RefusalCode::Invalid, problem.zh(), problem.to_string()),
            DeskError::Failed(_logged) => Self::of(RefusalCode::Failed),
        }
    }
}
