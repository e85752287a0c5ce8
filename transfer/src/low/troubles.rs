//! What can be wrong on the low side, with the next step for each.

use jiff::Timestamp;
use nightsafe_runtime::ExitCode;
use nightsafe_schema::item::ItemId;
use nightsafe_schema::time::Hour;

use crate::low::export::{HeldEntry, Stopped};
use crate::low::flaw::{FlawKind, NotedFlaw};
use crate::low::memory::Held;
use crate::low::strays;
use crate::page::{number, size};
use crate::trouble::{Trouble, Words};

/// A line of a journal, or a head, that is not as a gateway makes it.
pub(crate) fn flaw(noted: &NotedFlaw) -> Trouble {
    let id = noted.flaw.id();
    Trouble {
        kind: noted.flaw.kind.word(),
        code: FlawKind::EXIT_CODE,
        what: format!("异常 flaw {id}"),
        since: Some(noted.since),
        why: noted.flaw.kind.words().into(),
        next: leave_alone(&id),
    }
}

/// An item in the outbox that no entry names.
pub(crate) fn stray(item: &ItemId, since: Timestamp) -> Trouble {
    let id = strays::id_of(item);
    Trouble {
        kind: "item-without-entry",
        code: FlawKind::EXIT_CODE,
        what: format!("异常 flaw {id}"),
        since: Some(since),
        why: ("发件箱里的件没有条目；不会发出", "an item in the outbox has no entry; it is not exported").into(),
        next: leave_alone(&id),
    }
}

/// An entry whose item did not cross with it.
pub(crate) fn held(held: &HeldEntry) -> Trouble {
    let next = match held.why {
        Held::Absent => (
            "检查发件箱的磁盘；件找回后自动发出，找不回则报负责人",
            "look at the outbox's disk; the item goes out once it is back; if it cannot be had, tell the person in charge",
        ),
        Held::Unreadable => ("检查发件箱的磁盘：journalctl -k", "look at the outbox's disk: journalctl -k"),
        Held::Differs => (
            "发件箱里的件已损坏；报网关管理员，不要删除",
            "the item in the outbox is damaged: tell the gateway's administrator and delete nothing",
        ),
    };
    Trouble {
        kind: held.why.word(),
        code: held.why.exit_code(),
        what: format!("未发 held {} {}", held.stream.short(), held.seq),
        since: Some(held.since),
        why: held.why.words().into(),
        next: next.into(),
    }
}

/// Why a run ended before it was through, and what waits because of it.
pub(crate) fn stopped(stopped: &Stopped, waiting: u64, bytes: u64) -> Trouble {
    let why = match stopped {
        Stopped::MediumFull { free, needed } => Words::new(
            format!("介质只剩 {}，下一件需要 {}；写好的卷都是完整的", size(*free), size(*needed)),
            format!(
                "the medium has {} left and the next item needs {}; every volume on it is whole",
                size(*free),
                size(*needed)
            ),
        ),
        Stopped::MediumFailed { error } => Words::same(error.as_str()),
    };
    Trouble {
        kind: stopped.word(),
        code: ExitCode::Disk,
        what: format!("介质 medium   待发 waiting {} 件 items, {}", number(waiting), size(bytes)),
        since: None,
        why,
        next: (
            "换一个介质，再运行 nightsafe-transfer export",
            "insert another medium and run nightsafe-transfer export",
        )
            .into(),
    }
}

/// The one-way link does not take what is sent.
pub(crate) fn link_refuses(error: &str, since: Timestamp) -> Trouble {
    Trouble {
        kind: "link-refuses",
        code: ExitCode::Disk,
        what: "光闸 one-way link  发不出 refuses".to_owned(),
        since: Some(since),
        why: Words::same(error),
        next: (
            "检查网卡、线路、静态邻居和 MTU：nightsafe-transfer doctor；通了自动继续",
            "look at card, line, static neighbour and MTU: nightsafe-transfer doctor; sending goes on by itself",
        )
            .into(),
    }
}

/// The sender was started to stay and does not run.
pub(crate) fn not_sending(since: Timestamp) -> Trouble {
    Trouble {
        kind: "not-sending",
        code: ExitCode::Stuck,
        what: "光闸 one-way link  没有在发送 not sending".to_owned(),
        since: Some(since),
        why: ("配置了光闸，而发送程序没有在运行", "there is a one-way link, and nothing sends over it").into(),
        next: (
            "启动 nightsafe-transfer send --watch，看它为何停下：systemctl status",
            "start nightsafe-transfer send --watch, and look why it stopped: systemctl status",
        )
            .into(),
    }
}

/// There is no medium to write to.
pub(crate) fn no_medium() -> Trouble {
    Trouble {
        kind: "medium-absent",
        code: ExitCode::Disk,
        what: "介质 medium  不在 not there".to_owned(),
        since: None,
        why: ("配置的文件夹里没有介质", "there is no medium at the configured folder").into(),
        next: ("插入介质，再运行 nightsafe-transfer export", "insert the medium and run nightsafe-transfer export")
            .into(),
    }
}

/// The oldest waiting item is older than the site allows.
pub(crate) fn stuck(since: Timestamp, limit_hours: u32) -> Trouble {
    Trouble {
        kind: "queue-old",
        code: ExitCode::Stuck,
        what: format!("最早的件 oldest item   时限 limit {limit_hours} h"),
        since: Some(since),
        why: ("待发的件超过了时限", "it has waited longer than the limit").into(),
        next: ("nightsafe-transfer export，然后运送介质", "nightsafe-transfer export, then carry the medium").into(),
    }
}

/// No volume has been written for longer than the site allows.
pub(crate) fn silent(since: Timestamp, limit_hours: u32) -> Trouble {
    Trouble {
        kind: "volume-old",
        code: ExitCode::Stuck,
        what: format!("最后一卷 newest volume   时限 limit {limit_hours} h"),
        since: Some(since),
        why: ("很久没有写过新卷", "no volume has been written for longer than the limit").into(),
        next: ("nightsafe-transfer export，然后运送介质", "nightsafe-transfer export, then carry the medium").into(),
    }
}

/// The gateway has not renewed its head for longer than the site allows.
pub(crate) fn head_is_old(hour: Hour, limit_hours: u32) -> Trouble {
    Trouble {
        kind: "head-old",
        code: ExitCode::Stuck,
        what: format!("链头 head   时限 limit {limit_hours} h"),
        since: Some(hour.as_timestamp()),
        why: ("网关每小时更新链头，现已停止：网关不在运行", "a gateway renews its head every hour, and it has stopped")
            .into(),
        next: ("systemctl status nightsafe-gateway", "systemctl status nightsafe-gateway").into(),
    }
}

fn leave_alone(id: &str) -> Words {
    Words::new(
        format!("不要动发件箱，报安全员；查明后 nightsafe-transfer quarantine release {id} --reason \"…\""),
        format!(
            "leave the outbox alone and tell the security officer; when understood: nightsafe-transfer quarantine release {id} --reason \"…\""
        ),
    )
}
