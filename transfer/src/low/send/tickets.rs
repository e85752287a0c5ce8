//! Gap tickets for the link: `resend` leaves them in `state/diode/tickets/`, and they go before everything else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_runtime::line_file::LineReader;
use nightsafe_runtime::{bounded_file, failpoint};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::{EntryFields, StreamId};
use nightsafe_schema::signed::LONGEST_LINE;
use nightsafe_schema::ticket::GapTicket;
use serde::Deserialize;

use super::lanes::SentEntry;
use super::outlook::Pending;
use crate::diode::state;
use crate::failpoints;
use crate::limits;
use crate::low::outbox::Outbox;
use crate::trust::Gateways;

/// Leaves a ticket for whoever sends; the same ticket twice is one.
pub(crate) fn drop_ticket(side_state: &Path, ticket: &GapTicket) -> Result<(), DurableError> {
    let folder = folder(side_state);
    durable_file::create_folder(&folder)?;
    let text = ticket.to_string();
    let name: String = Digest::of(text.as_bytes()).to_string().chars().take(16).collect();
    durable_file::replace(&folder.join(format!("{name}.ticket")), text.as_bytes())
}

/// The tickets that are being sent.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    open: Vec<OpenTicket>,
}

/// A ticket under way.
#[derive(Debug)]
pub(super) struct OpenTicket {
    path: PathBuf,
    pub(super) ticket: GapTicket,
    left: BTreeSet<(StreamId, u64)>,
}

impl Tickets {
    /// Takes up tickets that came since the last look, and returns what they ask for.
    pub(super) fn take_up(&mut self, side_state: &Path, outbox: &Outbox, gateways: &Gateways) -> Vec<Pending> {
        let mut wanted = Vec::new();
        for entry in fs::read_dir(folder(side_state)).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            let is_new = self.open.iter().all(|open| open.path != path);
            if !is_new || path.extension().is_none_or(|extension| extension != "ticket") {
                continue;
            }
            let text = bounded_file::read(&path, LONGEST_TICKET).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let Some(ticket) = text.and_then(|text| text.parse::<GapTicket>().ok()) else { continue };
            let found = find(&ticket, outbox, gateways);
            let left = found.iter().map(|pending| (pending.entry.fields().stream, pending.start)).collect();
            wanted.extend(found);
            self.open.push(OpenTicket { path, ticket, left });
        }
        wanted
    }

    /// Entries have left; returns the tickets that are done with.
    pub(super) fn sent(&mut self, entries: &[SentEntry]) -> Vec<OpenTicket> {
        for open in &mut self.open {
            for entry in entries {
                open.left.remove(&(entry.stream, entry.start));
            }
        }
        let (done, open) = std::mem::take(&mut self.open).into_iter().partition(|open| open.left.is_empty());
        self.open = open;
        done
    }

    /// Whether nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

impl OpenTicket {
    /// Removes the ticket: what it asked for has left.
    pub(super) fn remove(&self) -> Result<(), DurableError> {
        durable_file::remove(&self.path)?;
        failpoint::hit(failpoints::SEND_TICKET_REMOVED);
        Ok(())
    }
}

/// The entries that a ticket asks for, as far as the outbox has them.
fn find(ticket: &GapTicket, outbox: &Outbox, gateways: &Gateways) -> Vec<Pending> {
    let mut found = Vec::new();
    for stream in outbox.streams().into_iter().flatten().filter(|stream| stream.short() == ticket.stream8()) {
        let Ok(mut reader) = LineReader::open(&outbox.journal(&stream), LONGEST_LINE) else { continue };
        let last = ticket.ranges().last().map_or(0, |range| *range.end());
        loop {
            let start = reader.position();
            let Ok(Some(line)) = reader.next_line() else { break };
            let Ok(claim) = serde_json::from_slice::<Claim>(&line) else { continue };
            if claim.seq > last || found.len() >= limits::MOST_ENTRIES {
                break;
            }
            if !ticket.ranges().iter().any(|range| range.contains(&claim.seq)) {
                continue;
            }
            if let Ok((entry, _)) = gateways.verify::<EntryFields>(&line) {
                found.push(Pending { entry, start });
            }
        }
    }
    found
}

/// What a line says of itself, before anything is checked.
#[derive(Deserialize)]
struct Claim {
    seq: u64,
}

fn folder(side_state: &Path) -> PathBuf {
    state::folder(side_state).join("tickets")
}

/// Tickets are typed by people.
const LONGEST_TICKET: u64 = 4096;
