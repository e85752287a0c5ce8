use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use nightsafe_runtime::SystemRandomness;

use super::*;

/// Stands still until it is told to go on.
#[derive(Default)]
struct StillClock(AtomicU64);

impl StillClock {
    fn go_on(&self, time: Duration) {
        self.0.fetch_add(nanos(time), Ordering::Relaxed);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

fn sources(forwarders: &[&str]) -> (Arc<StillClock>, Sources) {
    let clock = Arc::new(StillClock::default());
    let forwarders = forwarders.iter().map(|text| text.parse().unwrap()).collect();
    let sources = Sources::new(forwarders, Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(SystemRandomness)).unwrap();
    (clock, sources)
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// How many requests pass before the first that does not.
fn asks_until_refused(source: &Source, method: &Method) -> (u64, OverAllowance) {
    let mut passed = 0;
    loop {
        match source.ask(method) {
            Ok(()) => passed += 1,
            Err(over) => return (passed, over),
        }
    }
}

#[test]
fn thirty_people_behind_one_address_file_at_once() {
    let (_, sources) = sources(&[]);
    let people: Vec<_> = (0..30).map(|_| sources.connect(address("192.0.2.1")).unwrap()).collect();
    for person in &people {
        for _ in 0..40 {
            person.ask(&Method::GET).unwrap();
        }
        for _ in 0..15 {
            person.ask(&Method::POST).unwrap();
        }
        for _ in 0..60 {
            person.received_a_mib();
        }
    }
}

#[test]
fn what_is_used_up_is_earned_back() {
    let (clock, sources) = sources(&[]);
    let source = sources.connect(address("192.0.2.1")).unwrap();
    let (passed, over) = asks_until_refused(&source, &Method::GET);
    assert_eq!(passed, SOURCE_ALLOWANCE - UNITS_A_CONNECTION);
    assert!(over.wait > Duration::ZERO && over.wait <= Duration::from_secs(1), "{over:?}");
    clock.go_on(over.wait);
    assert_eq!(source.ask(&Method::GET), Ok(()));
    assert!(source.ask(&Method::POST).is_err(), "a post costs more");
}

#[test]
fn over_the_allowance_there_is_still_a_way_out_and_an_end_to_it() {
    let (_, sources) = sources(&[]);
    let source = sources.connect(address("192.0.2.1")).unwrap();
    let (passed, _) = asks_until_refused(&source, &Method::GET);
    let anyway = std::iter::from_fn(|| source.ask_anyway().ok()).count();
    assert_eq!(passed + anyway as u64 + UNITS_A_CONNECTION, 2 * SOURCE_ALLOWANCE);
    assert!(sources.connect(address("192.0.2.1")).is_none(), "it is not greeted");
}

#[test]
fn a_long_upload_is_paid_for_afterwards() {
    let (_, sources) = sources(&[]);
    let source = sources.connect(address("192.0.2.1")).unwrap();
    for _ in 0..SOURCE_ALLOWANCE + 500 {
        source.received_a_mib();
    }
    let over = source.ask(&Method::GET).unwrap_err();
    assert!(over.wait >= Duration::from_secs(500 / SOURCE_UNITS_A_SECOND), "{over:?}");
}

#[test]
fn a_source_far_over_its_allowance_is_not_greeted() {
    let (_, sources) = sources(&[]);
    let mut greeted = 0;
    while sources.connect(address("192.0.2.1")).is_some() {
        greeted += 1;
    }
    assert_eq!(greeted, 2 * SOURCE_ALLOWANCE / UNITS_A_CONNECTION);
    assert!(sources.connect(address("192.0.2.2")).is_some() || sources.connect(address("192.0.2.3")).is_some());
}

#[test]
fn open_connections_of_a_source_are_bounded_and_come_back() {
    let (_, sources) = sources(&[]);
    let mut open: Vec<_> = (0..SOURCE_CONNECTIONS).map(|_| sources.connect(address("192.0.2.1")).unwrap()).collect();
    assert!(sources.connect(address("192.0.2.1")).is_none());
    open.pop();
    assert!(sources.connect(address("192.0.2.1")).is_some());
}

#[test]
fn uploads_of_a_source_are_bounded_whatever_its_connections_and_come_back() {
    let (_, sources) = sources(&["127.0.0.1"]);
    let [one, other] = [(); 2].map(|()| sources.connect(address("192.0.2.1")).unwrap());
    let mut shares: Vec<_> = (0..SOURCE_UPLOADS).map(|_| one.begin_upload().unwrap()).collect();
    for source in [&one, &other] {
        assert_eq!(source.begin_upload().unwrap_err(), OverAllowance { wait: RETRY_AFTER });
    }
    shares.pop();
    let share = other.begin_upload().unwrap();
    assert!(one.begin_upload().is_err());
    drop((share, shares));
    assert!(one.begin_upload().is_ok());
    // A forwarder carries everybody's.
    let forwarder = sources.connect(address("127.0.0.1")).unwrap();
    let all: Vec<_> = (0..2 * SOURCE_UPLOADS).map(|_| forwarder.begin_upload()).collect();
    assert!(all.iter().all(Result::is_ok));
}

#[test]
fn an_ipv6_line_is_one_source_and_forwarders_are_none() {
    let (_, sources) = sources(&["127.0.0.1"]);
    let window = sources.window();
    assert_eq!(window.index_of(address("2001:db8::1")), window.index_of(address("2001:db8::ffff")));
    // Of many others hardly any shares a counter with the first; all of them would if only a part were hashed.
    let others = (1..=100).map(|line| window.index_of(address(&format!("2001:db8:0:{line:x}::1"))));
    assert!(others.filter(|index| *index == window.index_of(address("2001:db8::1"))).count() < 3);
    for text in ["127.0.0.1", "::ffff:127.0.0.1"] {
        assert!(sources.connect(address(text)).unwrap().0.is_none(), "{text}");
    }
    assert!(sources.connect(address("127.0.0.2")).unwrap().0.is_some());
}

#[test]
fn the_key_lives_ten_minutes_and_everything_counted_goes_with_it() {
    let (clock, sources) = sources(&[]);
    let source = sources.connect(address("192.0.2.1")).unwrap();
    asks_until_refused(&source, &Method::GET);
    let key = sources.window().key.clone();
    clock.go_on(SOURCE_KEY_LIFE.saturating_sub(Duration::from_nanos(1)));
    assert_eq!(*sources.window().key, *key);
    clock.go_on(Duration::from_nanos(1));
    assert_ne!(*sources.window().key, *key);
    let (passed, _) = asks_until_refused(&sources.connect(address("192.0.2.1")).unwrap(), &Method::GET);
    assert_eq!(passed, SOURCE_ALLOWANCE - UNITS_A_CONNECTION);
}

#[test]
fn a_source_does_not_tell_who_it_is() {
    let (_, sources) = sources(&[]);
    assert_eq!(format!("{:?}", sources.connect(address("192.0.2.1")).unwrap()), "Source");
}
