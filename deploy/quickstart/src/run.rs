//! The demo from beginning to end.

use std::{
    env, io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use nightsafe_runtime::{
    ExitCode, StartError, SystemClock,
    durable_file::{self, DurableError},
    exit::HasExitCode,
};
use nightsafe_schema::time::Clock;
use serde_json::{Value, json};

use crate::{
    accounts::{self, Account},
    cli::{Arguments, Lane},
    client::Client,
    configuration::Addresses,
    filing,
    interruption::{Interruption, Stop},
    keys,
    layout::Layout,
    narration::{Narrator, Reader},
    programs::{Program, Programs},
    samples,
    site::{Running, Site},
    units::Units,
    visibility::Inspector,
};

/// What stops the demo that no part of it says already.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("{address} 已被占用，请换一个 is in use, choose another: {option}")]
    PortInUse { address: SocketAddr, option: &'static str },
    #[error("{address} 用不了 cannot be used")]
    Address {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("信号收不到 signals cannot be received")]
    Signals(#[source] io::Error),
    #[error("endpoints.json 写不了 cannot be written")]
    Endpoints(#[source] DurableError),
    #[error("已中断 interrupted")]
    Interrupted,
}

impl HasExitCode for RunError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::PortInUse { .. } => ExitCode::Busy,
            Self::Address { .. } => ExitCode::Usage,
            Self::Signals(_) => ExitCode::Unexpected,
            Self::Endpoints(error) => error.exit_code(),
            Self::Interrupted => ExitCode::Interrupted,
        }
    }
}

/// Runs the demo; children have ended when this returns, however it returns.
pub fn run(arguments: &Arguments) -> Result<ExitCode, StartError> {
    let interruption = Interruption::listen().map_err(RunError::Signals)?;
    let clock = SystemClock::start();
    let narrator = Narrator::new(if arguments.json { Reader::Machine } else { Reader::Person });
    let addresses = Addresses { gateway: arguments.gateway_addr, console: arguments.console_addr };
    is_free(addresses.gateway, "--gateway-addr")?;
    is_free(addresses.console, "--console-addr")?;

    let layout = Layout::under(&arguments.data);
    narrator.begin(&layout);
    let stage = Stage { clock: &clock, narrator: &narrator, interruption: &interruption };

    let programs = stage.step("编译 build", built, |programs| programs.1.clone())?.0;
    let folder = samples_folder();
    let samples = samples::read_all(&folder)?;
    let units = Units::read(&folder.join("units.json"))?;
    let site = stage.step(
        "建站 prepare",
        || {
            let site = Site::prepare(layout, programs, &folder, addresses)?;
            Ok(if arguments.lane == Lane::Diode { site.over_a_link()? } else { site })
        },
        |site| format!("钥匙、证书、配置 keys, certificates, configuration → {}", site.layout().root().display()),
    )?;
    let ring = keys::check_ring(site.layout(), site.programs())?;
    let mut running = stage.step(
        "启动 start",
        || Ok(site.start()?),
        |running| {
            let ids: Vec<String> =
                running.children.iter().map(|child| format!("{} {}", child.part().name(), child.id())).collect();
            ids.join(" · ")
        },
    )?;
    let accounts = accounts::choose(site.layout(), &samples, &units)?;
    let inspector = Inspector::new(site.layout(), site.programs(), &clock);
    stage.step("账号 accounts", || make_accounts(&inspector, &accounts), |()| accounts.len().to_string())?;

    let endpoints = endpoints(&site, &running, &accounts);
    durable_file::replace(&site.layout().endpoints(), format!("{endpoints:#}\n").as_bytes())
        .map_err(RunError::Endpoints)?;
    let client = Client::new(&format!("https://{}", running.gateway), &site.layout().authority())?;
    let outcome = stage.step(
        "投递 file",
        || Ok(filing::file_all(&samples, &client, &inspector, &accounts, &units, &clock)?),
        |outcome| {
            format!(
                "{} 份样例 samples, 钥匙环第 {} 版 ring version",
                outcome.filed,
                ring.get("version").unwrap_or(&Value::Null)
            )
        },
    )?;
    narrator.samples(&outcome, &units);
    narrator.conclude(&outcome, &endpoints);
    let code = if outcome.ok { ExitCode::Ok } else { ExitCode::Unexpected };
    if arguments.once {
        running.end();
        return Ok(code);
    }
    narrator.invite(site.layout(), &running, &accounts, &units);
    narrator.stay();
    stay_up(&mut running, &interruption)
}

/// One step after another, timed and told; none begins once somebody asked to stop.
struct Stage<'a> {
    clock: &'a dyn Clock,
    narrator: &'a Narrator,
    interruption: &'a Interruption,
}

impl Stage<'_> {
    fn step<T>(
        &self,
        name: &str,
        work: impl FnOnce() -> Result<T, StartError>,
        told: impl FnOnce(&T) -> String,
    ) -> Result<T, StartError> {
        let began = self.clock.elapsed();
        let result = work();
        if self.interruption.is_asked() {
            return Err(RunError::Interrupted.into());
        }
        let value = result?;
        self.narrator.step(name, told(&value), self.clock.elapsed().saturating_sub(began).as_secs_f64());
        Ok(value)
    }
}

/// The programs, and how they were had.
fn built() -> Result<(Programs, String), StartError> {
    if let Some(folder) = env::var_os(PROGRAMS_VARIABLE) {
        let folder = PathBuf::from(folder);
        return Ok((Programs::in_folder(&folder), format!("已有 found in {}", folder.display())));
    }
    let programs = Programs::build(workspace())?;
    Ok((programs, Program::ALL.map(Program::name).join(" · ")))
}

fn make_accounts(inspector: &Inspector<'_>, accounts: &[Account]) -> Result<(), StartError> {
    if let Some(officer) = accounts.iter().find(|account| account.name == accounts::FIRST_OFFICER) {
        inspector.log_in(officer)?;
    }
    Ok(inspector.add_accounts(accounts)?)
}

fn endpoints(site: &Site, running: &Running, accounts: &[Account]) -> Value {
    json!({
        "gateway": format!("https://{}", running.gateway),
        "console": format!("https://{}", running.console),
        "ca": site.layout().authority(),
        "users": accounts,
    })
}

fn stay_up(running: &mut Running, interruption: &Interruption) -> Result<ExitCode, StartError> {
    for (position, child) in running.children.iter_mut().enumerate() {
        let stops = interruption.sender();
        child.when_ended(move || {
            // After the demo has ended nobody listens any more.
            let _ = stops.send(Stop::Child(position));
        });
    }
    let stopped = interruption.wait();
    match stopped {
        Stop::Asked => {
            running.end();
            Ok(ExitCode::Ok)
        }
        Stop::Child(position) => {
            let failure = running.children.get_mut(position).map(crate::child::Child::ended);
            running.end();
            failure.map_or(Ok(ExitCode::Unexpected), |failure| Err(failure.into()))
        }
    }
}

fn is_free(address: SocketAddr, option: &'static str) -> Result<(), RunError> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(RunError::PortInUse { address, option }),
        Err(source) => Err(RunError::Address { address, source }),
    }
}

/// The sample reports of the source tree this program was built from.
pub fn samples_folder() -> PathBuf {
    workspace().join("tests/data/samples")
}

/// The source tree this program was built from.
pub fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// When set, the folder of programs that are already built; tests build them once.
pub const PROGRAMS_VARIABLE: &str = "NIGHTSAFE_PROGRAMS";
