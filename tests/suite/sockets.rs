//! Programs that serve on a socket which was opened for them, as the units under deploy/systemd do it: they get a network
//! namespace of their own in which nothing is up, and serve all the same.

use std::{
    net::{SocketAddr, TcpListener},
    os::fd::{AsRawFd, OwnedFd},
    process::Command,
};

use nightsafe_quickstart::{child::Child, client::Client, layout::Part};
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};

use crate::gateway::{Outside, number, report};

/// `command` without any network, but for a socket that listens here.
struct Activated {
    command: Command,
    address: SocketAddr,
    _inherited: OwnedFd,
}

impl Activated {
    fn of(command: &Command) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        // The shell inherits it under a number that stands for nothing else; the program finds it as number 3.
        let inherited = fcntl_dupfd_cloexec(&listener, 20).unwrap();
        fcntl_setfd(&inherited, FdFlags::empty()).unwrap();
        let script = format!(
            r#"exec unshare --net -- env LISTEN_PID=$$ LISTEN_FDS=1 "$@" 3<&{0} {0}<&-"#,
            inherited.as_raw_fd()
        );
        let mut alone = Command::new("bash");
        alone.args(["-c", &script, "activate"]).arg(command.get_program()).args(command.get_args());
        Self { command: alone, address: listener.local_addr().unwrap(), _inherited: inherited }
    }

    /// Starts it and waits for the address that it says it serves.
    fn start(self, outside: &Outside, part: Part) -> Child {
        let mut child = Child::start(part, self.command, &outside.layout().log(part)).unwrap();
        assert_eq!(child.wait_until_ready().unwrap(), Some(self.address));
        child
    }
}

#[test]
fn a_gateway_without_a_network_takes_reports_through_the_socket_it_was_given() {
    let outside = Outside::prepared();
    let activated = Activated::of(&outside.command());
    let base = format!("https://{}", activated.address);
    let mut gateway = activated.start(&outside, Part::Gateway);
    let client = Client::new(&base, &outside.layout().authority()).unwrap();
    number(&client.file_report(report(1).as_bytes(), None).unwrap());
    assert_eq!(gateway.end().and_then(|status| status.code()), Some(0));
}

#[test]
fn a_console_without_a_network_answers_through_the_socket_it_was_given() {
    let outside = Outside::prepared();
    let activated = Activated::of(&outside.long_running(Part::Internal));
    let base = format!("https://{}", activated.address);
    let mut internal = activated.start(&outside, Part::Internal);
    let client = Client::new(&base, &outside.layout().authority()).unwrap();
    let (status, page) = client.fetch("/login").unwrap();
    assert_eq!((status, page.contains("name=\"password\"")), (200, true));
    assert_eq!(internal.end().and_then(|status| status.code()), Some(0));
}
