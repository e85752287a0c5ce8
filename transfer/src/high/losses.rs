//! Losses that a person has accepted: `state/losses.jsonl`, one decision a line, never rewritten.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use nightsafe_runtime::durable_file::DurableError;
use nightsafe_runtime::line_file::{LineReader, LineWriter};
use nightsafe_schema::journal::{Seq, StreamId};
use serde::{Deserialize, Serialize};

use crate::seq_set::SeqSet;

/// One decision.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Loss {
    /// When.
    pub(crate) at: Timestamp,
    /// Who, as the operating system knows the person.
    pub(crate) by: String,
    /// Which stream.
    pub(crate) stream: StreamId,
    /// Which place.
    pub(crate) seq: Seq,
    /// Why.
    pub(crate) reason: String,
}

/// The accepted losses, by stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Losses(BTreeMap<StreamId, SeqSet>);

impl Losses {
    /// Reads the decisions; a line that is none counts for nothing.
    pub(crate) fn load(state: &Path) -> Self {
        let mut losses = Self::default();
        let Ok(reader) = LineReader::open(&state.join(FILE), LONGEST_LINE) else { return losses };
        for line in reader.map_while(Result::ok) {
            if let Ok(loss) = serde_json::from_slice::<Loss>(&line) {
                losses.0.entry(loss.stream).or_default().insert(loss.seq);
            }
        }
        losses
    }

    /// The places of a stream that a person has given up.
    pub(crate) fn of(&self, stream: &StreamId) -> Option<&SeqSet> {
        self.0.get(stream)
    }

    /// Records a decision durably.
    pub(crate) fn accept(&mut self, state: &Path, loss: &Loss) -> Result<(), DurableError> {
        let mut file = LineWriter::open(&state.join(FILE))?;
        file.append(&serde_json::to_vec(loss).unwrap_or_default())?;
        file.sync()?;
        self.0.entry(loss.stream).or_default().insert(loss.seq);
        Ok(())
    }
}

const FILE: &str = "losses.jsonl";
/// A reason is a sentence or two.
const LONGEST_LINE: usize = 16 * 1024;
