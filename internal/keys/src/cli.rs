//! The command line: what an officer types. It decides nothing.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;

/// 钥匙仪式：在不联网的机器上造钥匙、编钥匙环、签名。 Keys and key rings, made on a machine without a network.
#[derive(Debug, Parser)]
#[command(name = "nightsafe-keys", version)]
pub(crate) struct Arguments {
    /// 输出给机器读的 JSON。 Print JSON for machines.
    #[arg(long, global = true)]
    pub json: bool,
    /// 只为测试：允许联网的机器，所有输出都打上测试标记。 For tests: allow a networked machine, watermark all output.
    #[arg(long, global = true)]
    pub i_am_testing: bool,
    /// 做什么。 What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The nouns.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// 安全官的签名钥匙。 The signature key of a security officer.
    #[command(subcommand)]
    Officer(OfficerCommand),
    /// 收件钥匙：四周使用，两周重叠。 Intake keys: four weeks of use, two of overlap.
    #[command(subcommand)]
    Intake(IdentityCommand),
    /// 恢复钥匙：每年一把。 The recovery key: one a year.
    #[command(subcommand)]
    Recovery(IdentityCommand),
    /// 钥匙环：编制、签名、检查。 The key ring: make it, sign it, check it.
    #[command(subcommand)]
    Ring(RingCommand),
}

/// What can be done with an officer's key.
#[derive(Debug, Subcommand)]
pub(crate) enum OfficerCommand {
    /// 造一对 minisign 钥匙。 Make a minisign key pair.
    New(NewOfficer),
}

/// A new officer.
#[derive(Debug, Args)]
pub(crate) struct NewOfficer {
    /// 代号，只用小写字母、数字和短横。 Id: lower-case letters, digits and dashes.
    #[arg(long)]
    pub id: String,
    /// 姓名，写进钥匙环。 Name, as it stands in the ring.
    #[arg(long)]
    pub name: String,
    /// 私钥文件；公钥写在旁边的 .pub。 The secret key's file; the public key goes beside it as .pub.
    #[arg(long)]
    pub out: PathBuf,
    /// 从文件读密码；不给就当面输入。 Read the password from a file; without it, ask.
    #[arg(long, conflicts_with = "without_password")]
    pub password_file: Option<PathBuf>,
    /// 私钥不加密，只许与 --i-am-testing 同用。 Leave the key unencrypted; only with --i-am-testing.
    #[arg(long)]
    pub without_password: bool,
}

/// What can be done with an intake or recovery key.
#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// 造一把 age 钥匙（X25519）。 Make an age key (X25519).
    New(NewIdentity),
}

/// A new age identity.
#[derive(Debug, Args)]
pub(crate) struct NewIdentity {
    /// 代号，例如 intake-2026-11。 Id, such as intake-2026-11.
    #[arg(long)]
    pub id: String,
    /// 私钥文件，age -i 可直接使用。 The secret key's file, as `age -i` reads it.
    #[arg(long)]
    pub out: PathBuf,
    /// 启用时刻；不给就是本小时。 Start of use; without it, this hour.
    #[arg(long)]
    pub not_before: Option<Timestamp>,
}

/// What can be done with a ring.
#[derive(Debug, Subcommand)]
pub(crate) enum RingCommand {
    /// 由说明文件编制下一版钥匙环。 Make the next ring from a specification.
    Make(MakeRing),
    /// 签名：写出 ring.json.代号.minisig。 Sign: writes ring.json.<officer>.minisig.
    Sign(SignRing),
    /// 检查：现在用哪把钥匙、到何时、几人签名。 Check: which key seals now, until when, how many signed.
    Check(CheckRing),
}

/// A ring to make.
#[derive(Debug, Args)]
pub(crate) struct MakeRing {
    /// 说明文件（TOML）。 The specification (TOML).
    #[arg(long)]
    pub spec: PathBuf,
    /// 上一版 ring.json（签名在旁边）；第一版不给。 The previous ring.json with its signatures beside; none for version 1.
    #[arg(long)]
    pub previous: Option<PathBuf>,
    /// 写到哪里。 Where to write it.
    #[arg(long)]
    pub out: PathBuf,
}

/// A ring to sign.
#[derive(Debug, Args)]
pub(crate) struct SignRing {
    /// 要签的 ring.json。 The ring.json to sign.
    #[arg(long)]
    pub ring: PathBuf,
    /// 安全官的代号。 The officer's id.
    #[arg(long)]
    pub officer: String,
    /// 安全官的私钥。 The officer's secret key.
    #[arg(long)]
    pub key: PathBuf,
    /// 上一版 ring.json；第一版不给。 The ring it follows; none for version 1.
    #[arg(long)]
    pub previous: Option<PathBuf>,
    /// 您以为自己在签第几版；不符就拒绝，不给就当面确认。
    /// The version you believe you are signing; anything else is refused; without it, you are asked.
    #[arg(long)]
    pub version: Option<u64>,
    /// 从文件读密码；不给就当面输入。 Read the password from a file; without it, ask.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
}

/// A ring to check.
#[derive(Debug, Args)]
pub(crate) struct CheckRing {
    /// 要检查的 ring.json。 The ring.json to check.
    #[arg(long)]
    pub ring: PathBuf,
    /// 钉住的安全官指纹（64 位十六进制），可给多个；不给就只查环自身是否一致。
    /// Pinned officer fingerprints; without them only the ring's own consistency is checked.
    #[arg(long = "pin", requires = "threshold")]
    pub pins: Vec<String>,
    /// 至少几个钉住的安全官签名。 How many pinned officers must have signed.
    #[arg(long, requires = "pins")]
    pub threshold: Option<u8>,
    /// 上一版 ring.json；给了就按“下一版”检查。 The previous ring.json: check this one as its successor.
    #[arg(long)]
    pub previous: Option<PathBuf>,
}
