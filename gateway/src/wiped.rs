//! Wipes what work leaves behind on the stack (promise 2).
//!
//! The allocator wipes freed memory, but a call that has returned leaves its values on the thread's stack until another
//! goes as deep, and an idle thread's never does. So whatever handles a reporter's bytes is run by one of these two.

use std::pin::Pin;
use std::task::{Context, Poll};

use zeroize::zeroize_stack;

/// A future whose every step is followed by a wipe of the stack below it.
pub(crate) struct Wiped<F>(Pin<Box<F>>);

impl<F: Future> Wiped<F> {
    pub(crate) fn new(future: F) -> Self {
        Self(Box::pin(future))
    }
}

impl<F: Future> Future for Wiped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let outcome = step(self.0.as_mut(), context);
        zeroize_stack::<STEP_DEPTH>();
        outcome
    }
}

/// Does work of a thread's own and wipes the stack below.
pub(crate) fn wiped<T>(work: impl FnOnce() -> T) -> T {
    let outcome = done(work);
    zeroize_stack::<WORK_DEPTH>();
    outcome
}

/// Not inlined: its frame, and all below, is what is wiped.
#[inline(never)]
fn step<F: Future>(future: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
    future.poll(context)
}

#[inline(never)]
fn done<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Deeper than a request's handling goes; half a microsecond of work.
const STEP_DEPTH: usize = 32 * 1024;
/// Deeper than sealing goes.
const WORK_DEPTH: usize = 64 * 1024;
