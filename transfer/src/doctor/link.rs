//! The one-way link: what a diode needs that no answer ever confirms. Route, frame size and static neighbour on the low
//! side; address and buffer on the high side. Nothing is sent to find out.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;

use nightsafe_diode::datagram::DatagramSize;
use nightsafe_runtime::ExitCode;

use super::Check;
use crate::config::{HighDiode, LowDiode};
use crate::limits;
use crate::page::size;
use crate::trouble::{Words, chain};

/// The low side's end.
pub(super) fn sending(diode: &LowDiode, secret: Option<&Path>) -> Vec<Check> {
    let numbers = diode
        .size()
        .map(drop)
        .and_then(|()| diode.parity().map(drop))
        .and_then(|()| diode.interleave().map(drop))
        .and_then(|()| diode.bytes_a_second().map(drop));
    let mut checks = vec![configured(numbers.err().map(|error| chain(&error)), secret), route(diode)];
    if let (IpAddr::V4(to), Ok(bytes)) = (diode.to.ip(), diode.size().map(DatagramSize::bytes))
        && !to.is_loopback()
        && let Some(card) = card_towards(to)
    {
        checks.push(frame(&card, bytes));
        checks.push(neighbour(to, &card));
    }
    checks
}

/// The high side's end.
pub(super) fn receiving(diode: &HighDiode, secret: Option<&Path>) -> Vec<Check> {
    let numbers = diode.size().err().map(|error| chain(&error));
    vec![configured(numbers, secret), listening(diode.listen), buffer()]
}

fn configured(wrong: Option<String>, secret: Option<&Path>) -> Check {
    let what = "光闸 one-way link";
    let correct = || Words::new("改正 [diode]", "correct [diode]");
    match wrong {
        Some(wrong) => Check::bad(what, ExitCode::Usage, Words::same(wrong), correct()),
        None if secret.is_none() => Check::bad(
            what,
            ExitCode::Key,
            ("光闸需要 pair_secret", "a one-way link needs a pair_secret").into(),
            ("32 字节，两侧相同，权限 600", "32 bytes, the same on both sides, mode 600").into(),
        ),
        None => Check::good(what, ("已配置", "configured").into()),
    }
}

/// Whether the kernel knows a way. Connecting a socket of datagrams sends nothing.
fn route(diode: &LowDiode) -> Check {
    let what = "路由 route";
    let any: SocketAddr = if diode.to.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let from = diode.from.map_or(any, |from| (from.ip(), 0).into());
    let found = UdpSocket::bind(from).and_then(|socket| socket.connect(diode.to).and_then(|()| socket.local_addr()));
    match found {
        Ok(local) => Check::good(what, Words::same(format!("{} → {}", local.ip(), diode.to))),
        Err(error) => Check::bad(
            what,
            ExitCode::Disk,
            Words::same(format!("{}: {error}", diode.to)),
            (
                "给网卡配地址并启用：ip address add；ip link set up",
                "give the card its address and switch it on: ip address add; ip link set up",
            )
                .into(),
        ),
    }
}

fn frame(card: &str, datagram: usize) -> Check {
    let what = "帧长 MTU";
    let needed = datagram + HEADERS;
    let mtu = fs::read_to_string(format!("/sys/class/net/{card}/mtu")).ok().and_then(|text| text.trim().parse().ok());
    let Some(mtu): Option<usize> = mtu else {
        return Check::good(what, Words::new(format!("{card} 没有说"), format!("{card} does not say")));
    };
    let finding = Words::same(format!("{card} {mtu}, datagram {datagram} + {HEADERS}"));
    if mtu >= needed {
        return Check::good(what, finding);
    }
    let next = Words::new(
        format!("ip link set {card} mtu {needed}（两端）；或两侧改小 datagram"),
        format!("ip link set {card} mtu {needed} at both ends, or a smaller datagram on both sides"),
    );
    Check::bad(what, ExitCode::Usage, finding, next)
}

