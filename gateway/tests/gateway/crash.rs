//! Killed at every durable step: what was acknowledged is there, what was not leaves nothing behind (SECURITY T1).

use crate::parts::{Body, KIND, jpeg};
use crate::site::{Site, sample};

#[test]
fn killed_at_any_step_nothing_acknowledged_is_lost_and_nothing_else_stays() {
    let names = Site::new().run(&["failpoints"]);
    let names = String::from_utf8(names.stdout).unwrap();
    let names: Vec<_> = names.lines().collect();
    assert!(names.len() >= 10, "{names:?}");
    let body = Body::of(&sample("09_sector_minimal_elderly.json")).attachment("x.jpg", "", &jpeg(200_000)).end();
    let key = "00112233445566778899aabbccddeeff";

    for name in names {
        let site = Site::new();
        // The first report goes through, the second dies at the point: each passes every step once.
        let serving = site.serve_with(&[("NIGHTSAFE_FAILPOINT", &format!("{name}:2"))]);
        let first = site.client(&serving).post_parts(Some(key), &body).number();
        let mut request = format!(
            "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: {KIND}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(&body);
        assert!(site.client(&serving).raw(&request).is_none(), "{name}: answered");
        assert!(!serving.wait().success(), "{name}");

        let serving = site.serve();
        assert!(site.staged().is_empty(), "{name}: {:?}", site.staged());
        assert_eq!(site.client(&serving).post_parts(Some(key), &body).number(), first, "{name}");
        assert_eq!(serving.stop(), Some(0), "{name}");
        let entries = site.assert_outbox_is_whole();
        assert!([4, 6].contains(&entries), "{name}: {entries}");
    }
}
