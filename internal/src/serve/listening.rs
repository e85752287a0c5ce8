//! Accepting connections, so many at once and no more: one loop for the console and for the control socket.

use std::{io, sync::Arc};

use nightsafe_runtime::Shutdown;
use tokio::{
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use crate::limits;

/// Where connections come from.
pub(crate) trait Listener {
    /// A connection.
    type Stream: Send + 'static;

    /// The next one.
    fn next(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<TcpStream> {
        self.accept().await.map(|(stream, _address)| stream)
    }
}

impl Listener for UnixListener {
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<UnixStream> {
        self.accept().await.map(|(stream, _address)| stream)
    }
}

/// Accepts until asked to stop, and has a conversation with each peer; those that are open then go on to their end.
pub(crate) async fn serve<L: Listener, C>(
    name: &'static str,
    listener: &L,
    connections: usize,
    shutdown: &Shutdown,
    converse: impl Fn(L::Stream) -> C,
) where
    C: Future<Output = ()> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(connections));
    let soft = shutdown.soft();
    loop {
        let accepted = tokio::select! {
            () = soft.cancelled() => return,
            accepted = accept(name, listener, &room) => accepted,
        };
        let Some((stream, permit)) = accepted else { continue };
        let conversation = converse(stream);
        shutdown.spawn(name, async move {
            conversation.await;
            drop(permit);
        });
    }
}

async fn accept<L: Listener>(
    name: &'static str,
    listener: &L,
    room: &Arc<Semaphore>,
) -> Option<(L::Stream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.next().await {
        Ok(stream) => Some((stream, permit)),
        Err(error) => {
            tracing::warn!(%error, name, "could not accept");
            // Out of descriptors, most likely: give the others time to close theirs.
            tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            None
        }
    }
}
