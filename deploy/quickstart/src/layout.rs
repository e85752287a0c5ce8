//! Where everything lies under the data folder (DESIGN section 13). Names only; nothing is made here.

use std::path::{Path, PathBuf};

/// The data folder.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

/// The programs of a site that stay up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Takes reports in.
    Gateway,
    /// Writes volumes on the low side.
    LowTransfer,
    /// Reads volumes on the high side.
    HighTransfer,
    /// Opens, records and shows reports.
    Internal,
}

impl Part {
    /// Chinese and English, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "网关 gateway",
            Self::LowTransfer => "低侧搬运 transfer (low)",
            Self::HighTransfer => "高侧搬运 transfer (high)",
            Self::Internal => "内网 internal",
        }
    }

    /// The log's file name.
    pub const fn log(self) -> &'static str {
        match self {
            Self::Gateway => "gateway.log",
            Self::LowTransfer => "transfer-low.log",
            Self::HighTransfer => "transfer-high.log",
            Self::Internal => "internal.log",
        }
    }
}

impl Layout {
    /// The layout under `root`.
    pub fn under(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The data folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Demo keys and the ring.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The current ring; its signatures lie beside it.
    pub fn ring(&self) -> PathBuf {
        self.keys().join("ring.json")
    }

    /// The demo certificate authority and the programs' certificates.
    pub fn tls(&self) -> PathBuf {
        self.root.join("tls")
    }

    /// The certificate authority that browsers and tools are told to trust.
    pub fn authority(&self) -> PathBuf {
        self.tls().join("ca.pem")
    }

    /// The folder of a part.
    pub fn part(&self, part: Part) -> PathBuf {
        self.root.join(match part {
            Part::Gateway => "gateway",
            Part::LowTransfer => "low",
            Part::HighTransfer => "high",
            Part::Internal => "internal",
        })
    }

    /// The configuration file of a part.
    pub fn configuration(&self, part: Part) -> PathBuf {
        self.part(part).join(match part {
            Part::Gateway => "gateway.toml",
            Part::LowTransfer | Part::HighTransfer => "transfer.toml",
            Part::Internal => "internal.toml",
        })
    }

    /// The medium that is carried across the gap.
    pub fn medium(&self) -> PathBuf {
        self.root.join("medium")
    }

    /// One log a process.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The log of a part.
    pub fn log(&self, part: Part) -> PathBuf {
        self.logs().join(part.log())
    }

    /// Demo passwords, each in a file of its own.
    pub fn passwords(&self) -> PathBuf {
        self.root.join("passwords")
    }

    /// Addresses and accounts, for people and tools.
    pub fn endpoints(&self) -> PathBuf {
        self.root.join("endpoints.json")
    }
}
