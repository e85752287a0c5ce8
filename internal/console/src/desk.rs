//! The port through which every page works: one trait, implemented by the daemon in one place.
//!
//! Behind it each operation is authorised and recorded before it answers (promise 7); the control socket uses the same
//! implementation. A page decides nothing about who may see what: it shows what the desk hands out.

mod account;
mod act;
mod audit;
mod callback;
mod case;
mod compare;
mod custody;
mod link;
mod list;
mod many;
mod media;
mod register;
mod session;

use std::io::Read;

use serde_json::Value;

pub use self::{
    account::{
        AccountOrder, AccountProblem, AccountRow, NewAccount, NewUndertaking, OwnAccount, OwnChange, OwnChanged,
        OwnSession, UndertakingProblem,
    },
    act::{Act, ActProblem, Note, NoteError},
    audit::{AuditQuery, AuditRow, WITHHELD},
    callback::{
        CallList, CallbackAct, CallbackCheck, CallbackDetail, CallbackMonth, CallbackProblem, CallbackProof,
        CallbackRow,
    },
    case::{CaseDetail, Happening, Reason, ReasonError, Routing},
    compare::Comparison,
    custody::{LookRow, Notices, SealedRow},
    link::LinkRow,
    list::{Hit, Inbox, InboxFilter, Order, Page, SearchQuery, Showing, Snippet},
    many::{Common, Fates, Line, Many},
    media::{CopyState, Media, MediaRow, Shown, Source},
    register::{Enclosure, MailImport, Registration, RegistrationProblem, RegistrationReceipt},
    session::{Credentials, Session, SessionToken},
};
use nightsafe_casework::{
    account::{AccountName, Viewer},
    statistics::{Period, Statistics},
    workflow::Month,
};
use nightsafe_schema::{case::CaseId, item::ItemId};

