//! The command line. It decides nothing.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, ValueEnum};

/// 夜间保险箱·快速开始：编译、建站、投递样例、验证谁看得见。 Nightsafe quickstart: builds, makes a demo site, files the samples,
/// checks who can see them.
#[derive(Clone, Debug, Parser)]
#[command(name = "nightsafe-quickstart", version)]
pub struct Arguments {
    /// 数据目录；已有的内容接着用。 The data folder; what is there is used again.
    #[arg(long, default_value = "nightsafe-data")]
    pub data: PathBuf,
    /// 验证完就退出；全部成立才返回 0。 End after the checks; 0 only if all held.
    #[arg(long)]
    pub once: bool,
    /// 输出给机器读的 JSON。 Print JSON for machines.
    #[arg(long)]
    pub json: bool,
    /// 网关地址；端口 0 任选。 The gateway's address; port 0 takes any.
    #[arg(long, default_value = "127.0.0.1:8443")]
    pub gateway_addr: SocketAddr,
    /// 控制台地址；端口 0 任选。 The console's address; port 0 takes any.
    #[arg(long, default_value = "127.0.0.1:8444")]
    pub console_addr: SocketAddr,
    /// 过隙方式。 How items cross the gap.
    #[arg(long, value_enum, default_value_t = Lane::Medium)]
    pub lane: Lane,
}

/// How items cross the gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lane {
    /// 搬运介质。 Volumes on a medium that is carried across.
    Medium,
    /// 单向链路：本机 UDP，演示用，不是光闸。 A one-way link: UDP on this machine, for the demo, and no diode.
    Diode,
}
