//! Threads for work on the disk and for sealing: a bounded number, whoever asks.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::wiped::wiped;

/// The pool. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Workers(Arc<Semaphore>);

/// Work that goes on in the pool. Dropped, the work ends by itself and its result is dropped there.
#[derive(Debug)]
pub(crate) struct Working<T>(JoinHandle<T>);

/// The work will have no result: it crashed, or the program is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("work on the disk was not finished")]
pub(crate) struct Lost;

impl Workers {
    pub(crate) fn new(threads: usize) -> Self {
        Self(Arc::new(Semaphore::new(threads)))
    }

    /// Waits for a free thread and gives it the work.
    pub(crate) async fn start<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Working<T>, Lost> {
        let thread = Arc::clone(&self.0).acquire_owned().await.map_err(|_| Lost)?;
        Ok(Working(spawn_blocking(move || {
            let _thread = thread;
            wiped(work)
        })))
    }
}

impl<T> Future for Working<T> {
    type Output = Result<T, Lost>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(context)).map_err(|_| Lost))
    }
}

/// A value that is dropped on a thread for blocking work: deleting a long file takes its time.
#[derive(Debug)]
pub(crate) struct DroppedAside<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> DroppedAside<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }

    pub(crate) fn into_inner(mut self) -> Option<T> {
        self.0.take()
    }
}

impl<T: Send + 'static> Drop for DroppedAside<T> {
    fn drop(&mut self) {
        if let (Some(value), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn_blocking(move || wiped(|| drop(value)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn no_more_than_so_many_work_at_once() {
        let workers = Workers::new(1);
        let (go, wait) = channel::<()>();
        let first = workers.start(move || wait.recv().is_ok()).await.unwrap();
        let mut second = Box::pin(workers.start(|| ()));
        tokio::select! {
            biased;
            _ = &mut second => panic!("there is one thread only"),
            () = std::future::ready(()) => {}
        }
        go.send(()).unwrap();
        assert_eq!(first.await, Ok(true));
        assert_eq!(second.await.unwrap().await, Ok(()));
    }

    #[tokio::test]
    async fn what_crashes_is_lost_and_frees_its_thread() {
        let workers = Workers::new(1);
        let crashed: Working<()> = workers.start(|| panic!("on purpose")).await.unwrap();
        assert_eq!(crashed.await, Err(Lost));
        assert_eq!(workers.start(|| 7).await.unwrap().await, Ok(7));
    }

    #[tokio::test]
    async fn a_dropped_value_is_dropped_elsewhere() {
        struct Tell(std::sync::mpsc::Sender<std::thread::ThreadId>);
        impl Drop for Tell {
            fn drop(&mut self) {
                self.0.send(std::thread::current().id()).unwrap();
            }
        }
        let (tell, told) = channel();
        drop(DroppedAside::new(Tell(tell)));
        let elsewhere = spawn_blocking(move || told.recv().unwrap()).await.unwrap();
        assert_ne!(elsewhere, std::thread::current().id());
    }
}
