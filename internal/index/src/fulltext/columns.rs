//! The columns of each segment that lists are ordered and counted by, kept open.
//!
//! Opening a column looks its name up and reads its head; a search would do that anew for each column of each segment.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tantivy::{SegmentReader, columnar::Column, index::SegmentId};

use super::fields;

/// The columns of one segment.
#[derive(Clone)]
pub(super) struct Columns {
    pub(super) case: Column<u64>,
    pub(super) events: Column<u64>,
    pub(super) received: Column<u64>,
    pub(super) deadline: Column<u64>,
    pub(super) urgency: Column<u64>,
    pub(super) facets: Column<u64>,
}

/// Those of the segments in use.
#[derive(Default)]
pub(super) struct OpenColumns {
    segments: Mutex<HashMap<SegmentId, Arc<Columns>>>,
}

impl Columns {
    fn of(segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(Self {
            case: columns.u64(fields::CASE)?,
            events: columns.u64(fields::EVENTS)?,
            received: columns.u64(fields::RECEIVED)?,
            deadline: columns.u64(fields::DEADLINE)?,
            urgency: columns.u64(fields::URGENCY)?,
            facets: columns.u64(fields::FACETS)?,
        })
    }
}

impl OpenColumns {
    /// The columns of a segment, opened if they are not yet. A segment never changes under its id.
    pub(super) fn of(&self, segment: &SegmentReader) -> tantivy::Result<Arc<Columns>> {
        let id = segment.segment_id();
        let known = || self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(columns) = known().get(&id) {
            return Ok(Arc::clone(columns));
        }
        let columns = Arc::new(Columns::of(segment)?);
        known().insert(id, Arc::clone(&columns));
        Ok(columns)
    }

    /// Forgets every segment but these.
    pub(super) fn keep_only(&self, segments: &[SegmentReader]) {
        let mut known = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|id, _| segments.iter().any(|segment| segment.segment_id() == *id));
    }
}
