//! The key ring and the pair secret.

use std::path::Path;

use nightsafe_runtime::{ExitCode, HasExitCode, RingConfig, RingStore};
use nightsafe_schema::ring::RingStanding;
use nightsafe_schema::time::Clock;

use super::Check;
use crate::pair_secret::{self, PairSecretError};
use crate::trouble::{Words, chain};

/// Whether there is a ring that the pinned officers stand behind, and how long it serves.
pub(super) fn ring(config: &RingConfig, state: &Path, clock: &dyn Clock) -> (Check, Option<RingStore>) {
    let what = "密钥环 key ring";
    let tell = || Words::new("报密钥员", "tell the key officer");
    let ring = match config.peek(state) {
        Ok(ring) => ring,
        Err(error) => {
            let next = if error.exit_code() == ExitCode::Usage {
                Words::new("改正 [ring] 里钉住的安全官", "correct the officers pinned in [ring]")
            } else {
                tell()
            };
            return (Check::bad(what, error.exit_code(), Words::same(chain(&error)), next), None);
        }
    };
    let current = ring.current();
    let version = current.fields().version;
    let pinned = ring.pins().fingerprints.len();
    let (zh, en) = match current.standing(clock.now()) {
        RingStanding::Good { days_left } => (format!("还有 {days_left} 天"), format!("{days_left} days left")),
        RingStanding::Ending { days_left } => (
            format!("只剩 {days_left} 天，催密钥员换新"),
            format!("only {days_left} days left: ask the key officer for the next"),
        ),
        RingStanding::Grace { .. } | RingStanding::Closed => ("已过期".to_owned(), "it has ended".to_owned()),
        RingStanding::Early => ("尚未生效，或时钟错误".to_owned(), "not valid yet, or the clock is wrong".to_owned()),
    };
    let finding = Words::new(
        format!("第 {version} 版，{zh}；钉住 {pinned} 位安全官，需 {} 位", ring.pins().threshold),
        format!("version {version}, {en}; {pinned} officers pinned, {} needed", ring.pins().threshold),
    );
    let is_in_window = matches!(current.standing(clock.now()), RingStanding::Good { .. } | RingStanding::Ending { .. });
    let check = match ring.rejected() {
        Some(error) => Check::bad(what, ExitCode::Key, Words::same(chain(error)), tell()),
        None if is_in_window => Check::good(what, finding),
        None => Check::bad(what, ExitCode::Key, finding, tell()),
    };
    (check, Some(ring))
}

/// Whether acknowledgements can be made and checked.
pub(super) fn pair_secret(path: Option<&Path>) -> Check {
    let what = "收讫密钥 pair secret";
    match pair_secret::read(path) {
        Ok(_) => Check::good(what, ("可用", "usable").into()),
        Err(PairSecretError::NotConfigured) => {
            Check::good(what, ("未配置：不能使用 ack", "not configured: `ack` cannot be used").into())
        }
        Err(error) => {
            let next = Words::new(
                "32 字节，两侧相同，权限 600：chmod 600",
                "32 bytes, the same on both sides, mode 600: chmod 600",
            );
            Check::bad(what, error.exit_code(), Words::same(chain(&error)), next)
        }
    }
}