/// What the pages ask. Methods block; the router calls them where blocking is allowed.
pub trait Desk: Send + Sync + 'static {
    /// Checks name and password and opens a session. Throttled; every refusal is recorded.
    fn log_in(&self, credentials: &Credentials) -> Result<Session, DeskError>;

    /// Who is behind a session that has not ended.
    fn session(&self, token: &SessionToken) -> Result<Viewer, DeskError>;

    /// Ends a session; ending one that does not exist is no error.
    fn log_out(&self, token: &SessionToken) -> Result<(), DeskError>;

    /// The cases this viewer may see, by this filter.
    fn inbox(&self, viewer: &Viewer, filter: &InboxFilter) -> Result<Inbox, DeskError>;

    /// Full text, or a clue number; recorded.
    fn search(&self, viewer: &Viewer, query: &SearchQuery) -> Result<Page<Hit>, DeskError>;

    /// One case, with these of its safe copies; recorded in one event. One that does not exist and one that this viewer may not see are the same
    /// [`DeskError::NotFound`].
    fn case(&self, viewer: &Viewer, case: CaseId, shown: Shown) -> Result<CaseDetail, DeskError>;

    /// Two cases side by side; recorded in both. Unless both may be seen it is the same [`DeskError::NotFound`], and nothing
    /// is recorded.
    fn compare(&self, viewer: &Viewer, left: CaseId, right: CaseId) -> Result<Comparison, DeskError>;

    /// The identifying part of the first report's `reporter`, with the clue number beside it; recorded with the reason
    /// before it is shown.
    fn identity(&self, viewer: &Viewer, case: CaseId, reason: &Reason) -> Result<Value, DeskError>;

    /// A part of the safe copy of an attachment, from 1; recorded, unless it belongs to a look that was recorded a moment ago.
    /// Without a copy there is [`DeskError::NotFound`].
    fn copy(&self, viewer: &Viewer, case: CaseId, item: ItemId, part: u32) -> Result<Media, DeskError>;

    /// The original of an attachment, for whoever asked for it, once a second person has agreed; recorded.
    fn original(&self, viewer: &Viewer, case: CaseId, item: ItemId) -> Result<Media, DeskError>;

    /// What stands above every page of this viewer.
    fn notices(&self, viewer: &Viewer) -> Result<Notices, DeskError>;

    /// Does something with a case that this viewer may see; recorded. With an edition, only if nothing that people decide on
    /// was recorded since: otherwise [`DeskError::Changed`] says what was.
    fn act(&self, viewer: &Viewer, case: CaseId, act: &Act, edition: Option<u64>) -> Result<(), DeskError>;

    /// Those of these cases that this viewer may see, in their order, each with whether this could be done with it. The others
    /// are not there, whether they exist or not.
    fn lines(&self, viewer: &Viewer, common: Common, cases: &[CaseId]) -> Result<Vec<Line>, DeskError>;

    /// Does the same with several cases; each is decided and recorded on its own. What became of each, in their order: one that
    /// does not exist and one that this viewer may not see are the same [`DeskError::NotFound`].
    fn act_on_many(&self, viewer: &Viewer, many: &Many) -> Result<Fates, DeskError>;

    /// People whose undertakings this viewer may put on file, with those that are there.
    fn undertakings(&self, viewer: &Viewer) -> Result<Vec<AccountRow>, DeskError>;

    /// Puts an undertaking on file; recorded.
    fn undertake(&self, viewer: &Viewer, filed: &NewUndertaking) -> Result<(), DeskError>;

    /// Looks at identities by people of the viewer's unit and below it, newest first; only at cases that the viewer may see.
    fn custody(&self, viewer: &Viewer, skip: u64) -> Result<Page<LookRow>, DeskError>;

    /// Sealed cases, for the two who may see them; recorded. To anyone else there is no such list.
    fn sealed(&self, viewer: &Viewer) -> Result<Vec<SealedRow>, DeskError>;

    /// A sealed case, for the two who may see it; recorded. To anyone else there is no such case.
    fn sealed_case(&self, viewer: &Viewer, case: CaseId, shown: Shown) -> Result<CaseDetail, DeskError>;

    /// The months of the call-backs, newest first; for the national office and the auditor.
    fn callbacks(&self, viewer: &Viewer) -> Result<Vec<CallbackMonth>, DeskError>;

    /// The call-backs of one month; its draw worked out again.
    fn callback(&self, viewer: &Viewer, month: Month) -> Result<CallbackDetail, DeskError>;

    /// Does something with the call-backs of a month; recorded. For the national office.
    fn act_on_callback(&self, viewer: &Viewer, month: Month, act: CallbackAct) -> Result<(), DeskError>;

    /// The statistics of a period, of this month without one; recorded. Counted within what this viewer may see, with small
    /// numbers kept back.
    fn statistics(&self, viewer: &Viewer, period: Option<Period>) -> Result<Statistics, DeskError>;

    /// Registers a report that came by telephone, letter or visit; recorded. The attachments' bytes come one after the other.
    /// It is durable when this answers; whoever registered it sees no more of it than anybody else of the same role.
    fn register(
        &self,
        viewer: &Viewer,
        registration: &Registration,
        bytes: &mut dyn Read,
    ) -> Result<RegistrationReceipt, DeskError>;

    /// Registers a mail file, whose bytes come behind it; as [`Self::register`].
    fn import_mail(
        &self,
        viewer: &Viewer,
        import: &MailImport,
        bytes: &mut dyn Read,
    ) -> Result<RegistrationReceipt, DeskError>;

    /// The audit log, newest first.
    fn audit(&self, viewer: &Viewer, query: &AuditQuery) -> Result<Page<AuditRow>, DeskError>;

    /// All accounts, by name.
    fn accounts(&self, viewer: &Viewer) -> Result<Vec<AccountRow>, DeskError>;

    /// Makes an account; recorded.
    fn add_account(&self, viewer: &Viewer, account: &NewAccount) -> Result<(), DeskError>;

    /// Changes an account; recorded.
    fn change_account(&self, viewer: &Viewer, name: &AccountName, order: &AccountOrder) -> Result<(), DeskError>;

    /// The account behind a session.
    fn own_account(&self, token: &SessionToken) -> Result<OwnAccount, DeskError>;

    /// Changes the account behind a session; recorded.
    fn change_own(&self, token: &SessionToken, change: &OwnChange) -> Result<OwnChanged, DeskError>;
}

/// Why the desk did not do it. The words that people read are the pages' own.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// There is no such session, or it has ended.
    #[error("nobody is logged in")]
    NotLoggedIn,
    /// Wrong name or password, or a closed account; which of them is not said.
    #[error("the login was refused")]
    LoginRefused,
    /// Too many wrong passwords.
    #[error("too many attempts, wait {seconds} s")]
    TryLater {
        /// How long to wait.
        seconds: u64,
    },
    /// No such thing, or not for this viewer.
    #[error("not found")]
    NotFound,
    /// This viewer's role does not do this.
    #[error("the role does not allow this")]
    NotAllowed,
    /// The account cannot be made or changed like this.
    #[error("the account cannot be made or changed")]
    Account(#[source] AccountProblem),
    /// This viewer has no valid undertaking on file, and reads no case without one.
    #[error("no valid undertaking is on file")]
    NoUndertaking,
    /// The case has changed since the edition that was acted on.
    #[error("the case has changed meanwhile")]
    Changed(Vec<Happening>),
    /// The undertaking cannot be filed like this.
    #[error("the undertaking cannot be filed")]
    Undertaking(#[source] UndertakingProblem),
    /// A file cannot take a table's place; the words say where and why.
    #[error("the file cannot be imported: {0}")]
    Import(String),
    /// It cannot be done with the call-backs of this month.
    #[error("it cannot be done with the call-backs")]
    Callback(#[source] CallbackProblem),
    /// It cannot be done with this case.
    #[error("it cannot be done")]
    Act(#[source] ActProblem),
    /// It cannot be registered like this; nothing was.
    #[error("it cannot be registered")]
    Registration(#[source] RegistrationProblem),
    /// Something broke; the daemon has logged it.
    #[error("the desk failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
