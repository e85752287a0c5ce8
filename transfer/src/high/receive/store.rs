//! The thread that reads records: checks the line of each, and writes its bytes where they belong.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nightsafe_diode::content::{Record, Records};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::{EntryFields, Seq, StreamId, VerifiedEntry};
use nightsafe_schema::ring::KeyName;
use nightsafe_schema::signed::SignedLineError;

use super::account::Account;
use super::delivery::Delivered;
use super::parts::{PartError, Parts, WholeItem};
use crate::high::import::Stopped;
use crate::high::refusal::Refusal;
use crate::high::side::HighSide;
use crate::limits;
use crate::seq_set::SeqSet;
use crate::trust::Gateways;

/// What the threads know of the inbox; brought up to date whenever something was handed over.
#[derive(Debug)]
pub(super) struct Known {
    inner: Mutex<KnownInner>,
}

#[derive(Debug)]
pub(super) struct KnownInner {
    /// Places that were handed over.
    pub(super) received: BTreeMap<StreamId, SeqSet>,
    /// Places whose item is whole and on its way to the inbox.
    pub(super) under_way: BTreeSet<(StreamId, Seq)>,
    /// Whose lines are believed.
    pub(super) gateways: Arc<Gateways>,
}

impl Known {
    /// What the inbox holds.
    pub(super) fn of(side: &HighSide) -> Self {
        let gateways = Arc::new(side.gateways.clone());
        let inner = KnownInner { received: received(side), under_way: BTreeSet::new(), gateways };
        Self { inner: Mutex::new(inner) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, KnownInner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings it up to date.
    pub(super) fn refresh(&self, side: &HighSide) {
        let mut inner = self.lock();
        inner.received = received(side);
        inner.gateways = Arc::new(side.gateways.clone());
    }

    fn has(&self, stream: StreamId, seq: Seq) -> bool {
        let inner = self.lock();
        inner.under_way.contains(&(stream, seq))
            || inner.received.get(&stream).is_some_and(|received| received.contains(seq))
    }
}

fn received(side: &HighSide) -> BTreeMap<StreamId, SeqSet> {
    side.inbox.streams.iter().map(|(stream, known)| (*stream, known.record.received.clone())).collect()
}

/// The state of the thread.
pub(super) struct Store<'a> {
    parts: Parts,
    known: &'a Known,
    account: &'a Account,
    /// Lines whose signature is good, by their digest.
    checked: BTreeMap<Digest, (Arc<VerifiedEntry>, KeyName)>,
    order: VecDeque<Digest>,
    /// Lines that were refused or that came without their item, so that each is told once a run.
    told: BTreeSet<Digest>,
}

impl<'a> Store<'a> {
    pub(super) fn new(parts: Parts, known: &'a Known, account: &'a Account) -> Self {
        Self { parts, known, account, checked: BTreeMap::new(), order: VecDeque::new(), told: BTreeSet::new() }
    }

    /// Works until nothing more comes.
    pub(super) fn run(
        mut self,
        blocks: &Receiver<Vec<u8>>,
        whole: &SyncSender<Delivered>,
        empty: &SyncSender<Vec<u8>>,
    ) {
        while let Ok(content) = blocks.recv() {
            for record in Records::of(&content) {
                let Ok(record) = record else {
                    self.account.unreadable();
                    break;
                };
                if let Some(delivered) = self.take(&record)
                    && whole.send(delivered).is_err()
                {
                    return;
                }
            }
            // One that finds no place is one too many.
            let _ = empty.try_send(content);
            let mut view = self.account.view();
            view.parts = self.parts.states();
            if view.given_up != self.parts.given_up() {
                view.given_up = self.parts.given_up();
                self.account.want_again();
            }
        }
    }

    fn take(&mut self, record: &Record<'_>) -> Option<Delivered> {
        let (entry, gateway) = match self.check(record.line) {
            Ok(checked) => checked,
            Err(error) => return self.refuse(record.line, &error),
        };
        let fields = entry.fields();
        let (stream, seq, size) = (fields.stream, fields.seq, fields.size);
        if self.known.has(stream, seq) {
            self.parts.forget(stream, seq);
            return None;
        }
        if record.bytes.is_empty() && size > 0 {
            let is_news = self.told.len() < limits::CHECKED_LINES && self.told.insert(entry.digest());
            return is_news.then(|| Delivered::WithoutItem(Box::new((*entry).clone()), gateway));
        }
        if size > limits::LARGEST_ITEM {
            return None;
        }
        match self.parts.take(&entry, &gateway, record.offset, record.bytes) {
            Ok(whole) => whole.map(|item| self.deliver(item)),
            Err(error) => {
                self.account.want_again();
                let stopped = match error {
                    PartError::Full { free, needed } => Stopped::InboxFull { free, needed },
                    PartError::Failed(error) => Stopped::InboxFailed { error: error.to_string() },
                };
                Some(Delivered::Stopped(stopped))
            }
        }
    }

    fn deliver(&mut self, item: WholeItem) -> Delivered {
        let fields = item.entry.fields();
        self.known.lock().under_way.insert((fields.stream, fields.seq));
        Delivered::Item(Box::new(item))
    }

    /// The entry of a line that a gateway signed. The same line comes with every part of a large item.
    fn check(&mut self, line: &[u8]) -> Result<(Arc<VerifiedEntry>, KeyName), SignedLineError> {
        let digest = Digest::of(line);
        if let Some((entry, gateway)) = self.checked.get(&digest) {
            return Ok((Arc::clone(entry), gateway.clone()));
        }
        let gateways = Arc::clone(&self.known.lock().gateways);
        let (entry, gateway) = gateways.verify::<EntryFields>(line)?;
        let entry = Arc::new(entry);
        if self.checked.len() >= limits::CHECKED_LINES
            && let Some(oldest) = self.order.pop_front()
        {
            self.checked.remove(&oldest);
        }
        self.checked.insert(digest, (Arc::clone(&entry), gateway.clone()));
        self.order.push_back(digest);
        Ok((entry, gateway))
    }

    fn refuse(&mut self, line: &[u8], error: &SignedLineError) -> Option<Delivered> {
        let is_news = self.told.len() < limits::CHECKED_LINES && self.told.insert(Digest::of(line));
        let is_signature = matches!(error, SignedLineError::Signature);
        let why = if is_signature { Refusal::BadSignature } else { Refusal::NoEntry };
        is_news.then(|| Delivered::Refused(line.to_vec(), why))
    }
}
