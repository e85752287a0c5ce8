//! Folders: there, ours to use, on one file system where something is renamed, with room, without leftovers.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nightsafe_runtime::{ExitCode, durable_file};
use rustix::fs::Access;

use super::Check;
use crate::diode::kernel_drops;
use crate::disk::Space;
use crate::limits;
use crate::page::size;
use crate::trouble::Words;

/// What a folder is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// The gateway's.
    Theirs(Use),
    /// A medium that comes and goes.
    Medium(Use),
    /// Our own; it is made when it is missing.
    Ours,
}

/// What is done with a folder of others: its files are read, or files are added to it or deleted from it, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Read,
    Write,
}

/// Whether a folder is there and can be used, and has room.
pub(super) fn folder(what: &str, path: &Path, need: Need) -> Check {
    let shown = path.display();
    if !path.exists() {
        return absent(what, path, need);
    }
    if !path.is_dir() {
        let finding = Words::new(format!("{shown} 不是文件夹"), format!("{shown} is not a folder"));
        return Check::bad(what, ExitCode::Disk, finding, ("改正配置", "correct the configuration").into());
    }
    let writes = !matches!(need, Need::Medium(Use::Read) | Need::Theirs(Use::Read));
    let access =
        if writes { Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK } else { Access::READ_OK | Access::EXEC_OK };
    if rustix::fs::access(path, access).is_err() {
        let uid = rustix::process::geteuid().as_raw();
        let finding = Words::new(format!("{shown} 对用户 {uid} 权限不足"), format!("user {uid} may not use {shown}"));
        let next = Words::new(
            format!("检查属主和挂载方式：ls -ld {shown}"),
            format!("look at its owner and how it is mounted: ls -ld {shown}"),
        );
        return Check::bad(what, ExitCode::Disk, finding, next);
    }
    let space = Space::of(path);
    let room = space.map_or_else(String::new, |space| format!("  空闲 free {}", size(space.free)));
    if writes && space.is_some_and(|space| space.free < limits::LEAST_FREE_BYTES) {
        let finding = Words::new(format!("{shown} 快满了{room}"), format!("{shown} is almost full{room}"));
        return Check::bad(
            what,
            ExitCode::Disk,
            finding,
            ("腾出空间或更换介质", "make room or insert another medium").into(),
        );
    }
    Check::good(what, Words::same(format!("{shown}{room}")))
}

fn absent(what: &str, path: &Path, need: Need) -> Check {
    let shown = path.display();
    let above = path.ancestors().skip(1).find(|above| above.exists());
    let can_be_made = above.is_some_and(|above| rustix::fs::access(above, Access::WRITE_OK).is_ok());
    match need {
        Need::Ours if can_be_made => Check::good(
            what,
            Words::new(format!("{shown} 还没有；首次运行时建立"), format!("{shown} is made by the first run")),
        ),
        Need::Ours => Check::bad(
            what,
            ExitCode::Disk,
            Words::new(format!("{shown} 不在，也建不了"), format!("{shown} is not there and cannot be made")),
            Words::new(format!("由管理员建立 {shown}"), format!("have the administrator make {shown}")),
        ),
        Need::Medium(_) => Check::bad(
            what,
            ExitCode::Disk,
            Words::new(format!("{shown} 不在"), format!("{shown} is not there")),
            ("插入并挂载介质", "insert and mount the medium").into(),
        ),
        Need::Theirs(_) => Check::bad(
            what,
            ExitCode::Disk,
            Words::new(format!("{shown} 不在"), format!("{shown} is not there")),
            ("检查路径；nightsafe-gateway init 会建立它", "look at the path; nightsafe-gateway init makes it").into(),
        ),
    }
}

/// Whether folders between which something is renamed lie on one file system.
pub(super) fn together(what: &str, folders: &[&Path]) -> Check {
    let devices: Vec<u64> =
        folders.iter().filter_map(|folder| fs::metadata(folder).ok()).map(|found| found.dev()).collect();
    if devices.windows(2).all(|pair| matches!(pair, [one, other] if one == other)) {
        return Check::good(what, ("同一文件系统", "on one file system").into());
    }
    let names: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    let names = names.join(", ");
    Check::bad(
        what,
        ExitCode::Unexpected,
        Words::new(format!("不在同一文件系统：{names}"), format!("not on one file system: {names}")),
        ("只挂载最外层的文件夹", "mount the outer folder alone").into(),
    )
}

/// What a crash left: the next run sweeps it.
pub(super) fn leftovers(folders: &[&Path]) -> Check {
    let in_folder = |folder: &&Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        entries.filter(|entry| durable_file::is_leftover(&entry.path())).count()
    };
    let count: usize = folders.iter().map(in_folder).sum();
    let finding = match count {
        0 => Words::new("没有", "none"),
        _ => Words::new(
            format!("{count} 个未完成的文件；下次运行时清除"),
            format!("{count} unfinished files; the next run sweeps them"),
        ),
    };
    Check::good("残留 leftovers", finding)
}

/// The medium: beside a one-way link it is for what that cannot heal, and need not be there.
pub(super) fn medium(path: &Path, access: Use, link: Option<&impl Sized>) -> Check {
    let what = "介质 medium";
    if link.is_some() && !path.exists() {
        let finding = Words::new("不在；光闸不需要它", "not there; the one-way link does not need it");
        return Check::good(what, finding);
    }
    folder(what, path, Need::Medium(access))
}

/// Whether an instance is at work on a folder.
pub(super) fn instance(what: &str, state: &Path) -> Check {
    let finding = match kernel_drops::holder(state) {
        Some(process) => Words::new(format!("正在运行，进程 {process}"), format!("at work, process {process}")),
        None => Words::new("没有实例在运行", "none is at work"),
    };
    Check::good(what, finding)
}

/// Whether the metrics file can be written.
pub(super) fn metrics(path: Option<&Path>) -> Check {
    let what = "指标 metrics";
    let Some(path) = path else { return Check::good(what, ("未配置", "not configured").into()) };
    let folder = path.parent().unwrap_or(Path::new("."));
    if folder.is_dir() && rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok() {
        return Check::good(what, Words::same(path.display().to_string()));
    }
    let shown = folder.display();
    Check::bad(
        what,
        ExitCode::Disk,
        Words::new(format!("{shown} 不在或不可写"), format!("{shown} is not there or cannot be written")),
        ("建立文件夹，或改正 metrics", "make the folder, or correct `metrics`").into(),
    )
}
