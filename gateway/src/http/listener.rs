//! Accepts connections, never more than there is room for.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::Connections;

/// Accepts until the program is asked to finish. At capacity, new connections wait in the kernel's queue.
pub(crate) async fn accept_until_asked(listener: TcpListener, connections: Connections, capacity: usize) {
    let places = Arc::new(Semaphore::new(capacity));
    let soft = connections.shutdown().soft();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((place, listener.accept().await))
        };
        let accepted = tokio::select! {
            accepted = next => accepted,
            () = soft.cancelled() => return,
        };
        match accepted {
            // The peer's address is dropped here and known to nothing after this line.
            Some((place, Ok((tcp, _)))) => {
                let one = connections.clone();
                connections.shutdown().spawn("connection", async move {
                    one.serve(tcp).await;
                    drop(place);
                });
            }
            // Out of files or memory: the connections that end make room.
            Some((_, Err(_))) => tokio::time::sleep(BREATH).await,
            None => return,
        }
    }
}

/// Long enough not to spin, short enough not to be noticed.
const BREATH: Duration = Duration::from_millis(50);
