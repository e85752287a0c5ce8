//! Finds the parts in a body that comes in pieces of any size.
//!
//! Data is handed on as slices of what came in, without a copy. Only where a piece ends within what may be a boundary,
//! or within a part's head, the rest is kept and put before the next piece.

use memchr::memmem::{self, Finder};

use super::head::PartHead;
use super::{Boundary, Bytes, EPILOGUE_LIMIT, HEAD_LIMIT, MultipartError};

/// Splits one body. Give it bytes with [`push`](Self::push), take pieces with [`next_piece`](Self::next_piece) until there
/// is none, and tell it with [`finish`](Self::finish) when the body has ended.
#[derive(Debug)]
pub struct Splitter {
    delimiter: Finder<'static>,
    state: State,
    /// What came in and means nothing yet.
    rest: Bytes,
}

/// What a body consists of, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A part begins.
    Head(PartHead),
    /// Some of its data; never empty.
    Data(Bytes),
    /// It has ended.
    PartEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the boundary that the body begins with.
    Start,
    /// After a boundary: another part or the end.
    AfterBoundary,
    /// In a part's head.
    Head,
    /// In a part's data.
    Data,
    /// After the last boundary, with so many bytes seen that mean nothing.
    Epilogue(usize),
}

impl Splitter {
    /// A splitter at the start of a body.
    pub fn new(boundary: &Boundary) -> Self {
        Self {
            delimiter: Finder::new(&boundary.delimiter()).into_owned(),
            state: State::Start,
            // The first boundary is like all others, but for the line end that there was no line for.
            rest: Bytes::from_static(LINE_END),
        }
    }

    /// More of the body. What [`next_piece`](Self::next_piece) left is at most a head or a boundary.
    pub fn push(&mut self, bytes: Bytes) {
        if self.rest.is_empty() {
            self.rest = bytes;
        } else if !bytes.is_empty() {
            self.rest = [&self.rest[..], &bytes[..]].concat().into();
        }
    }

    /// The next piece; `None` where more of the body is needed.
    pub fn next_piece(&mut self) -> Result<Option<Piece>, MultipartError> {
        loop {
            let step = match self.state {
                State::Start => self.start()?,
                State::AfterBoundary => self.after_boundary()?,
                State::Head => self.head()?,
                State::Data => self.data(),
                State::Epilogue(seen) => self.epilogue(seen)?,
            };
            match step {
                Step::Piece(piece) => return Ok(Some(piece)),
                Step::Further => {}
                Step::NeedsMore => return Ok(None),
            }
        }
    }

    /// The body has ended; right only after its last boundary.
    pub fn finish(&self) -> Result<(), MultipartError> {
        match self.state {
            State::Epilogue(_) => Ok(()),
            _ => Err(MultipartError::Truncated),
        }
    }

    fn start(&mut self) -> Result<Step, MultipartError> {
        let delimiter = self.delimiter.needle();
        if self.rest.starts_with(delimiter) {
            let length = delimiter.len();
            return Ok(self.advance(length, State::AfterBoundary));
        }
        if delimiter.starts_with(&self.rest) { Ok(Step::NeedsMore) } else { Err(MultipartError::BoundaryLine) }
    }

    fn after_boundary(&mut self) -> Result<Step, MultipartError> {
        match self.rest.as_ref() {
            [b'-', b'-', ..] => Ok(self.advance(2, State::Epilogue(0))),
            [b'\r', b'\n', ..] => Ok(self.advance(2, State::Head)),
            [] | [b'-' | b'\r'] => Ok(Step::NeedsMore),
            _ => Err(MultipartError::BoundaryLine),
        }
    }

    fn head(&mut self) -> Result<Step, MultipartError> {
        let within = self.rest.get(..HEAD_LIMIT).unwrap_or(&self.rest);
        let Some(end) = memmem::find(within, EMPTY_LINE) else {
            return if within.len() == HEAD_LIMIT { Err(MultipartError::HeadTooLong) } else { Ok(Step::NeedsMore) };
        };
        let head = PartHead::parse(within.get(..end).unwrap_or_default())?;
        self.advance(end + EMPTY_LINE.len(), State::Data);
        Ok(Step::Piece(Piece::Head(head)))
    }

    fn data(&mut self) -> Step {
        if let Some(end) = self.delimiter.find(&self.rest) {
            if end > 0 {
                return Step::Piece(Piece::Data(self.rest.split_to(end)));
            }
            let length = self.delimiter.needle().len();
            self.advance(length, State::AfterBoundary);
            return Step::Piece(Piece::PartEnd);
        }
        match self.rest.len() - self.possible_delimiter() {
            0 => Step::NeedsMore,
            data => Step::Piece(Piece::Data(self.rest.split_to(data))),
        }
    }

    /// How many of the last bytes could be the beginning of a delimiter.
    fn possible_delimiter(&self) -> usize {
        let delimiter = self.delimiter.needle();
        let from = self.rest.len().saturating_sub(delimiter.len() - 1);
        let tail = self.rest.get(from..).unwrap_or_default();
        // A delimiter holds one carriage return, its first byte.
        let start = memchr::memrchr(b'\r', tail).unwrap_or(tail.len());
        let possible = tail.get(start..).unwrap_or_default();
        if delimiter.starts_with(possible) { possible.len() } else { 0 }
    }

    fn epilogue(&mut self, seen: usize) -> Result<Step, MultipartError> {
        let seen = seen + self.rest.len();
        self.rest.clear();
        self.state = State::Epilogue(seen);
        if seen > EPILOGUE_LIMIT { Err(MultipartError::AfterTheEnd) } else { Ok(Step::NeedsMore) }
    }

    fn advance(&mut self, count: usize, state: State) -> Step {
        drop(self.rest.split_to(count));
        self.state = state;
        Step::Further
    }
}

/// What one look at the rest came to.
enum Step {
    Piece(Piece),
    Further,
    NeedsMore,
}

const LINE_END: &[u8] = b"\r\n";
const EMPTY_LINE: &[u8] = b"\r\n\r\n";
