//! The clock, against what gateways signed; the newest volume, against the site's limit; and how the side stands.

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, StartError};
use nightsafe_schema::time::Hour;

use super::Check;
use crate::board::Standing;
use crate::health::Health;
use crate::limits;
use crate::page::age;
use crate::trouble::Words;
use crate::verdict::Verdict;

/// Whether the newest head lies in the future: then one of the two clocks is wrong.
pub(super) fn clock(newest_head: Option<Hour>, now: Timestamp) -> Check {
    let what = "时钟 clock";
    let Some(head) = newest_head else {
        let finding = Words::new(
            format!("{now:.0}；还没有链头可比"),
            format!("{now:.0}; there is no head yet to compare it with"),
        );
        return Check::good(what, finding);
    };
    if head.age_at(now).as_hours() < -limits::SKEW_HOURS {
        let finding = Words::new(
            format!("现在 {now:.0}，而链头是 {head}：本机或网关的时钟错误"),
            format!("it is {now:.0} and the newest head is of {head}: this clock or the gateway's is wrong"),
        );
        let next = Words::new("校准时钟：timedatectl", "set the clock: timedatectl");
        return Check::bad(what, ExitCode::Unexpected, finding, next);
    }
    Check::good(what, Words::new(format!("{now:.0}；最新链头 {head}"), format!("{now:.0}; newest head {head}")))
}

/// How long ago the newest volume was.
pub(super) fn newest_volume(health: Health, limit_hours: u32, now: Timestamp) -> Check {
    let what = "最后一卷 newest volume";
    let Some(newest) = health.newest_volume else {
        return Check::good(what, ("还没有过", "there has been none yet").into());
    };
    let ago = age(now.duration_since(newest).as_secs());
    let finding = Words::new(
        format!("{ago} 前；时限 {limit_hours} 小时"),
        format!("{ago} ago; the limit is {limit_hours} hours"),
    );
    if health.silent_since(limit_hours, now).is_some() {
        return Check::bad(what, ExitCode::Stuck, finding, ("尽快运送介质", "carry the medium soon").into());
    }
    Check::good(what, finding)
}

/// What `status` says.
pub(super) fn standing(standing: &impl Standing) -> Check {
    let what = "现状 status";
    let code = standing.exit_code();
    let finding = Words::same(format!("{}   {}", Verdict(code).headline(), standing.headline()));
    if code == ExitCode::Ok {
        return Check::good(what, finding);
    }
    Check::bad(what, code, finding, Words::same("nightsafe-transfer status"))
}

/// Why `status` says nothing.
pub(super) fn unreadable(error: &StartError) -> Check {
    let next = Words::new("先改正以上各项", "first correct what stands above");
    Check::bad("现状 status", error.code(), Words::same(error.line("status")), next)
}
