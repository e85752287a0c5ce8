//! How many datagrams the kernel dropped because our socket's buffer was full: `/proc/self/net/udp`. They were lost here, and not
//! on the line.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::MetadataExt as _;

/// The kernel's count for a socket of this process; `None` where it does not tell.
pub(crate) fn of(socket: &UdpSocket) -> Option<u64> {
    let inode = rustix::fs::fstat(socket).ok()?.st_ino;
    let table = match socket.local_addr().ok()? {
        SocketAddr::V4(_) => "/proc/self/net/udp",
        SocketAddr::V6(_) => "/proc/self/net/udp6",
    };
    in_table(&fs::read_to_string(table).ok()?, inode)
}

/// The counters of an interface that this address belongs to are not looked at: they count other traffic, too.
fn in_table(table: &str, inode: u64) -> Option<u64> {
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ref pointer drops
    let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let is_ours = |fields: &Vec<String>| fields.get(9).is_some_and(|field| *field == inode.to_string());
    let line = table.lines().skip(1).map(fields).find(is_ours)?;
    line.last()?.parse().ok()
}

/// The process that holds the instance lock of a folder, if one does.
pub(crate) fn holder(folder: &std::path::Path) -> Option<u32> {
    let inode = fs::metadata(folder.join(".lock")).ok()?.ino();
    let locks = fs::read_to_string("/proc/locks").ok()?;
    // `1: FLOCK  ADVISORY  WRITE 4242 08:01:1311 0 EOF`
    let holds = |line: &&str| line.split_whitespace().any(|field| field.ends_with(&format!(":{inode}")));
    locks.lines().filter(|line| line.contains("FLOCK")).find(holds)?.split_whitespace().nth(4)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drops_of_our_own_socket_are_found() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
             12: 0100007F:125C 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 9\n\
             13: 0100007F:125D 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 31\n";
        assert_eq!(in_table(table, 4712), Some(31));
        assert_eq!(in_table(table, 1), None);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(of(&socket), Some(0));
    }
}
