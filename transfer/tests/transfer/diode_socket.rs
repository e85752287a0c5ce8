//! The receiver on a socket that was opened for it, as its unit under `deploy/systemd` does it.

use std::fs;
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;
use std::process::Command;

use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};

use crate::link::{Faults, Linked, Running, wait_for, watching};

#[test]
fn a_receiver_takes_the_socket_that_it_is_given() {
    let mut linked = Linked::new(80, Faults::default());
    // An address that nobody here has: it is not used.
    let path = linked.site.path("high/transfer.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("listen = \"127.0.0.1:0\"", "listen = \"192.0.2.1:4700\"")).unwrap();
    linked.gateway.accept_many(3);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    // The shell inherits it under a number that stands for nothing else; the program finds it as number 3.
    let inherited = fcntl_dupfd_cloexec(&socket, 20).unwrap();
    fcntl_setfd(&inherited, FdFlags::empty()).unwrap();
    let script = format!(r#"exec env LISTEN_PID=$$ LISTEN_FDS=1 "$@" 3<&{0} {0}<&-"#, inherited.as_raw_fd());
    let plain = watching(&linked.site, "high", "receive");
    let mut given = Command::new("bash");
    given.args(["-c", &script, "activate"]).arg(plain.get_program()).args(plain.get_args());
    let receiver = Running::of(given);
    assert_eq!(receiver.address, Some(address));
    linked.relay.lead_to(address);
    let sender = linked.sender();
    wait_for("every item", || linked.all_arrived());
    linked.assert_whole();
    assert_eq!((sender.stop(), receiver.stop()), (Some(0), Some(0)));
}
