//! Accepts connections, never more than there is room for, and tells those without room that there is none.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

use super::{Connections, Sources};
use crate::{limits, telemetry};

/// Accepts until the program is asked to finish.
pub(crate) async fn accept_until_asked(
    listener: TcpListener,
    connections: Connections,
    sources: Sources,
    capacity: usize,
) {
    // Connections inherit it. If it cannot be set, the system's own bound holds.
    let _ = rustix::net::sockopt::set_socket_send_buffer_size(&listener, limits::KERNEL_BUFFER);
    let soft = connections.shutdown().soft();
    let mut door = Door {
        listener,
        connections,
        sources,
        serving: Arc::new(Semaphore::new(capacity)),
        turning_away: Arc::new(Semaphore::new(limits::TURNING_AWAY)),
        spare: Spare::new(),
        breath: SHORT_BREATH,
        tally: Tally::default(),
    };
    soft.run_until_cancelled(async {
        loop {
            door.let_one_in().await;
        }
    })
    .await;
}

/// The listener and what bounds it.
struct Door {
    listener: TcpListener,
    connections: Connections,
    sources: Sources,
    serving: Arc<Semaphore>,
    turning_away: Arc<Semaphore>,
    spare: Spare,
    breath: Duration,
    tally: Tally,
}

/// What a new connection gets.
enum Place {
    Served(OwnedSemaphorePermit),
    /// Every place is taken: it is told so.
    TurnedAway(OwnedSemaphorePermit),
}

impl Door {
    async fn let_one_in(&mut self) {
        let Some(place) = self.place().await else { return };
        self.spare.restore();
        match self.listener.accept().await {
            Ok(accepted) => {
                self.breath = SHORT_BREATH;
                self.welcome(accepted, place);
            }
            Err(error) if is_out_of_files(&error) => self.accept_on_the_spare_file().await,
            // The connection was gone before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(_) => self.pause().await,
        }
    }

    /// Waits for a place of either kind, the better one first.
    async fn place(&self) -> Option<Place> {
        if let Ok(place) = Arc::clone(&self.serving).try_acquire_owned() {
            return Some(Place::Served(place));
        }
        tokio::select! {
            biased;
            place = Arc::clone(&self.serving).acquire_owned() => place.ok().map(Place::Served),
            place = Arc::clone(&self.turning_away).acquire_owned() => place.ok().map(Place::TurnedAway),
        }
    }

    fn welcome(&mut self, (tcp, address): (TcpStream, SocketAddr), place: Place) {
        // The address becomes a counter here and is known to nothing after this line.
        let Some(source) = self.sources.connect(address.ip()) else { return };
        let connections = self.connections.clone();
        match place {
            Place::Served(place) => self.connections.shutdown().spawn("connection", async move {
                connections.serve(tcp, source).await;
                drop(place);
            }),
            Place::TurnedAway(place) => {
                self.tally.turned_away();
                self.connections.shutdown().spawn("connection", async move {
                    connections.turn_away(tcp).await;
                    drop((place, source));
                });
            }
        }
    }

    /// No file is left for a connection: the one kept for this moment lets the next one hear that there is no place,
    /// instead of waiting unheard.
    async fn accept_on_the_spare_file(&mut self) {
        if self.spare.give_up()
            && let Ok((tcp, _)) = self.listener.accept().await
        {
            self.tally.turned_away();
            let connections = self.connections.clone();
            self.connections.shutdown().spawn("connection", connections.turn_away(tcp));
        } else {
            self.pause().await;
        }
    }

    /// Longer each time in a row: whatever is missing comes back when connections end.
    async fn pause(&mut self) {
        sleep(self.breath).await;
        self.breath = (self.breath * 2).min(LONG_BREATH);
    }
}

/// Counts whom there was no place for, and says so now and then.
#[derive(Default)]
struct Tally {
    told: Option<Instant>,
    count: u64,
}

impl Tally {
    fn turned_away(&mut self) {
        self.count += 1;
        if self.told.is_none_or(|told| told.elapsed() >= BETWEEN_TALLIES) {
            telemetry::turned_away(std::mem::take(&mut self.count));
            self.told = Some(Instant::now());
        }
    }
}

/// An open file that stands for one more connection.
struct Spare(Option<File>);

impl Spare {
    fn new() -> Self {
        Self(open_nothing())
    }

    fn give_up(&mut self) -> bool {
        self.0.take().is_some()
    }

    fn restore(&mut self) {
        if self.0.is_none() {
            self.0 = open_nothing();
        }
    }
}

fn open_nothing() -> Option<File> {
    File::open("/dev/null").ok()
}

fn is_out_of_files(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| code == Some(errno.raw_os_error()))
}

/// Long enough not to spin, short enough not to be noticed.
const SHORT_BREATH: Duration = Duration::from_millis(20);
const LONG_BREATH: Duration = Duration::from_secs(1);
/// An attack must not fill the log.
const BETWEEN_TALLIES: Duration = Duration::from_mins(1);
