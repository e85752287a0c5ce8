//! The process locks itself in before it parses the first byte.
//!
//! Three walls, each for the case that another has a hole: resource limits (memory, processor time, files), Landlock (no
//! file of the machine can be opened, but for libraries where ffmpeg needs them) and seccomp (of some three hundred system
//! calls those remain that a decoder makes; no socket, no new program, no look at other processes). None of them needs
//! privileges, and none can be taken off again.

mod calls;

use std::collections::BTreeMap;
use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use crate::limits;
use crate::transcode::FFMPEG;

/// Proof that the process has locked itself in. Decoders ask for it.
#[derive(Debug)]
pub(crate) struct Confined(());

/// What the process will do in there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Confinement {
    /// Decode in memory. Any other call ends the process.
    Decoder,
    /// Become ffmpeg. Any other call fails.
    Transcoder,
}

/// Why the process is not locked in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SandboxError {
    /// A limit could not be set.
    #[error("资源限制设不上 (a resource limit cannot be set)")]
    Limit(#[source] io::Error),
    /// The kernel has no Landlock, or it is off.
    #[error("内核没有 Landlock（5.19 起） (the kernel has no Landlock; Linux 5.19 or later has)")]
    Landlock(#[source] RulesetError),
    /// The filter cannot be built.
    #[error("系统调用过滤器造不出 (the filter of system calls cannot be built)")]
    Filter(#[source] BackendError),
    /// The kernel did not take the filter.
    #[error("内核不接受系统调用过滤器 (the kernel does not take the filter of system calls)")]
    Seccomp(#[source] seccompiler::Error),
}

/// Locks the process in, for good.
pub(crate) fn enter(confinement: Confinement) -> Result<Confined, SandboxError> {
    limit(confinement).map_err(SandboxError::Limit)?;
    close_the_files(confinement).map_err(SandboxError::Landlock)?;
    let filter = filter(confinement).map_err(SandboxError::Filter)?;
    seccompiler::apply_filter(&filter).map_err(SandboxError::Seccomp)?;
    Ok(Confined(()))
}

fn limit(confinement: Confinement) -> io::Result<()> {
    let seconds = match confinement {
        Confinement::Decoder => limits::PICTURE_SECONDS,
        // Until the original is read and its length known.
        Confinement::Transcoder => limits::RECORDING_SECONDS,
    };
    let files = match confinement {
        Confinement::Decoder => limits::DECODER_FILES,
        Confinement::Transcoder => limits::TRANSCODER_FILES,
    };
    let written = match confinement {
        Confinement::Decoder => limits::COPY_BYTES,
        // The file in memory that holds the original.
        Confinement::Transcoder => limits::RECORDING_BYTES + 1,
    };
    for (resource, most) in [
        (Resource::Core, 0),
        (Resource::Data, limits::DATA_BYTES),
        (Resource::Fsize, written),
        (Resource::Nofile, files),
    ] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    // The transcoder's own limit follows from the length of what it gets; it may not be set lower than used later.
    let maximum = (confinement == Confinement::Decoder).then_some(seconds);
    setrlimit(Resource::Cpu, Rlimit { current: Some(seconds), maximum })?;
    Ok(())
}

fn close_the_files(confinement: Confinement) -> Result<(), RulesetError> {
    let readable: &[&str] = match confinement {
        Confinement::Decoder => &[],
        Confinement::Transcoder => &[FFMPEG, "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/etc/alternatives"],
    };
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V2))?
        // What later kernels know beside it: truncation, devices, TCP.
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V4))?
        .create()?
        .add_rules(path_beneath_rules(readable, AccessFs::from_read(ABI::V2)))?
        .restrict_self()?;
    Ok(())
}

fn filter(confinement: Confinement) -> Result<BpfProgram, BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = calls::OF_A_DECODER.iter().map(|call| (*call, vec![])).collect();
    let otherwise = match confinement {
        Confinement::Decoder => {
            // Memory can be had, but none from which code runs.
            for call in [libc::SYS_mmap, libc::SYS_mprotect] {
                rules.insert(call, vec![not_executable()?]);
            }
            SeccompAction::KillProcess
        }
        Confinement::Transcoder => {
            rules.extend(calls::OF_A_TRANSCODER_TOO.iter().map(|call| (*call, vec![])));
            SeccompAction::Errno(u32::try_from(libc::EPERM).unwrap_or(1))
        }
    };
    SeccompFilter::new(rules, otherwise, SeccompAction::Allow, TARGET)?.try_into()
}

/// The third argument, the protection, does not ask for execution.
fn not_executable() -> Result<SeccompRule, BackendError> {
    let execution = u64::try_from(libc::PROT_EXEC).unwrap_or(4);
    let without = SeccompCmpOp::MaskedEq(execution);
    SeccompRule::new(vec![SeccompCondition::new(2, SeccompCmpArgLen::Dword, without, 0)?])
}

#[cfg(target_arch = "x86_64")]
const TARGET: TargetArch = TargetArch::x86_64;
#[cfg(target_arch = "aarch64")]
const TARGET: TargetArch = TargetArch::aarch64;
