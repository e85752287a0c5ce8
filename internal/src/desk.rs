//! The desk: the one place where every look and every change by a person is authorised and recorded.
//!
//! Console and control socket both come through here; they differ in how a person proves who they are and in the door
//! that is recorded. In each operation the order is the same: may this role do it at all, may this viewer see this case,
//! the event in the ledger, and only then the answer. A case that does not exist and one that may not be seen are the
//! same answer, found on the same way.

pub(crate) mod accounts;
pub(crate) mod audit;
mod auditing;
mod callbacks;
mod compare;
mod custody;
pub(crate) mod export;
mod importing;
mod linking;
pub(crate) mod login;
mod looks;
mod many;
mod media;
mod notes;
mod own;
#[cfg(test)]
mod property;
pub(crate) mod reading;
mod registering;
mod snippets;
mod statistics;
mod undertaking;
mod work;
mod workflow;

use std::{io::Read, sync::Arc};

use nightsafe_casework::{
    account::{AccountName, Viewer},
    event::Via,
    role::Permission,
    statistics::{Period, Statistics},
    workflow::Month,
};
use nightsafe_console::desk::{
    AccountOrder, AccountRow, Act, AuditQuery, AuditRow, CallbackAct, CallbackDetail, CallbackMonth, CaseDetail,
    Common, Comparison, Credentials, Desk, DeskError, Fates, Hit, Inbox, InboxFilter, Line, LookRow, MailImport, Many,
    Media, NewAccount, NewUndertaking, Notices, OwnAccount, OwnChange, OwnChanged, Page, Reason, Registration,
    RegistrationReceipt, SealedRow, SearchQuery, Session, SessionToken, Shown,
};
use nightsafe_schema::{case::CaseId, item::ItemId};
use serde_json::Value;

use self::{looks::Looks, statistics::Counted};
use crate::{
    accounts::{sessions::Sessions, throttle::Throttle, totp::Codes},
    indexed::SharedIndex,
    receipt::fault::chain,
    records::{Actor, NewEvent},
    site::Site,
};

/// The desk as seen through one door.
#[derive(Clone)]
pub(crate) struct SiteDesk {
    site: Arc<Site>,
    index: Arc<SharedIndex>,
    sessions: Arc<Sessions>,
    throttle: Arc<Throttle>,
    codes: Arc<Codes>,
    counted: Arc<Counted>,
    looks: Arc<Looks>,
    via: Via,
}

impl SiteDesk {
    /// The desk behind the console.
    pub(crate) fn new(site: Arc<Site>, index: Arc<SharedIndex>) -> Self {
        let (sessions, throttle, codes) = (Arc::default(), Arc::default(), Arc::default());
        let (counted, looks) = (Arc::default(), Arc::default());
        Self { site, index, sessions, throttle, codes, counted, looks, via: Via::Console }
    }

    /// The same desk, with the same sessions and the same throttle, behind another door.
    #[must_use]
    pub(crate) fn through(&self, via: Via) -> Self {
        Self { via, ..self.clone() }
    }

    fn require(viewer: &Viewer, permission: Permission) -> Result<(), DeskError> {
        if viewer.may(permission) { Ok(()) } else { Err(DeskError::NotAllowed) }
    }

    /// Whether this viewer reads cases at all: by role, and by an undertaking that holds today.
    fn reads(&self, viewer: &Viewer) -> Result<(), DeskError> {
        Self::require(viewer, Permission::ReadCases)?;
        if self.has_undertaken(viewer) { Ok(()) } else { Err(DeskError::NoUndertaking) }
    }

    /// Records what this viewer does; without the record there is no answer.
    fn record(&self, viewer: &Viewer, event: NewEvent) -> Result<(), DeskError> {
        let recorded = self.site.records.append(&Actor::from(viewer), &*self.site.clock, vec![event]);
        recorded.map(drop).map_err(failed)
    }
}

/// Something broke: logged here, so that the words for people can stay few.
fn failed(error: impl std::error::Error + Send + Sync + 'static) -> DeskError {
    tracing::error!(reason = chain(&error), "the desk failed");
    DeskError::Failed(Box::new(error))
}

impl Desk for SiteDesk {
    fn log_in(&self, credentials: &Credentials) -> Result<Session, DeskError> {
        let authenticated = self.authenticate(credentials)?;
        let token = SessionToken::random(&*self.site.randomness).map_err(failed)?;
        let (viewer, expires) = self.open_session(authenticated, token.digest().into())?;
        Ok(Session { token, viewer, expires })
    }

    fn session(&self, token: &SessionToken) -> Result<Viewer, DeskError> {
        self.viewer_of(token.digest().into())
    }

    fn log_out(&self, token: &SessionToken) -> Result<(), DeskError> {
        self.close_session(token.digest().into())
    }

