//! Whether this machine is cut off from every network.
//!
//! Private keys are made and used on a machine that has none. What cannot be found out counts as networked. This is a
//! guard against a tired officer at the wrong keyboard, not against an attacker who already owns the machine.

use std::{fs, path::Path};

/// Why the machine does not count as offline.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Connected {
    /// A network interface other than loopback is switched on.
    Interface(String),
    /// The kernel's list of interfaces could not be read.
    Unknown,
}

/// Finds a network interface that is up. `interfaces` is the kernel's folder of interfaces, [`KERNEL_INTERFACES`].
pub(crate) fn connection(interfaces: &Path) -> Option<Connected> {
    let Ok(entries) = fs::read_dir(interfaces) else {
        return Some(Connected::Unknown);
    };
    for entry in entries {
        let Ok(entry) = entry else {
            return Some(Connected::Unknown);
        };
        // Files beside the interfaces (such as `bonding_masters`) are no interfaces.
        if !entry.path().is_dir() {
            continue;
        }
        let Some(flags) = interface_flags(&entry.path()) else {
            return Some(Connected::Unknown);
        };
        if flags & IFF_UP != 0 && flags & IFF_LOOPBACK == 0 {
            return Some(Connected::Interface(entry.file_name().to_string_lossy().into_owned()));
        }
    }
    None
}

fn interface_flags(interface: &Path) -> Option<u32> {
    let text = fs::read_to_string(interface.join("flags")).ok()?;
    u32::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok()
}

/// Where Linux lists its network interfaces (sysfs, Documentation/ABI/testing/sysfs-class-net).
pub(crate) const KERNEL_INTERFACES: &str = "/sys/class/net";

// <linux/if.h>
const IFF_UP: u32 = 0x1;
const IFF_LOOPBACK: u32 = 0x8;

#[cfg(test)]
mod tests {
    use super::*;

    fn interfaces(flags: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, flags) in flags {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join("flags"), flags).unwrap();
        }
        folder
    }

    #[test]
    fn loopback_and_interfaces_that_are_off_are_offline() {
        let folder = interfaces(&[("lo", "0x9\n"), ("eth0", "0x1002\n")]);
        fs::write(folder.path().join("bonding_masters"), "\n").unwrap();
        assert_eq!(connection(folder.path()), None);
    }

    #[test]
    fn an_interface_that_is_up_is_named() {
        let folder = interfaces(&[("lo", "0x9\n"), ("wlan0", "0x1003\n")]);
        assert_eq!(connection(folder.path()), Some(Connected::Interface("wlan0".into())));
    }

    #[test]
    fn what_cannot_be_read_counts_as_networked() {
        assert_eq!(connection(Path::new("does-not-exist")), Some(Connected::Unknown));
        let folder = interfaces(&[("eth0", "garbage")]);
        assert_eq!(connection(folder.path()), Some(Connected::Unknown));
    }
}
