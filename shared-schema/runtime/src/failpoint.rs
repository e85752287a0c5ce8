//! Named places where a test can kill the process, so that crash safety is shown and not assumed.
//!
//! Without the feature `failpoints` a hit compiles to nothing. With it, `NIGHTSAFE_FAILPOINT=name` (or `name:3` for the
//! third time) makes the process end itself there with SIGKILL: no destructor, no flush, as a power cut would.

/// Passes the place called `name`, unless a test asked for the process to die here.
#[inline]
pub fn hit(name: &'static str) {
    #[cfg(feature = "failpoints")]
    armed::hit(name);
    #[cfg(not(feature = "failpoints"))]
    let _ = name;
}

/// The variable that names the place to die at.
pub const VARIABLE: &str = "NIGHTSAFE_FAILPOINT";

#[cfg(feature = "failpoints")]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Armed {
        name: String,
        remaining: AtomicU64,
    }

    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

    pub(super) fn hit(name: &str) {
        let armed = ARMED.get_or_init(|| std::env::var(super::VARIABLE).ok().map(|text| parse(&text)));
        let Some(armed) = armed else { return };
        if armed.name == name && armed.remaining.fetch_sub(1, Ordering::SeqCst) == 1 {
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            // The signal is not deliverable only if this process is already gone.
            std::process::abort();
        }
    }

    fn parse(text: &str) -> Armed {
        let (name, count) = match text.rsplit_once(':') {
            Some((name, count)) => (name, count.parse().unwrap_or(1)),
            None => (text, 1),
        };
        Armed { name: name.to_owned(), remaining: AtomicU64::new(count.max(1)) }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_name_may_carry_a_count() {
            let plain = parse("export.after-item");
            assert_eq!((plain.name.as_str(), plain.remaining.load(Ordering::SeqCst)), ("export.after-item", 1));
            let third = parse("export.after-item:3");
            assert_eq!((third.name.as_str(), third.remaining.load(Ordering::SeqCst)), ("export.after-item", 3));
        }
    }
}