    fn inbox(&self, viewer: &Viewer, filter: &InboxFilter) -> Result<Inbox, DeskError> {
        self.list_inbox(viewer, filter)
    }

    fn search(&self, viewer: &Viewer, query: &SearchQuery) -> Result<Page<Hit>, DeskError> {
        self.find(viewer, query)
    }

    fn case(&self, viewer: &Viewer, case: CaseId, shown: Shown) -> Result<CaseDetail, DeskError> {
        self.show_case(viewer, case, shown)
    }

    fn compare(&self, viewer: &Viewer, left: CaseId, right: CaseId) -> Result<Comparison, DeskError> {
        self.show_pair(viewer, left, right)
    }

    fn identity(&self, viewer: &Viewer, case: CaseId, reason: &Reason) -> Result<Value, DeskError> {
        self.show_identity(viewer, case, reason)
    }

    fn copy(&self, viewer: &Viewer, case: CaseId, item: ItemId, part: u32) -> Result<Media, DeskError> {
        self.show_copy(viewer, case, item, part)
    }

    fn original(&self, viewer: &Viewer, case: CaseId, item: ItemId) -> Result<Media, DeskError> {
        self.take_original(viewer, case, item)
    }

    fn notices(&self, viewer: &Viewer) -> Result<Notices, DeskError> {
        self.notices_for(viewer)
    }

    fn act(&self, viewer: &Viewer, case: CaseId, act: &Act, edition: Option<u64>) -> Result<(), DeskError> {
        self.act_on(viewer, case, act, edition)
    }

    fn lines(&self, viewer: &Viewer, common: Common, cases: &[CaseId]) -> Result<Vec<Line>, DeskError> {
        self.list_for_many(viewer, common, cases)
    }

    fn act_on_many(&self, viewer: &Viewer, many: &Many) -> Result<Fates, DeskError> {
        self.do_with_many(viewer, many)
    }

    fn undertakings(&self, viewer: &Viewer) -> Result<Vec<AccountRow>, DeskError> {
        self.list_undertakings(viewer)
    }

    fn undertake(&self, viewer: &Viewer, filed: &NewUndertaking) -> Result<(), DeskError> {
        self.file_undertaking(viewer, filed)
    }

    fn custody(&self, viewer: &Viewer, skip: u64) -> Result<Page<LookRow>, DeskError> {
        self.list_custody(viewer, skip)
    }

    fn sealed(&self, viewer: &Viewer) -> Result<Vec<SealedRow>, DeskError> {
        self.list_sealed(viewer)
    }

    fn sealed_case(&self, viewer: &Viewer, case: CaseId, shown: Shown) -> Result<CaseDetail, DeskError> {
        self.show_sealed(viewer, case, shown)
    }

    fn callbacks(&self, viewer: &Viewer) -> Result<Vec<CallbackMonth>, DeskError> {
        self.list_callbacks(viewer)
    }

    fn callback(&self, viewer: &Viewer, month: Month) -> Result<CallbackDetail, DeskError> {
        self.show_callback(viewer, month)
    }

    fn act_on_callback(&self, viewer: &Viewer, month: Month, act: CallbackAct) -> Result<(), DeskError> {
        self.do_with_callback(viewer, month, act)
    }

    fn statistics(&self, viewer: &Viewer, period: Option<Period>) -> Result<Statistics, DeskError> {
        self.show_statistics(viewer, period)
    }

    fn register(
        &self,
        viewer: &Viewer,
        registration: &Registration,
        bytes: &mut dyn Read,
    ) -> Result<RegistrationReceipt, DeskError> {
        self.register_report(viewer, registration, bytes)
    }

    fn import_mail(
        &self,
        viewer: &Viewer,
        import: &MailImport,
        bytes: &mut dyn Read,
    ) -> Result<RegistrationReceipt, DeskError> {
        self.register_mail(viewer, import, bytes)
    }

    fn audit(&self, viewer: &Viewer, query: &AuditQuery) -> Result<Page<AuditRow>, DeskError> {
        self.list_audit(viewer, query)
    }

    fn accounts(&self, viewer: &Viewer) -> Result<Vec<AccountRow>, DeskError> {
        self.list_accounts(viewer)
    }

    fn add_account(&self, viewer: &Viewer, account: &NewAccount) -> Result<(), DeskError> {
        self.make_account(viewer, account)
    }

    fn change_account(&self, viewer: &Viewer, name: &AccountName, order: &AccountOrder) -> Result<(), DeskError> {
        self.order_account(viewer, name, order)
    }

    fn own_account(&self, token: &SessionToken) -> Result<OwnAccount, DeskError> {
        self.own(token.digest().into())
    }

    fn change_own(&self, token: &SessionToken, change: &OwnChange) -> Result<OwnChanged, DeskError> {
        self.change(token.digest().into(), change)
    }
}

impl SiteDesk {
    fn now(&self) -> std::time::Duration {
        self.site.clock.elapsed()
    }
}
