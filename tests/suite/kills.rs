//! Every program is killed at every step it names. Whatever was acknowledged is seen once afterwards: nothing lost,
//! nothing twice, nothing left over.

use std::{fs, path::Path, process::Command};

use nightsafe_quickstart::{
    layout::Part,
    programs::{Program, Programs},
};
use serde_json::Value;

use crate::scene::{Scene, assert_killed, errors, failpoint_programs, file, items_below, programs, sample};

#[test]
fn a_gateway_killed_at_any_step_loses_nothing_it_acknowledged() {
    let deadly = failpoint_programs();
    let base = Scene::prepared(programs());
    let (earlier, later) = (sample("08").report, sample("09").report);
    let (mut gateway, client) = base.start_gateway();
    let acknowledged = file(&client, &earlier, None);
    gateway.end();

    // Those of attachments are passed in `attachments`.
    for failpoint in failpoints(&deadly, Program::Gateway).iter().filter(|name| !name.contains("attachment")) {
        let scene = base.copied(deadly.clone());
        let mut gateway = scene.start_doomed(Part::Gateway, failpoint);
        let address = gateway.wait_until_ready().unwrap().unwrap();
        let cut = scene.client(address).file_report(later.to_string().as_bytes(), Some(KEY));
        assert!(cut.is_err(), "{failpoint} was never reached: {cut:?}");
        assert_killed(gateway.wait().unwrap(), failpoint);

        let (mut gateway, client) = scene.start_gateway();
        let number = file(&client, &later, Some(KEY));
        assert_eq!(file(&client, &later, Some(KEY)), number, "{failpoint}");
        gateway.end();
        scene.carry();
        assert_each_is_seen_once(&scene, &[&acknowledged, &number], failpoint);
    }
}

#[test]
fn an_export_killed_at_any_step_loses_nothing() {
    let base = Accepted::two();
    for failpoint in failpoints(&base.deadly, Program::Transfer).iter().filter(|name| name.starts_with("export.")) {
        let scene = base.scene.copied(base.deadly.clone());
        assert_killed(scene.once(Part::LowTransfer, Some(failpoint)).status, failpoint);
        scene.carry();
        assert_each_is_seen_once(&scene, &base.numbers(), failpoint);
    }
}

#[test]
fn an_import_killed_at_any_step_loses_nothing() {
    let base = Accepted::two();
    assert!(base.scene.once(Part::LowTransfer, None).status.success());
    for failpoint in failpoints(&base.deadly, Program::Transfer).iter().filter(|name| name.starts_with("import.")) {
        let scene = base.scene.copied(base.deadly.clone());
        let is_about_quarantine = failpoint.contains("quarantine");
        if is_about_quarantine {
            flip_a_byte(&items_below(&scene.layout().medium())[0]);
        }
        assert_killed(scene.once(Part::HighTransfer, Some(failpoint)).status, failpoint);
        if is_about_quarantine {
            // The damaged copy is set aside once, and the other item crosses all the same.
            assert_eq!(scene.once(Part::HighTransfer, None).status.code(), Some(3), "{failpoint}");
            assert!(scene.once(Part::Internal, None).status.success(), "{failpoint}");
            let _inside = scene.start_inside();
            let seen: usize = base.numbers().iter().map(|number| scene.found(number)).sum();
            assert_eq!(seen, 1, "{failpoint}");
            continue;
        }
        scene.carry();
        assert_each_is_seen_once(&scene, &base.numbers(), failpoint);
    }
}

#[test]
fn a_receipt_killed_at_any_step_loses_nothing() {
    let base = Accepted::two();
    for part in [Part::LowTransfer, Part::HighTransfer] {
        assert!(base.scene.once(part, None).status.success());
    }
    // Those of the counter are passed in the tests of the inside.
    for failpoint in
        failpoints(&base.deadly, Program::Internal).into_iter().filter(|name| !name.starts_with("counter."))
    {
        let scene = base.scene.copied(base.deadly.clone());
        let is_about_quarantine = failpoint.contains("quarantine");
        let inbox = scene.layout().part(Part::HighTransfer).join("inbox");
        if is_about_quarantine {
            flip_a_byte(&items_below(&inbox)[0]);
        }
        assert_killed(scene.once(Part::Internal, Some(&failpoint)).status, &failpoint);
        let again = scene.once(Part::Internal, None);
        if is_about_quarantine {
            let _inside = scene.start_inside();
            let seen: usize = base.numbers().iter().map(|number| scene.found(number)).sum();
            assert_eq!(seen, 1, "{failpoint}");
            continue;
        }
        assert!(again.status.success(), "{failpoint}: {}", errors(&again));
        assert!(items_below(&inbox).is_empty(), "{failpoint}: the inbox is cleared");
        assert_each_is_seen_once(&scene, &base.numbers(), &failpoint);
    }
}

/// A site with two accepted reports in the outbox, and nothing running.
struct Accepted {
    scene: Scene,
    deadly: Programs,
    numbers: Vec<String>,
}

impl Accepted {
    fn two() -> Self {
        let deadly = failpoint_programs();
        let scene = Scene::prepared(programs());
        let (mut gateway, client) = scene.start_gateway();
        let numbers = ["08", "09"].map(|name| file(&client, &sample(name).report, None)).to_vec();
        gateway.end();
        Self { scene, deadly, numbers }
    }

    fn numbers(&self) -> Vec<&str> {
        self.numbers.iter().map(String::as_str).collect()
    }
}

/// Each report is one case for an analyst, the way inward is clean, and the ledger is whole.
fn assert_each_is_seen_once<T: AsRef<str>>(scene: &Scene, numbers: &[T], failpoint: &str) {
    assert_eq!(scene.leftovers(), Vec::<std::path::PathBuf>::new(), "{failpoint}");
    {
        let _inside = scene.start_inside();
        for number in numbers {
            assert_eq!(scene.found(number.as_ref()), 1, "{failpoint}: {}", number.as_ref());
        }
        for title in ["朔风区老旧小区改造项目", "菜市场乱收费"] {
            assert_eq!(scene.found(title), 1, "{failpoint}: {title}");
        }
    }
    let intact: Value = scene.inspector().ask(&["audit", "verify", "--json"]).unwrap();
    assert_eq!(intact["intact"], true, "{failpoint}");
}

/// The failpoints a program names, by its hidden verb.
fn failpoints(deadly: &Programs, program: Program) -> Vec<String> {
    let output: std::process::Output = Command::output(deadly.command(program).arg("failpoints")).unwrap();
    assert!(output.status.success(), "{} was built without failpoints", program.name());
    let names: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert!(names.len() > 3, "{names:?}");
    names
}

fn flip_a_byte(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    // In place: an item may be linked from elsewhere.
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

const KEY: &str = "00112233445566778899aabbccddeeff";
