//! A demo site: prepared once, started as often as wanted.

use std::{collections::BTreeMap, fs, io, net::SocketAddr, path::Path, process::Command};

use nightsafe_runtime::{
    ExitCode, SystemRandomness,
    durable_file::{self, DurableError},
    exit::HasExitCode,
};
use nightsafe_schema::randomness::{NoRandomness, random_bytes};

use crate::{
    accounts::{self, AccountError, FIRST_OFFICER},
    certificates::{self, CertificateError},
    child::{Child, ChildError},
    cli::Lane,
    configuration::{self, Addresses, LinkEnd},
    keys::{self, KeyError},
    layout::{Layout, Part},
    programs::{Program, ProgramError, Programs},
};

/// A site whose folders, keys and configurations are there.
#[derive(Debug)]
pub struct Site {
    layout: Layout,
    programs: Programs,
    lane: Lane,
}

/// The children of a site that runs, in the order of their start.
#[derive(Debug)]
pub struct Running {
    /// Where the gateway listens.
    pub gateway: SocketAddr,
    /// Where the console listens.
    pub console: SocketAddr,
    /// The processes.
    pub children: Vec<Child>,
}

/// Why there is no site.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// A folder cannot be made or a file not be written.
    #[error("数据目录用不了 the data folder cannot be used")]
    Folder(#[source] DurableError),
    /// A file of sample data cannot be copied.
    #[error("{from} 拷不过去 cannot be copied")]
    Copy {
        /// The file.
        from: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// There is too little room.
    #[error("磁盘快满了 the disk is nearly full: {data} 只剩 has only {free_mib} MiB，需要 needs {NEEDED_MIB} MiB")]
    Full {
        /// The data folder.
        data: String,
        /// What is left.
        free_mib: u64,
    },
    /// The disk's free space cannot be told.
    #[error("看不到磁盘余量 the free space cannot be told")]
    Space(#[source] io::Error),
    /// Certificates.
    #[error("演示证书 demo certificates")]
    Certificates(#[source] CertificateError),
    /// Keys or ring.
    #[error("演示钥匙 demo keys")]
    Keys(#[source] KeyError),
    /// The first account has no password.
    #[error("演示账号 demo accounts")]
    Accounts(#[source] AccountError),
    /// There are no random bytes for the secret of the one-way link.
    #[error("随机数 random bytes")]
    Randomness(#[source] NoRandomness),
    /// An `init` failed.
    #[error("初始化没有成功 an init failed")]
    Init(#[source] ProgramError),
    /// A program did not come up.
    #[error("启动没有成功 a program did not come up")]
    Child(#[source] ChildError),
    /// A server said it was ready but not where.
    #[error("{0} 没有说出地址 did not say its address")]
    NoAddress(&'static str),
}

impl HasExitCode for SiteError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Folder(error) => error.exit_code(),
            Self::Copy { source, .. } => nightsafe_runtime::exit::exit_code_of_io(source),
            Self::Full { .. } => ExitCode::Disk,
            Self::Space(_) | Self::NoAddress(_) | Self::Randomness(_) => ExitCode::Unexpected,
            Self::Certificates(error) => error.exit_code(),
            Self::Keys(error) => error.exit_code(),
            Self::Accounts(error) => error.exit_code(),
            Self::Init(error) => error.exit_code(),
            Self::Child(error) => error.exit_code(),
        }
    }
}

impl Site {
    /// Makes whatever is missing: folders, certificates, keys, configurations, each program's own state, the ring.
    pub fn prepare(
        layout: Layout,
        programs: Programs,
        samples: &Path,
        addresses: Addresses,
    ) -> Result<Self, SiteError> {
        for folder in [layout.root().to_owned(), layout.medium(), layout.logs(), layout.tls()] {
            durable_file::create_folder(&folder).map_err(SiteError::Folder)?;
        }
        has_room(layout.root())?;
        for (from, to) in [("units.json", "units.json"), ("fictional_divisions.json", "divisions.json")] {
            copy(&samples.join(from), &layout.root().join(to))?;
        }
        if !layout.authority().exists() {
            certificates::make(&layout.tls(), &["gateway", "console"]).map_err(SiteError::Certificates)?;
        }
        let pins = keys::make(&layout, &programs).map_err(SiteError::Keys)?;
        configuration::write(&layout, &pins, addresses).map_err(SiteError::Folder)?;
        let site = Self { layout, programs, lane: Lane::Medium };
        let gateway = site.init(Part::Gateway, &["--json"])?;
        keys::make_ring(&site.layout, &site.programs, &gateway).map_err(SiteError::Keys)?;
        accounts::password(&site.layout, FIRST_OFFICER).map_err(SiteError::Accounts)?;
        let password = accounts::password_file(&site.layout, FIRST_OFFICER);
        let password = password.to_string_lossy();
        site.init(Part::Internal, &["--json", "--first-officer", FIRST_OFFICER, "--password-file", &password])?;
        Ok(site)
    }

    /// A site that was prepared before, as it is.
    pub const fn existing(layout: Layout, programs: Programs) -> Self {
        Self { layout, programs, lane: Lane::Medium }
    }

    /// The same site with a one-way link between its sides in place of the medium: UDP on this machine, and no diode.
    pub fn over_a_link(mut self) -> Result<Self, SiteError> {
        self.lane = Lane::Diode;
        let secret: [u8; 32] = random_bytes(&SystemRandomness).map_err(SiteError::Randomness)?;
        for part in [Part::LowTransfer, Part::HighTransfer] {
            durable_file::replace(&self.layout.part(part).join("pair.secret"), &secret).map_err(SiteError::Folder)?;
        }
        let any = LinkEnd::Listen(([127, 0, 0, 1], 0).into());
        configuration::add_link(&self.layout, Part::HighTransfer, any).map_err(SiteError::Folder)?;
        Ok(self)
    }

    /// Where everything lies.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The programs it runs.
    pub const fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Starts every part and waits until each is ready.
    pub fn start(&self) -> Result<Running, SiteError> {
        let mut addresses = BTreeMap::new();
        let mut children = Vec::new();
        // From the inside out: whatever is taken in finds everything behind it ready.
        for part in [Part::Internal, Part::HighTransfer, Part::LowTransfer, Part::Gateway] {
            let mut child = self.start_part(part)?;
            let address = child.wait_until_ready().map_err(SiteError::Child)?;
            if let (Part::HighTransfer, Lane::Diode, Some(address)) = (part, self.lane, address) {
                // The low side is told where the high side listens, which only now is known.
                configuration::add_link(&self.layout, Part::LowTransfer, LinkEnd::To(address))
                    .map_err(SiteError::Folder)?;
            }
            addresses.insert(part, address);
            children.push(child);
        }
        let address = |part: Part| addresses.get(&part).copied().flatten().ok_or(SiteError::NoAddress(part.name()));
        Ok(Running { gateway: address(Part::Gateway)?, console: address(Part::Internal)?, children })
    }

    /// Starts one part without waiting for it.
    pub fn start_part(&self, part: Part) -> Result<Child, SiteError> {
        Child::start(part, self.long_running(part), &self.layout.log(part)).map_err(SiteError::Child)
    }

    /// The command that runs a part until it is told to stop.
    pub fn long_running(&self, part: Part) -> Command {
        let verb: &[&str] = match (part, self.lane) {
            (Part::Gateway | Part::Internal, _) => &["serve"],
            (Part::LowTransfer, Lane::Medium) => &["export", "--watch"],
            (Part::HighTransfer, Lane::Medium) => &["import", "--watch"],
            (Part::LowTransfer, Lane::Diode) => &["send", "--watch"],
            (Part::HighTransfer, Lane::Diode) => &["receive", "--watch"],
        };
        let mut command = self.programs.command(program_of(part));
        command.arg("--config").arg(self.layout.configuration(part)).args(verb);
        command
    }

    fn init(&self, part: Part, arguments: &[&str]) -> Result<serde_json::Value, SiteError> {
        let configuration = self.layout.configuration(part);
        let configuration = configuration.to_string_lossy();
        let all: Vec<&str> =
            ["--config", &configuration, "init"].into_iter().chain(arguments.iter().copied()).collect();
        self.programs.ask(program_of(part), &all).map_err(SiteError::Init)
    }
}

impl Running {
    /// Ends every child, the outermost first.
    pub fn end(&mut self) {
        for child in self.children.iter_mut().rev() {
            child.end();
        }
    }
}

const fn program_of(part: Part) -> Program {
    match part {
        Part::Gateway => Program::Gateway,
        Part::LowTransfer | Part::HighTransfer => Program::Transfer,
        Part::Internal => Program::Internal,
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), SiteError> {
    let bytes = fs::read(from).map_err(|source| SiteError::Copy { from: from.display().to_string(), source })?;
    durable_file::replace(to, &bytes).map_err(SiteError::Folder)
}

fn has_room(data: &Path) -> Result<(), SiteError> {
    let space = rustix::fs::statvfs(data).map_err(|error| SiteError::Space(error.into()))?;
    let free_mib = space.f_bavail.saturating_mul(space.f_frsize) >> 20;
    if free_mib < NEEDED_MIB {
        return Err(SiteError::Full { data: data.display().to_string(), free_mib });
    }
    Ok(())
}

/// The gateway's own reserve and room for the samples.
const NEEDED_MIB: u64 = 512;