/// Nobody answers over a diode: without a permanent entry nothing leaves.
fn neighbour(to: Ipv4Addr, card: &str) -> Check {
    let what = "静态邻居 static neighbour";
    let table = fs::read_to_string("/proc/net/arp").unwrap_or_default();
    if is_permanent(&table, to) {
        return Check::good(what, Words::same(to.to_string()));
    }
    let next = format!("ip neighbour replace {to} lladdr <MAC> nud permanent dev {card}");
    Check::bad(
        what,
        ExitCode::Usage,
        Words::new(format!("没有 {to} 的固定项"), format!("there is no permanent entry for {to}")),
        Words::same(next),
    )
}

fn listening(address: SocketAddr) -> Check {
    let what = "监听 listen";
    match UdpSocket::bind((address.ip(), 0)) {
        Ok(_) => Check::good(what, Words::same(address.to_string())),
        Err(error) => Check::bad(
            what,
            ExitCode::Usage,
            Words::same(format!("{address}: {error}")),
            ("给网卡配这个地址，或改正 listen", "give the card this address, or correct `listen`").into(),
        ),
    }
}

fn buffer() -> Check {
    let what = "接收缓冲 receive buffer";
    let most = fs::read_to_string("/proc/sys/net/core/rmem_max").ok().and_then(|text| text.trim().parse::<u64>().ok());
    let most = most.unwrap_or(0);
    let wanted = limits::SOCKET_BYTES as u64;
    let finding = Words::same(format!("net.core.rmem_max {}", size(most)));
    if most >= wanted || rustix::process::geteuid().is_root() {
        return Check::good(what, finding);
    }
    // It works with less, and loses more when the disk stalls: a hint, and no failure.
    let advice = format!("sysctl -w net.core.rmem_max={wanted}");
    Check { next: Some(Words::same(advice)), ..Check::good(what, finding) }
}

/// The card of the most specific route towards an address.
fn card_towards(to: Ipv4Addr) -> Option<String> {
    in_routes(&fs::read_to_string("/proc/net/route").ok()?, to)
}

fn in_routes(table: &str, to: Ipv4Addr) -> Option<String> {
    // Iface Destination Gateway Flags RefCnt Use Metric Mask …, addresses as the machine keeps them, in hex.
    let address = |hex: &str| u32::from_str_radix(hex, 16).ok().map(|bits| u32::from_be(bits.to_be().swap_bytes()));
    let route = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (card, net, mask) = (fields.first()?, address(fields.get(1)?)?, address(fields.get(7)?)?);
        (to.to_bits() & mask == net).then(|| (mask, (*card).to_owned()))
    };
    table.lines().skip(1).filter_map(route).max().map(|(_, card)| card)
}

fn is_permanent(table: &str, to: Ipv4Addr) -> bool {
    // IP address, HW type, Flags, HW address, Mask, Device
    let is_it = |line: &str| {
        let mut fields = line.split_whitespace();
        let is_ours = fields.next().is_some_and(|address| address == to.to_string());
        let flags = fields.nth(1).and_then(|flags| u32::from_str_radix(flags.trim_start_matches("0x"), 16).ok());
        is_ours && flags.is_some_and(|flags| flags & PERMANENT != 0)
    };
    table.lines().skip(1).any(is_it)
}

/// IPv4 and UDP.
const HEADERS: usize = 28;
/// `ATF_PERM` of Linux.
const PERMANENT: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_of_the_most_specific_route_is_found() {
        let table = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
                     eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
                     eth1\t0000090A\t00000000\t0001\t0\t0\t0\tFCFFFFFF\t0\t0\t0\n";
        let card = |to: &str| in_routes(table, to.parse().unwrap());
        assert_eq!((card("10.9.0.2").as_deref(), card("10.9.0.9").as_deref()), (Some("eth1"), Some("eth0")));
        assert_eq!(in_routes("", "10.9.0.2".parse().unwrap()), None);
    }

    #[test]
    fn only_a_permanent_neighbour_counts() {
        let table = "IP address       HW type     Flags       HW address            Mask     Device\n\
                     10.9.0.2         0x1         0x6         02:00:00:00:00:02     *        eth1\n\
                     10.9.0.6         0x1         0x2         02:00:00:00:00:06     *        eth1\n";
        assert!(is_permanent(table, "10.9.0.2".parse().unwrap()));
        assert!(!is_permanent(table, "10.9.0.6".parse().unwrap()));
        assert!(!is_permanent(table, "10.9.0.20".parse().unwrap()));
    }
}
